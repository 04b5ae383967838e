//! Disk statistics of a VM, and of each of its disks.

use std::sync::Arc;

use crate::units::{Bytes, Iops, KibPerSec, LatencyMillis};
use crate::vcenter_time::VcenterTime;

/// What was written, or what was read, in the window that ends with the newest sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IoStats {
    /// Operations per second, summed over the disks.
    pub iops: Option<Iops>,
    /// Rate, summed over the disks.
    pub rate: Option<KibPerSec>,
    /// Latency, the arithmetic mean over the disks.
    pub latency: Option<LatencyMillis>,
    /// Latency of the operations: the mean weighted by their number, so that idle disks do not dilute it.
    pub weighted_latency: Option<LatencyMillis>,
    /// The largest single sample of the rate.
    pub peak_rate: Option<KibPerSec>,
    /// Everything since counting began: rate times interval, each sample counted once.
    pub total: Option<Bytes>,
}

/// One disk of a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskStats {
    /// vSphere's instance: bus, bus number and unit, such as `scsi0:0`.
    pub instance: Arc<str>,
    /// What was written.
    pub write: IoStats,
    /// What was read, if reads are measured.
    pub read: Option<IoStats>,
}

/// What one VM did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmIoStats {
    /// What was written.
    pub write: IoStats,
    /// Stamp of the newest sample.
    pub newest_sample: VcenterTime,
    /// Apart, because most exporters measure writes of whole VMs only.
    details: Option<Box<Details>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    read: Option<IoStats>,
    disks: Vec<DiskStats>,
}

impl VmIoStats {
    /// Statistics of a VM: what it wrote, what it read if that is measured, and its disks if they are.
    pub fn new(
        newest_sample: VcenterTime,
        write: IoStats,
        read: Option<IoStats>,
        disks: Vec<DiskStats>,
    ) -> Self {
        let has_details = read.is_some() || !disks.is_empty();
        Self {
            write,
            newest_sample,
            details: has_details.then(|| Box::new(Details { read, disks })),
        }
    }

    /// What was read, if reads are measured.
    pub fn read(&self) -> Option<&IoStats> {
        self.details.as_ref()?.read.as_ref()
    }

    /// The disks in the order of their instances, if disks are measured.
    pub fn disks(&self) -> &[DiskStats] {
        self.details.as_ref().map_or(&[], |details| &details.disks)
    }
}
