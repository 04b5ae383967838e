//! Every VM is asked for or named, whatever vCenter refuses.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use planner_core::batches::BatchLimits;
use planner_core::entities::{DiskSummary, Entities, VmRecord};
use planner_core::filter::Filter;
use planner_core::governor::{Batch, Failure, Governor, Reaction};
use planner_core::inventory::{Inventory, PowerState, VmId};
use planner_core::units::Bytes;
use proptest::prelude::*;

use crate::at;

const REASON: &str = "vCenter said no";

fn inventory(disks_of_vms: impl IntoIterator<Item = u32>) -> Inventory {
    let mut entities = Entities::new();
    for (number, disks) in disks_of_vms.into_iter().enumerate() {
        *entities.vm(&format!("vm-{number:05}")) = VmRecord {
            power_state: Some(PowerState::PoweredOn),
            disks: Some(DiskSummary {
                count: disks,
                capacity: Bytes::new(1),
            }),
            ..VmRecord::default()
        };
    }
    entities.resolve(&Filter::default(), at(0))
}

fn vms(count: usize) -> Inventory {
    inventory(vec![1; count])
}

fn limits(max_vms: u32, max_query_metrics: Option<u32>) -> BatchLimits {
    BatchLimits {
        max_vms: NonZeroU32::new(max_vms).unwrap(),
        max_query_metrics: max_query_metrics.and_then(NonZeroU32::new),
        counters: NonZeroU32::new(3).unwrap(),
    }
}

/// A vCenter that refuses queries above a size, and those with a poisonous VM in them.
#[derive(Debug, Clone, Default)]
struct Vcenter {
    most: Option<(usize, bool)>,
    poison: BTreeSet<VmId>,
    names_poison: bool,
}

impl Vcenter {
    fn failure(&self, batch: &Batch) -> Option<Failure> {
        if let Some((most, is_fixed)) = self.most
            && batch.vms().len() > most
        {
            return Some(if is_fixed {
                Failure::Restricted
            } else {
                Failure::TooMuch
            });
        }
        let culprit = batch.vms().iter().find(|vm| self.poison.contains(*vm))?;
        Some(if self.names_poison {
            Failure::Vm(culprit.clone())
        } else {
            Failure::SomeVm
        })
    }
}

#[derive(Debug, Default)]
struct Outcome {
    queries: usize,
    refused: usize,
    answered: Vec<VmId>,
    failed: Vec<VmId>,
    sizes: Vec<usize>,
}

fn round(
    governor: &mut Governor,
    inventory: &Inventory,
    limits: BatchLimits,
    vcenter: &Vcenter,
) -> Outcome {
    let mut outcome = Outcome::default();
    governor.begin(inventory, limits);
    while let Some(batch) = governor.next_batch() {
        outcome.queries += 1;
        outcome.sizes.push(batch.vms().len());
        match vcenter.failure(&batch) {
            None => {
                outcome.answered.extend(batch.vms().iter().cloned());
                governor.answered(&batch);
            }
            Some(failure) => {
                outcome.refused += 1;
                governor.failed(&batch, failure, REASON);
            }
        }
    }
    outcome.failed = governor
        .finish(REASON)
        .into_iter()
        .map(|unanswered| unanswered.vm)
        .collect();
    outcome
}

fn left_out(governor: &Governor) -> BTreeSet<VmId> {
    governor
        .left_out()
        .map(|unanswered| unanswered.vm)
        .collect()
}

fn id(number: usize) -> VmId {
    VmId::new(&format!("vm-{number:05}"))
}

#[test]
fn limits_that_are_known_beforehand_are_kept() {
    let inventory = vms(200);
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
        &inventory(vec![256; 300]),
        limits,
        &Vcenter::default(),
    );
    assert_eq!(outcome.sizes, [130, 130, 40]);
}

