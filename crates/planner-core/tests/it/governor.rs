//! What is learned from refusals, and who is blamed for them.

use std::collections::BTreeSet;

use planner_core::governor::{Cause, Failure, Governor, Reaction};

use crate::governor_model::{
    ENDED_EARLY, HOSTS, REASON, Vcenter, id, ids, inventory, inventory_read_at, left_out, limits,
    round, vms,
};

#[test]
fn limits_that_are_known_beforehand_are_kept() {
    let inventory = vms(0..200);
    let sizes = |limits| {
        round(
            &mut Governor::new(limits),
            &inventory,
            limits,
            &Vcenter::default(),
        )
        .sizes
    };
    assert_eq!(sizes(limits(100, None)), [100, 100]);
    assert_eq!(sizes(limits(100, Some(256))), [85, 85, 30]);
    assert_eq!(sizes(limits(100, Some(2))), [1; 200]);
}

#[test]
fn vms_with_many_disks_share_a_batch_with_fewer_others() {
    let limits = limits(300, None);
    let outcome = round(
        &mut Governor::new(limits),
        &inventory((0..300).map(|number| (number, 256))),
        limits,
        &Vcenter::default(),
    );
    assert_eq!(outcome.sizes, [130, 130, 40]);
}

#[test]
fn an_administrators_limit_is_learned_in_one_round() {
    let (inventory, limits) = (vms(0..1_000), limits(200, None));
    let vcenter = Vcenter {
        most: Some((21, Failure::Restricted)),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(first.answered.len(), 1_000);
    for _ in 0..20 {
        let later = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!((later.refused, later.answered.len()), (0, 1_000));
    }
}

/// Administrators change their minds, and a refusal may have had another reason.
#[test]
fn an_administrators_limit_is_tried_again_ever_more_seldom() {
    let (inventory, limits) = (vms(0..1_000), limits(200, None));
    let limited = Vcenter {
        most: Some((21, Failure::Restricted)),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let refusing: Vec<usize> = (0..1_500)
        .filter(|_| round(&mut governor, &inventory, limits, &limited).refused > 0)
        .collect();
    let pauses: Vec<usize> = refusing.windows(2).map(|it| it[1] - it[0]).collect();
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert_eq!(pauses.first(), Some(&25));
    assert_eq!(pauses.last(), Some(&289));

    let rounds = (0..289).map(|_| round(&mut governor, &inventory, limits, &Vcenter::default()));
    assert_eq!(rounds.last().unwrap().sizes[0], 200);
}

#[test]
fn a_busy_vcenter_gets_small_queries_that_grow_back() {
    let (inventory, limits) = (vms(0..400), limits(100, None));
    let busy = Vcenter {
        most: Some((30, Failure::TooMuch)),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    assert_eq!(
        round(&mut governor, &inventory, limits, &busy)
            .answered
            .len(),
        400
    );
    let next = round(&mut governor, &inventory, limits, &busy);
    assert_eq!((next.refused, next.sizes[0]), (0, 25));
    let rounds = (0..60).map(|_| round(&mut governor, &inventory, limits, &Vcenter::default()));
    let largest: Vec<usize> = rounds.map(|outcome| outcome.sizes[0]).collect();
    assert!(largest.is_sorted() && largest[0] <= 30, "{largest:?}");
    assert_eq!(largest.last(), Some(&100));
}

#[test]
fn a_query_that_is_lost_now_and_then_does_not_shrink_the_others() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    for failure in [Failure::TooMuch, Failure::Restricted] {
        let lossy = Vcenter {
            breaks_every: Some((7, failure)),
            ..Vcenter::default()
        };
        let mut governor = Governor::new(limits);
        for _ in 0..20 {
            let outcome = round(&mut governor, &inventory, limits, &lossy);
            let whole = outcome.sizes.iter().filter(|size| **size == 100);
            assert_eq!(whole.count(), 10);
            assert!(outcome.refused > 0);
            assert_eq!(outcome.answered.len(), 1_000);
        }
    }
}

#[test]
fn a_vcenter_that_becomes_slow_is_heeded_after_the_second_refusal() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let mut governor = Governor::new(limits);
    governor.begin(&inventory, limits);
    let mut sizes = Vec::new();
    for number in 0.. {
        let Some(batch) = governor.next_batch() else {
            break;
        };
        sizes.push(batch.vms().len());
        if number > 0 && batch.vms().len() > 50 {
            governor.failed(&batch, Failure::TooMuch, REASON);
        } else {
            governor.answered(&batch);
        }
    }
    // One answered, two refused and answered in halves, the others no larger than that.
    assert_eq!(sizes[..5], [100, 100, 50, 50, 100]);
    assert!(sizes[5..].iter().all(|size| *size == 50), "{sizes:?}");
    assert!(governor.finish(ENDED_EARLY).unanswered.is_empty());
}

#[test]
fn a_vcenter_that_hangs_teaches_nothing() {
    let (inventory, limits) = (vms(0..400), limits(100, None));
    let mut governor = Governor::new(limits);
    governor.begin(&inventory, limits);
    for _ in 0..3 {
        let batch = governor.next_batch().unwrap();
        assert_eq!(
            governor.failed(&batch, Failure::TooMuch, REASON),
            Reaction::Split
        );
    }
    let missed = governor.finish(ENDED_EARLY);
    assert_eq!(missed.unanswered.len(), 400);
    assert!(
        missed
            .unanswered
            .iter()
            .all(|unanswered| &*unanswered.reason == ENDED_EARLY)
    );
    assert_eq!(
        round(&mut governor, &inventory, limits, &Vcenter::default()).sizes,
        [100; 4]
    );
}

#[test]
fn three_poisonous_vms_among_thousands_are_named() {
    let (inventory, limits) = (vms(0..5_000), limits(100, None));
    let poison = ids([17, 18, 4_321]);
    let vcenter = Vcenter {
        poison: poison.clone(),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(first.answered.len(), 4_997);
    assert_eq!(first.unanswered(), BTreeSet::new());
    assert_eq!(first.newly_left_out(), poison);
    assert_eq!(left_out(&governor), poison);
    assert!(first.queries <= 50 + 3 * 2 * 7, "{}", first.queries);
    let second = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((second.queries, second.refused), (50, 0));
    assert_eq!(second.newly_left_out(), BTreeSet::new());
}

#[test]
fn vms_that_are_gone_are_nobodys_fault_unless_they_stay_in_the_inventory() {
    let (inventory, limits) = (vms(0..5_000), limits(100, None));
    let gone = ids([17, 18, 4_321]);
    let vcenter = Vcenter {
        gone: gone.clone(),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((first.answered.len(), first.gone()), (4_997, gone.clone()));
    assert_eq!(
        (first.queries, first.unanswered()),
        (50 + 3, BTreeSet::new())
    );
    assert_eq!(left_out(&governor), BTreeSet::new());
    let same = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(
        (same.gone(), left_out(&governor)),
        (gone.clone(), BTreeSet::new())
    );

    let inventory = inventory_read_at(1, (0..5_000).map(|number| (number, 1)));
    let second = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(second.newly_left_out(), gone);
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
    let mut governor = Governor::new(limits);
    let outcome = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!((outcome.answered.len(), outcome.queries), (49, 2));
    let left_out: Vec<_> = governor.left_out().map(|it| (it.vm, it.cause)).collect();
    assert_eq!(left_out, [(id(7), Cause::Denied)]);
}

#[test]
fn half_of_the_vms_denied_by_name_cost_one_query_each_once() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let vcenter = Vcenter {
        denied: ids((0..900).filter(|number| number % 2 == 0)),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
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
        host_away: Some(3),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    for _ in 0..2 {
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(outcome.answered.len(), 900);
        assert_eq!(
            outcome.unanswered(),
            ids((0..1_000).filter(|number| number % HOSTS == 3))
        );
        assert_eq!(left_out(&governor), BTreeSet::new());
        assert!(outcome.queries <= 10 + 2 * 7, "{}", outcome.queries);
    }
    let outcome = round(&mut governor, &inventory, limits, &Vcenter::default());
    assert_eq!(outcome.answered.len(), 1_000);
}

#[test]
fn an_answer_that_cannot_be_read_twice_costs_the_vm_that_spoils_it_for_one_round() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let vcenter = Vcenter {
        unreadable: ids([17, 640]),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let outcome = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(outcome.unanswered(), ids([17, 640]));
    assert_eq!(
        (outcome.answered.len(), left_out(&governor).len()),
        (998, 0)
    );
    assert!(
        outcome.queries <= 10 + 2 * (1 + 2 * 7),
        "{}",
        outcome.queries
    );
}

#[test]
fn one_vm_that_is_too_much_by_itself_does_not_shrink_the_queries() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let mut governor = Governor::new(limits);
    governor.begin(&inventory, limits);
    while let Some(batch) = governor.next_batch() {
        if batch.vms().contains(&id(640)) {
            governor.failed(&batch, Failure::TooMuch, REASON);
        } else {
            governor.answered(&batch);
        }
    }
    assert_eq!(governor.finish("").newly_left_out.len(), 1);
    let next = round(&mut governor, &inventory, limits, &Vcenter::default());
    assert_eq!(next.sizes[0], 100);
}

#[test]
fn a_vm_that_was_left_out_is_tried_again_later_and_comes_back() {
    let (inventory, limits) = (vms(0..50), limits(100, None));
    let poisoned = Vcenter {
        poison: ids([7]),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
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
    assert_eq!(left_out(&governor), BTreeSet::new());
    assert_eq!(
        round(&mut governor, &inventory, limits, &Vcenter::default()).sizes,
        [50]
    );
}

#[test]
fn a_vm_that_is_gone_is_not_remembered() {
    let limits = limits(100, None);
    let mut governor = Governor::new(limits);
    let poisoned = Vcenter {
        poison: ids([49]),
        ..Vcenter::default()
    };
    round(&mut governor, &vms(0..50), limits, &poisoned);
    assert_eq!(left_out(&governor), ids([49]));
    round(&mut governor, &vms(0..49), limits, &poisoned);
    assert_eq!(left_out(&governor), BTreeSet::new());
}

#[test]
fn a_fault_that_meets_every_query_from_some_time_on_is_not_pursued_for_long_and_blames_nobody() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let failures = [
        Failure::Restricted,
        Failure::TooMuch,
        Failure::SomeVm,
        Failure::SomeHost,
        Failure::Broken,
        Failure::WholeQuery,
    ];
    let in_both_ways = failures
        .iter()
        .flat_map(|failure| [(failure, 0), (failure, 6)]);
    for (failure, answered_before) in in_both_ways {
        let vcenter = Vcenter {
            everything: Some((answered_before + 1, failure.clone())),
            ..Vcenter::default()
        };
        let mut governor = Governor::new(limits);
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(outcome.answered.len(), answered_before * 100, "{failure:?}");
        assert_eq!(
            outcome.answered.len() + outcome.unanswered().len(),
            1_000,
            "{failure:?}"
        );
        assert_eq!(left_out(&governor), BTreeSet::new(), "{failure:?}");
        assert!(outcome.queries <= 60, "{failure:?}: {}", outcome.queries);
    }
}

#[test]
fn anything_else_is_tried_once_more_at_the_end() {
    let (inventory, limits) = (vms(0..30), limits(10, None));
    let mut governor = Governor::new(limits);
    governor.begin(&inventory, limits);
    let first = governor.next_batch().unwrap();
    assert_eq!(
        governor.failed(&first, Failure::WholeQuery, REASON),
        Reaction::Retry
    );
    for _ in 0..2 {
        let batch = governor.next_batch().unwrap();
        assert_ne!(batch.vms(), first.vms());
        governor.answered(&batch);
    }
    let again = governor.next_batch().unwrap();
    assert_eq!(again.vms(), first.vms());
    assert_eq!(
        governor.failed(&again, Failure::WholeQuery, REASON),
        Reaction::GaveUp
    );
    assert_eq!(governor.next_batch(), None);
    assert_eq!(governor.finish("").unanswered.len(), 10);
}

#[test]
fn vms_that_were_left_out_are_tried_again_last_and_a_few_at_a_time() {
    let (inventory, limits) = (vms(0..300), limits(100, None));
    let denied = ids((0..300).filter(|number| number % 3 == 0));
    let vcenter = Vcenter {
        denied: denied.clone(),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let mut left_out_before = left_out(&governor);
    for _ in 0..40 {
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        let singles = outcome.sizes.iter().filter(|size| **size == 1).count();
        if left_out_before == denied {
            assert!(singles <= 16, "{:?}", outcome.sizes);
            assert_eq!(outcome.sizes[..2], [100, 100]);
            assert_eq!(outcome.answered.len(), 200);
        }
        left_out_before = left_out(&governor);
    }
    assert_eq!(left_out_before, denied);
}
