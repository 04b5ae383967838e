//! The clock of the collecting process, which nobody can set.

use std::time::Duration;

/// How far before the start of the process a moment can lie.
const BEFORE_START_SECONDS: u32 = 3_600;

/// A moment by the monotonic clock of the collecting process, in whole seconds.
///
/// The caller reads the clock. Clocks of vCenter and its hosts may step in either direction; what passes by this clock
/// has passed. Each VM has two of these, so they are small; moments up to an hour before the start of the process can be
/// told apart, because totals of an earlier process come from there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uptime(u32);

impl Uptime {
    /// The start of the process.
    pub const START: Self = Self(BEFORE_START_SECONDS);

    /// The moment at which the process has run for `since_start`.
    pub fn new(since_start: Duration) -> Self {
        let seconds = u32::try_from(since_start.as_secs()).unwrap_or(u32::MAX);
        Self(BEFORE_START_SECONDS.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this moment; zero if `earlier` is later.
    pub const fn seconds_since(self, earlier: Self) -> u32 {
        self.0.saturating_sub(earlier.0)
    }

    /// So much earlier, at most an hour before the start of the process.
    #[must_use]
    pub fn earlier_by(self, duration: Duration) -> Self {
        let seconds = u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        Self(self.0.saturating_sub(seconds))
    }
}
