//! What is learned about VMs that make queries fail: the search costs little, nobody else pays for it, and it is remembered.

use std::collections::BTreeSet;
use std::sync::Arc;

use planner_core::collection::governor::{Attribution, Governor};
use planner_core::inventory::{Inventory, VmId};

use crate::governor_model::{
    Manner, Outcome, Vcenter, ids, limits, quarantined, refused, round, round_in, vms,
};

/// 30 of 1,500 VMs, in no order.
fn two_percent() -> BTreeSet<VmId> {
    ids((1..=30_usize).map(|number| number.pow(3) * 7_919 % 1_500))
}

/// A cycle that its deadline ends after 60 queries, of which 15 are needed if nothing fails.
fn short_round(governor: &mut Governor, inventory: &Arc<Inventory>, vcenter: &Vcenter) -> Outcome {
    let manner = Manner {
        most_settled: 60,
        ..Manner::default()
    };
    round_in(&manner, governor, inventory, limits(100, None), vcenter)
}

/// A name for the fault that these VMs cause, and the vCenter.
fn faults_of(culprits: &BTreeSet<VmId>) -> [(&'static str, Vcenter); 3] {
    let vcenter = Vcenter::default();
    [
        (
            "a system error",
            Vcenter {
                unreadable: culprits.clone(),
                ..vcenter.clone()
            },
        ),
        (
            "an invalid argument",
            Vcenter {
                poison: culprits.clone(),
                ..vcenter.clone()
            },
        ),
        (
            "a host that is not reached",
            Vcenter {
                host_trouble: culprits.clone(),
                ..vcenter
            },
        ),
    ]
}

fn answered_in_ten_rounds(
    governor: &mut Governor,
    inventory: &Arc<Inventory>,
    vcenter: &Vcenter,
) -> Vec<usize> {
    let answered = |_| short_round(governor, inventory, vcenter).answered.len();
    (0..10).map(answered).collect()
}

#[test]
fn two_percent_of_faulty_vms_are_known_after_a_few_short_cycles() {
    let inventory = vms(0..1_500);
    let culprits = two_percent();
    for (fault, vcenter) in faults_of(&culprits) {
        let mut governor = Governor::default();
        let answered = answered_in_ten_rounds(&mut governor, &inventory, &vcenter);
        assert!(answered[0] >= 350, "{fault}: {answered:?}");
        assert!(answered[2] >= 700, "{fault}: {answered:?}");
        assert!(answered[4] >= 1_200, "{fault}: {answered:?}");
        assert_eq!(answered[8..], [1_470; 2], "{fault}: {answered:?}");
        assert_eq!(quarantined(&governor), culprits, "{fault}");
    }
}

/// A fifth of the VMs of one host.
#[test]
fn faulty_vms_side_by_side_are_known_after_a_few_short_cycles_too() {
    let inventory = vms(0..1_500);
    let culprits = ids((0..1_500).step_by(50));
    for (fault, vcenter) in faults_of(&culprits) {
        let mut governor = Governor::default();
        let answered = answered_in_ten_rounds(&mut governor, &inventory, &vcenter);
        assert!(answered[0] >= 1_300, "{fault}: {answered:?}");
        assert_eq!(answered[8..], [1_470; 2], "{fault}: {answered:?}");
        assert_eq!(quarantined(&governor), culprits, "{fault}");
    }
}

#[test]
fn what_was_learned_costs_next_to_nothing_afterwards() {
    let inventory = vms(0..1_500);
    for (fault, vcenter) in faults_of(&two_percent()) {
        let mut governor = Governor::default();
        for _ in 0..10 {
            short_round(&mut governor, &inventory, &vcenter);
        }
        let queries: Vec<usize> = (0..40)
            .map(|_| short_round(&mut governor, &inventory, &vcenter).queries)
            .collect();
        let mean = queries.iter().sum::<usize>() / queries.len();
        assert!(mean <= 17, "{fault}: {queries:?}");
        assert!(
            queries.iter().all(|it| *it <= 15 + 16),
            "{fault}: {queries:?}"
        );
    }
}

#[test]
fn healthy_vms_are_asked_for_before_the_search_continues() {
    let (inventory, limits) = (vms(0..1_500), limits(100, None));
    let culprits = two_percent();
    for (fault, vcenter) in faults_of(&culprits) {
        let mut governor = Governor::default();
        let first = short_round(&mut governor, &inventory, &vcenter);
        let second = round(&mut governor, &inventory, limits, &vcenter);
        let known = first.answered.len() / 100;
        let healthy = second.batches[..known].iter().flatten();
        assert!(
            healthy.clone().all(|vm| first.answered.contains(vm)),
            "{fault}"
        );
        // The search does not begin again with whole batches.
        let sizes = &second.sizes[known + 1..];
        assert!(sizes.iter().all(|size| *size < 100), "{fault}: {sizes:?}");
    }
}

#[test]
fn a_search_is_bounded_in_each_cycle() {
    let (inventory, limits) = (vms(0..1_500), limits(100, None));
    for share in [2, 3, 10, 50] {
        for (fault, vcenter) in faults_of(&ids((0..1_500).step_by(share))) {
            let mut governor = Governor::default();
            for number in 0..5 {
                let outcome = round(&mut governor, &inventory, limits, &vcenter);
                let refused = outcome.refused;
                assert!(
                    refused <= 15 + 48 + 16,
                    "{fault}, 1 of {share}, {number}: {refused}"
                );
            }
        }
    }
}

#[test]
fn a_fault_of_the_server_blames_nobody_however_long_it_lasts() {
    let (inventory, limits) = (vms(0..1_500), limits(100, None));
    for failure in [
        Attribution::Unclear,
        Attribution::UnnamedVm,
        Attribution::UnnamedHost,
        Attribution::TooSlow,
    ] {
        let mut governor = Governor::default();
        let down = Vcenter {
            everything: Some((1, failure.clone())),
            ..Vcenter::default()
        };
        for _ in 0..20 {
            let outcome = round(&mut governor, &inventory, limits, &down);
            assert!(outcome.queries <= 40, "{failure:?}: {}", outcome.queries);
            assert_eq!(outcome.missed.unanswered.len(), 1_500);
        }
        assert_eq!(quarantined(&governor), BTreeSet::new(), "{failure:?}");
        let back = round(&mut governor, &inventory, limits, &Vcenter::default());
        assert_eq!(back.answered.len(), 1_500, "{failure:?}");
        assert!(back.queries <= 16, "{failure:?}: {}", back.queries);
    }
}

/// vCenter dies in the middle of each cycle.
#[test]
fn a_server_that_fails_later_in_each_cycle_blames_nobody() {
    let (inventory, limits) = (vms(0..1_500), limits(100, None));
    for answered in [1, 9, 14] {
        let mut governor = Governor::default();
        for _ in 0..4 {
            let dying = Vcenter {
                everything: Some((answered + 1, Attribution::Unclear)),
                ..Vcenter::default()
            };
            round(&mut governor, &inventory, limits, &dying);
        }
        assert_eq!(quarantined(&governor), BTreeSet::new(), "{answered}");
        let back = round(&mut governor, &inventory, limits, &Vcenter::default());
        assert_eq!(back.answered.len(), 1_500, "{answered}");
    }
}

#[test]
fn a_fault_that_happens_once_is_forgotten() {
    let (inventory, limits) = (vms(0..300), limits(100, None));
    for failure in [
        Attribution::Unclear,
        Attribution::UnnamedHost,
        Attribution::TooSlow,
    ] {
        let mut governor = Governor::default();
        let mut pass = governor.begin(Arc::clone(&inventory), limits);
        let first = pass.next_batch().unwrap();
        pass.failed(first, failure.clone(), &refused());
        while let Some(batch) = pass.next_batch() {
            pass.answered(batch);
        }
        assert_eq!(pass.finish(&refused()).unanswered, [], "{failure:?}");
        let next = round(&mut governor, &inventory, limits, &Vcenter::default());
        assert_eq!(next.sizes, [100; 3], "{failure:?}");
    }
}

#[test]
fn a_vm_that_is_well_again_is_released_whatever_its_fault_was() {
    let inventory = vms(0..300);
    let culprits = ids([17, 140]);
    for (fault, vcenter) in faults_of(&culprits) {
        let mut governor = Governor::default();
        for _ in 0..3 {
            short_round(&mut governor, &inventory, &vcenter);
        }
        assert_eq!(quarantined(&governor), culprits, "{fault}");
        for _ in 0..4 {
            short_round(&mut governor, &inventory, &Vcenter::default());
        }
        assert_eq!(quarantined(&governor), BTreeSet::new(), "{fault}");
        let later = short_round(&mut governor, &inventory, &Vcenter::default());
        assert_eq!(
            (later.sizes, later.answered.len()),
            (vec![100; 3], 300),
            "{fault}"
        );
    }
}
