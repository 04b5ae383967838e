//! What a vCenter keeps of stored roll-ups.

use std::num::NonZeroU32;

/// What a vCenter keeps of the stored roll-ups of one interval, and how many values it gives at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollUps {
    /// Length of the interval.
    pub interval_seconds: u32,
    /// Whether it stores this interval at all.
    pub is_stored: bool,
    /// Its statistics level there; `None` if that is unknown.
    pub level: Option<i32>,
    /// The wanted counters that it does not keep per disk, each with the level that it needs.
    pub withheld: Vec<String>,
    /// The most counters, of all VMs together, in one query for roll-ups. `None`: unlimited.
    pub max_query_metrics: Option<NonZeroU32>,
}
