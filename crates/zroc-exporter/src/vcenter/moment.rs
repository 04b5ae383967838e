//! Now, by two clocks.

use jiff::Timestamp;
use tokio::time::Instant;

/// One moment by this machine's two clocks: one measures ages, the other is shown to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the monotonic clock. Ages are measured by it, because nobody can set it.
    pub instant: Instant,
    /// By the wall clock, which may be set at any time.
    pub timestamp: Timestamp,
}

impl Moment {
    /// The present moment.
    pub fn now() -> Self {
        Self {
            instant: Instant::now(),
            timestamp: Timestamp::now(),
        }
    }
}
