//! Whole cycles in memory: queries out, answers in, one report.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

use planner_core::collection::accumulators::Measures;
use planner_core::collection::governor::{Attribution, Reaction};
use planner_core::collection::reason::Reason;
use planner_core::collection::source::{SampleRange, Source};
use planner_core::collection::{
    Collection, CollectionOptions, CycleEnd, CycleReport, Query, VcenterName,
};
use planner_core::inventory::entities::{Entities, EntityKind};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{PowerState, VmId};
use planner_core::units::Bytes;
use planner_core::vcenter_time::VcenterTime;
use planner_core::vm_state::VmState;

use crate::collection_model::{
    DURATION, Run, WINDOW_SECONDS, answer, collection, cycle, hand_over, in_state, plan, reasons,
    run, snapshot,
};
use crate::governor_model::{Vcenter, ended_early, id, ids, inventory_of_read, refused, vms};
use crate::{at, full_read, reason, up};

pub(crate) fn total(report: &CycleReport, vm: &VmId) -> Option<u64> {
    let mut rows = snapshot(report).vms();
    let row = rows.find(|row| row.vm.id == *vm)?;
    row.stats?.write.total.map(Bytes::get)
}

#[test]
fn a_cycle_with_refusals_poison_and_retries_reports_every_vm() {
    let inventory = vms(0..1_000);
    let vcenter = Vcenter {
        // The two queries that break are asked for again, and not broken once more.
        breaks_every: Some((29, Attribution::WholeQuery)),
        most: Some((60, Attribution::TooLarge)),
        poison: ids([17]),
        gone: ids([250]),
        denied: ids([640]),
        unreadable: ids([901]),
        ..Vcenter::default()
    };
    let plan = plan(10_000);
    let Run { report, reactions } = run(&mut collection(), &inventory, plan, &vcenter, usize::MAX);
    for reaction in [Reaction::Split, Reaction::Isolated, Reaction::Retry] {
        assert!(reactions.contains(&reaction), "{reaction:?}");
    }
    assert_eq!(report.end, CycleEnd::Completed);
    assert_eq!(in_state(&report, VmState::Quarantined), ids([17]));
    assert_eq!(in_state(&report, VmState::NoPermission), ids([640]));
    assert_eq!(in_state(&report, VmState::Failed), ids([901]));
    assert_eq!(in_state(&report, VmState::NoData), ids([250]));
    assert_eq!(in_state(&report, VmState::Sampled).len(), 996);
    let named = [17, 640, 901].map(|vm| (id(vm), (*refused()).clone()));
    assert_eq!(reasons(&report), BTreeMap::from(named));
    assert_eq!(report.missed.gone, [id(250)]);
    assert_eq!(report.missed.newly_quarantined.len(), 2);
}

#[test]
fn a_deadline_keeps_what_was_answered_and_names_the_rest() {
    let inventory = vms(0..1_000);
    let vcenter = Vcenter {
        poison: ids([10]),
        ..Vcenter::default()
    };
    let report = run(&mut collection(), &inventory, plan(10_000), &vcenter, 5).report;
    assert_eq!(report.end, CycleEnd::Stopped(ended_early()));
    let sampled = in_state(&report, VmState::Sampled);
    let failed = in_state(&report, VmState::Failed);
    assert_eq!((sampled.len(), failed.len()), (400, 600));
    let reasons = reasons(&report);
    let of_refused_query = failed.iter().filter(|vm| reasons[*vm] == *refused());
    assert_eq!(of_refused_query.count(), 100);
    let not_asked = failed.iter().filter(|vm| reasons[*vm] == *ended_early());
    assert_eq!(not_asked.count(), 500);
    assert_eq!(reasons[&id(10)], *refused());
}

#[test]
fn the_facts_of_a_cycle_are_in_its_report() {
    let report = cycle(&mut collection(), &vms(0..3), &Vcenter::default(), 10_000);
    assert_eq!(report.vcenter.as_str(), "vc1.example");
    assert_eq!(report.began_at, Some(at(10_000)));
    assert_eq!(report.window_seconds, WINDOW_SECONDS);
    assert_eq!(report.duration, DURATION);
    let statistics = report.statistics.as_deref().unwrap();
    assert_eq!(statistics.source, Some(Source::Realtime));
}

/// Also where the next query is asked before the last one is settled.
#[test]
fn queries_that_overlap_change_nothing() {
    let inventory = vms(0..1_000);
    let mut one_by_one = collection();
    let expected = cycle(&mut one_by_one, &inventory, &Vcenter::default(), 10_000);
    let mut overlapping = collection();
    let mut cycle = overlapping.begin(Arc::clone(&inventory), plan(10_000));
    let mut last: Option<Query> = None;
    loop {
        let next = cycle.next_query(up(10_003));
        let is_over = next.is_none();
        if let Some(query) = std::mem::replace(&mut last, next) {
            answer(&mut cycle, query, at(10_000));
        }
        if is_over {
            break;
        }
    }
    let report = cycle.finish(CycleEnd::Completed, DURATION);
    assert_eq!(snapshot(&report), snapshot(&expected));
    assert_eq!(report.missed, expected.missed);
}

