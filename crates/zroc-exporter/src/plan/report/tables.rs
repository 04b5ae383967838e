//! The tables of the report.

use std::collections::BTreeMap;

use planner_core::plan::recovery::RecoveryStorage;
use planner_core::plan::sentence::target;
use planner_core::plan::words::{digits, needed_figures};
use planner_core::units::{BytesPerSec, DataAmount, MegabitPerSec, MegabytePerSec, Seconds};

use super::shown::{Clock, megabit, megabit_digits, name, percent, size_needed, time, whole};
use super::subject::Subject;
use super::table::{Cell, Table, number, word};

/// RPOs beside those that were asked for, in seconds.
const USUAL_RPOS: [f64; 8] = [5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0];
/// How many names of VMs that have a reason in common are listed.
const NAMES_SHOWN: usize = 12;
/// A unit of Zerto's sheet in units of Mbit/s.
const MEBIBIT: f64 = 1.048_576;

/// The link for each RPO.
pub(super) fn links(subject: &Subject<'_>) -> Table {
    let link = subject.rpo().map(|rpo| rpo.link);
    let mut head = vec![word("RPO"), number("Mbit/s"), number("MB/s")];
    if let Some(link) = link {
        head.push(number(format!("against {}", megabit_digits(link))));
    }
    let note = "the smallest constant link that keeps it; rounded up";
    let mut table = Table::new("The link for each RPO", note, head);
    let answers = &subject.plan.answers.links_for_rpo;
    let mut rows: Vec<(Seconds, String, BytesPerSec, bool)> = answers
        .iter()
        .enumerate()
        .map(|(place, it)| (it.rpo, whole(&target(it)), it.link, place == 0))
        .collect();
    for rpo in USUAL_RPOS.into_iter().filter_map(Seconds::new) {
        if answers.iter().all(|it| it.rpo != rpo) {
            let need = subject
                .plan
                .course
                .link_for(rpo, &subject.inputs.assumptions);
            rows.push((rpo, time(rpo), need, false));
        }
    }
    rows.sort_by_key(|(rpo, ..)| *rpo);
    for (_, rpo, need, is_first) in rows {
        let (in_megabit, in_megabyte) = needed_figures(need);
        let mut cells = vec![word(rpo), number(in_megabit), number(in_megabyte)];
        if let Some(link) = link {
            cells.push(number(against(need, link)));
        }
        if is_first {
            table.chosen_row(cells);
        } else {
            table.row(cells);
        }
    }
    table
}

fn against(need: BytesPerSec, link: BytesPerSec) -> String {
    let difference = (need.get() / link.get() - 1.0) * 100.0;
    let sign = if difference < 0.0 { "−" } else { "+" };
    whole(&format!("{sign}{:.0} %", difference.abs()))
}

/// What averages miss.
pub(super) fn averages(subject: &Subject<'_>) -> Table {
    let head = vec![word("Rule"), number("Mbit/s"), number("Worst RPO")];
    let note = "rules of thumb for the same VMs, and the RPO that they would give";
    let mut table = Table::new("What averages miss", note, head);
    let mut row = |rule: String, link: BytesPerSec, is_plan: bool| {
        let worst = subject
            .plan
            .course
            .worst_on(link, &subject.inputs.assumptions);
        let (in_megabit, worst) = match subject.need().filter(|_| is_plan) {
            Some(need) => (needed_figures(link).0, time(need.rpo)),
            None => (
                digits(megabit(link)),
                worst.map_or("never catches up".to_owned(), time),
            ),
        };
        let cells = vec![word(rule), number(in_megabit), number(worst)];
        if is_plan {
            table.chosen_row(cells);
        } else {
            table.row(cells);
        }
    };
    if let Some(need) = subject.need() {
        row("This plan".to_owned(), need.link, true);
    }
    let rules = &subject.plan.rules_of_thumb;
    row(
        "Change of a day / 86,400".to_owned(),
        BytesPerSec::from(rules.change_per_day),
        false,
    );
    let sheet = MegabitPerSec::new(rules.zerto_sheet_mebibit_per_second * MEBIBIT);
    if let Some(sheet) = sheet {
        let rule = "Zerto’s sheet (KB/s × 8 / 1,024)".to_owned();
        row(rule, BytesPerSec::from(sheet), false);
    }
    table
}

