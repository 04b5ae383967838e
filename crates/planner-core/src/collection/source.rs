//! Where samples come from: the 20-second ones that hosts keep for an hour, or vCenter's stored roll-ups.

use std::num::NonZeroU32;

use super::counters::{CounterInfo, DiskCounter};
use crate::vcenter_time::VcenterTime;

/// Spacing of real-time samples in seconds, at every vCenter.
pub const REALTIME_INTERVAL_SECONDS: u32 = 20;

/// How long hosts keep real-time samples, in seconds.
pub const REALTIME_RETENTION_SECONDS: u32 = 3_600;

/// How many real-time samples each query asks for again. In some series the newest ones are missing at first; two minutes
/// are far more than has been seen.
const REALTIME_OVERLAP_SAMPLES: u32 = 6;

/// A real-time sample appears up to half a minute after its stamp; the newest one was 23 s old in a recorded answer of
/// 9.0.1. When none has come for this long, the last values are not fresh any more.
const REALTIME_FRESH_SECONDS: u32 = 120;

/// A roll-up appears some time after the moment it is stamped with, so this many intervals are looked back.
const HISTORICAL_LOOKBACK_INTERVALS: u32 = 3;

/// After an outage, roll-ups are caught up with as far as this, in seconds.
const HISTORICAL_CATCH_UP_SECONDS: u32 = 3_600;

/// What the operator asked for with `PERF_SOURCE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceChoice {
    /// Real-time samples whenever they reach back far enough.
    Auto,
    /// Real-time samples.
    Realtime,
    /// Stored roll-ups.
    Historical,
}

/// Where the published values come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// 20-second samples, which exist at every statistics level.
    Realtime,
    /// Roll-ups, of which the statistics level may withhold some.
    Historical,
}

/// What one vCenter's statistics offer, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Where samples come from; `None` before that is settled.
    pub source: Option<Source>,
    /// Each counter with each source.
    pub availability: Vec<CounterAvailability>,
}

/// Whether a counter's per-disk values can be had from a source on this vCenter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterAvailability {
    /// The counter.
    pub counter: DiskCounter,
    /// The source.
    pub source: Source,
    /// Whether the source has the counter.
    pub available: bool,
}

/// Which samples of a VM a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleRange {
    /// Real-time samples: the newest ones, at most this many.
    Newest(NonZeroU32),
    /// Roll-ups that are stamped after `start` and up to `end`. Some servers include the one stamped `start`.
    Between {
        /// `startTime`.
        start: VcenterTime,
        /// `endTime`.
        end: VcenterTime,
    },
}

