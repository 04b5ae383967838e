//! What one virtual disk can do at most. A value beyond that is an error of the host or of vCenter, and no data.

use super::counters::Quantity;

/// KiB per second. 16 lanes of PCI Express 4.0 carry 31.5 GB/s, and no adapter of a virtual disk has more behind it.
pub const MOST_KIB_PER_SECOND: u32 = 32_000_000;

/// Operations per second. The best adapters for virtual disks (paravirtual SCSI, `NVMe`) reach about a million with all disks of a VM
/// together.
pub const MOST_IOPS: u32 = 2_000_000;

/// Milliseconds of one operation. A host gives up on a lost path after 140 s, and guests give up on a disk after 180 s at
/// most, so the mean of 20 s cannot be longer than this.
pub const MOST_LATENCY_MILLIS: u32 = 240_000;

/// Bytes that a disk has written or read since counting began. At the highest rate it takes a year to get there.
pub const MOST_BYTES: u64 = 1_000_000_000_000_000_000;

/// The value, if a disk can have it.
pub(super) fn plausible(quantity: Quantity, value: i64) -> Option<u32> {
    u32::try_from(value)
        .ok()
        .filter(|value| *value <= most(quantity))
}

pub(super) const fn most(quantity: Quantity) -> u32 {
    match quantity {
        Quantity::Iops => MOST_IOPS,
        Quantity::Rate => MOST_KIB_PER_SECOND,
        Quantity::Latency => MOST_LATENCY_MILLIS,
    }
}
