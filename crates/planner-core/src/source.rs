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

    /// What to ask for at vCenter's time `now` about a VM that was not asked about before: the last `window_seconds`.
    pub fn first_range(self, now: Timestamp, window_seconds: u32) -> QueryRange {
        let look_back = match self {
            Self::Realtime => window_seconds + REALTIME_LAG_SECONDS,
            Self::Historical => HISTORICAL_LOOKBACK_INTERVALS * window_seconds,
        };
        self.range(before(now, look_back), now, window_seconds)
    }

    /// What to ask for at vCenter's time `now` to get every sample after `since`, as far as they are kept.
    ///
    /// The range always spans an interval, because vCenter refuses an empty one; samples that come again are told by
    /// their time stamps.
    pub fn range_since(self, since: Timestamp, now: Timestamp, window_seconds: u32) -> QueryRange {
        let after = since
            .saturating_add(SignedDuration::from_secs(1))
            .unwrap_or(since);
        let (oldest, newest) = match self {
            Self::Realtime => (
                before(now, REALTIME_RETENTION_SECONDS),
                before(now, REALTIME_INTERVAL_SECONDS),
            ),
            Self::Historical => {
                let look_back = before(now, HISTORICAL_LOOKBACK_INTERVALS * window_seconds);
                (
                    before(now, HISTORICAL_CATCH_UP_SECONDS).min(look_back),
                    look_back,
                )
            }
        };
        self.range(after.clamp(oldest, newest), now, window_seconds)
    }

    fn range(self, start: Timestamp, end: Timestamp, window_seconds: u32) -> QueryRange {
        let seconds = u32::try_from(end.duration_since(start).as_secs()).unwrap_or(0);
        let (max_sample, interval_seconds) = match self {
            Self::Realtime => (
                Some(seconds.div_ceil(REALTIME_INTERVAL_SECONDS) + 1),
                REALTIME_INTERVAL_SECONDS,
            ),
            Self::Historical => (None, window_seconds),
        };
        QueryRange {
            start,
            end,
            max_sample,
            interval_seconds,
        }
    }

    /// How old a VM's newest sample may be for its values to count as fresh although no new sample came.
    pub const fn recent_seconds(self, window_seconds: u32) -> u32 {
        match self {
            Self::Realtime => 2 * REALTIME_LAG_SECONDS,
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

fn before(now: Timestamp, seconds: u32) -> Timestamp {
    now.saturating_sub(SignedDuration::from_secs(i64::from(seconds)))
        .unwrap_or(Timestamp::MIN)
}
