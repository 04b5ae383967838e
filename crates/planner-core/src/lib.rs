//! What the disk write statistics of virtual machines say about protecting them.
//!
//! The crate is pure: it opens no connection, reads no clock and no environment. The caller hands in
//! what vCenter answered and the time at which it answered, and gets values back.
//!
//! The values flow in one direction:
//!
//! 1. [`Entities`](inventory::entities::Entities) hold the managed objects as vCenter describes them. They resolve to an
//!    [`Inventory`](inventory::Inventory): every VM with its cluster, host and datacenter.
//! 2. [`DiskCounters`](collection::counters::DiskCounters) and [`Source`](collection::source::Source) say what can be
//!    asked of this vCenter.
//! 3. A [`Collection`](collection::Collection) turns inventory and samples into one
//!    [`CycleReport`](collection::CycleReport) per cycle. Its [`Governor`](collection::governor::Governor) decides which
//!    VMs to ask for together; its [`Accumulators`](collection::accumulators::Accumulators) count each sample once.
//! 4. The report holds a [`Snapshot`](snapshot::Snapshot): every VM with its state and statistics, which never changes.
//!
//! A [`History`](history::History) keeps the new samples of reports, for days.
//!
//! Apart from that, [`plan`] turns what VMs have written over time into a sizing of link, journal and recovery site, and
//! [`probe`] judges how the samples of a vCenter come.
//!
//! ```
//! use planner_core::collection::accumulators::{Accumulators, Look, Measures};
//! use planner_core::collection::counters::DiskCounter;
//! use planner_core::collection::samples::{SampleBuffer, SampleTime};
//! use planner_core::collection::source::Source;
//! use planner_core::inventory::VmId;
//! use planner_core::uptime::Uptime;
//! use planner_core::vcenter_time::VcenterTime;
//!
//! let [write_iops, ..] = DiskCounter::WRITES;
//! let mut buffer = SampleBuffer::default();
//! let mut samples = buffer.begin([20, 40].map(|second| SampleTime {
//!     at: VcenterTime::from_second(second),
//!     interval_seconds: 20,
//! }));
//! samples.push(write_iops, "scsi0:0", [Some(40), Some(60)]);
//! samples.push(write_iops, "scsi0:1", [Some(5), Some(15)]);
//!
//! let vm = VmId::new("vm-1");
//! let look = Look {
//!     asked: Uptime::START,
//!     answered: Uptime::START,
//!     host: None,
//! };
//! let mut accumulators = Accumulators::new(Source::Realtime, 300, Measures::default());
//! accumulators.ingest(&vm, &samples, look, |_, _| {});
//! let stats = accumulators.stats(&vm, Uptime::START).unwrap();
//! assert_eq!(stats.write.iops.unwrap().get(), 60.0);
//! ```

mod backoff;
pub mod collection;
pub mod history;
pub mod inventory;
pub mod io_stats;
pub mod plan;
pub mod probe;
pub mod snapshot;
pub mod snapshot_builder;
pub mod units;
pub mod uptime;
pub mod vcenter_time;
mod vm_map;
pub mod vm_state;
