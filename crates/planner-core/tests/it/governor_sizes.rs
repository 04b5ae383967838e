//! What is learned from refusals about the size of queries.

use std::sync::Arc;

use planner_core::collection::governor::{Attribution, Governor, Reaction};

use crate::governor_model::{Vcenter, ended_early, id, inventory, limits, refused, round, vms};

#[test]
fn limits_that_are_known_beforehand_are_kept() {
    let inventory = vms(0..200);
    let sizes = |limits| {
        round(
            &mut Governor::default(),
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
        &mut Governor::default(),
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
        most: Some((21, Attribution::AdministratorLimit)),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
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
        most: Some((21, Attribution::AdministratorLimit)),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
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
        most: Some((30, Attribution::TooLarge)),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
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
    for failure in [Attribution::TooLarge, Attribution::AdministratorLimit] {
        let lossy = Vcenter {
            breaks_every: Some((7, failure)),
            ..Vcenter::default()
        };
        let mut governor = Governor::default();
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
    let mut governor = Governor::default();
    let mut pass = governor.begin(Arc::clone(&inventory), limits);
    let mut sizes = Vec::new();
    for number in 0.. {
        let Some(batch) = pass.next_batch() else {
            break;
        };
        sizes.push(batch.vms().len());
        if number > 0 && batch.vms().len() > 50 {
            pass.failed(batch, Attribution::TooLarge, &refused());
        } else {
            pass.answered(batch);
        }
    }
    // One answered, two refused and answered in halves, the others no larger than that.
    assert_eq!(sizes[..5], [100, 100, 50, 50, 100]);
    assert!(sizes[5..].iter().all(|size| *size == 50), "{sizes:?}");
    assert!(pass.finish(&ended_early()).unanswered.is_empty());
}

#[test]
fn a_vcenter_that_hangs_teaches_nothing() {
    let (inventory, limits) = (vms(0..400), limits(100, None));
    let mut governor = Governor::default();
    let mut pass = governor.begin(Arc::clone(&inventory), limits);
    for _ in 0..3 {
        let batch = pass.next_batch().unwrap();
        assert_eq!(
            pass.failed(batch, Attribution::TooLarge, &refused()),
            Reaction::Split
        );
    }
    let missed = pass.finish(&ended_early());
    assert_eq!(missed.unanswered.len(), 400);
    assert!(
        missed
            .unanswered
            .iter()
            .all(|unanswered| unanswered.reason == ended_early())
    );
    assert_eq!(
        round(&mut governor, &inventory, limits, &Vcenter::default()).sizes,
        [100; 4]
    );
}

#[test]
fn one_vm_that_is_too_much_by_itself_does_not_shrink_the_queries() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let mut governor = Governor::default();
    let mut pass = governor.begin(Arc::clone(&inventory), limits);
    while let Some(batch) = pass.next_batch() {
        if batch.vms().contains(&id(640)) {
            pass.failed(batch, Attribution::TooLarge, &refused());
        } else {
            pass.answered(batch);
        }
    }
    assert_eq!(pass.finish(&ended_early()).newly_quarantined.len(), 1);
    let next = round(&mut governor, &inventory, limits, &Vcenter::default());
    assert_eq!(next.sizes[0], 100);
}
