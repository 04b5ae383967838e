//! How collection goes: what `/health` and the self-metrics tell.

use std::time::Duration;

use jiff::Timestamp;

/// The exporter's own account of its cycles so far. Times are of this machine's clock.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CollectionStatus {
    /// Cycles finished, with or without success.
    pub cycles: u64,
    /// When the last successful cycle ended.
    pub last_success: Option<Timestamp>,
    /// How long the last successful cycle took.
    pub last_duration: Option<Duration>,
    /// VMs with fresh values in the last successful cycle.
    pub last_vm_count: usize,
    /// What went wrong in the last cycle: all of it, or some VMs.
    pub last_error: Option<String>,
    /// Whether the last cycle read VMs' values, even if not all.
    pub up: bool,
}

impl CollectionStatus {
    /// Whether the last success is missing or older than three intervals.
    pub fn is_stale(&self, now: Timestamp, poll_interval: Duration) -> bool {
        let Some(last_success) = self.last_success else {
            return true;
        };
        let age = Duration::try_from(now.duration_since(last_success)).unwrap_or_default();
        age > poll_interval.saturating_mul(3)
    }

    /// Whether operators should look: never collected, stale, or an error in the last cycle.
    pub fn is_degraded(&self, now: Timestamp, poll_interval: Duration) -> bool {
        self.last_error.is_some() || self.is_stale(now, poll_interval)
    }
}
