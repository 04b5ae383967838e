//! What was seen, line by line, and what it means for the numbers of the exporter.

use std::fmt::Write as _;

use planner_core::collection::counters::{DiskCounter, Quantity};
use planner_core::collection::source::{REALTIME_INTERVAL_SECONDS, Source};
use planner_core::probe::{
    AggregateKind, Clock, Findings, HostFindings, Move, SeriesFindings, StampFindings, VmFindings,
};

use super::super::text::counted;
use super::probed::{Ended, Probed};
use super::words::{extremes, letters, seconds};

/// Older than this, the newest sample is worth a word.
const USUAL_AGE_SECONDS: i64 = 60;

/// How long after the newest one a sample may come and still counts.
const OPEN_SECONDS: i64 =
    Source::Realtime.overlap_samples() as i64 * REALTIME_INTERVAL_SECONDS as i64;

/// One finding.
pub(super) struct Line {
    /// Whether it is as expected.
    pub(super) is_usual: bool,
    /// What was seen.
    pub(super) seen: String,
    /// What that means.
    pub(super) meaning: String,
}

impl Line {
    fn usual(seen: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self {
            is_usual: true,
            seen: seen.into(),
            meaning: meaning.into(),
        }
    }

    fn odd(seen: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self {
            is_usual: false,
            ..Self::usual(seen, meaning)
        }
    }
}

/// All findings.
pub(super) fn of(probed: &Probed) -> Vec<Line> {
    let findings = &probed.findings;
    let mut lines = vec![looks(probed)];
    lines.extend(failures(probed));
    lines.extend(silence(findings));
    if findings.vms.iter().all(|vm| vm.series.is_empty()) {
        lines.push(Line::odd(
            "no VM had samples",
            "`zroc-exporter check` says why",
        ));
        return lines;
    }
    lines.extend(ages(findings));
    lines.push(lateness(findings));
    lines.extend(changes(findings));
    lines.extend(aggregates(findings));
    lines.push(stamps(findings));
    lines.push(clocks(&findings.hosts));
    lines.extend(moves(&findings.moves));
    lines
}

/// Which VMs and hosts the numbers and letters stand for.
pub(super) fn legend(probed: &Probed) -> Vec<String> {
    let vms = probed.vms.iter().zip(1..);
    let vms = vms.map(|(name, number)| format!("VM {number} is {name}"));
    let hosts = probed.hosts.iter().enumerate();
    let hosts = hosts.map(|(place, name)| format!("host {} is {name}", letters(place)));
    vms.chain(hosts).collect()
}

fn looks(probed: &Probed) -> Line {
    let seen = format!(
        "{} at {} in {} s",
        counted(probed.looks, "look"),
        counted(probed.findings.vms.len(), "VM"),
        probed.findings.seconds
    );
    match &probed.ended {
        Ended::Completed => Line::usual(seen, "each asked for the samples of the last two minutes"),
        Ended::Interrupted => Line::odd(seen, "a signal ended them early: what follows is of less"),
        Ended::Failed(_) => Line::odd(seen, "failures ended them early: what follows is of less"),
        Ended::Overdue => Line::odd(
            seen,
            "vCenter was too slow for more: what follows is of less",
        ),
    }
}

fn failures(probed: &Probed) -> Option<Line> {
    let failed: usize = probed.failed_looks.values().sum();
    let kinds = probed.failed_looks.iter();
    let kinds: Vec<String> = kinds
        .map(|(kind, count)| format!("{count} {}", kind.replace('_', " ")))
        .collect();
    (failed > 0).then(|| {
        Line::odd(
            format!("{} failed: {}", counted(failed, "look"), kinds.join(", ")),
            "what they would have shown is unknown",
        )
    })
}

fn silence(findings: &Findings) -> Option<Line> {
    let silent = findings.vms.iter().zip(1..);
    let silent = silent.filter(|(vm, _)| vm.looks_without_samples > 0);
    let silent: Vec<String> = silent
        .map(|(vm, number)| format!("VM {number} in {}", vm.looks_without_samples))
        .collect();
    (!silent.is_empty()).then(|| {
        Line::odd(
            format!("looks that found no sample: {}", silent.join(", ")),
            "a VM has none for a moment after a start or a move, and none while its host is away",
        )
    })
}

