//! Totals of another process, another vCenter or another source.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::source::{SampleRange, Source};
use planner_core::collection::totals::SavedTotals;
use planner_core::collection::{CycleEnd, CyclePlan, Restored};
use planner_core::inventory::VmId;

use crate::collection::total;
use crate::collection_model::{DURATION, answer, collection, cycle, plan, run, written};
use crate::governor_model::{Vcenter, id, ids, vms};
use crate::{at, up};

/// Totals as a process leaves them, 1,000 seconds before now.
fn saved() -> SavedTotals {
    let mut collection = collection();
    assert_eq!(collection.totals(), None);
    cycle(&mut collection, &vms(0..2), &Vcenter::default(), 9_003);
    collection.totals().unwrap()
}

#[test]
fn totals_of_the_same_vcenter_and_source_are_resumed() {
    let mut collection = collection();
    collection.restore(saved(), Duration::from_secs(1_000));
    let inventory = vms(1..3);
    let mut cycle = collection.begin(Arc::clone(&inventory), plan(10_003));
    assert_eq!(cycle.restored(), Some(Restored::Resumed { vms: 2 }));
    while let Some(query) = cycle.next_query(up(10_003)) {
        answer(&mut cycle, query, at(10_003));
    }
    let report = cycle.finish(CycleEnd::Completed, DURATION);
    let window = written(&id(1), at(8_700), at(10_000));
    assert_eq!(total(&report, &id(1)), Some(window.get()));
    // The VM that is gone is not kept.
    let totals = collection.totals().unwrap();
    let kept: BTreeSet<VmId> = totals.vms.into_iter().map(|it| it.vm).collect();
    assert_eq!(kept, ids(1..3));
    let next = collection.begin(inventory, plan(10_023));
    assert_eq!(next.restored(), None);
}

#[test]
fn totals_of_another_vcenter_or_source_are_not_resumed() {
    for change in [
        |totals: &mut SavedTotals| totals.instance = Arc::from("uuid-2"),
        |totals: &mut SavedTotals| totals.source = Source::Historical,
    ] {
        let mut totals = saved();
        change(&mut totals);
        let mut collection = collection();
        collection.restore(totals, Duration::from_secs(1_000));
        let inventory = vms(0..2);
        let cycle = collection.begin(Arc::clone(&inventory), plan(10_003));
        assert_eq!(cycle.restored(), Some(Restored::Foreign));
        let _report = cycle.finish(CycleEnd::Completed, DURATION);
        let report = crate::collection_model::cycle(
            &mut collection,
            &inventory,
            &Vcenter::default(),
            10_003,
        );
        let window = written(&id(1), at(9_700), at(10_000));
        assert_eq!(total(&report, &id(1)), Some(window.get()));
    }
}

/// The same references are other VMs there.
#[test]
fn another_vcenter_at_the_same_address_begins_from_zero() {
    let inventory = vms(0..1);
    let mut collection = collection();
    cycle(&mut collection, &inventory, &Vcenter::default(), 10_003);
    let other = CyclePlan {
        instance: Arc::from("uuid-2"),
        ..plan(10_063)
    };
    let vcenter = Vcenter::default();
    let report = run(&mut collection, &inventory, other, &vcenter, usize::MAX).report;
    let window = written(&id(0), at(9_760), at(10_060));
    assert_eq!(total(&report, &id(0)), Some(window.get()));
    assert_eq!(&*collection.totals().unwrap().instance, "uuid-2");
}

#[test]
fn another_source_begins_from_zero() {
    let inventory = vms(0..1);
    let mut collection = collection();
    cycle(&mut collection, &inventory, &Vcenter::default(), 10_003);
    let historical = CyclePlan {
        source: Source::Historical,
        ..plan(10_063)
    };
    let mut cycle = collection.begin(inventory, historical);
    let query = cycle.next_query(up(10_003)).unwrap();
    let ranges: Vec<_> = query.vms().map(|(_, range)| range).collect();
    let (start, end) = (at(10_063 - 900), at(10_063));
    assert_eq!(ranges, [SampleRange::Between { start, end }]);
    let _report = cycle.finish(CycleEnd::Completed, DURATION);
    let totals = collection.totals().unwrap();
    assert_eq!((totals.source, totals.vms.len()), (Source::Historical, 0));
}
