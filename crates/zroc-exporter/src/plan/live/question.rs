//! A question in a query string, with the words of the command's flags.

use std::num::{ParseFloatError, ParseIntError};

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use super::bad_question::BadQuestion;
use super::listing::{self, Listing};
use super::pairs::{LONGEST, Pairs};
use crate::plan::arguments::Arguments;
use crate::plan::request::Asked;

/// More values of these would only take time: each asks for answers of its own.
const MOST: [(&str, usize); 3] = [("rpo", 8), ("met", 8), ("quantile", 16)];

/// The parameters: flags of the command that choose VMs and time, or assume something. The others are about its files.
const PARAMETERS: [&str; 32] = [
    "last",
    "start",
    "end",
    "exclude-time",
    "include-vms",
    "exclude-vms",
    "include-clusters",
    "exclude-clusters",
    "include-datacenters",
    "exclude-datacenters",
    "include-folders",
    "exclude-folders",
    "count",
    "exclude-disk",
    "link",
    "link-at",
    "time-zone",
    "rpo",
    "met",
    "compression",
    "overhead",
    "usable-share",
    "growth",
    "months",
    "quantile",
    "history",
    "journal-compression",
    "journal-limit",
    "recovery-hosts",
    "vra-memory",
    "vra-count",
    "scenario",
];

/// What a plan is asked for, checked.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) arguments: Arguments,
    pub(super) asked: Asked,
    pub(super) listing: Listing,
}

#[derive(Debug, Parser)]
#[command(
    no_binary_name = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
struct Flags {
    #[command(flatten)]
    arguments: Arguments,
}

impl Question {
    /// Reads a query string such as `link=300Mbit&rpo=10s&include-vms=sql*`. A parameter without a value counts as not given,
    /// since forms send their empty fields too. Of a parameter that has one value the last one counts.
    ///
    /// # Errors
    /// If a parameter is not known or cannot be used.
    pub(super) fn parse(query: &str) -> Result<Self, BadQuestion> {
        let arguments = read(query)?;
        check_numbers(&arguments)?;
        let mut asked = Asked::new(&arguments).map_err(|error| about(&error.to_string()))?;
        asked.echo.put("from", "history", false);
        Ok(Self {
            arguments,
            asked,
            listing: Listing::parse(&Pairs::parse(query))?,
        })
    }
}

fn read(query: &str) -> Result<Arguments, BadQuestion> {
    if query.len() > LONGEST {
        return Err(BadQuestion {
            parameter: None,
            problem: format!("the query is longer than {LONGEST} bytes: choose by fewer patterns"),
            is_too_long: true,
        });
    }
    let mut flags = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if listing::PARAMETERS.contains(&name.as_ref()) {
            continue;
        }
        let Some(known) = PARAMETERS.iter().find(|known| **known == name.as_ref()) else {
            let name: String = name.chars().take(60).collect();
            let problem = format!(
                "{name:?} is not a parameter; these are: {}",
                PARAMETERS.join(", ")
            );
            return Err(BadQuestion::new(None, problem));
        };
        if !value.trim().is_empty() {
            flags.push(format!("--{known}={}", value.trim()));
        }
    }
    match Flags::try_parse_from(flags) {
        Ok(Flags { arguments }) => Ok(arguments),
        Err(error) => Err(unfit(&error)),
    }
}

/// What clap says, without its words about flags and help.
fn unfit(error: &clap::Error) -> BadQuestion {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let flag = text(ContextKind::InvalidArg).unwrap_or_default();
    let word = flag.trim_start_matches('-').split([' ', '=']).next();
    let parameter = word.filter(|word| PARAMETERS.contains(word));
    let why = match std::error::Error::source(error) {
        Some(why) if why.is::<ParseFloatError>() || why.is::<ParseIntError>() => {
            "it is not a number".to_owned()
        }
        Some(why) => why.to_string(),
        None => error.kind().to_string(),
    };
    let value: String = text(ContextKind::InvalidValue)
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect();
    let quoted = format!("{value:?}");
    let value = if why.contains(&quoted) {
        String::new()
    } else {
        format!("{quoted}: ")
    };
    let problem = format!("{}: {value}{why}", parameter.unwrap_or("query"));
    BadQuestion::new(parameter, problem)
}

