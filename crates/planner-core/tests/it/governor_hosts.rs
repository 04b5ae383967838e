//! Batches are filled host by host, and a host in trouble costs its own VMs only.

use std::collections::BTreeSet;
use std::sync::Arc;

use planner_core::collection::governor::{Attribution, Governor};
use planner_core::inventory::VmId;

use crate::governor_model::{
    HOSTS, Manner, Vcenter, host_number, ids, limits, quarantined, refused, round, round_in, vms,
};

fn of_host(host: usize, vms: usize) -> BTreeSet<VmId> {
    ids((0..vms).filter(|number| number % HOSTS == host))
}

fn hosts_of(batch: &[VmId]) -> BTreeSet<usize> {
    batch.iter().map(host_number).collect()
}

/// How many hosts the queries of a healthy round span, all together.
fn spans(vms_on_hosts: usize, batch_size: u32) -> (Vec<usize>, usize) {
    let inventory = vms(0..vms_on_hosts);
    let outcome = round(
        &mut Governor::default(),
        &inventory,
        limits(batch_size, None),
        &Vcenter::default(),
    );
    let spans = outcome.batches.iter().map(|batch| hosts_of(batch).len());
    (outcome.sizes.clone(), spans.sum())
}

/// Each limit between two batches splits at most one host, and batches stay full.
#[test]
fn a_query_spans_as_few_hosts_as_it_can() {
    // Two batches for each host.
    assert_eq!(spans(2_000, 100), (vec![100; 20], 20));
    // Hosts of 150 VMs: more than a batch.
    assert_eq!(spans(1_500, 100), (vec![100; 15], 20));
    // Many hosts with few VMs.
    assert_eq!(spans(100, 100), (vec![100], 10));
    assert_eq!(spans(70, 30), (vec![30, 30, 10], 12));
}

#[test]
fn one_vm_with_host_trouble_costs_nobody_else() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    // Alone on its host with that trouble, several on one host, several on different hosts.
    for culprits in [vec![17], vec![17, 27, 37, 997], vec![1, 22, 93, 444]] {
        let culprits = ids(culprits);
        let vcenter = Vcenter {
            host_trouble: culprits.clone(),
            ..Vcenter::default()
        };
        let mut governor = Governor::default();
        for number in 0..3 {
            let outcome = round(&mut governor, &inventory, limits, &vcenter);
            assert_eq!(outcome.answered.len(), 1_000 - culprits.len(), "{number}");
        }
        assert_eq!(quarantined(&governor), culprits);
        let later = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!((later.queries, later.refused), (10, 0));
    }
}

#[test]
fn a_host_that_stays_away_costs_one_query_a_cycle_and_comes_back_at_once() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let vcenter = Vcenter {
        unreachable_host: Some(3),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert!(first.refused <= 5, "{}", first.refused);
    for _ in 0..10 {
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(outcome.answered.len(), 900);
        assert_eq!(outcome.unanswered(), of_host(3, 1_000));
        assert_eq!((outcome.refused, outcome.queries), (1, 10));
    }
    assert_eq!(quarantined(&governor), BTreeSet::new());
    let back = round(&mut governor, &inventory, limits, &Vcenter::default());
    assert_eq!((back.answered.len(), back.queries), (1_000, 9 + 2));
    let later = round(&mut governor, &inventory, limits, &Vcenter::default());
    assert_eq!(later.sizes, [100; 10]);
}

/// Two faults at once: a host that comes back still has a VM that breaks queries.
#[test]
fn a_host_that_comes_back_without_one_of_its_vms_costs_that_vm_only() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let away = Vcenter {
        unreachable_host: Some(3),
        ..Vcenter::default()
    };
    let back = Vcenter {
        host_trouble: ids([3]),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    round(&mut governor, &inventory, limits, &away);
    let answered: Vec<usize> = (0..4)
        .map(|_| {
            round(&mut governor, &inventory, limits, &back)
                .answered
                .len()
        })
        .collect();
    assert_eq!(answered[1..], [999; 3], "{answered:?}");
    assert_eq!(quarantined(&governor), ids([3]));
}

