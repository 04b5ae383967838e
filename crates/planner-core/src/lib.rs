//! What the disk write statistics of virtual machines say about protecting them.
//!
//! The crate is pure: it opens no connection, reads no clock and no environment. The caller hands in
//! what vCenter answered and the time at which it answered, and gets values back.
//!
//! The values flow in one direction:
//!
//! 1. [`Entities`](entities::Entities) hold the managed objects as vCenter describes them, and resolve to an
//!    [`Inventory`](inventory::Inventory): every VM with its cluster, host and datacenter.
//! 2. [`DiskCounters`](counters::DiskCounters) and [`Source`](source::Source) say what can be asked of this vCenter,
//!    and [`batches`] cuts the VMs into queries that it accepts.
//! 3. [`Aggregator`](disk_stats::Aggregator) turns the samples of one VM into
//!    [`VmDiskStats`](disk_stats::VmDiskStats).
//! 4. [`SnapshotBuilder`](snapshot::SnapshotBuilder) joins inventory and statistics into one
//!    [`Snapshot`](snapshot::Snapshot), which never changes afterwards.
//!
//! ```
//! use planner_core::counters::DiskCounter;
//! use planner_core::disk_stats::Aggregator;
//!
//! let mut aggregator = Aggregator::new(300);
//! let at = |second| jiff::Timestamp::from_second(second).unwrap();
//! aggregator.push(DiskCounter::WriteIops, "scsi0:0", [(at(20), Some(40)), (at(40), Some(60))]);
//! aggregator.push(DiskCounter::WriteIops, "scsi0:1", [(at(20), Some(5)), (at(40), None)]);
//! let stats = aggregator.finish().unwrap();
//! assert_eq!(stats.write_iops.unwrap().get(), 55.0);
//! ```

pub mod batches;
pub mod counters;
pub mod disk_stats;
pub mod entities;
pub mod entity_name;
pub mod inventory;
pub mod snapshot;
pub mod source;
pub mod units;
