//! The inputs, as they were given.

use planner_core::plan::notation;
use planner_core::plan::words::observed_rate;

use super::slider::Slider;
use crate::plan::live::bad_question::BadQuestion;
use crate::plan::live::pairs::Pairs;
use crate::plan::report::name;

/// All inputs.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) main: Vec<Field>,
    pub(super) more: Vec<Field>,
    /// Which of `more` are given.
    pub(super) others: String,
    /// Whether `more` is to be seen at once.
    pub(super) is_open: bool,
    /// Parameters without a field.
    pub(super) kept: Vec<(String, String)>,
}

/// A field. What a person typed stays as it is.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) value: String,
    /// What an empty field means.
    pub(super) default: &'static str,
    pub(super) hint: String,
    pub(super) problem: String,
    pub(super) slider: Option<Slider>,
}

/// What becomes of several values of one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Several {
    /// The last one counts.
    Last,
    /// They are one list.
    Joined,
    /// Each has a field, and there is one more.
    Each,
}

use Several::{Each, Joined, Last};

/// Name, label, default and hint of the inputs that are not seen at first.
const MORE: [(&str, &str, &str, &str, Several); 28] = [
    (
        "last",
        "How far back",
        "all that is kept",
        "such as 1h or 7d",
        Last,
    ),
    (
        "start",
        "From",
        "",
        "such as 2026-11-26T02:00:00Z, with Until",
        Last,
    ),
    ("end", "Until", "", "not with How far back", Last),
    (
        "exclude-time",
        "Time that does not count",
        "",
        "FROM/TO, such as a migration",
        Each,
    ),
    (
        "include-vms",
        "VMs by name",
        "all",
        "* and ?, with commas: sql*,web-0?",
        Joined,
    ),
    (
        "exclude-vms",
        "VMs to leave out",
        "none",
        "patterns with commas",
        Joined,
    ),
    (
        "include-clusters",
        "Clusters",
        "all",
        "patterns with commas",
        Joined,
    ),
    (
        "exclude-clusters",
        "Clusters to leave out",
        "none",
        "patterns with commas",
        Joined,
    ),
    (
        "include-datacenters",
        "Datacenters",
        "all",
        "patterns with commas",
        Joined,
    ),
    (
        "exclude-datacenters",
        "Datacenters to leave out",
        "none",
        "patterns with commas",
        Joined,
    ),
    (
        "include-folders",
        "Folders",
        "all",
        "patterns of paths with commas",
        Joined,
    ),
    (
        "exclude-folders",
        "Folders to leave out",
        "none",
        "patterns of paths with commas",
        Joined,
    ),
    (
        "count",
        "Count all the same",
        "none",
        "VMs that would be left out, such as Z-VRA*",
        Joined,
    ),
    ("rpo", "Another RPO", "", "for the table of links", Each),
    (
        "met",
        "Bytes that meet the RPO",
        "100",
        "percentages, such as 100,99",
        Last,
    ),
    (
        "link-at",
        "Link by time of day",
        "",
        "such as 22:00-06:00=1Gbit",
        Each,
    ),
    (
        "time-zone",
        "Time zone",
        "UTC",
        "such as Europe/Berlin",
        Last,
    ),
    (
        "overhead",
        "Overhead",
        "0.05",
        "what the protocol adds, as a fraction",
        Last,
    ),
    (
        "usable-share",
        "Usable share of the link",
        "1",
        "published figures imply 0.70 to 0.75",
        Last,
    ),
    (
        "growth",
        "Growth a year",
        "0",
        "as a fraction, with Growth for",
        Last,
    ),
    ("months", "Growth for", "0", "months", Last),
    (
        "quantile",
        "Quantiles",
        "95,98,99,100",
        "percentages with commas",
        Last,
    ),
    (
        "journal-compression",
        "Journal compression",
        "0",
        "Zerto promises none",
        Last,
    ),
    (
        "journal-limit",
        "Hard limit of a journal",
        "150GiB",
        "larger ones are flagged",
        Last,
    ),
    (
        "recovery-hosts",
        "Recovery hosts",
        "1",
        "hosts of the recovery site",
        Last,
    ),
    (
        "vra-memory",
        "Memory of each VRA",
        "",
        "such as 3GiB, with VRAs that send",
        Last,
    ),
    (
        "vra-count",
        "VRAs that send",
        "",
        "with Memory of each VRA",
        Last,
    ),
    (
        "scenario",
        "Scenario",
        "",
        "such as fast:link=500Mbit,compression=0.6",
        Each,
    ),
];

