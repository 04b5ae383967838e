//! Whole cycles against a vCenter that answers queries from a workload, unless it refuses them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::accumulators::Measures;
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::governor::Reaction;
use planner_core::collection::reason::Reason;
use planner_core::collection::samples::{SampleBuffer, SampleTime};
use planner_core::collection::source::{SampleRange, Source, Statistics};
use planner_core::collection::{
    Collection, CollectionOptions, Cycle, CycleEnd, CyclePlan, CycleReport, Intake, Query,
    VcenterName,
};
use planner_core::inventory::{Inventory, VmId};
use planner_core::snapshot::Snapshot;
use planner_core::units::Bytes;
use planner_core::vcenter_time::VcenterTime;
use planner_core::vm_state::VmState;

use crate::governor_model::{Vcenter, ended_early, limits, refused};
use crate::{at, up};

pub(crate) const WINDOW_SECONDS: u32 = 300;
/// How long every cycle takes.
pub(crate) const DURATION: Duration = Duration::from_millis(1_234);

const RATE: DiskCounter = DiskCounter::WRITES[1];
/// Age of the newest sample.
const LAG_SECONDS: u32 = 3;

/// KiB per second that a VM writes in the sample that ends at a stamp.
fn rate(vm: &VmId, stamp: VcenterTime) -> i64 {
    let of_vm: i64 = vm.as_str().bytes().map(i64::from).sum();
    (stamp.as_second() / 20 * 7_919 + of_vm) % 997
}

/// What a VM writes after `start` and up to `end`.
pub(crate) fn written(vm: &VmId, start: VcenterTime, end: VcenterTime) -> Bytes {
    let stamps = (start.as_second() + 1..=end.as_second()).filter(|second| second % 20 == 0);
    let rates = stamps.map(|second| rate(vm, at(second)));
    Bytes::new(rates.map(|rate| rate.unsigned_abs() * 20 * 1_024).sum())
}

/// Hands over the samples of a VM.
pub(crate) fn hand_over(intake: &mut Intake<'_>, vm: &VmId, stamps: &[VcenterTime]) {
    let mut buffer = SampleBuffer::default();
    let mut samples = buffer.begin(stamps.iter().map(|&at| SampleTime {
        at,
        interval_seconds: 20,
    }));
    let rates = stamps.iter().map(|&at| Some(rate(vm, at)));
    samples.push(RATE, "scsi0:0", rates);
    intake.add(vm.as_str(), &samples);
}

/// Answers a query with the newest real-time samples.
pub(crate) fn answer(cycle: &mut Cycle<'_>, query: Query, now: VcenterTime) {
    let newest = now.minus_seconds(LAG_SECONDS).as_second() / 20 * 20;
    let vms: Vec<(VmId, Vec<VcenterTime>)> = query
        .vms()
        .map(|(vm, range)| {
            let SampleRange::Newest(samples) = range else {
                panic!("a range of roll-ups");
            };
            let stamps = (0..i64::from(samples.get())).map(|back| at(newest - back * 20));
            (vm.clone(), stamps.collect())
        })
        .collect();
    cycle.answered(query, up(now.as_second()), |intake| {
        for (vm, stamps) in &vms {
            hand_over(intake, vm, stamps);
        }
    });
}

pub(crate) fn collection() -> Collection {
    let options = CollectionOptions {
        window_seconds: WINDOW_SECONDS,
        measures: Measures::default(),
        keep_new_samples: true,
    };
    Collection::new(VcenterName::new("vc1.example"), options)
}

/// A cycle of real-time samples in batches of 100 VMs.
pub(crate) fn plan(now: i64) -> CyclePlan {
    CyclePlan {
        instance: Arc::from("uuid-1"),
        source: Source::Realtime,
        now: at(now),
        at: up(now),
        limits: limits(100, None),
        statistics: Arc::new(Statistics {
            source: Some(Source::Realtime),
            availability: Vec::new(),
        }),
    }
}

/// A cycle that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) report: CycleReport,
    /// What was done about each failed query.
    pub(crate) reactions: Vec<Reaction>,
}

/// Runs a cycle, one query at a time, and stops it after this many queries.
pub(crate) fn run(
    collection: &mut Collection,
    inventory: &Arc<Inventory>,
    plan: CyclePlan,
    vcenter: &Vcenter,
    most_queries: usize,
) -> Run {
    let now = plan.now;
    let mut cycle = collection.begin(Arc::clone(inventory), plan);
    let mut reactions = Vec::new();
    let mut end = CycleEnd::Completed;
    for number in 1.. {
        if number > most_queries {
            end = CycleEnd::Stopped(ended_early());
            break;
        }
        let Some(query) = cycle.next_query(up(now.as_second())) else {
            break;
        };
        let vms: Vec<VmId> = query.vms().map(|(vm, _)| vm.clone()).collect();
        match vcenter.failure(&vms, number) {
            None => answer(&mut cycle, query, now),
            Some(attribution) => reactions.push(cycle.failed(query, attribution, &refused())),
        }
    }
    Run {
        report: cycle.finish(end, DURATION),
        reactions,
    }
}

/// Runs a cycle to its end.
pub(crate) fn cycle(
    collection: &mut Collection,
    inventory: &Arc<Inventory>,
    vcenter: &Vcenter,
    now: i64,
) -> CycleReport {
    run(collection, inventory, plan(now), vcenter, usize::MAX).report
}

pub(crate) fn snapshot(report: &CycleReport) -> &Snapshot {
    report.snapshot.as_deref().unwrap()
}

/// The VMs in a state.
pub(crate) fn in_state(report: &CycleReport, state: VmState) -> BTreeSet<VmId> {
    let rows = snapshot(report).vms().filter(|row| row.state == state);
    rows.map(|row| row.vm.id.clone()).collect()
}

/// The VMs that have a reason, with it.
pub(crate) fn reasons(report: &CycleReport) -> BTreeMap<VmId, Reason> {
    let reasons = snapshot(report).reasons();
    reasons
        .map(|(row, reason)| (row.vm.id.clone(), reason.clone()))
        .collect()
}
