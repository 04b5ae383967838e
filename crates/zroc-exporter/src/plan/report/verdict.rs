//! The answer, with which the report opens.

use planner_core::plan::coverage::Verdict;
use planner_core::plan::words::{duration, needed_rate, observed_megabit};

use super::causes;
use super::shown::{megabit_digits, percent, size_needed, time, whole};
use super::subject::Subject;

/// The block that is read first.
#[derive(Debug)]
pub(in crate::plan) struct Answer {
    pub(in crate::plan) class: &'static str,
    pub(in crate::plan) tag: String,
    pub(in crate::plan) need: Vec<Run>,
    pub(in crate::plan) on_link: Vec<Run>,
    pub(in crate::plan) who: String,
    pub(in crate::plan) disk: String,
    pub(in crate::plan) how_sure: String,
    /// The sign, the class and the words of the chip.
    pub(in crate::plan) chip: (&'static str, String),
}

/// A part of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::plan) struct Run {
    pub(in crate::plan) is_strong: bool,
    pub(in crate::plan) text: String,
}

impl Answer {
    pub(super) fn new(subject: &Subject<'_>) -> Self {
        let (class, tag) = judge(subject);
        let plan = subject.plan;
        let need = subject.need();
        let mut figures = Vec::new();
        if let Some(need) = need {
            figures.push(needed_rate(need.link));
            figures.push(needed_rate(plan.wan.recommended));
            figures.push(duration(need.rpo));
        }
        let on_link = plan.link_sentence(subject.inputs).unwrap_or_default();
        let worst = subject.sustained().map(|it| duration(it.worst));
        Self {
            class,
            tag,
            need: runs(&plan.need_sentence(), &figures),
            on_link: runs(&on_link, worst.as_slice()),
            who: who(subject),
            disk: disk(subject),
            how_sure: how_sure(subject),
            chip: chip(subject),
        }
    }
}

fn judge(subject: &Subject<'_>) -> (&'static str, String) {
    let rpo = time(subject.inputs.assumptions.rpos.first());
    let Some(on_link) = subject.rpo() else {
        let tag = format!("No link was given: this is what an RPO of {rpo} needs");
        return ("none", tag);
    };
    let link = whole(&observed_megabit(on_link.link));
    match on_link.sustained() {
        None => ("over", format!("{link} is too small: it never catches up")),
        Some(sustained) if sustained.episodes.is_empty() => {
            ("met", format!("{link} is enough for an RPO of {rpo}"))
        }
        Some(_) => ("over", format!("{link} is too small for an RPO of {rpo}")),
    }
}

/// A sentence whose figures are set off.
fn runs(sentence: &str, figures: &[String]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut rest = sentence;
    loop {
        let found = figures.iter().filter_map(|figure| {
            let at = rest.find(figure.as_str())?;
            Some((at, figure.len()))
        });
        // The longest of those that begin first.
        let Some((at, length)) = found.min_by_key(|(at, length)| (*at, usize::MAX - length)) else {
            break;
        };
        let (before, from) = rest.split_at(at);
        let (figure, after) = from.split_at(length);
        for (is_strong, text) in [(false, before.to_owned()), (true, whole(figure))] {
            if !text.is_empty() {
                runs.push(Run { is_strong, text });
            }
        }
        rest = after;
    }
    if !rest.is_empty() {
        runs.push(Run {
            is_strong: false,
            text: rest.to_owned(),
        });
    }
    runs
}

fn who(subject: &Subject<'_>) -> String {
    let Some(sentence) = causes::sentence(subject) else {
        return "Nothing was written.".to_owned();
    };
    let first = subject
        .critical()
        .and_then(|critical| critical.causes.first());
    let without = first.and_then(|cause| cause.link_without);
    match without {
        Some(link) => format!("{sentence} Without it: {}.", whole(&needed_rate(link))),
        None => sentence,
    }
}

fn disk(subject: &Subject<'_>) -> String {
    let journals = &subject.plan.journals;
    let journal = format!(
        "{} for {} of journal",
        size_needed(journals.sum),
        time(journals.history)
    );
    let copies = match subject.plan.recovery_storage.provisioned {
        Some(size) => format!("{} for the copies (thick), ", size_needed(size)),
        None => String::new(),
    };
    let unknown = match journals.unknown_vms {
        0 => String::new(),
        1 => " The journal of one VM is not known.".to_owned(),
        count => format!(" The journals of {count} VMs are not known."),
    };
    format!("{copies}{journal}.{unknown}")
}

fn how_sure(subject: &Subject<'_>) -> String {
    let coverage = &subject.plan.coverage;
    match coverage.chance_of_a_higher_day {
        Some(chance) => format!(
            "The chance that tomorrow’s peak is higher: {}, 1 in {}.",
            percent(chance),
            coverage.complete_days.saturating_add(1)
        ),
        None => format!(
            "{} covered: the busiest time of the day may not be in it.",
            time(coverage.covered)
        ),
    }
}

fn chip(subject: &Subject<'_>) -> (&'static str, String) {
    let coverage = &subject.plan.coverage;
    match coverage.verdict {
        Verdict::Preliminary => ("warn", "▲ preliminary: under 24 h".to_owned()),
        Verdict::Short => ("warn", "▲ under 7 days".to_owned()),
        Verdict::Sufficient => ("ok", format!("✓ {} days", coverage.complete_days)),
    }
}

/// What the report covers, in one line.
pub(super) fn basis(subject: &Subject<'_>) -> Vec<String> {
    let (plan, selected) = (subject.plan, subject.selected);
    let coverage = &plan.coverage;
    let left_out = selected.left_out(plan).count();
    let lengths = coverage.resolutions.iter().map(|it| time(it.bucket));
    let lengths: Vec<String> = lengths.collect();
    vec![
        format!("{} VMs", plan.vms.len()),
        format!("{left_out} left out, {} flagged", selected.flagged.len()),
        format!(
            "{} covered, {} present, samples of {}",
            time(coverage.covered),
            percent(coverage.share_present),
            lengths.join(" and ")
        ),
        format!(
            "mean {} Mbit/s on the wire",
            megabit_digits(plan.course.mean())
        ),
    ]
}