impl SampleRange {
    /// Whether it asks for older samples than a range of the same source does.
    pub(super) fn reaches_back_beyond(self, other: Self) -> bool {
        match (self, other) {
            (Self::Newest(samples), Self::Newest(others)) => samples > others,
            (Self::Between { start, .. }, Self::Between { start: other, .. }) => start < other,
            (Self::Newest(_), Self::Between { .. }) | (Self::Between { .. }, Self::Newest(_)) => {
                false
            }
        }
    }
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 2] = [Self::Realtime, Self::Historical];

    /// Settles the operator's choice for a window of `window_seconds`.
    pub fn settle(choice: SourceChoice, window_seconds: u32, realtime_supported: bool) -> Self {
        match choice {
            SourceChoice::Realtime => Self::Realtime,
            SourceChoice::Auto
                if realtime_supported && window_seconds <= REALTIME_RETENTION_SECONDS =>
            {
                Self::Realtime
            }
            SourceChoice::Historical | SourceChoice::Auto => Self::Historical,
        }
    }

    /// Spacing of the samples, vSphere's `intervalId`, for a window of `window_seconds`.
    pub const fn interval_seconds(self, window_seconds: u32) -> u32 {
        match self {
            Self::Realtime => REALTIME_INTERVAL_SECONDS,
            Self::Historical => window_seconds,
        }
    }

    /// What to ask for at vCenter's time `now` about a VM for the first time: the last `window_seconds`.
    pub fn first_range(self, now: VcenterTime, window_seconds: u32) -> SampleRange {
        match self {
            Self::Realtime => newest_of(window_seconds, 0),
            Self::Historical => SampleRange::Between {
                start: now.minus_seconds(HISTORICAL_LOOKBACK_INTERVALS * window_seconds),
                end: now,
            },
        }
    }

    /// What to ask for to get every sample after `newest`, as far as they are kept, and those before it that some series
    /// may have lacked.
    ///
    /// Real-time samples are stamped by their host's clock, which may differ from vCenter's by hours, so no time is asked
    /// for: the query for `newest` was asked `elapsed_seconds` ago, which says how many samples have come since. Roll-ups are
    /// stamped by vCenter, whose time is `now`. A range of them always spans an interval, because vCenter refuses an empty
    /// one.
    pub fn range_since(
        self,
        newest: VcenterTime,
        elapsed_seconds: u32,
        now: VcenterTime,
        window_seconds: u32,
    ) -> SampleRange {
        match self {
            Self::Realtime => newest_of(elapsed_seconds, self.overlap_samples()),
            Self::Historical => {
                let latest = now.minus_seconds(HISTORICAL_LOOKBACK_INTERVALS * window_seconds);
                let oldest = now.minus_seconds(HISTORICAL_CATCH_UP_SECONDS).min(latest);
                SampleRange::Between {
                    start: newest.clamp(oldest, latest),
                    end: now,
                }
            }
        }
    }

    /// How many samples each query asks for again, because some series may have lacked them.
    pub const fn overlap_samples(self) -> u32 {
        match self {
            Self::Realtime => REALTIME_OVERLAP_SAMPLES,
            Self::Historical => HISTORICAL_LOOKBACK_INTERVALS - 1,
        }
    }

    /// How long samples can be had that were not read when they were new.
    pub const fn kept_seconds(self, window_seconds: u32) -> u32 {
        let lookback = HISTORICAL_LOOKBACK_INTERVALS.saturating_mul(window_seconds);
        match self {
            Self::Historical if lookback > HISTORICAL_CATCH_UP_SECONDS => lookback,
            Self::Historical => HISTORICAL_CATCH_UP_SECONDS,
            Self::Realtime => REALTIME_RETENTION_SECONDS,
        }
    }

    /// How old a VM's newest sample may be for its values to count as fresh although no new sample came.
    pub const fn fresh_seconds(self, window_seconds: u32) -> u32 {
        match self {
            Self::Realtime => REALTIME_FRESH_SECONDS,
            Self::Historical => HISTORICAL_LOOKBACK_INTERVALS * window_seconds,
        }
    }

    /// Whether per-disk values of a counter can be had: roll-ups only from the counter's level on.
    pub fn offers(self, counter: CounterInfo, interval_level: Option<i32>) -> bool {
        match (self, counter.per_device_level, interval_level) {
            (Self::Historical, Some(needed), Some(level)) => level >= needed,
            (Self::Realtime, _, _) | (Self::Historical, None, _) | (Self::Historical, _, None) => {
                true
            }
        }
    }

    /// The word for this source in settings, labels and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Historical => "historical",
        }
    }
}

/// The real-time samples that came in the last seconds by vCenter's clock, and those that some series may have lacked.
pub(super) fn recent(elapsed_seconds: u32, now: VcenterTime) -> SampleRange {
    let again = REALTIME_OVERLAP_SAMPLES * REALTIME_INTERVAL_SECONDS;
    let seconds = elapsed_seconds.saturating_add(again);
    SampleRange::Between {
        start: now.minus_seconds(seconds.min(REALTIME_RETENTION_SECONDS)),
        end: now,
    }
}

/// As many samples as fit into `seconds`, and `more`: at least one, and at most those that hosts keep.
fn newest_of(seconds: u32, more: u32) -> SampleRange {
    let kept = REALTIME_RETENTION_SECONDS / REALTIME_INTERVAL_SECONDS;
    let samples = seconds.div_ceil(REALTIME_INTERVAL_SECONDS);
    let samples = samples.saturating_add(more).min(kept);
    SampleRange::Newest(NonZeroU32::new(samples).unwrap_or(NonZeroU32::MIN))
}
