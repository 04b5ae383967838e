//! The server's clock: the machine's one, set forward or back at will.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Everything the server does by time goes by this clock.
#[derive(Debug)]
pub(crate) struct Clock {
    /// Added to the machine's clock, in seconds.
    offset: AtomicI64,
}

impl Clock {
    pub(crate) fn new(offset_seconds: i64) -> Self {
        Self {
            offset: AtomicI64::new(offset_seconds),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.offset.load(Ordering::Relaxed));
        let now = Timestamp::now().saturating_add(offset).unwrap_or_default();
        // vCenter's stamps have microseconds.
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn advance(&self, seconds: i64) {
        let _ = self
            .offset
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |offset| {
                Some(offset.saturating_add(seconds))
            });
    }
}
