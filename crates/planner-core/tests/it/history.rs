//! A history of what VMs wrote, through its public face.

mod closing;
mod corpus;
mod damage;
mod filling;
mod limits;
mod log;
mod plans;
mod properties;
mod sums;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::accumulators::Measures;
use planner_core::collection::governor::Missed;
use planner_core::collection::source::{Source, Statistics};
use planner_core::collection::tally::Tally;
use planner_core::collection::{CycleEnd, CycleReport, NewSample, VcenterName};
use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{Folded, History, Limits, View};
use planner_core::inventory::Inventory;
use planner_core::io_stats::{IoStats, VmIoStats};
use planner_core::plan::row::Row;
use planner_core::snapshot_builder::SnapshotBuilder;
use planner_core::units::{Bytes, BytesPerSec};

use crate::governor_model::{id, vms};
use crate::{at, reason};

/// An hour begins here.
const START: i64 = 1_700_002_800;
const HOUR: i64 = 3_600;
/// What a rate of 1 KiB per second writes in 20 s.
const UNIT: u64 = 20_480;

/// Bytes by VM and stamp.
type Written = BTreeMap<(usize, i64), u64>;

const PLENTY: Limits = Limits {
    hours: NonZeroU32::new(24).unwrap(),
    roll_up_days: 7,
    bytes: 1 << 30,
};

/// A cycle in which all VMs were answered up to `newest`, but for those that failed.
#[derive(Debug)]
struct Cycle {
    now: i64,
    newest: i64,
    inventory: Arc<Inventory>,
    failed: Vec<usize>,
    /// VM, stamp, bytes.
    samples: Vec<(usize, i64, u64)>,
}

impl Cycle {
    fn of(vms_known: usize, now: i64, samples: Vec<(usize, i64, u64)>) -> Self {
        Self {
            now,
            newest: now,
            inventory: vms(0..vms_known),
            failed: Vec::new(),
            samples,
        }
    }

    fn report(&self, source: Source, window_seconds: u32) -> CycleReport {
        let mut snapshot = SnapshotBuilder::new(Arc::clone(&self.inventory), None);
        for (number, vm) in self.inventory.vms().iter().enumerate() {
            if self.failed.contains(&number) {
                snapshot.failed(&vm.id, reason(1));
            } else if vm.is_observed() {
                let newest = at(self.newest);
                let stats = VmIoStats::new(newest, IoStats::default(), None, Vec::new());
                snapshot.sampled(&vm.id, stats);
            }
        }
        let new_samples = self.samples.iter().map(|(vm, stamp, bytes)| NewSample {
            vm: id(*vm),
            at: at(*stamp),
            written: Bytes::new(*bytes),
        });
        CycleReport {
            vcenter: VcenterName::new("vc1.example"),
            began_at: Some(at(self.now)),
            window_seconds,
            measures: Measures::default(),
            statistics: Some(Arc::new(Statistics {
                source: Some(source),
                availability: Vec::new(),
            })),
            snapshot: Some(Arc::new(snapshot.build())),
            new_samples: new_samples.collect(),
            tally: Tally::default(),
            host_clocks: Vec::new(),
            hosts_asked_by_time: 0,
            inventory_trouble: None,
            missed: Missed::default(),
            end: CycleEnd::Completed,
            duration: Duration::ZERO,
        }
    }

    fn fold(&self, history: &mut History) -> Folded {
        history.fold(&self.report(Source::Realtime, 300))
    }
}

/// Lets all hours pass.
fn close_all(history: &mut History, vms_known: usize, after: i64) {
    Cycle::of(vms_known, after + 2 * HOUR, Vec::new()).fold(history);
}

fn past_of(view: &View, vms: impl IntoIterator<Item = usize>) -> Option<Past> {
    let part = Part {
        view: view.clone(),
        chosen: Chosen::Vms(vms.into_iter().map(id).collect()),
    };
    Past::new(&[part], None).ok()
}

/// The rates of a series, by start and end of the bucket.
fn rates(past: &Past, series: usize) -> BTreeMap<(i64, i64), BytesPerSec> {
    let mut row = Row::default();
    past.read(series, &mut row);
    let buckets = past.grid().buckets().zip(row.rates());
    buckets
        .filter_map(|(bucket, rate)| Some((bucket, (*rate)?)))
        .collect()
}

/// All samples that a view has of these VMs.
fn written(view: &View, vms: usize) -> Written {
    let mut written = Written::new();
    let Some(past) = past_of(view, 0..vms) else {
        return written;
    };
    for vm in 0..vms {
        for ((start, end), rate) in rates(&past, vm) {
            assert_eq!(end - start, 20);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few GB"
            )]
            let bytes = (rate.get() * 20.0).round() as u64;
            written.insert((vm, end), bytes);
        }
    }
    written
}

/// What cycles brought, added up.
fn expected(cycles: &[Cycle]) -> Written {
    let mut expected = Written::new();
    for (vm, stamp, bytes) in cycles.iter().flat_map(|cycle| &cycle.samples) {
        *expected.entry((*vm, *stamp)).or_default() += bytes;
    }
    expected
}
