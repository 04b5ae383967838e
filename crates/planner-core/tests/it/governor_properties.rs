//! Every VM is answered or named, whatever vCenter refuses, in any order and any number of queries at once.

use std::collections::BTreeSet;

use planner_core::collection::governor::{Attribution, Governor};
use planner_core::inventory::VmId;
use proptest::prelude::*;

use crate::governor_model::{
    HOSTS, Manner, Vcenter, id, ids, inventory_of_read, limits, observed, quarantined, refused,
    round, round_in, vms,
};

/// Rounded up.
fn log2(size: u32) -> usize {
    usize::try_from(size.next_power_of_two().ilog2()).unwrap()
}

fn some_numbers() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0_usize..300, 0..5)
}

fn refusal() -> impl Strategy<Value = Attribution> {
    prop_oneof![
        Just(Attribution::AdministratorLimit),
        Just(Attribution::TooLarge)
    ]
}

fn manner() -> impl Strategy<Value = Manner> {
    (1_usize..=8, prop::collection::vec(0_usize..8, 1..20)).prop_map(|(at_once, order)| Manner {
        at_once,
        order,
        ..Manner::default()
    })
}

fn any_failure() -> impl Strategy<Value = Attribution> {
    prop_oneof![
        refusal(),
        Just(Attribution::UnnamedVm),
        Just(Attribution::MissingVm(id(0))),
        Just(Attribution::DeniedVm(id(0))),
        Just(Attribution::UnnamedHost),
        Just(Attribution::Unclear),
        Just(Attribution::TooSlow),
        Just(Attribution::WholeQuery),
    ]
}

prop_compose! {
    fn vcenter()(
        everything in prop::option::weighted(0.2, (0_usize..10, any_failure())),
        breaks_every in prop::option::of((2_usize..9, prop_oneof![Just(Attribution::WholeQuery), refusal()])),
        most in prop::option::of((0_usize..100, refusal())),
        [poison, gone, denied, unreadable, host_trouble] in
            [some_numbers(), some_numbers(), some_numbers(), some_numbers(), some_numbers()],
        [unreachable_host, slow_host] in [prop::option::of(0..HOSTS), prop::option::weighted(0.3, 0..HOSTS)],
    ) -> Vcenter {
        Vcenter {
            everything,
            breaks_every,
            most,
            poison: ids(poison),
            gone: ids(gone),
            denied: ids(denied),
            unreadable: ids(unreadable),
            unreachable_host,
            host_trouble: ids(host_trouble),
            slow_host,
        }
    }
}

