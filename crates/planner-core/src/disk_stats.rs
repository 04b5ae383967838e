//! The statistics of a VM, and of its disks.

use std::sync::Arc;

use jiff::Timestamp;

use crate::units::{Bytes, Iops, KibPerSec, Millis};

/// What went one way over the window that ends with the newest sample.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DiskStats {
    /// Operations per second, summed over the disks.
    pub iops: Option<Iops>,
    /// Rate, summed over the disks.
    pub rate: Option<KibPerSec>,
    /// Latency, the arithmetic mean over the disks.
    pub latency: Option<Millis>,
    /// Latency of the operations: the mean weighted by their number, so that idle disks do not dilute it.
    pub weighted_latency: Option<Millis>,
    /// The largest single sample of the rate.
    pub peak_rate: Option<KibPerSec>,
    /// Everything since the meter began: rate times interval, each sample counted once.
    pub total: Option<Bytes>,
}

/// One disk of a VM.
#[derive(Debug, Clone, PartialEq)]
pub struct OneDiskStats {
    /// vSphere's instance: bus, bus number and unit, such as `scsi0:0`.
    pub instance: Arc<str>,
    /// What was written.
    pub write: DiskStats,
    /// What was read, where that is asked for.
    pub read: Option<DiskStats>,
}

/// What one VM did.
#[derive(Debug, Clone, PartialEq)]
pub struct VmDiskStats {
    /// What was written.
    pub write: DiskStats,
    /// What was read, where that is asked for.
    pub read: Option<Box<DiskStats>>,
    /// Disk by disk, where that is asked for.
    pub disks: Box<[OneDiskStats]>,
    /// Time stamp of the newest sample, in vCenter's time.
    pub newest_sample: Timestamp,
}