/// Disk at the recovery site.
pub(super) fn disk(subject: &Subject<'_>) -> Table {
    let plan = subject.plan;
    let head = vec![word(""), number("To order"), number("At least")];
    let note =
        "a datastore holds at least what all journals hold at one time; limits are set per VM";
    let mut table = Table::new("Disk on the recovery site", note, head);
    let RecoveryStorage {
        provisioned,
        used,
        scratch,
        vms_of_unknown_size,
    } = plan.recovery_storage;
    let known = |size: Option<DataAmount>| number(size.map_or("not known".to_owned(), size_needed));
    let mut copies = word("Copies: thick; thin");
    if vms_of_unknown_size > 0 {
        copies = copies.below(format!("without {vms_of_unknown_size} VMs of unknown size"));
    }
    table.row(vec![copies, known(provisioned), known(used)]);
    let journals = &plan.journals;
    table.row(vec![
        word(format!("Journals of {}", time(journals.history))),
        number(size_needed(journals.sum)),
        number(size_needed(journals.joint_peak)),
    ]);
    table.row(vec![
        word("Scratch, while a failover test runs"),
        number(size_needed(journals.sum)),
        number(size_needed(scratch)),
    ]);
    let peak = format!(
        "{} MB/s",
        digits(MegabytePerSec::from(journals.peak_rate).get())
    );
    table.row(vec![
        word("Writes to bear"),
        number(whole(&peak)),
        number("–"),
    ]);
    table
}

/// Scenarios beside the base; `None` without any.
pub(super) fn scenarios(subject: &Subject<'_>) -> Option<Table> {
    let plan = subject.plan;
    if plan.scenarios.is_empty() {
        return None;
    }
    let mut head = vec![word(""), number("As above")];
    head.extend(
        plan.scenarios
            .iter()
            .map(|(scenario, _)| number(name(scenario))),
    );
    let mut table = Table::new("Scenarios", "other assumptions beside these", head);
    let all = || std::iter::once(&plan.answers).chain(plan.scenarios.iter().map(|(_, it)| it));
    let row = |first: &str, cells: Vec<String>| {
        let cells = cells.into_iter().map(number);
        std::iter::once(word(first))
            .chain(cells)
            .collect::<Vec<Cell>>()
    };
    let needs = all().map(|it| it.links_for_rpo.first());
    let rpos = needs
        .clone()
        .map(|need| need.map_or("–".to_owned(), |it| time(it.rpo)));
    table.row(row("RPO", rpos.collect()));
    let figures = needs.map(|need| need.map(|it| needed_figures(it.link)));
    let figures: Vec<_> = figures.collect();
    let column = |of: fn(&(String, String)) -> &String| {
        let cells = figures
            .iter()
            .map(|it| it.as_ref().map_or("–".to_owned(), |it| of(it).clone()));
        cells.collect::<Vec<String>>()
    };
    table.row(row("Link, Mbit/s", column(|it| &it.0)));
    table.row(row("Link, MB/s", column(|it| &it.1)));
    let worst = all().map(|it| match &it.rpo {
        None => "–".to_owned(),
        Some(rpo) => rpo
            .sustained()
            .map_or("never catches up".to_owned(), |it| time(it.worst)),
    });
    table.row(row("Worst RPO on its link", worst.collect()));
    let missed = all().map(|it| {
        let sustained = it.rpo.as_ref().and_then(|rpo| rpo.sustained());
        sustained.map_or("–".to_owned(), |it| it.episodes.len().to_string())
    });
    table.row(row("Times above the RPO", missed.collect()));
    Some(table)
}

