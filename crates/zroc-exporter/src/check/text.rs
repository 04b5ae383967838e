//! The report for people.

use std::fmt::Write as _;

use planner_core::plan::words::digits;

use super::code::{Group, Verdict};
use super::finding::Finding;
use super::report::{Report, VcenterReport};
use crate::version::{REVISION, VERSION};

/// Codes begin in this column, if the message leaves room.
const CODE_COLUMN: usize = 64;

/// As many characters of the commit as git shows.
const SHORT_REVISION: usize = 9;

/// Writes the report.
pub(super) fn render(report: &Report, paint: Paint) -> String {
    let mut text = program();
    match report.vcenters.as_slice() {
        [] => text.push_str(" checks the settings\n"),
        [only] => {
            let _ = writeln!(text, " checks {}", only.target);
        }
        several => {
            let _ = writeln!(text, " checks {} vCenters", several.len());
        }
    }
    text.push('\n');
    groups(&mut text, &report.settings, paint);
    for vcenter in &report.vcenters {
        if report.vcenters.len() > 1 {
            heading(&mut text, vcenter);
        }
        groups(&mut text, &vcenter.findings, paint);
    }
    let _ = writeln!(text, "\n{}", summary(report));
    text
}

/// Which program it is.
pub(super) fn program() -> String {
    let revision = REVISION.get(..SHORT_REVISION).unwrap_or(REVISION);
    format!("zroc-exporter {VERSION} ({revision})")
}

fn heading(text: &mut String, vcenter: &VcenterReport) {
    let VcenterReport { name, target, .. } = vcenter;
    let _ = writeln!(text, "\n{name}: {target}\n");
}

fn groups(text: &mut String, findings: &[Finding], paint: Paint) {
    for group in Group::ALL {
        let mut of_group = findings.iter().filter(|it| it.group() == group).peekable();
        if of_group.peek().is_some() {
            let _ = writeln!(text, "{}", group.heading());
        }
        of_group.for_each(|finding| line(text, finding, paint));
    }
}

fn line(text: &mut String, finding: &Finding, paint: Paint) {
    let mark = paint.mark(finding.verdict);
    let message = &finding.message;
    let _ = if finding.verdict == Verdict::Passed {
        writeln!(text, "  {mark} {message}")
    } else {
        let id = finding.code.id();
        writeln!(text, "  {mark} {message:<CODE_COLUMN$} {id}")
    };
    for line in finding.details.iter().chain(&finding.hint) {
        let _ = writeln!(text, "      {line}");
    }
}

fn summary(report: &Report) -> String {
    let count = |verdict| report.count(verdict);
    format!(
        "{} passed, {}, {}. docs/CHECKS.md has cause and cure of each code.",
        count(Verdict::Passed),
        counted(count(Verdict::Warning), "warning"),
        counted(count(Verdict::Error), "error"),
    )
}

/// Whether marks have colours.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn mark(self, verdict: Verdict) -> String {
        let (mark, colour) = match verdict {
            Verdict::Passed => ('√', 32),
            Verdict::Warning => ('!', 33),
            Verdict::Error => ('x', 31),
        };
        if self.0 {
            format!("\x1b[{colour}m{mark}\x1b[0m")
        } else {
            mark.to_string()
        }
    }
}

/// A number of something.
pub(super) fn counted(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        count => format!("{} {word}s", grouped(count)),
    }
}

/// A number with a comma between thousands.
pub(super) fn grouped(number: usize) -> String {
    digits(number as f64)
}
