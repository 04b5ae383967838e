//! What came of a cycle, as one immutable value.

use std::sync::Arc;
use std::time::Duration;

use super::governor::Missed;
use super::host_clocks::HostClock;
use super::reason::Reason;
use super::rules::Measures;
use super::source::Statistics;
use super::tally::Tally;
use crate::inventory::VmId;
use crate::snapshot::Snapshot;
use crate::units::Bytes;
use crate::vcenter_time::VcenterTime;

/// The name by which the operator knows a vCenter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VcenterName(Arc<str>);

impl VcenterName {
    /// Any text is a name.
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The result of one cycle.
#[derive(Debug)]
pub struct CycleReport {
    /// Whose cycle it was.
    pub vcenter: VcenterName,
    /// vCenter's time when it was first asked for samples; `None` if the cycle ended before.
    pub began_at: Option<VcenterTime>,
    /// Length of the window that means cover.
    pub window_seconds: u32,
    /// What is measured besides the writes of whole VMs.
    pub measures: Measures,
    /// What vCenter's statistics offer; `None` before it was asked.
    pub statistics: Option<Arc<Statistics>>,
    /// Every VM with its state and values; `None` while no inventory was ever read.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The samples that this cycle counted first, if the collection keeps them.
    pub new_samples: Vec<NewSample>,
    /// Samples that never came or were refused, and VMs that moved.
    pub tally: Tally,
    /// The hosts whose clocks are more than a minute from vCenter's. Only real-time samples show it.
    pub host_clocks: Vec<HostClock>,
    /// How many hosts were asked by vCenter's time, because their newest samples did not move.
    pub hosts_asked_by_time: usize,
    /// What is wrong with the inventory although VMs were asked for; `None` if it is kept up.
    pub inventory_trouble: Option<Arc<Reason>>,
    /// The VMs without an answer, each with its reason.
    pub missed: Missed,
    /// How the cycle ended.
    pub end: CycleEnd,
    /// How long it took.
    pub duration: Duration,
}

/// How a cycle ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CycleEnd {
    /// Every VM was asked for.
    Completed,
    /// It could not continue.
    Stopped(Arc<Reason>),
}

/// What a VM wrote in one sample. A sample of zero is one too.
///
/// A stamp may come again for the same VM, with more bytes: a series may lack a sample in one answer and have it in the
/// next. A history adds them up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSample {
    /// The VM.
    pub vm: VmId,
    /// The sample's stamp.
    pub at: VcenterTime,
    /// Bytes written in it, by all disks together.
    pub written: Bytes,
}
