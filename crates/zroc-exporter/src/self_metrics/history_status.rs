//! How a history fares.

use jiff::Timestamp;

/// What a history has, and whether its files have it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryStatus {
    /// Memory of its blocks.
    pub bytes: u64,
    /// Start of the oldest hour, by vCenter's clock; `None` if there is none.
    pub oldest: Option<Timestamp>,
    /// How many times an hour lost samples, or all that was left of it, for want of memory.
    pub dropped_hours: u64,
    /// When its files had all of it, by this machine's clock; the Unix epoch if never, `None` if it has no files.
    pub saved: Option<Timestamp>,
}