impl Form {
    pub(super) fn new(pairs: &Pairs, bad: Option<&BadQuestion>) -> Self {
        let mut main = main(pairs);
        let mut more: Vec<Field> = MORE.into_iter().flat_map(|it| fields(it, pairs)).collect();
        let given = more.iter().filter(|field| !field.value.is_empty());
        let given: Vec<String> = given
            .map(|field| format!("{} {}", field.label.to_lowercase(), name(&field.value)))
            .collect();
        let others = match given.as_slice() {
            [] => "all as by default".to_owned(),
            given => given.join("; "),
        };
        let mut is_open = false;
        if let Some(bad) = bad {
            let is_meant = |field: &&mut Field| bad.parameter.as_deref() == Some(field.name);
            if let Some(field) = main.iter_mut().find(is_meant) {
                field.problem.clone_from(&bad.problem);
            } else if let Some(field) = more.iter_mut().find(is_meant) {
                field.problem.clone_from(&bad.problem);
                is_open = true;
            }
        }
        let kept = pairs.iter().filter(|(name, _)| {
            let mut known = main.iter().chain(&more);
            !known.any(|field| field.name == *name) && *name != "page"
        });
        Self {
            others,
            is_open,
            kept: kept
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            main,
            more,
        }
    }
}

fn main(pairs: &Pairs) -> Vec<Field> {
    let link = pairs.last("link").unwrap_or_default();
    let in_units = notation::rate(link).map(observed_rate);
    let rpo = pairs.values("rpo").next().unwrap_or_default();
    let compression = pairs.last("compression").unwrap_or_default();
    let history = pairs.last("history").unwrap_or_default();
    let field =
        |name: &'static str, label: &str, value: &str, default, hint: String, slider| Field {
            id: format!("in-{name}"),
            name,
            label: label.to_owned(),
            value: value.to_owned(),
            default,
            hint,
            problem: String::new(),
            slider: Some(slider),
        };
    let of_link = match in_units {
        Ok(rate) => rate,
        Err(_) => "such as 300Mbit; without it nothing is simulated".to_owned(),
    };
    vec![
        field(
            "link",
            "Your link",
            link,
            "",
            of_link,
            Slider::of_link(link),
        ),
        field(
            "rpo",
            "RPO wanted",
            rpo,
            "10s",
            "such as 10s, 1m or 4h".to_owned(),
            Slider::of_rpo(rpo),
        ),
        field(
            "compression",
            "Compression",
            compression,
            "0.5",
            "what it saves, as a fraction: a guess until it is measured".to_owned(),
            Slider::of_compression(compression),
        ),
        field(
            "history",
            "Journal history",
            history,
            "24h",
            "from 1h to 30d".to_owned(),
            Slider::of_history(history),
        ),
    ]
}

fn fields(
    (name, label, default, hint, several): (
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        Several,
    ),
    pairs: &Pairs,
) -> Vec<Field> {
    let mut values: Vec<String> = pairs.values(name).map(str::to_owned).collect();
    match several {
        Last => values = vec![values.pop().unwrap_or_default()],
        Joined => values = vec![values.join(",")],
        Each => {
            if name == "rpo" && !values.is_empty() {
                // It has a field of its own.
                values.remove(0);
            }
            values.push(String::new());
        }
    }
    let fields = values.into_iter().enumerate().map(|(place, value)| Field {
        id: match (name, place) {
            ("rpo", _) => format!("in-rpo-{}", place + 2),
            (_, 0) => format!("in-{name}"),
            _ => format!("in-{name}-{}", place + 1),
        },
        name,
        label: match place {
            0 => label.to_owned(),
            _ => format!("{label} ({})", place + 1),
        },
        value,
        default,
        hint: hint.to_owned(),
        problem: String::new(),
        slider: None,
    });
    fields.collect()
}