fn ages(findings: &Findings) -> Option<Line> {
    let all = || findings.vms.iter();
    let age = extremes(all().map(|vm| vm.age_seconds))?;
    let mut seen = format!("the newest sample is {} old", seconds(age));
    if let Some(appears) = extremes(all().map(|vm| vm.appears_after_seconds)) {
        let appears = seconds(appears);
        let _ = write!(seen, "; samples appear {appears} after their stamps");
    }
    Some(if age.1 <= USUAL_AGE_SECONDS {
        Line::usual(seen, "as usual: values on the page are that old")
    } else {
        Line::odd(
            seen,
            "older than usual: samples come late, or a host's clock is behind; totals lose nothing",
        )
    })
}

fn lateness(findings: &Findings) -> Line {
    let series: Vec<&SeriesFindings> = findings.vms.iter().flat_map(|vm| &vm.series).collect();
    let sum = |of: fn(&SeriesFindings) -> usize| series.iter().map(|it| of(it)).sum::<usize>();
    let (slots, missing) = (sum(|it| it.slots), sum(|it| it.missing_at_first));
    if missing == 0 {
        return Line::usual(
            format!("each of {slots} values was there when its slot was first listed"),
            "every sample counts in the cycle after it appears",
        );
    }
    let affected = series.iter().filter(|it| it.missing_at_first > 0).count();
    let percent = missing as f64 * 100.0 / slots.max(1) as f64;
    let (filled, lost, open) = (sum(|it| it.filled), sum(|it| it.lost), sum(|it| it.open));
    let after = extremes(series.iter().map(|it| it.filled_after_seconds));
    let came = after.map_or_else(
        || "0 came later".to_owned(),
        |after| format!("{filled} came {} later", seconds(after)),
    );
    let seen = format!(
        "{missing} of {slots} values ({percent:.1} %, in {affected} of {} series) were missing when their slot was first listed: \
         {came}, {lost} never, {open} not yet",
        series.len(),
    );
    let mut meanings = Vec::new();
    if let Some((_, most)) = after {
        meanings.push(if most <= OPEN_SECONDS {
            format!(
                "the exporter asks for the last {OPEN_SECONDS} s again in each cycle, so those that came later count in full"
            )
        } else {
            format!(
                "the exporter waits {OPEN_SECONDS} s: later ones count as missing (vcenter_collector_samples_missing_total)"
            )
        });
    }
    if lost > 0 {
        meanings.push(
            "those that never came are in no total; vcenter_collector_samples_missing_total counts them"
                .to_owned(),
        );
    }
    if meanings.is_empty() {
        meanings.push("the looks ended before they could come".to_owned());
    }
    Line::odd(seen, meanings.join("; "))
}

fn changes(findings: &Findings) -> Option<Line> {
    let series = findings.vms.iter().flat_map(|vm| &vm.series);
    let changed: usize = series.map(|it| it.changed).sum();
    (changed > 0).then(|| {
        Line::odd(
            format!(
                "{} changed or vanished after they were there",
                counted(changed, "value")
            ),
            "the exporter counts the first one that it reads",
        )
    })
}

fn aggregates(findings: &Findings) -> Vec<Line> {
    let all = || findings.vms.iter().flat_map(|vm| &vm.aggregates);
    let of_kind = |kind| {
        let mut named: Vec<&str> = Vec::new();
        for found in all().filter(|found| found.kind == kind) {
            let name = word(found.counter);
            if !named.contains(&name) {
                named.push(name);
            }
        }
        named.join(", ")
    };
    let (beside, only) = (of_kind(AggregateKind::Beside), of_kind(AggregateKind::Only));
    let mut lines = Vec::new();
    if !beside.is_empty() {
        let compared: usize = all().map(|it| it.compared).sum();
        let same: usize = all().map(|it| it.equal + it.rounded).sum();
        let seen = format!(
            "a series over all disks is beside those of the disks: {beside}; it is their sum in {same} of {} that can be compared",
            counted(compared, "slot")
        );
        lines.push(Line::odd(
            seen,
            "the exporter counts the disks alone, so nothing counts twice",
        ));
    }
    if !only.is_empty() {
        lines.push(Line::odd(
            format!("VMs have a series over all disks alone: {only}"),
            "the exporter counts that one; such VMs have no values for each disk",
        ));
    }
    if lines.is_empty() {
        lines.push(Line::usual(
            "there is no series over all disks",
            "totals are the sum of the disks",
        ));
    }
    lines
}

