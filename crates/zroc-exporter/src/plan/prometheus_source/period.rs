//! Which time a Prometheus is asked about.

use jiff::Timestamp;

use crate::plan::requested_time::RequestedTime;

/// How far back a plan looks without `--last`: a week has each day of the week.
const DEFAULT_SECONDS: u32 = 7 * 86_400;
/// A server may hide what is newer, because it may not be complete.
const LATENCY_SECONDS: i64 = 60;

/// The time of a plan, in seconds of Unix time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Period {
    pub(super) fn of(time: RequestedTime) -> Self {
        let now = Timestamp::now().as_second() - LATENCY_SECONDS;
        let last = |seconds: u32| Self {
            start: now - i64::from(seconds),
            end: now,
        };
        match time {
            RequestedTime::All => last(DEFAULT_SECONDS),
            RequestedTime::Last(seconds) => last(seconds),
            RequestedTime::Window(start, end) => Self { start, end },
        }
    }

    pub(super) const fn seconds(self) -> i64 {
        self.end - self.start
    }
}
