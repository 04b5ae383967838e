//! What a collection and its cycles are told beforehand.

use std::sync::Arc;

use super::batch_limits::BatchLimits;
use super::rules::Measures;
use super::source::{Source, Statistics};
use crate::uptime::Uptime;
use crate::vcenter_time::VcenterTime;

/// What to collect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionOptions {
    /// Length of the window that means cover.
    pub window_seconds: u32,
    /// What to measure besides the writes of whole VMs.
    pub measures: Measures,
    /// Whether reports hold the new samples: 32 bytes for each sample of each VM. A history needs them.
    pub keep_new_samples: bool,
}

/// What a cycle asks by, once session, counters and source are known.
#[derive(Debug, Clone)]
pub struct CyclePlan {
    /// vCenter's `instanceUuid`, which outlives renames; empty for simulators that have none.
    pub instance: Arc<str>,
    /// Where samples come from.
    pub source: Source,
    /// vCenter's time now.
    pub now: VcenterTime,
    /// Our own time now.
    pub at: Uptime,
    /// What bounds a query.
    pub limits: BatchLimits,
    /// What vCenter's statistics offer.
    pub statistics: Arc<Statistics>,
}

/// What became of the totals of an earlier process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// Counting continues from them.
    Resumed {
        /// VMs that had totals.
        vms: usize,
    },
    /// They belong to another vCenter or another source, so counting starts from zero.
    Foreign,
}
