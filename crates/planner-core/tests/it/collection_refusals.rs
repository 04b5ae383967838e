//! What the refusals of a vCenter do to the VMs of a cycle.

use std::collections::BTreeSet;
use std::sync::Arc;

use planner_core::collection::CyclePlan;
use planner_core::collection::governor::{Attribution, Missed, Reaction};
use planner_core::collection::{Collection, CycleEnd};
use planner_core::inventory::{Inventory, VmId};
use planner_core::vm_state::VmState;

use crate::collection_model::{Run, collection, cycle, in_state, plan, reasons, run};
use crate::governor_model::{
    HOSTS, Vcenter, id, ids, inventory_of_read, limits, observed, refused, vms,
};

fn newly_quarantined(missed: &Missed) -> BTreeSet<VmId> {
    let all = missed.newly_quarantined.iter();
    all.map(|quarantined| quarantined.vm.clone()).collect()
}

/// A whole cycle in batches of at most this many VMs.
fn run_in_batches(
    collection: &mut Collection,
    inventory: &Arc<Inventory>,
    vcenter: &Vcenter,
    max_vms: u32,
    max_query_metrics: Option<u32>,
) -> Run {
    let plan = CyclePlan {
        limits: limits(max_vms, max_query_metrics),
        ..plan(10_000)
    };
    run(collection, inventory, plan, vcenter, usize::MAX)
}

#[test]
fn a_refusal_of_every_query_fails_every_vm_and_blames_none() {
    for (count, attribution) in [
        (10, Attribution::WholeQuery),
        (300, Attribution::WholeQuery),
        (300, Attribution::UnnamedVm),
        (300, Attribution::UnnamedHost),
        (300, Attribution::Unclear),
        (4, Attribution::TooLarge),
        (300, Attribution::TooLarge),
        (300, Attribution::AdministratorLimit),
    ] {
        let inventory = vms(0..count);
        let vcenter = Vcenter {
            everything: Some((1, attribution.clone())),
            ..Vcenter::default()
        };
        let Run { report, reactions } =
            run_in_batches(&mut collection(), &inventory, &vcenter, 100, None);
        let failed = in_state(&report, VmState::Failed);
        assert_eq!(failed, observed(&inventory), "{attribution:?}");
        let other: Vec<_> = reasons(&report)
            .into_values()
            .filter(|it| *it != *refused())
            .collect();
        assert_eq!(other, [], "{attribution:?}");
        assert_eq!(report.missed.quarantined, [], "{attribution:?}");
        assert!(
            reactions.len() <= 32,
            "{attribution:?}: {}",
            reactions.len()
        );
    }
}

/// vCenter's limit of 64 metrics: 21 VMs with three counters each.
fn limited() -> Vcenter {
    Vcenter {
        most: Some((21, Attribution::AdministratorLimit)),
        ..Vcenter::default()
    }
}

#[test]
fn a_known_limit_is_kept_from_the_first_query() {
    let inventory = vms(0..200);
    let mut collection = collection();
    for _ in 0..2 {
        let Run { report, reactions } =
            run_in_batches(&mut collection, &inventory, &limited(), 200, Some(64));
        assert_eq!(reactions, []);
        assert_eq!(in_state(&report, VmState::Sampled).len(), 200);
        assert_eq!(
            (report.end, report.missed),
            (CycleEnd::Completed, Missed::default())
        );
    }
}

#[test]
fn a_limit_below_the_assumed_one_is_learned_in_the_first_cycle() {
    let inventory = vms(0..200);
    let mut collection = collection();
    for number in 0..4 {
        let Run { report, reactions } =
            run_in_batches(&mut collection, &inventory, &limited(), 200, Some(256));
        let refused = if number == 0 { 1..=4 } else { 0..=0 };
        assert!(
            refused.contains(&reactions.len()),
            "{number}: {reactions:?}"
        );
        assert_eq!(in_state(&report, VmState::Sampled).len(), 200);
        assert_eq!(
            (report.end, report.missed),
            (CycleEnd::Completed, Missed::default())
        );
    }
}