fn word(counter: DiskCounter) -> &'static str {
    match counter.quantity {
        Quantity::Iops => "IOPS",
        Quantity::Rate => "rate",
        Quantity::Latency => "latency",
    }
}

fn stamps(findings: &Findings) -> Line {
    let sum = |of: fn(&StampFindings) -> usize| {
        let vms: std::slice::Iter<'_, VmFindings> = findings.vms.iter();
        vms.map(|vm| of(&vm.stamps)).sum::<usize>()
    };
    let odd = [
        (sum(|it| it.skipped), "skipped"),
        (sum(|it| it.late), "listed after a later one"),
        (sum(|it| it.twice), "twice in an answer"),
        (sum(|it| it.off_grid), "not at a multiple of 20 s"),
        (sum(|it| it.other_intervals), "of another length than 20 s"),
        (sum(|it| it.steps_back), "older than the one before"),
    ];
    let seen = sum(|it| it.seen);
    let odd: Vec<String> = odd
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if odd.is_empty() {
        return Line::usual(
            format!("{} in order, 20 s apart", counted(seen, "stamp")),
            "no sample is skipped or repeated",
        );
    }
    Line::odd(
        format!("of {}: {}", counted(seen, "stamp"), odd.join(", ")),
        "the exporter counts each stamp once; one that is skipped is in no total",
    )
}

fn clocks(hosts: &[HostFindings]) -> Line {
    let wrong = hosts.iter().filter(|host| host.clock != Clock::Agrees);
    let wrong: Vec<String> = wrong
        .map(|host| {
            let offset = host.offset_seconds.unsigned_abs();
            let direction = match host.clock {
                Clock::Ahead => "ahead",
                Clock::Agrees | Clock::Behind => "behind",
            };
            format!("host {} about {offset} s {direction}", letters(host.host))
        })
        .collect();
    if wrong.is_empty() {
        return Line::usual(
            format!(
                "clocks agree with vCenter's within a minute: {}",
                counted(hosts.len(), "host")
            ),
            "offset_seconds of the JSON has the difference for each",
        );
    }
    Line::odd(
        format!("clocks differ from vCenter's: {}", wrong.join(", ")),
        "the exporter asks by number of samples, so values are right; set NTP on these hosts",
    )
}

fn moves(moves: &[Move]) -> Vec<Line> {
    if moves.is_empty() {
        return vec![Line::usual(
            "no VM moved to another host meanwhile",
            "move one with vMotion during the next probe to see what that costs",
        )];
    }
    moves.iter().map(moved).collect()
}

fn moved(found: &Move) -> Line {
    let lost = match found.slots_lost {
        Some(lost) => format!("{} lost", counted(lost, "slot")),
        None => "lost slots unknown".to_owned(),
    };
    let reused = match found.stamps_reused {
        0 => String::new(),
        reused => format!(
            ", {} used again for other samples",
            counted(reused, "stamp")
        ),
    };
    let seen = format!(
        "VM {} moved from host {} to {} after {} s: {} remained{reused}, {lost}",
        found.vm + 1,
        letters(found.from),
        letters(found.to),
        found.after_seconds,
        counted(found.stamps_kept, "old stamp"),
    );
    Line::odd(
        seen,
        if found.stamps_kept == 0 {
            "samples stay on the old host: each move costs what it wrote since the last cycle, up to POLL_INTERVAL"
        } else {
            "old samples can still be read after the move, so it costs little"
        },
    )
}
