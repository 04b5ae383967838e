//! The figures of a run and what is to be said of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::judgement::{Effect, Unexplained};
use super::watch::{Sample, megabytes};

/// Of the memory, in a long run.
const ALLOWED_GROWTH: f64 = 0.05;
/// In a short one, which ends while the allocator still settles: only a leak of megabytes a minute shows there.
const ALLOWED_GROWTH_OF_SHORT_RUN: f64 = 0.5;
const SHORT_RUN_MINUTES: u32 = 30;
/// Of all cycles. Changes do not count as faults, and may meet a cycle at any point.
const ALLOWED_UNEXPLAINED: f64 = 0.01;
/// Connections come and go with the HTTP clients.
const ALLOWED_MORE_FILES: u64 = 4;
/// More than any VM of the mock writes, and less than one absurd sample adds to the total of an hour.
const MOST_BYTES_PER_SECOND: f64 = 2e9;
const EXIT_WITHIN: Duration = Duration::from_secs(5);
/// Each median covers this share of the run: a single sample could catch memory that is in use for a moment only.
const SHARE_OF_A_MEDIAN: u32 = 12;

/// What the exporter holds at some point of the run.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Point {
    pub(super) minute: f64,
    pub(super) resident_bytes: u64,
    pub(super) open_files: u64,
    pub(super) threads: u64,
    pub(super) mock_resident_bytes: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) seed: u64,
    pub(super) vms: u32,
    pub(super) minutes: u32,
    pub(super) cycles: u64,
    pub(super) failed_cycles: u64,
    pub(super) lost_cycles: u64,
    pub(super) skipped_ticks: u64,
    /// Lines of the log that the exporter counts as dropped.
    pub(super) dropped_lines: u64,
    /// Those that the log itself says are missing.
    pub(super) missing_lines: u64,
    /// The most bytes that a VM has written, as the exporter counted.
    pub(super) highest_total: f64,
    /// Metrics that an episode should have shown.
    pub(super) missing_metrics: Vec<String>,
    pub(super) changes: u64,
    pub(super) by_kind: BTreeMap<String, Effect>,
    pub(super) unexplained: Vec<Unexplained>,
    pub(super) most_sessions: u64,
    pub(super) sessions_after_exit: u64,
    /// At the start, after a sixth, a half and all of the run.
    pub(super) points: Vec<Point>,
    pub(super) peak_resident_bytes: u64,
    pub(super) scrapes: u64,
    pub(super) failed_scrapes: Vec<String>,
    pub(super) slowest_scrape_seconds: f64,
    pub(super) panics: u64,
    pub(super) odd_lines: Vec<String>,
    pub(super) exit_seconds: f64,
}

/// Medians at the start, after a sixth, a half and all of the run.
pub(super) fn points(samples: &[Sample], whole: Duration) -> Vec<Point> {
    let width = whole / SHARE_OF_A_MEDIAN;
    [whole / 12, whole / 6, whole / 2, whole]
        .into_iter()
        .map(|end| {
            let among: Vec<&Sample> = samples
                .iter()
                .filter(|it| it.at + width >= end && it.at <= end)
                .collect();
            let median = |value: fn(&Sample) -> u64| {
                let mut values: Vec<u64> = among.iter().map(|it| value(it)).collect();
                values.sort_unstable();
                values.get(values.len() / 2).copied().unwrap_or(0)
            };
            Point {
                minute: end.as_secs_f64() / 60.0,
                resident_bytes: median(|it| it.exporter.resident_bytes),
                open_files: median(|it| it.exporter.open_files),
                threads: median(|it| it.exporter.threads),
                mock_resident_bytes: median(|it| it.mock.resident_bytes),
            }
        })
        .collect()
}

