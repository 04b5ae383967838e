//! The stamps of a VM's samples, those that are kept and those of an answer, in one order.

use super::samples::SampleTime;
use crate::vcenter_time::VcenterTime;

/// A stamp of a VM.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Seconds of Unix time by the host's clock.
    pub(super) at: u32,
    /// Seconds that a sample with this stamp covers.
    pub(super) seconds: u32,
    /// Its place among the stamps that the VM keeps.
    pub(super) kept: Option<usize>,
    /// Its place among the times of the answer.
    pub(super) answered: Option<usize>,
    /// The seconds that the answer claims for it, if no sample covers such a time.
    pub(super) odd_interval: Option<u32>,
}

/// Times of an answer, or those of them that count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered<'a> {
    pub(super) times: &'a [SampleTime],
    /// The place of the first of them among all times of the answer.
    first: usize,
}

impl<'a> Answered<'a> {
    /// The times between two stamps, or all.
    pub(super) fn of(all: &'a [SampleTime], between: Option<(u32, u32)>) -> Self {
        let (first, end) = between.map_or((0, all.len()), |(first, last)| {
            (
                all.partition_point(|time| stamp(time) < first),
                all.partition_point(|time| stamp(time) <= last),
            )
        });
        Self {
            times: all.get(first..end).unwrap_or_default(),
            first,
        }
    }

    /// The times up to the one at this place of the answer.
    pub(super) fn up_to(self, place: Option<usize>) -> Self {
        let length = place.map_or(0, |place| (place + 1).saturating_sub(self.first));
        Self {
            times: self
                .times
                .get(..length.min(self.times.len()))
                .unwrap_or_default(),
            ..self
        }
    }
}

/// How long a sample may be, and how long it usually is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spacing {
    pub(super) usual_seconds: u32,
    pub(super) longest_seconds: u32,
}

/// Puts the stamps in order. If they are not comparable, because another clock made them, only those are kept that are older
/// than the answer.
pub(super) fn merge(
    kept: &[u32],
    answered: Answered<'_>,
    are_comparable: bool,
    spacing: Spacing,
    moments: &mut Vec<Moment>,
) {
    moments.clear();
    let first_answered = answered.times.first().map_or(0, stamp);
    let usable = if are_comparable {
        kept.len()
    } else {
        kept.partition_point(|at| *at < first_answered)
    };
    let mut kept = kept.iter().copied().take(usable).enumerate().peekable();
    for (place, time) in (answered.first..).zip(answered.times) {
        let at = stamp(time);
        while let Some((place, at)) = kept.next_if(|(_, kept)| *kept < at) {
            moments.push(Moment::kept(at, place, spacing));
        }
        let same = kept.next_if(|(_, kept)| *kept == at);
        let is_odd = !(1..=spacing.longest_seconds).contains(&time.interval_seconds);
        moments.push(Moment {
            at,
            seconds: if is_odd {
                spacing.usual_seconds
            } else {
                time.interval_seconds
            },
            kept: same.map(|(place, _)| place),
            answered: Some(place),
            odd_interval: is_odd.then_some(time.interval_seconds),
        });
    }
    moments.extend(kept.map(|(place, at)| Moment::kept(at, place, spacing)));
    let mut earlier = None;
    for moment in moments {
        // Samples that lie closer together than they claim cover no more than the time between them.
        if let Some(earlier) = earlier.replace(moment.at) {
            moment.seconds = moment.seconds.min(moment.at.saturating_sub(earlier));
        }
    }
}

impl Moment {
    fn kept(at: u32, place: usize, spacing: Spacing) -> Self {
        Self {
            at,
            seconds: spacing.usual_seconds,
            kept: Some(place),
            answered: None,
            odd_interval: None,
        }
    }

    /// What a disk transfers at this rate, in bytes.
    pub(super) fn bytes_at(self, kib_per_second: u32) -> u64 {
        Self::bytes_in(self.seconds, kib_per_second)
    }

    /// What is transferred at this rate in this number of seconds, in bytes.
    pub(super) fn bytes_in(seconds: u32, kib_per_second: u32) -> u64 {
        (u64::from(kib_per_second) * 1_024).saturating_mul(u64::from(seconds))
    }
}

/// How many samples, `spacing` apart, are missing between two stamps. Only those after `closed` and up to `closing` count.
pub(super) fn lost_between(
    earlier: u32,
    later: u32,
    spacing: u32,
    closed: u32,
    closing: u32,
) -> u32 {
    let spacing = spacing.max(1);
    // A stamp that is a little late is not missing.
    let last = later.saturating_sub(spacing / 2 + 1).min(closing);
    let steps = |until: u32| until.saturating_sub(earlier) / spacing;
    steps(last).saturating_sub(steps(closed))
}

/// Times are checked when an answer is read.
pub(super) fn stamp(time: &SampleTime) -> u32 {
    second(time.at)
}

pub(super) fn second(at: VcenterTime) -> u32 {
    u32::try_from(at.as_second()).unwrap_or(0)
}

/// The time of a stamp.
pub(super) fn time(stamp: u32) -> VcenterTime {
    VcenterTime::from_second(i64::from(stamp))
}