#[test]
fn poisonous_vms_are_quarantined_and_cost_nobody_else() {
    let inventory = vms(0..5_000);
    let poison = ids([17, 18, 4_640]);
    let vcenter = Vcenter {
        poison: poison.clone(),
        ..Vcenter::default()
    };
    let mut collection = collection();
    let Run { report, reactions } =
        run_in_batches(&mut collection, &inventory, &vcenter, 100, None);
    assert_eq!(in_state(&report, VmState::Sampled).len(), 4_997);
    assert_eq!(in_state(&report, VmState::Quarantined), poison);
    assert_eq!(newly_quarantined(&report.missed), poison);
    let named = poison.iter().map(|vm| (vm.clone(), (*refused()).clone()));
    assert_eq!(reasons(&report), named.collect());
    assert!(reactions.len() <= 3 * 2 * 7, "{}", reactions.len());

    let second = run_in_batches(&mut collection, &inventory, &vcenter, 100, None);
    assert_eq!(second.reactions, []);
    assert_eq!(in_state(&second.report, VmState::Quarantined), poison);
    let missed = second.report.missed;
    assert_eq!(
        (missed.unanswered, missed.newly_quarantined),
        (vec![], vec![])
    );
}

/// It may have been deleted after the inventory was read.
#[test]
fn a_vm_that_is_gone_has_failed_only_if_the_next_inventory_lists_it() {
    let vcenter = Vcenter {
        gone: ids([7]),
        ..Vcenter::default()
    };
    let mut collection = collection();
    for now in [10_000, 10_020] {
        let report = cycle(&mut collection, &vms(0..50), &vcenter, now);
        assert_eq!(in_state(&report, VmState::Sampled).len(), 49);
        assert_eq!(in_state(&report, VmState::NoData), ids([7]));
        let missed = report.missed;
        assert_eq!((missed.unanswered, missed.quarantined), (vec![], vec![]));
    }
    let inventory = inventory_of_read(2, (0..50).map(|number| (number, 1)));
    let report = cycle(&mut collection, &inventory, &vcenter, 10_040);
    assert_eq!(in_state(&report, VmState::Quarantined), ids([7]));
    assert_eq!(newly_quarantined(&report.missed), ids([7]));
    assert_eq!(reasons(&report)[&id(7)], *refused());
}

#[test]
fn a_vm_that_the_account_may_not_read_has_a_state_of_its_own_and_comes_back() {
    let inventory = vms(0..50);
    let vcenter = Vcenter {
        denied: ids([7]),
        ..Vcenter::default()
    };
    let mut collection = collection();
    let Run { report, reactions } =
        run_in_batches(&mut collection, &inventory, &vcenter, 100, None);
    assert_eq!(in_state(&report, VmState::Sampled).len(), 49);
    assert_eq!(in_state(&report, VmState::NoPermission), ids([7]));
    assert_eq!(in_state(&report, VmState::Quarantined), BTreeSet::new());
    assert_eq!(reasons(&report)[&id(7)], *refused());
    assert_eq!(reactions, [Reaction::Isolated]);

    // Quarantine ends with the third cycle after it began.
    for now in [10_020, 10_040] {
        cycle(&mut collection, &inventory, &Vcenter::default(), now);
    }
    let report = cycle(&mut collection, &inventory, &Vcenter::default(), 10_060);
    assert_eq!(in_state(&report, VmState::Sampled), observed(&inventory));
}

#[test]
fn an_unreachable_host_costs_only_its_own_vms_and_only_meanwhile() {
    let inventory = vms(0..200);
    let vcenter = Vcenter {
        unreachable_host: Some(3),
        ..Vcenter::default()
    };
    let mut collection = collection();
    let report = cycle(&mut collection, &inventory, &vcenter, 10_000);
    let of_host = ids((0..200).filter(|number| number % HOSTS == 3));
    assert_eq!(in_state(&report, VmState::Failed), of_host);
    assert_eq!(in_state(&report, VmState::Sampled).len(), 180);
    assert_eq!(report.missed.quarantined, []);
    let report = cycle(&mut collection, &inventory, &Vcenter::default(), 10_020);
    assert_eq!(in_state(&report, VmState::Sampled), observed(&inventory));
}

#[test]
fn an_unreadable_answer_costs_the_vm_that_spoils_it() {
    let vcenter = Vcenter {
        unreadable: ids([17]),
        ..Vcenter::default()
    };
    let Run { report, .. } = run_in_batches(&mut collection(), &vms(0..100), &vcenter, 50, None);
    assert_eq!(in_state(&report, VmState::Failed), ids([17]));
    assert_eq!(in_state(&report, VmState::Sampled).len(), 99);
    assert_eq!(report.missed.quarantined, []);
}