#[test]
fn an_administrators_limit_is_learned_in_one_round() {
    let (inventory, limits) = (vms(1_000), limits(200, None));
    let vcenter = Vcenter {
        most: Some((21, true)),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let first = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(first.answered.len(), 1_000);
    for _ in 0..50 {
        let later = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!((later.refused, later.answered.len()), (0, 1_000));
    }
}

#[test]
fn a_busy_vcenter_gets_small_queries_that_grow_back() {
    let (inventory, limits) = (vms(400), limits(100, None));
    let busy = Vcenter {
        most: Some((30, false)),
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
fn a_vcenter_that_hangs_teaches_nothing() {
    let (inventory, limits) = (vms(400), limits(100, None));
    let mut governor = Governor::new(limits);
    governor.begin(&inventory, limits);
    for _ in 0..3 {
        let batch = governor.next_batch().unwrap();
        assert_eq!(
            governor.failed(&batch, Failure::TooMuch, REASON),
            Reaction::Split
        );
    }
    let failed = governor.finish("the cycle did not end in time");
    assert_eq!(failed.len(), 400);
    assert!(
        failed
            .iter()
            .all(|unanswered| &*unanswered.reason == "the cycle did not end in time")
    );
    assert_eq!(
        round(&mut governor, &inventory, limits, &Vcenter::default()).sizes,
        [100; 4]
    );
}

#[test]
fn three_poisonous_vms_among_thousands_are_named() {
    let (inventory, limits) = (vms(5_000), limits(100, None));
    for names_poison in [false, true] {
        let poison: BTreeSet<VmId> = [17, 18, 4_321].map(id).into();
        let vcenter = Vcenter {
            poison: poison.clone(),
            names_poison,
            ..Vcenter::default()
        };
        let mut governor = Governor::new(limits);
        let first = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!((first.answered.len(), first.failed.len()), (4_997, 0));
        assert_eq!(left_out(&governor), poison);
        assert!(first.queries <= 50 + 3 * 2 * 7, "{}", first.queries);
        let second = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!((second.queries, second.refused), (50, 0));
    }
}

#[test]
fn a_vm_that_was_left_out_is_tried_again_later_and_comes_back() {
    let (inventory, limits) = (vms(50), limits(100, None));
    let poisoned = Vcenter {
        poison: [id(7)].into(),
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
        poison: [id(49)].into(),
        ..Vcenter::default()
    };
    round(&mut governor, &vms(50), limits, &poisoned);
    assert_eq!(left_out(&governor), [id(49)].into());
    round(&mut governor, &vms(49), limits, &poisoned);
    assert_eq!(left_out(&governor), BTreeSet::new());
}

#[test]
fn a_fault_that_is_not_about_single_vms_is_not_pursued_without_end() {
    let (inventory, limits) = (vms(1_000), limits(100, None));
    let vcenter = Vcenter {
        poison: (0..1_000).map(id).collect(),
        ..Vcenter::default()
    };
    let mut governor = Governor::new(limits);
    let outcome = round(&mut governor, &inventory, limits, &vcenter);
    assert_eq!(outcome.failed.len() + left_out(&governor).len(), 1_000);
    assert!(outcome.queries < 400, "{}", outcome.queries);
}

#[test]
fn anything_else_is_tried_once_more_at_the_end() {
    let (inventory, limits) = (vms(30), limits(10, None));
    let mut governor = Governor::new(limits);
    governor.begin(&inventory, limits);
    let first = governor.next_batch().unwrap();
    assert_eq!(
        governor.failed(&first, Failure::Broken, REASON),
        Reaction::Retry
    );
    for _ in 0..2 {
        let batch = governor.next_batch().unwrap();
        assert_ne!(batch.vms(), first.vms());
        governor.answered(&batch);
    }
    let again = governor.next_batch().unwrap();
    assert_eq!((again.vms(), again.is_retry()), (first.vms(), true));
    assert_eq!(
        governor.failed(&again, Failure::Broken, REASON),
        Reaction::GaveUp
    );
    assert_eq!(governor.next_batch(), None);
    assert_eq!(governor.finish("").len(), 10);
}

proptest! {
    #[test]
    fn every_vm_is_answered_or_named_and_none_twice(
        count in 1_usize..600,
        batch_size in 1_u32..200,
        most in prop::option::of((1_usize..200, any::<bool>())),
        poison in prop::collection::btree_set(0_usize..600, 0..6),
        names_poison in any::<bool>(),
    ) {
        let (inventory, limits) = (vms(count), limits(batch_size, None));
        let poison: BTreeSet<VmId> = poison.into_iter().filter(|number| *number < count).map(id).collect();
        let vcenter = Vcenter { most, poison: poison.clone(), names_poison };
        let mut governor = Governor::new(limits);
        let outcome = round(&mut governor, &inventory, limits, &vcenter);

        let answered: BTreeSet<VmId> = outcome.answered.iter().cloned().collect();
        prop_assert_eq!(answered.len(), outcome.answered.len());
        prop_assert_eq!(left_out(&governor), poison.clone());
        prop_assert_eq!(answered.len() + poison.len(), count);
        prop_assert!(answered.is_disjoint(&poison));
        prop_assert!(outcome.failed.is_empty());

        let log2 = usize::try_from(batch_size.ilog2()).unwrap() + 1;
        let smallest = most.map_or(batch_size as usize, |(most, _)| most.min(batch_size as usize));
        let needed = count.div_ceil(smallest.div_ceil(2));
        let affected = count.div_ceil(batch_size as usize);
        prop_assert!(outcome.refused <= 2 * log2 * (affected + poison.len()), "{:?}", outcome.refused);
        prop_assert!(outcome.queries <= needed + 2 * log2 * (affected + poison.len()), "{:?}", outcome.queries);
    }

    #[test]
    fn a_second_round_is_without_refusals(count in 1_usize..600, batch_size in 1_u32..200, most in 1_usize..200) {
        let (inventory, limits) = (vms(count), limits(batch_size, None));
        let vcenter = Vcenter { most: Some((most, true)), ..Vcenter::default() };
        let mut governor = Governor::new(limits);
        round(&mut governor, &inventory, limits, &vcenter);
        let second = round(&mut governor, &inventory, limits, &vcenter);
        prop_assert_eq!((second.refused, second.answered.len()), (0, count));
    }
}