#[test]
fn a_query_that_never_came_back_is_listed_as_unanswered() {
    let inventory = vms(0..150);
    let mut collection = collection();
    let mut cycle = collection.begin(inventory, plan(10_000));
    let lost = cycle.next_query(up(10_003)).unwrap();
    let lost_vms: BTreeSet<VmId> = lost.vms().map(|(vm, _)| vm.clone()).collect();
    drop(lost);
    let query = cycle.next_query(up(10_003)).unwrap();
    answer(&mut cycle, query, at(10_000));
    let report = cycle.finish(CycleEnd::Stopped(ended_early()), DURATION);
    assert_eq!(in_state(&report, VmState::Failed), lost_vms);
    assert_eq!(in_state(&report, VmState::Sampled).len(), 50);
}

#[test]
fn a_cycle_that_is_ended_before_it_has_asked_says_so() {
    let mut collection = collection();
    let cycle = collection.begin(vms(0..2), plan(10_000));
    let report = cycle.finish(CycleEnd::Completed, DURATION);
    assert_eq!(in_state(&report, VmState::Failed), ids(0..2));
    assert_eq!(reasons(&report)[&id(0)], Reason::NotAsked);
}

#[test]
fn a_query_of_another_cycle_is_ignored() {
    let inventory = vms(0..10);
    let (mut first, mut second) = (collection(), collection());
    let mut theirs = first.begin(Arc::clone(&inventory), plan(10_000));
    let mut ours = second.begin(inventory, plan(10_000));
    let foreign = theirs.next_query(up(10_000)).unwrap();
    answer(&mut ours, foreign, at(10_000));
    let own = ours.next_query(up(10_000)).unwrap();
    assert_eq!(own.vms().len(), 10);
    let foreign = own;
    let reaction = theirs.failed(foreign, Attribution::UnnamedVm, &refused());
    assert_eq!(reaction, Reaction::GaveUp);
    let report = theirs.finish(CycleEnd::Stopped(ended_early()), DURATION);
    assert_eq!(reasons(&report)[&id(0)], *ended_early());
    let report = ours.finish(CycleEnd::Stopped(ended_early()), DURATION);
    assert_eq!(in_state(&report, VmState::Failed), ids(0..10));
    assert!(report.new_samples.is_empty());
}

#[test]
fn new_samples_add_up_to_the_growth_of_the_totals() {
    let inventory = vms(0..5);
    let mut collection = collection();
    let mut before = BTreeMap::new();
    for (now, stamps) in [(10_003, 15), (10_063, 3), (10_070, 0), (12_063, 100)] {
        let report = cycle(&mut collection, &inventory, &Vcenter::default(), now);
        for vm in ids(0..5) {
            let of_vm = report.new_samples.iter().filter(|new| new.vm == vm);
            let written: Bytes = of_vm.clone().map(|new| new.written).sum();
            let total = total(&report, &vm).unwrap();
            let grown = total - before.insert(vm.clone(), total).unwrap_or(0);
            assert_eq!(grown, written.get(), "at {now}");
            assert_eq!(of_vm.count(), stamps, "at {now}");
        }
    }
}

#[test]
fn a_cycle_asks_for_what_it_does_not_have_yet() {
    let inventory = vms(0..1);
    let mut collection = collection();
    for (now, samples) in [(10_003, 15), (10_063, 9), (10_064, 7), (20_000, 180)] {
        let mut cycle = collection.begin(Arc::clone(&inventory), plan(now));
        let query = cycle.next_query(up(now)).unwrap();
        let asked: Vec<_> = query.vms().map(|(_, range)| range).collect();
        let samples = NonZeroU32::new(samples).unwrap();
        assert_eq!(asked, [SampleRange::Newest(samples)], "at {now}");
        answer(&mut cycle, query, at(now));
        let _report = cycle.finish(CycleEnd::Completed, DURATION);
    }
}