impl Report {
    /// Each verdict and whether it is as it should be.
    pub(super) fn verdicts(&self) -> Vec<(bool, String)> {
        let [_, early, _, late] = &self.points[..] else {
            return vec![(false, "the run was too short to be judged".to_owned())];
        };
        let lost = self.unexplained.iter().filter(|it| it.sampled == 0).count();
        let missing = self.unexplained.len() - lost;
        let growth = late.resident_bytes as f64 / early.resident_bytes.max(1) as f64 - 1.0;
        vec![
            (
                self.cycles > 0 && lost == 0,
                format!("{lost} cycles were lost without a fault in them or right before them"),
            ),
            (
                missing as f64 <= self.cycles as f64 * ALLOWED_UNEXPLAINED,
                format!("{missing} cycles missed some VMs without such a fault"),
            ),
            (
                self.most_sessions <= 1,
                format!("at most {} sessions at the same time", self.most_sessions),
            ),
            (
                self.sessions_after_exit == 0,
                format!("{} sessions after the end", self.sessions_after_exit),
            ),
            (
                growth <= self.allowed_growth(),
                format!(
                    "memory at the end is that after {:.1} minutes {:+.1} %",
                    early.minute,
                    growth * 100.0
                ),
            ),
            (
                late.open_files <= early.open_files + ALLOWED_MORE_FILES,
                format!("{} open files, then {}", early.open_files, late.open_files),
            ),
            (
                self.scrapes > 0 && self.failed_scrapes.is_empty(),
                format!("{} scrapes failed", self.failed_scrapes.len()),
            ),
            (
                self.panics == 0 && self.odd_lines.is_empty(),
                format!(
                    "{} panics, {} lines in the log that are not entries",
                    self.panics,
                    self.odd_lines.len()
                ),
            ),
            (
                self.exit_seconds <= EXIT_WITHIN.as_secs_f64(),
                format!("the end took {:.1} s", self.exit_seconds),
            ),
            (
                self.dropped_lines == self.missing_lines,
                format!(
                    "{} lines of the log were dropped, which says {}",
                    self.dropped_lines, self.missing_lines
                ),
            ),
            (
                self.highest_total <= self.highest_credible_total(),
                format!(
                    "the VM that wrote most is said to have written {:.0} GB",
                    self.highest_total / 1e9
                ),
            ),
            (
                self.missing_metrics.is_empty(),
                format!("{} metrics did not show", self.missing_metrics.len()),
            ),
        ]
    }

    /// In the whole run and the hour before, which the first samples may be from.
    fn highest_credible_total(&self) -> f64 {
        f64::from(60 * (self.minutes + 60)) * MOST_BYTES_PER_SECOND
    }

    fn allowed_growth(&self) -> f64 {
        if self.minutes < SHORT_RUN_MINUTES {
            ALLOWED_GROWTH_OF_SHORT_RUN
        } else {
            ALLOWED_GROWTH
        }
    }

    /// For people.
    pub(super) fn table(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "\n{:34} {:>8} {:>8} {:>8} {:>10} {:>14}",
            "trouble", "episodes", "failed", "lost", "recoveries", "cycles needed"
        )?;
        for (kind, effect) in &self.by_kind {
            writeln!(
                out,
                "{kind:34} {:8} {:8} {:8} {:10} {:14}",
                effect.episodes,
                effect.failed_cycles,
                effect.lost_cycles,
                effect.recoveries,
                effect.most_cycles_to_recover
            )?;
        }
        let ok = self.cycles - self.failed_cycles;
        writeln!(
            out,
            "\n{} cycles: {ok} succeeded, {} failed, {} of these without any value; {} ticks skipped; {} changes",
            self.cycles, self.failed_cycles, self.lost_cycles, self.skipped_ticks, self.changes
        )?;
        for point in &self.points {
            writeln!(
                out,
                "minute {:4.1}: {:.1} MB, {} files, {} threads; mock {:.1} MB",
                point.minute,
                megabytes(point.resident_bytes),
                point.open_files,
                point.threads,
                megabytes(point.mock_resident_bytes)
            )?;
        }
        writeln!(
            out,
            "at most {:.1} MB; {} scrapes, the slowest in {:.2} s",
            megabytes(self.peak_resident_bytes),
            self.scrapes,
            self.slowest_scrape_seconds
        )?;
        for unexplained in &self.unexplained {
            let Unexplained {
                end,
                sampled,
                reason,
                after,
            } = unexplained;
            writeln!(
                out,
                "unexplained: {end}, {sampled} VMs: {reason}; the episode before: {after}"
            )?;
        }
        let further = self.failed_scrapes.iter().chain(&self.odd_lines);
        for failure in further.chain(&self.missing_metrics).take(20) {
            writeln!(out, "{failure}")?;
        }
        writeln!(out)?;
        for (is_met, text) in self.verdicts() {
            writeln!(out, "{}  {text}", if is_met { "ok    " } else { "NOT OK" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