proptest! {
    /// Rounds with all kinds of trouble, several queries at once, answers in any order, some of them cut off; VMs come and
    /// go between them, and limits change.
    #[test]
    fn every_vm_is_answered_or_quarantined_or_named_as_unanswered(
        rounds in prop::collection::vec(
            (vcenter(), manner(), prop::option::of(0_usize..20), 0_usize..100, 1_usize..200, 1_u32..120),
            1..6,
        ),
    ) {
        let mut governor = Governor::default();
        for (vcenter, manner, most_settled, first, count, batch_size) in rounds {
            let inventory = vms(first..first + count);
            let manner = Manner { most_settled: most_settled.unwrap_or(usize::MAX), ..manner };
            let outcome = round_in(&manner, &mut governor, &inventory, limits(batch_size, None), &vcenter);
            let (answered, quarantined, unanswered) = (&outcome.answered, quarantined(&governor), outcome.unanswered());
            let gone = outcome.gone();
            prop_assert!(gone.is_disjoint(answered) && gone.is_disjoint(&quarantined) && gone.is_disjoint(&unanswered));
            prop_assert!(answered.is_disjoint(&quarantined));
            prop_assert!(answered.is_disjoint(&unanswered));
            prop_assert!(quarantined.is_disjoint(&unanswered));
            prop_assert!(outcome.newly_quarantined().is_subset(&quarantined));
            prop_assert_eq!(outcome.missed.unanswered.len(), unanswered.len());
            let named: BTreeSet<VmId> = answered.iter().chain(&quarantined).chain(&unanswered).chain(&gone).cloned().collect();
            prop_assert_eq!(named, observed(&inventory));
        }
    }

    /// A VM fails for the reason of its own query. The reason of an early end never appears.
    #[test]
    fn a_round_that_is_not_cut_off_asks_for_every_vm(
        rounds in prop::collection::vec((vcenter(), manner(), 1_usize..300, 1_u32..120), 1..4),
    ) {
        let mut governor = Governor::default();
        for (vcenter, manner, count, batch_size) in rounds {
            let outcome = round_in(&manner, &mut governor, &vms(0..count), limits(batch_size, None), &vcenter);
            for unanswered in &outcome.missed.unanswered {
                prop_assert_eq!(&unanswered.reason, &refused(), "{}", unanswered.vm);
            }
        }
    }

    #[test]
    fn poisonous_vms_are_quarantined_and_nobody_else(
        count in 20_usize..600,
        batch_size in 1_u32..200,
        poison in prop::collection::btree_set(0_usize..600, 0..6),
        most in prop::option::of((1_usize..200, refusal())),
        manner in manner(),
    ) {
        let (inventory, limits) = (vms(0..count), limits(batch_size, None));
        let poison = ids(poison.into_iter().filter(|number| *number < count));
        let vcenter = Vcenter { poison: poison.clone(), most, ..Vcenter::default() };
        let mut governor = Governor::default();
        let outcome = round_in(&manner, &mut governor, &inventory, limits, &vcenter);
        prop_assert_eq!(outcome.answered.len() + poison.len(), count);
        // Those found last of all have to fail once more.
        prop_assert!(outcome.unanswered().is_subset(&poison));
        round_in(&manner, &mut governor, &inventory, limits, &vcenter);
        prop_assert_eq!(quarantined(&governor), poison);
    }

    /// Whatever the fault, two looks at a VM suffice if few VMs cause it; everybody else is answered from then on.
    #[test]
    fn vms_that_cause_any_fault_are_learned_and_cost_nobody_else(
        count in 20_usize..600,
        batch_size in 1_u32..200,
        culprits in prop::collection::btree_set(0_usize..600, 0..6),
        is_about_host in any::<bool>(),
        manner in manner(),
    ) {
        let (inventory, limits) = (vms(0..count), limits(batch_size, None));
        // Each host has two VMs or more, and one of them answers.
        let culprits = ids(culprits.into_iter().filter(|number| *number < count - HOSTS));
        let [unreadable, host_trouble] = if is_about_host {
            [BTreeSet::new(), culprits.clone()]
        } else {
            [culprits.clone(), BTreeSet::new()]
        };
        let vcenter = Vcenter { unreadable, host_trouble, ..Vcenter::default() };
        let mut governor = Governor::default();
        for _ in 0..6 {
            round_in(&manner, &mut governor, &inventory, limits, &vcenter);
        }
        prop_assert_eq!(quarantined(&governor), culprits.clone());
        let later = round_in(&manner, &mut governor, &inventory, limits, &vcenter);
        prop_assert_eq!(later.answered.len() + culprits.len(), count);
    }

    /// The queries that a change costs are those refused; the others would have been needed anyway.
    #[test]
    fn a_change_of_limit_costs_few_queries(
        count in 1_usize..800,
        batch_size in 1_u32..300,
        (before, after) in (1_usize..300, 1_usize..300),
        refusal in refusal(),
        manner in manner(),
    ) {
        let (inventory, limits) = (vms(0..count), limits(batch_size, None));
        let mut governor = Governor::default();
        for most in [before, after] {
            let vcenter = Vcenter { most: Some((most, refusal.clone())), ..Vcenter::default() };
            let outcome = round_in(&manner, &mut governor, &inventory, limits, &vcenter);
            prop_assert_eq!(outcome.answered.len(), count);
            let affected_batches = outcome.affected;
            prop_assert!(outcome.refused <= 2 * log2(batch_size) * affected_batches, "{}", outcome.refused);
        }
    }

    #[test]
    fn a_limit_is_learned_in_one_round(
        count in 1_usize..600,
        batch_size in 1_u32..200,
        most in 1_usize..200,
        manner in manner(),
    ) {
        let (inventory, limits) = (vms(0..count), limits(batch_size, None));
        let vcenter = Vcenter { most: Some((most, Attribution::AdministratorLimit)), ..Vcenter::default() };
        let mut governor = Governor::default();
        round_in(&manner, &mut governor, &inventory, limits, &vcenter);
        let second = round(&mut governor, &inventory, limits, &vcenter);
        prop_assert_eq!((second.refused, second.answered.len()), (0, count));
        let most = most.min(batch_size as usize);
        prop_assert!(second.queries <= count.div_ceil(most.div_ceil(2)), "{}", second.queries);
    }

    #[test]
    fn a_failure_of_everything_leaves_out_nobody(
        poison in prop::collection::btree_set(1_usize..200, 0..20),
        failures in prop::collection::vec((any_failure(), manner()), 1..12),
    ) {
        let (inventory, limits) = (vms(0..200), limits(50, None));
        let mut governor = Governor::default();
        let poisoned = Vcenter { gone: ids(poison), ..Vcenter::default() };
        round(&mut governor, &inventory, limits, &poisoned);
        let inventory = inventory_of_read(2, (0..200).map(|number| (number, 1)));
        round(&mut governor, &inventory, limits, &poisoned);
        let before = quarantined(&governor);
        for (failure, manner) in failures {
            let everything = Vcenter { everything: Some((1, failure)), ..Vcenter::default() };
            let outcome = round_in(&manner, &mut governor, &inventory, limits, &everything);
            prop_assert_eq!(quarantined(&governor), before.clone());
            prop_assert_eq!(outcome.unanswered().len() + outcome.gone().len() + before.len(), 200);
        }
    }
}
