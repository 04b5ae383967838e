//! Where samples come from: the 20-second ones that hosts keep for an hour, or vCenter's stored roll-ups.

use jiff::{SignedDuration, Timestamp};

use crate::counters::CounterInfo;

/// Spacing of real-time samples in seconds, at every vCenter.
pub const REALTIME_INTERVAL_SECONDS: u32 = 20;

/// How long hosts keep real-time samples, in seconds.
pub const REALTIME_RETENTION_SECONDS: u32 = 3_600;

/// The newest real-time sample was 23 s older than vCenter's clock in a recorded answer of 9.0.1. Asking for this much
/// more than the window keeps the window full.
const REALTIME_LAG_SECONDS: u32 = 60;

/// A roll-up appears some time after the moment it is stamped with, so this many intervals are looked back.
const HISTORICAL_LOOKBACK_INTERVALS: u32 = 3;

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

/// The time range and size of one query, in vCenter's own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryRange {
    /// `startTime`. Some answers include the sample stamped with it, others do not.
    pub start: Timestamp,
    /// `endTime`, included.
    pub end: Timestamp,
    /// `maxSample`. vCenter ignores it for roll-ups, so there it is absent.
    pub max_sample: Option<u32>,
    /// `intervalId`.
    pub interval_seconds: u32,
}

impl Source {
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

    /// What to ask for at vCenter's time `now`, so that the last `window_seconds` are covered.
    pub fn query_range(self, now: Timestamp, window_seconds: u32) -> QueryRange {
        let (look_back, max_sample, interval_seconds) = match self {
            Self::Realtime => {
                let look_back = window_seconds + REALTIME_LAG_SECONDS;
                (
                    look_back,
                    Some(look_back.div_ceil(REALTIME_INTERVAL_SECONDS)),
                    REALTIME_INTERVAL_SECONDS,
                )
            }
            Self::Historical => (
                HISTORICAL_LOOKBACK_INTERVALS * window_seconds,
                None,
                window_seconds,
            ),
        };
        let look_back = SignedDuration::from_secs(i64::from(look_back));
        QueryRange {
            start: now.saturating_sub(look_back).unwrap_or(Timestamp::MIN),
            end: now,
            max_sample,
            interval_seconds,
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