/// Groups; `None` without any.
pub(super) fn groups(subject: &Subject<'_>) -> Option<Table> {
    let groups = &subject.plan.groups;
    if groups.is_empty() {
        return None;
    }
    let head = vec![
        word("Group"),
        number("VMs"),
        number("Share").below("of the link"),
        number("Link alone").below("Mbit/s"),
        number("RPO alone"),
        number("In one queue"),
        number("By priority"),
        number("Journals"),
    ];
    let note = "the RPO of each group alone on your link, and on the link shared by all: Zerto lies between the last two";
    let mut table = Table::new("Groups", note, head);
    let known = |it: Option<Seconds>| number(it.map_or("–".to_owned(), time));
    for group in groups {
        table.row(vec![
            word(name(&group.name)),
            number(group.vms.to_string()),
            number(percent(group.link_share)),
            number(needed_figures(group.link_alone).0),
            known(group.rpo_alone),
            known(group.rpo_fifo),
            known(group.rpo_strict_priority),
            number(size_needed(group.journal)),
        ]);
    }
    Some(table)
}

/// What is not counted, what is flagged, and what fits no VM.
pub(super) fn not_in_the_sums(subject: &Subject<'_>) -> Vec<Table> {
    let (plan, selected) = (subject.plan, subject.selected);
    let left_out = selected
        .left_out(plan)
        .map(|(vm, reason)| (reason, &*vm.name));
    let flagged = selected
        .flagged
        .iter()
        .map(|(vm, reason)| (*reason, &*vm.name));
    let unmatched = selected.unmatched.iter();
    let unmatched = unmatched.map(|it| (it.reason, &*it.entry));
    let tables = [
        by_reason("Left out", "VM", left_out),
        by_reason("Counted, but look at them", "VM", flagged),
        by_reason("Asked for, and not found", "Entry", unmatched),
    ];
    tables.into_iter().flatten().collect()
}

fn by_reason<'a>(
    caption: &str,
    of: &str,
    named: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<Table> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (reason, name) in named {
        reasons.entry(reason).or_default().push(name);
    }
    let all: usize = reasons.values().map(Vec::len).sum();
    if all == 0 {
        return None;
    }
    let head = vec![word("Reason"), number("Count"), word(format!("{of} names"))];
    let mut table = Table::new(format!("{caption}: {all}"), "", head);
    for (reason, names) in reasons {
        let shown: Vec<String> = names.iter().take(NAMES_SHOWN).map(|it| name(it)).collect();
        let more = match names.len().saturating_sub(NAMES_SHOWN) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        table.row(vec![
            word(reason.replace('_', " ")),
            number(names.len().to_string()),
            word(format!("{}{more}", shown.join(", "))),
        ]);
    }
    Some(table)
}

/// The inputs, and whether they were given.
pub(super) fn inputs(subject: &Subject<'_>) -> Vec<(String, String, bool)> {
    let inputs = subject.echo.values().iter();
    let shown = inputs.filter_map(|(input, it)| {
        let value = match &it["value"] {
            serde_json::Value::Null => return None,
            serde_json::Value::Array(list) if list.is_empty() => return None,
            serde_json::Value::Array(list) => {
                let parts: Vec<String> = list.iter().map(plain).collect();
                parts.join(", ")
            }
            value => plain(value),
        };
        let is_given = it["from"] == "given";
        Some((input.replace('_', " "), name(&value), is_given))
    });
    shown.collect()
}

fn plain(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// When the data is from.
pub(super) fn seen(subject: &Subject<'_>, clock: &Clock<'_>) -> String {
    let coverage = &subject.plan.coverage;
    let busiest = coverage
        .busiest_hour
        .as_ref()
        .map_or_else(String::new, |hour| {
            format!(
                " The busiest hour began {} with {} Mbit/s on average.",
                clock.moment(hour.start),
                digits(megabit(hour.rate))
            )
        });
    let filled = match coverage.share_filled {
        share if share > 0.0 => format!(
            " {} of the bytes stand in for absent samples.",
            percent(share)
        ),
        _ => String::new(),
    };
    format!(
        "{} {}; {} of it covered.{busiest}{filled}",
        clock.span(coverage.window),
        clock.zone(),
        time(coverage.covered),
    )
}
