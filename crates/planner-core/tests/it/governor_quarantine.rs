//! Which VMs are held responsible for failed queries.

use std::collections::BTreeSet;
use std::sync::Arc;

use planner_core::collection::governor::{Attribution, Governor, QuarantineCause, Reaction};

use crate::governor_model::{
    HOSTS, Vcenter, ended_early, id, ids, inventory_of_read, limits, quarantined, refused, round,
    vms,
};

#[test]
fn three_poisonous_vms_among_thousands_are_named() {
    let (inventory, limits) = (vms(0..5_000), limits(100, None));
    let poison = ids([17, 18, 4_321]);
    let vcenter = Vcenter {
        poison: poison.clone(),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(first.answered.len(), 4_997);
    assert_eq!(first.unanswered(), BTreeSet::new());
    assert_eq!(first.newly_quarantined(), poison);
    assert_eq!(quarantined(&governor), poison);
    assert!(first.queries <= 50 + 3 * 2 * 7, "{}", first.queries);
    let second = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((second.queries, second.refused), (50, 0));
    assert_eq!(second.newly_quarantined(), BTreeSet::new());
}

#[test]
fn vms_that_are_gone_are_nobodys_fault_unless_they_stay_in_the_inventory() {
    let (inventory, limits) = (vms(0..5_000), limits(100, None));
    let gone = ids([17, 18, 4_321]);
    let vcenter = Vcenter {
        gone: gone.clone(),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((first.answered.len(), first.gone()), (4_997, gone.clone()));
    assert_eq!(
        (first.queries, first.unanswered()),
        (50 + 3, BTreeSet::new())
    );
    assert_eq!(quarantined(&governor), BTreeSet::new());
    let same = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(
        (same.gone(), quarantined(&governor)),
        (gone.clone(), BTreeSet::new())
    );

    let inventory = inventory_of_read(2, (0..5_000).map(|number| (number, 1)));
    let second = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(second.newly_quarantined(), gone);
    assert_eq!((second.gone(), second.unanswered()), Default::default());

    let later = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((later.queries, later.refused), (50, 0));
}

#[test]
fn a_vm_that_the_account_may_not_read_is_known_as_such() {
    let (inventory, limits) = (vms(0..50), limits(100, None));
    let vcenter = Vcenter {
        denied: ids([7]),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let outcome = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((outcome.answered.len(), outcome.queries), (49, 2));
    let quarantined: Vec<_> = governor.quarantined().map(|it| (it.vm, it.cause)).collect();
    assert_eq!(quarantined, [(id(7), QuarantineCause::Denied)]);
}

#[test]
fn half_of_the_vms_denied_by_name_cost_one_query_each_once() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let vcenter = Vcenter {
        denied: ids((0..900).filter(|number| number % 2 == 0)),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((first.answered.len(), first.unanswered().len()), (550, 0));
    assert!(first.queries <= 450 + 2 * 10, "{}", first.queries);
    assert_eq!(
        round(&mut governor, &inventory, limits, &vcenter).refused,
        0
    );
}

#[test]
fn a_host_that_is_away_costs_its_own_vms_for_one_round() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let vcenter = Vcenter {
        unreachable_host: Some(3),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    for _ in 0..2 {
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(outcome.answered.len(), 900);
        assert_eq!(
            outcome.unanswered(),
            ids((0..1_000).filter(|number| number % HOSTS == 3))
        );
        assert_eq!(quarantined(&governor), BTreeSet::new());
        assert!(outcome.queries <= 10 + 2 * 7, "{}", outcome.queries);
    }
    let outcome = round(&mut governor, &inventory, limits, &Vcenter::default());
    assert_eq!(outcome.answered.len(), 1_000);
}

#[test]
fn an_answer_that_cannot_be_read_costs_the_vm_that_spoils_it() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let vcenter = Vcenter {
        unreadable: ids([17, 640]),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let outcome = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(outcome.unanswered(), ids([17, 640]));
    assert_eq!(
        (outcome.answered.len(), quarantined(&governor).len()),
        (998, 0)
    );
    assert!(
        outcome.queries <= 10 + 2 * (1 + 2 * 7),
        "{}",
        outcome.queries
    );
}

#[test]
fn a_vm_that_was_quarantined_is_tried_again_later_and_comes_back() {
    let (inventory, limits) = (vms(0..50), limits(100, None));
    let poisoned = Vcenter {
        poison: ids([7]),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let tried: Vec<bool> = (0..25)
        .map(|_| round(&mut governor, &inventory, limits, &poisoned).refused > 0)
        .collect();
    let rounds: Vec<usize> = tried
        .iter()
        .enumerate()
        .filter(|(_, tried)| **tried)
        .map(|(it, _)| it)
        .collect();
    assert_eq!(rounds, [0, 3, 9, 21]);
    for _ in 0..24 {
        round(&mut governor, &inventory, limits, &Vcenter::default());
    }
    assert_eq!(quarantined(&governor), BTreeSet::new());
    assert_eq!(
        round(&mut governor, &inventory, limits, &Vcenter::default()).sizes,
        [50]
    );
}

#[test]
fn a_vm_that_is_gone_is_not_remembered() {
    let limits = limits(100, None);
    let mut governor = Governor::default();
    let poisoned = Vcenter {
        poison: ids([49]),
        ..Vcenter::default()
    };
    round(&mut governor, &vms(0..50), limits, &poisoned);
    assert_eq!(quarantined(&governor), ids([49]));
    round(&mut governor, &vms(0..49), limits, &poisoned);
    assert_eq!(quarantined(&governor), BTreeSet::new());
}

#[test]
fn a_fault_that_meets_every_query_from_some_time_on_is_not_pursued_for_long_and_blames_nobody() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let failures = [
        Attribution::AdministratorLimit,
        Attribution::TooLarge,
        Attribution::UnnamedVm,
        Attribution::UnnamedHost,
        Attribution::Unclear,
        Attribution::TooSlow,
        Attribution::WholeQuery,
    ];
    let in_both_ways = failures
        .iter()
        .flat_map(|failure| [(failure, 0), (failure, 6)]);
    for (failure, answered_before) in in_both_ways {
        let vcenter = Vcenter {
            everything: Some((answered_before + 1, failure.clone())),
            ..Vcenter::default()
        };
        let mut governor = Governor::default();
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(outcome.answered.len(), answered_before * 100, "{failure:?}");
        assert_eq!(
            outcome.answered.len() + outcome.unanswered().len(),
            1_000,
            "{failure:?}"
        );
        assert_eq!(quarantined(&governor), BTreeSet::new(), "{failure:?}");
        assert!(outcome.queries <= 60, "{failure:?}: {}", outcome.queries);
    }
}

#[test]
fn anything_else_is_tried_once_more_at_the_end() {
    let (inventory, limits) = (vms(0..30), limits(10, None));
    let mut governor = Governor::default();
    let mut pass = governor.begin(Arc::clone(&inventory), limits);
    let first = pass.next_batch().unwrap();
    let vms = first.vms().to_vec();
    assert_eq!(
        pass.failed(first, Attribution::WholeQuery, &refused()),
        Reaction::Retry
    );
    for _ in 0..2 {
        let batch = pass.next_batch().unwrap();
        assert_ne!(batch.vms(), vms);
        pass.answered(batch);
    }
    let again = pass.next_batch().unwrap();
    assert_eq!(again.vms(), vms);
    assert_eq!(
        pass.failed(again, Attribution::WholeQuery, &refused()),
        Reaction::GaveUp
    );
    assert!(pass.next_batch().is_none());
    assert_eq!(pass.finish(&ended_early()).unanswered.len(), 10);
}

#[test]
fn vms_that_were_quarantined_are_tried_again_last_and_a_few_at_a_time() {
    let (inventory, limits) = (vms(0..300), limits(100, None));
    let denied = ids((0..300).filter(|number| number % 3 == 0));
    let vcenter = Vcenter {
        denied: denied.clone(),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let mut quarantined_before = quarantined(&governor);
    for _ in 0..40 {
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        let singles = outcome.sizes.iter().filter(|size| **size == 1).count();
        if quarantined_before == denied {
            assert!(singles <= 16, "{:?}", outcome.sizes);
            assert_eq!(outcome.sizes[..2], [100, 100]);
            assert_eq!(outcome.answered.len(), 200);
        }
        quarantined_before = quarantined(&governor);
    }
    assert_eq!(quarantined_before, denied);
}
