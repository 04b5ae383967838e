//! Bytes counted so far, as they outlive a process.

use std::sync::Arc;

use super::counters::Direction;
use super::plausibility::MOST_BYTES;
use super::source::Source;
use super::timeline::time;
use crate::inventory::VmId;
use crate::units::Bytes;
use crate::vcenter_time::VcenterTime;

/// The totals of one vCenter. They are meaningless for another one, or for samples of another source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedTotals {
    /// vCenter's `instanceUuid`; empty for simulators that have none.
    pub instance: Arc<str>,
    /// Where the counted samples came from.
    pub source: Source,
    /// VM by VM.
    pub vms: Vec<VmTotals>,
}

/// What a VM and its disks have written and read since counting began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmTotals {
    /// The VM.
    pub vm: VmId,
    /// Stamp of the newest sample counted.
    pub newest_sample: VcenterTime,
    /// Of all disks together.
    pub all_disks: Totals,
    /// Of each disk, by vSphere's instance, if disks are measured.
    pub disks: Vec<(Arc<str>, Totals)>,
    /// Samples that are in no total, but may still come. Usually none.
    pub open: Vec<OpenSamples>,
}

/// Samples of one series that may still come, although newer ones are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSamples {
    /// vSphere's instance of the disk; empty for the VM as a whole.
    pub instance: Arc<str>,
    /// Which way the bytes go.
    pub direction: Direction,
    /// Their stamps.
    pub stamps: Vec<VcenterTime>,
}

impl OpenSamples {
    pub(super) fn new(
        instance: &Arc<str>,
        direction: Direction,
        stamps: impl Iterator<Item = u32>,
    ) -> Self {
        Self {
            instance: Arc::clone(instance),
            direction,
            stamps: stamps.map(time).collect(),
        }
    }
}

/// Bytes each way; `None` if no sample came yet, or none is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Bytes written.
    pub write: Option<Bytes>,
    /// Bytes read.
    pub read: Option<Bytes>,
}

impl VmTotals {
    /// Whether disks can have written and read as much as this.
    pub fn is_plausible(&self) -> bool {
        let of_disks = self.disks.iter().map(|(_, totals)| totals);
        let mut all = of_disks.chain([&self.all_disks]);
        all.all(|totals| {
            let mut both = [totals.write, totals.read].into_iter().flatten();
            both.all(|bytes| bytes.get() <= MOST_BYTES)
        })
    }
}

impl Totals {
    pub(super) const fn of(&self, direction: Direction) -> Option<Bytes> {
        match direction {
            Direction::Write => self.write,
            Direction::Read => self.read,
        }
    }

    pub(super) fn add(&mut self, direction: Direction, bytes: Bytes) {
        let total = match direction {
            Direction::Write => &mut self.write,
            Direction::Read => &mut self.read,
        };
        *total = Some(total.unwrap_or_default().saturating_add(bytes));
    }
}