#[test]
fn a_slow_host_costs_its_own_vms_only() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    for slow in [0, 4, 9] {
        let vcenter = Vcenter {
            slow_host: Some(slow),
            ..Vcenter::default()
        };
        let mut governor = Governor::default();
        let first = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(first.unanswered(), of_host(slow, 1_000));
        assert!(first.refused <= 3, "{}", first.refused);
        // The others come first, and one try shows that the host is still slow.
        for _ in 0..5 {
            let outcome = round(&mut governor, &inventory, limits, &vcenter);
            assert_eq!(outcome.unanswered(), of_host(slow, 1_000));
            assert_eq!((outcome.refused, outcome.queries), (1, 10));
            assert_eq!(outcome.batches[9].len(), 1);
            assert_eq!(hosts_of(&outcome.batches[9]), BTreeSet::from([slow]));
        }
        assert_eq!(quarantined(&governor), BTreeSet::new());
        let back = round(&mut governor, &inventory, limits, &Vcenter::default());
        assert_eq!(back.answered.len(), 1_000);
    }
}

/// Each batch shares its first host with the one before.
#[test]
fn a_slow_host_in_two_batches_is_not_taken_for_a_slow_vcenter() {
    let (inventory, limits) = (vms(0..750), limits(100, None));
    let vcenter = Vcenter {
        slow_host: Some(1),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(first.unanswered(), of_host(1, 750));
    let sizes = &first.sizes;
    assert!(
        sizes.iter().filter(|size| **size == 100).count() >= 6,
        "{sizes:?}"
    );
    let later = round(&mut governor, &inventory, limits, &Vcenter::default());
    assert_eq!(later.answered.len(), 750);
}

/// Hosts with more VMs than a batch, and hosts with few: two in a batch.
#[test]
fn a_slow_host_of_any_size_is_found() {
    for (count, slow) in [(2_500, 2), (500, 7), (40, 7), (10, 3)] {
        let inventory = vms(0..count);
        let vcenter = Vcenter {
            slow_host: Some(slow),
            ..Vcenter::default()
        };
        let mut governor = Governor::default();
        for number in 0..3 {
            let outcome = round(&mut governor, &inventory, limits(100, None), &vcenter);
            let slow = of_host(slow, count);
            assert_eq!(outcome.unanswered(), slow, "{count}, {number}");
            assert!(outcome.refused <= 4, "{count}: {}", outcome.refused);
        }
    }
}

/// As with a timeout of half a cycle.
#[test]
fn other_hosts_are_answered_from_the_second_cycle_on_if_there_is_time_for_two_timeouts() {
    let inventory = vms(0..420);
    let slow = Vcenter {
        slow_host: Some(4),
        ..Vcenter::default()
    };
    let manner = Manner {
        most_refused: 2,
        ..Manner::default()
    };
    let mut governor = Governor::default();
    let answered: Vec<usize> = (0..4)
        .map(|_| {
            let outcome = round_in(&manner, &mut governor, &inventory, limits(100, None), &slow);
            outcome.answered.len()
        })
        .collect();
    assert!(answered[0] >= 300, "{answered:?}");
    assert_eq!(answered[1..], [420 - 42; 3], "{answered:?}");
}

#[test]
fn a_slow_vcenter_still_gets_smaller_queries() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    let busy = Vcenter {
        most: Some((30, Attribution::TooSlow)),
        ..Vcenter::default()
    };
    let mut governor = Governor::default();
    let first = round(&mut governor, &inventory, limits, &busy);
    assert!(first.refused <= 8, "{:?}", first.sizes);
    let next = round(&mut governor, &inventory, limits, &busy);
    assert_eq!(
        (next.refused, next.answered.len()),
        (0, 1_000),
        "{:?}",
        next.sizes
    );
}

#[test]
fn a_query_lost_once_is_asked_again_after_the_others() {
    let (inventory, limits) = (vms(0..300), limits(100, None));
    let mut governor = Governor::default();
    let mut pass = governor.begin(Arc::clone(&inventory), limits);
    let lost = pass.next_batch().unwrap();
    let of_lost = lost.vms().to_vec();
    pass.failed(lost, Attribution::TooSlow, &refused());
    let second = pass.next_batch().unwrap();
    assert!(hosts_of(second.vms()).is_disjoint(&hosts_of(&of_lost)));
    pass.answered(second);
    let mut answered = 100;
    while let Some(batch) = pass.next_batch() {
        answered += batch.vms().len();
        pass.answered(batch);
    }
    assert_eq!(answered, 300);
    assert_eq!(pass.finish(&refused()).unanswered, []);
}