fn check_numbers(arguments: &Arguments) -> Result<(), BadQuestion> {
    let count = |parameter: &str| match parameter {
        "rpo" => arguments.rpo.len(),
        "met" => arguments.met.as_ref().map_or(0, |it| it.0.len()),
        _ => arguments.quantile.as_ref().map_or(0, |it| it.0.len()),
    };
    match MOST.into_iter().find(|(name, most)| count(name) > *most) {
        Some((name, most)) => {
            let problem = format!("{name} has more than {most} values");
            Err(BadQuestion::new(Some(name), problem))
        }
        None => Ok(()),
    }
}

/// A problem that the command would have with its flags, and the first flag that it names.
fn about(problem: &str) -> BadQuestion {
    let words = problem.split(|c: char| !c.is_ascii_lowercase() && c != '-');
    let mut words = words.map(|word| word.trim_start_matches("--"));
    let parameter = words.find(|word| PARAMETERS.contains(word));
    BadQuestion::new(parameter, problem.replace("--", ""))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn problem(query: &str) -> (Option<String>, String) {
        let bad = Question::parse(query).unwrap_err();
        (bad.parameter, bad.problem)
    }

    #[test]
    fn each_flag_is_a_parameter_or_about_files() {
        const ABOUT_FILES: [&str; 10] = [
            "from",
            "bucket",
            "read-series",
            "http-config",
            "vm-list",
            "groups",
            "format",
            "output",
            "compare",
            "require-hours",
        ];
        let command = Flags::command();
        let flags = command.get_arguments().filter_map(clap::Arg::get_long);
        let mut flags: Vec<&str> = flags.collect();
        let mut known = [&PARAMETERS[..], &ABOUT_FILES].concat();
        flags.sort_unstable();
        known.sort_unstable();
        assert_eq!(flags, known);
    }

    #[test]
    fn problems_name_their_parameter() {
        for (query, parameter) in [
            ("link=fast", "link"),
            ("link=300", "link"),
            ("link=0Mbit", "link"),
            ("link-at=22:00-06:00=1Gbit", "link-at"),
            ("rpo=ten", "rpo"),
            ("compression=half", "compression"),
            ("compression=1", "compression"),
            ("overhead=-1", "overhead"),
            ("usable-share=0", "usable-share"),
            ("growth=0.3", "growth"),
            ("growth=-2&months=3", "growth"),
            ("history=1s", "history"),
            ("journal-compression=2", "journal-compression"),
            ("journal-limit=1", "journal-limit"),
            ("recovery-hosts=0", "recovery-hosts"),
            ("recovery-hosts=many", "recovery-hosts"),
            ("vra-count=3", "vra-memory"),
            ("time-zone=Mars", "time-zone"),
            ("quantile=95,95", "quantile"),
            (
                "quantile=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
                "quantile",
            ),
            ("met=0", "met"),
            ("start=2026-01-01T00:00:00Z", "start"),
            ("last=1h&start=1&end=2", "last"),
            ("exclude-time=yesterday", "exclude-time"),
            ("exclude-disk=scsi", "exclude-disk"),
            ("include-vms=a,,b", "include-vms"),
            ("scenario=fast", "scenario"),
            ("scenario=a:compression=1", "scenario"),
            ("scenario=a:link=1Mbit&scenario=a:link=2Mbit", "scenario"),
        ] {
            let (named, problem) = problem(query);
            assert_eq!(named.as_deref(), Some(parameter), "{query}: {problem}");
            assert!(problem.contains(parameter), "{query}: {problem}");
            assert!(!problem.contains("--"), "{query}: {problem}");
        }
    }

    #[test]
    fn flags_about_files_are_refused() {
        for query in [
            "output=/etc/passwd",
            "from=w.csv",
            "help",
            "--link=1Mbit",
            "x=%FF",
        ] {
            let (named, problem) = problem(query);
            assert_eq!(named, None);
            assert!(problem.contains("is not a parameter"), "{problem}");
        }
        let long = format!("include-vms={}", "x".repeat(LONGEST));
        assert!(Question::parse(&long).unwrap_err().is_too_long);
    }

    #[test]
    fn empty_fields_of_a_form_are_not_given() {
        let question = Question::parse("link=&rpo=+&include-vms=sql*%2Cweb%2A&rpo=5s").unwrap();
        assert_eq!(question.arguments.link, None);
        assert_eq!(question.arguments.rpo.len(), 1);
        assert_eq!(question.arguments.include_vms.len(), 2);
    }
}