#[test]
fn values_stay_for_two_cycles_whether_they_begin_or_not() {
    let inventory = vms(0..2);
    let mut collection = collection();
    cycle(&mut collection, &inventory, &Vcenter::default(), 10_000);
    let away = Vcenter {
        everything: Some((1, Attribution::WholeQuery)),
        ..Vcenter::default()
    };
    let second = cycle(&mut collection, &inventory, &away, 20_000);
    assert!(total(&second, &id(0)).is_some());
    let third = collection.fail(
        Some(inventory_of_read(2, [(0, 1)])),
        None,
        reason(9),
        DURATION,
    );
    assert_eq!(third.end, CycleEnd::Stopped(reason(9)));
    assert_eq!((third.began_at, third.statistics.clone()), (None, None));
    assert!(total(&third, &id(0)).is_some());
    assert_eq!(in_state(&third, VmState::Failed), ids([0]));
    assert_eq!(reasons(&third)[&id(0)], *reason(9));
    let fourth = collection.fail(Some(inventory), None, reason(9), DURATION);
    assert_eq!(total(&fourth, &id(0)), None);
    assert_eq!(in_state(&fourth, VmState::Failed), ids(0..2));
}

/// Hosts whose clocks are more than a minute off are named, with their name or else their reference.
#[test]
fn hosts_with_wrong_clocks_are_named() {
    let offsets = [0, -40, 61, -3_600, 7_200];
    let mut entities = Entities::new();
    for (number, _) in offsets.iter().enumerate() {
        let host = format!("host-{number}");
        entities.managed_entity(&host, EntityKind::Host).name = match number {
            3 => Arc::from("esx-3"),
            _ => Arc::default(),
        };
        let record = entities.vm(&format!("vm-{number}"));
        record.host = Some(Arc::from(host));
        record.power_state = Some(PowerState::PoweredOn);
    }
    let inventory = Arc::new(entities.resolve(&Filter::default(), full_read(1)));
    let mut collection = collection();
    let mut cycle = collection.begin(inventory, plan(10_003));
    let query = cycle.next_query(up(10_003)).unwrap();
    cycle.answered(query, up(10_013), |intake| {
        for (number, offset) in offsets.iter().enumerate() {
            let vm = VmId::new(&format!("vm-{number}"));
            hand_over(intake, &vm, &[at(10_013 + offset)]);
        }
    });
    let report = cycle.finish(CycleEnd::Completed, DURATION);
    let clocks = report.host_clocks.iter();
    let clocks: Vec<_> = clocks.map(|it| (&*it.host, it.offset_seconds)).collect();
    assert_eq!(
        clocks,
        [("esx-3", -3_600), ("host-2", 61), ("host-4", 7_200)]
    );
    assert_eq!(in_state(&report, VmState::Sampled).len(), offsets.len());
}

#[test]
fn without_an_inventory_there_is_no_snapshot() {
    let report = collection().fail(None, None, reason(9), DURATION);
    assert_eq!(report.snapshot, None);
    assert_eq!(report.end, CycleEnd::Stopped(reason(9)));
}

#[test]
fn new_samples_are_kept_only_if_they_are_wanted() {
    let options = CollectionOptions {
        window_seconds: WINDOW_SECONDS,
        measures: Measures::default(),
        keep_new_samples: false,
    };
    let mut collection = Collection::new(VcenterName::new("vc"), options);
    let report = cycle(&mut collection, &vms(0..1), &Vcenter::default(), 10_003);
    assert!(report.new_samples.is_empty());
    assert!(total(&report, &id(0)).is_some());
}

#[test]
fn an_answer_counts_the_same_in_any_order() {
    let inventory = vms(0..20);
    let mut in_order = collection();
    let expected = cycle(&mut in_order, &inventory, &Vcenter::default(), 10_003);
    let stamps: Vec<VcenterTime> = (0..18).map(|back| at(10_000 - back * 20)).collect();
    for order in [
        (0..20).rev().collect::<Vec<usize>>(),
        vec![5, 5, 19, 5, 0, 7, 6, 1_000, 0, 19],
    ] {
        let mut collection = collection();
        let mut cycle = collection.begin(Arc::clone(&inventory), plan(10_003));
        let query = cycle.next_query(up(10_003)).unwrap();
        cycle.answered(query, up(10_003), |intake| {
            for number in &order {
                hand_over(intake, &id(*number), &stamps);
            }
        });
        let report = cycle.finish(CycleEnd::Completed, DURATION);
        for number in 0..20 {
            let is_there = order.contains(&number);
            let total_in_order = total(&expected, &id(number)).filter(|_| is_there);
            assert_eq!(total(&report, &id(number)), total_in_order, "{number}");
        }
    }
}

#[test]
fn samples_of_a_vm_that_was_not_asked_for_are_ignored() {
    let mut collection = collection();
    let mut cycle = collection.begin(vms(0..1), plan(10_003));
    let query = cycle.next_query(up(10_003)).unwrap();
    let other = id(7);
    cycle.answered(query, up(10_003), |intake| {
        let times: Vec<VcenterTime> = vec![at(9_980)];
        hand_over(intake, &other, &times);
    });
    let report = cycle.finish(CycleEnd::Completed, DURATION);
    assert!(report.new_samples.is_empty());
    assert_eq!(collection.totals().unwrap().vms.len(), 0);
}
