//! The stamps of a VM's samples: how old, when they appear, and whether they lie where they should.

use std::collections::{BTreeMap, BTreeSet};

use super::stay::Stay;
use crate::collection::samples::SampleTime;
use crate::collection::source::REALTIME_INTERVAL_SECONDS;
use crate::vcenter_time::VcenterTime;

const INTERVAL: i64 = REALTIME_INTERVAL_SECONDS as i64;

/// Two looks that lie farther apart say too little about when a sample appeared.
const LONGEST_PAUSE_SECONDS: i64 = 10;

/// How the stamps of a VM lie.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StampFindings {
    /// Different stamps; those of each host are counted for themselves.
    pub seen: usize,
    /// Stamps that no answer listed although it listed those before and after.
    pub skipped: usize,
    /// Stamps that were first listed after a later one.
    pub late: usize,
    /// How often an answer had a stamp again that it had before.
    pub twice: usize,
    /// Stamps that are not a multiple of 20 s.
    pub off_grid: usize,
    /// Stamps of samples that are not 20 s long.
    pub other_intervals: usize,
    /// How often a stamp was older than the one before it in the answer, or the newest one older than in the answer before.
    pub steps_back: usize,
    /// The most that one answer listed.
    pub most_in_an_answer: usize,
}

impl StampFindings {
    pub(super) fn of(stays: &[Stay<'_>]) -> Self {
        let mut found = Self::default();
        for stay in stays {
            found.add(stay);
        }
        found
    }

    fn add(&mut self, stay: &Stay<'_>) {
        let mut seen: BTreeMap<VcenterTime, u32> = BTreeMap::new();
        let mut gaps: BTreeSet<(VcenterTime, VcenterTime)> = BTreeSet::new();
        let mut newest: Option<VcenterTime> = None;
        let mut newest_before: Option<VcenterTime> = None;
        for (_, look) in stay.answers() {
            let times = &look.times;
            self.most_in_an_answer = self.most_in_an_answer.max(times.len());
            let mut sorted: Vec<VcenterTime> = times.iter().map(|time| time.at).collect();
            self.steps_back += sorted
                .iter()
                .zip(sorted.iter().skip(1))
                .filter(|(a, b)| b < a)
                .count();
            sorted.sort_unstable();
            sorted.dedup();
            self.twice += times.len().saturating_sub(sorted.len());
            let newest_now = sorted.last().copied();
            self.steps_back += usize::from(newest_now < newest_before);
            newest_before = newest_now;
            self.late += sorted
                .iter()
                .filter(|stamp| {
                    newest.is_some_and(|newest| **stamp < newest) && !seen.contains_key(stamp)
                })
                .count();
            newest = newest.max(newest_now);
            let pairs = sorted.iter().copied().zip(sorted.iter().copied().skip(1));
            gaps.extend(pairs.filter(|(a, b)| b.seconds_since(*a) > INTERVAL));
            for SampleTime {
                at,
                interval_seconds,
            } in times
            {
                seen.insert(*at, *interval_seconds);
            }
        }
        self.seen += seen.len();
        for (stamp, interval_seconds) in &seen {
            self.off_grid += usize::from(stamp.as_second().rem_euclid(INTERVAL) != 0);
            self.other_intervals += usize::from(*interval_seconds != REALTIME_INTERVAL_SECONDS);
        }
        for (before, after) in gaps {
            let is_between = |(stamp, _): (&VcenterTime, &u32)| *stamp > before && *stamp < after;
            if !seen.iter().any(is_between) {
                let skipped = (after.seconds_since(before) - 1).div_euclid(INTERVAL);
                self.skipped = self
                    .skipped
                    .saturating_add(usize::try_from(skipped).unwrap_or(0));
            }
        }
    }
}

/// How old the newest sample was at each look.
pub(super) fn ages(stay: &Stay<'_>) -> Vec<i64> {
    let newest = stay.answers().filter_map(|(at, look)| {
        let newest = look.valued().max()?;
        Some(at.seconds_since(newest))
    });
    newest.collect()
}

/// How long after its stamp each sample appeared that was new during the stay.
pub(super) fn appearances(stay: &Stay<'_>) -> Vec<i64> {
    let appeared = appeared(stay).into_iter();
    appeared
        .map(|(stamp, at)| at.seconds_since(stamp))
        .collect()
}

/// The samples that were new during the stay, each with the look that found it.
pub(super) fn appeared(stay: &Stay<'_>) -> Vec<(VcenterTime, VcenterTime)> {
    let mut appeared = Vec::new();
    let mut before: Option<(VcenterTime, VcenterTime)> = None;
    for (at, look) in stay.answers() {
        let Some(newest) = look.valued().max() else {
            continue;
        };
        let Some((looked, known)) = before else {
            before = Some((at, newest));
            continue;
        };
        if at.seconds_since(looked) <= LONGEST_PAUSE_SECONDS {
            let mut new: Vec<VcenterTime> = look.valued().filter(|stamp| *stamp > known).collect();
            new.sort_unstable();
            new.dedup();
            appeared.extend(new.into_iter().map(|stamp| (stamp, at)));
        }
        before = Some((at, known.max(newest)));
    }
    appeared
}
