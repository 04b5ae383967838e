//! A fixed schedule: cycles start at whole multiples of the interval, and a late one skips the ticks it missed.

use std::time::Duration;

use tokio::time::Instant;

/// When cycles start.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    next: Instant,
    interval: Duration,
}

impl Schedule {
    /// The first cycle starts at `start`.
    pub fn new(start: Instant, interval: Duration) -> Self {
        Self {
            next: start,
            interval,
        }
    }

    /// When the next cycle is due.
    pub fn next(&self) -> Instant {
        self.next
    }

    /// Moves on after a cycle that ended at `now`, and returns how many ticks passed meanwhile.
    pub fn advance(&mut self, now: Instant) -> u64 {
        self.next += self.interval;
        let mut skipped = 0;
        if self.next < now {
            let late = now - self.next;
            let ticks = late.as_nanos().div_ceil(self.interval.as_nanos().max(1));
            skipped = u64::try_from(ticks).unwrap_or(u64::MAX);
            self.next += self.interval.mul_f64(skipped as f64);
        }
        skipped
    }
}
