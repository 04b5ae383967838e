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
//!    and the [`Governor`](governor::Governor) which VMs to ask for together.
//! 3. [`Meters`](meters::Meters) count the samples of each VM, given as [`VmSamples`](samples::VmSamples), and give its
//!    [`VmDiskStats`](disk_stats::VmDiskStats).
//! 4. [`SnapshotBuilder`](snapshot::SnapshotBuilder) joins inventory and statistics into one
//!    [`Snapshot`](snapshot::Snapshot), which never changes afterwards.
//!
//! ```
//! use planner_core::counters::DiskCounter;
//! use planner_core::inventory::VmId;
//! use planner_core::meters::{MeterOptions, Meters};
//! use planner_core::samples::{SampleTime, VmSamples};
//! use planner_core::source::Source;
//!
//! let [write_iops, ..] = DiskCounter::WRITES;
//! let mut samples = VmSamples::default();
//! samples.begin([20, 40].map(|at| SampleTime { at, interval_seconds: 20 }));
//! samples.push(write_iops, "scsi0:0", [Some(40), Some(60)]);
//! samples.push(write_iops, "scsi0:1", [Some(5), Some(15)]);
//!
//! let (vm, now) = (VmId::new("vm-1"), jiff::Timestamp::from_second(63).unwrap());
//! let mut meters = Meters::new(Source::Realtime, 300, MeterOptions::default());
//! meters.absorb(&vm, &samples, now);
//! assert_eq!(meters.stats(&vm, now).unwrap().write.iops.unwrap().get(), 60.0);
//! ```

pub mod batches;
mod by_vm;
pub mod counters;
pub mod disk_stats;
pub mod entities;
pub mod entity_name;
pub mod filter;
pub mod governor;
pub mod hygiene;
pub mod inventory;
mod meter;
pub mod meters;
pub mod samples;
pub mod snapshot;
pub mod source;
pub mod units;
