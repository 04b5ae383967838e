//! Every VM is asked for or named, whatever vCenter refuses.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use planner_core::batches::BatchLimits;
use planner_core::entities::{ContainerKind, DiskSummary, Entities, VmRecord};
use planner_core::filter::Filter;
use planner_core::governor::{Batch, Cause, Failure, Governor, Missed, Reaction};
use planner_core::inventory::{Inventory, PowerState, VmId};
use planner_core::units::Bytes;
use proptest::prelude::*;

use crate::at;

const REASON: &str = "vCenter said no";
const ENDED_EARLY: &str = "the cycle did not end in time";
const HOSTS: usize = 10;

/// Running VMs by number, each with so many disks, spread over the hosts.
fn inventory(vms: impl IntoIterator<Item = (usize, u32)>) -> Arc<Inventory> {
    let mut entities = Entities::new();
    for host in 0..HOSTS {
        let name = format!("host-{host}");
        entities.container(&name, ContainerKind::Host).name = name.as_str().into();
    }
    for (number, disks) in vms {
        *entities.vm(id(number).as_str()) = VmRecord {
            host: Some(format!("host-{}", number % HOSTS).into()),
            power_state: Some(PowerState::PoweredOn),
            disks: Some(DiskSummary {
                count: disks,
                capacity: Bytes::new(1),
            }),
            ..VmRecord::default()
        };
    }
    Arc::new(entities.resolve(&Filter::default(), at(0)))
}

fn vms(numbers: Range<usize>) -> Arc<Inventory> {
    inventory(numbers.map(|number| (number, 1)))
}

fn id(number: usize) -> VmId {
    VmId::new(&format!("vm-{number:05}"))
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<VmId> {
    numbers.into_iter().map(id).collect()
}

fn limits(max_vms: u32, max_query_metrics: Option<u32>) -> BatchLimits {
    BatchLimits {
        max_vms: NonZeroU32::new(max_vms).unwrap(),
        max_query_metrics: max_query_metrics.and_then(NonZeroU32::new),
        counters: NonZeroU32::new(3).unwrap(),
    }
}

/// What a vCenter does to queries. The first trouble that applies decides.
#[derive(Debug, Clone, Default)]
struct Vcenter {
    /// Every query fails like this.
    everything: Option<Failure>,
    /// Every so many-th query fails as a whole.
    breaks_every: Option<usize>,
    /// Queries of more VMs are refused.
    most: Option<(usize, Failure)>,
    /// Queries with one of these VMs fail.
    poison: BTreeSet<VmId>,
    names_poison: bool,
    denied: BTreeSet<VmId>,
    /// Queries with one of these VMs get an answer that cannot be read.
    unreadable: BTreeSet<VmId>,
    host_away: Option<usize>,
}

impl Vcenter {
    fn failure(&self, batch: &Batch, number: usize) -> Option<Failure> {
        let culprit = |of: &BTreeSet<VmId>| batch.vms().iter().find(|vm| of.contains(*vm)).cloned();
        let is_away = |vm: &VmId| {
            let number: usize = vm.as_str().trim_start_matches("vm-").parse().unwrap();
            Some(number % HOSTS) == self.host_away
        };
        if self.everything.is_some() {
            return self.everything.clone();
        }
        if self
            .breaks_every
            .is_some_and(|every| number.is_multiple_of(every))
        {
            return Some(Failure::WholeQuery);
        }
        if let Some((most, refusal)) = &self.most
            && batch.vms().len() > *most
        {
            return Some(refusal.clone());
        }
        if let Some(vm) = culprit(&self.poison) {
            return Some(if self.names_poison {
                Failure::Vm(vm)
            } else {
                Failure::SomeVm
            });
        }
        if let Some(vm) = culprit(&self.denied) {
            return Some(Failure::Denied(vm));
        }
        if batch.vms().iter().any(is_away) {
            return Some(Failure::SomeHost);
        }
        culprit(&self.unreadable).map(|_| Failure::Broken)
    }
}

/// How a round is run: so many queries at once, answered in an order that these numbers give, and perhaps cut off.
#[derive(Debug, Clone)]
struct Manner {
    at_once: usize,
    order: Vec<usize>,
    most_settled: usize,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            at_once: 1,
            order: vec![0],
            most_settled: usize::MAX,
        }
    }
}

#[derive(Debug, Default)]
struct Outcome {
    queries: usize,
    refused: usize,
    /// Batches refused for their size that were no parts of others refused before.
    affected: usize,
    answered: BTreeSet<VmId>,
    missed: Missed,
    sizes: Vec<usize>,
}

impl Outcome {
    fn unanswered(&self) -> BTreeSet<VmId> {
        let all = self.missed.unanswered.iter();
        all.map(|unanswered| unanswered.vm.clone()).collect()
    }

    fn newly_left_out(&self) -> BTreeSet<VmId> {
        let all = self.missed.newly_left_out.iter();
        all.map(|left_out| left_out.vm.clone()).collect()
    }
}

fn round(
    governor: &mut Governor,
    inventory: &Arc<Inventory>,
    limits: BatchLimits,
    vcenter: &Vcenter,
) -> Outcome {
    round_in(&Manner::default(), governor, inventory, limits, vcenter)
}

/// Runs a round, and checks that no VM is asked for while it is under way or once it was answered.
fn round_in(
    manner: &Manner,
    governor: &mut Governor,
    inventory: &Arc<Inventory>,
    limits: BatchLimits,
    vcenter: &Vcenter,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut refused_before = BTreeSet::new();
    let mut taken = BTreeSet::new();
    let mut under_way: Vec<(Batch, usize)> = Vec::new();
    let mut order = manner.order.iter().cycle();
    governor.begin(inventory, limits);
    for _ in 0..manner.most_settled {
        while under_way.len() < manner.at_once
            && let Some(batch) = governor.next_batch()
        {
            let is_new = |vm: &VmId| taken.insert(vm.clone());
            assert!(batch.vms().iter().all(is_new));
            outcome.queries += 1;
            outcome.sizes.push(batch.vms().len());
            under_way.push((batch, outcome.queries));
        }
        if under_way.is_empty() {
            break;
        }
        let next = order.next().unwrap() % under_way.len();
        let (batch, number) = under_way.remove(next);
        match vcenter.failure(&batch, number) {
            None => {
                outcome.answered.extend(batch.vms().iter().cloned());
                governor.answered(&batch);
            }
            Some(failure) => {
                outcome.refused += 1;
                for vm in batch.vms() {
                    taken.remove(vm);
                }
                if matches!(failure, Failure::Restricted | Failure::TooMuch) {
                    let vms: BTreeSet<VmId> = batch.vms().iter().cloned().collect();
                    outcome.affected += usize::from(refused_before.is_disjoint(&vms));
                    refused_before.extend(vms);
                }
                governor.failed(&batch, failure, REASON);
            }
        }
    }
    outcome.missed = governor.finish(ENDED_EARLY);
    outcome
}

fn left_out(governor: &Governor) -> BTreeSet<VmId> {
    governor.left_out().map(|left_out| left_out.vm).collect()
}

fn observed(inventory: &Inventory) -> BTreeSet<VmId> {
    inventory.vms().iter().map(|vm| vm.id.clone()).collect()
}

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
    for _ in 0..50 {
        let later = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!((later.refused, later.answered.len()), (0, 1_000));
    }
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
    for (names_poison, most_queries) in [(false, 50 + 3 * 2 * 7), (true, 50 + 3)] {
        let vcenter = Vcenter {
            poison: poison.clone(),
            names_poison,
            ..Vcenter::default()
        };
        let mut governor = Governor::new(limits);
        let first = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(first.answered.len(), 4_997);
        assert_eq!(first.unanswered(), BTreeSet::new());
        assert_eq!(first.newly_left_out(), poison);
        assert_eq!(left_out(&governor), poison);
        assert!(first.queries <= most_queries, "{}", first.queries);
        let second = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!((second.queries, second.refused), (50, 0));
        assert_eq!(second.newly_left_out(), BTreeSet::new());
    }
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
fn a_fault_that_meets_every_query_is_not_pursued_without_end_and_blames_nobody() {
    let (inventory, limits) = (vms(0..1_000), limits(100, None));
    for failure in [
        Failure::Restricted,
        Failure::TooMuch,
        Failure::SomeVm,
        Failure::SomeHost,
        Failure::Broken,
        Failure::WholeQuery,
    ] {
        let vcenter = Vcenter {
            everything: Some(failure.clone()),
            ..Vcenter::default()
        };
        let mut governor = Governor::new(limits);
        let outcome = round(&mut governor, &inventory, limits, &vcenter);
        assert_eq!(outcome.unanswered(), observed(&inventory), "{failure:?}");
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

/// Rounded up.
fn log2(size: u32) -> usize {
    usize::try_from(size.next_power_of_two().ilog2()).unwrap()
}

fn some_numbers() -> impl Strategy<Value = BTreeSet<usize>> {
    prop::collection::btree_set(0_usize..300, 0..5)
}

fn refusal() -> impl Strategy<Value = Failure> {
    prop_oneof![Just(Failure::Restricted), Just(Failure::TooMuch)]
}

fn manner() -> impl Strategy<Value = Manner> {
    (1_usize..=8, prop::collection::vec(0_usize..8, 1..20)).prop_map(|(at_once, order)| Manner {
        at_once,
        order,
        ..Manner::default()
    })
}

fn any_failure() -> impl Strategy<Value = Failure> {
    prop_oneof![
        refusal(),
        Just(Failure::SomeVm),
        Just(Failure::Vm(id(0))),
        Just(Failure::Denied(id(0))),
        Just(Failure::SomeHost),
        Just(Failure::Broken),
        Just(Failure::WholeQuery),
    ]
}

prop_compose! {
    fn vcenter()(
        everything in prop::option::weighted(0.1, any_failure()),
        breaks_every in prop::option::of(2_usize..9),
        most in prop::option::of((0_usize..100, refusal())),
        [poison, denied, unreadable] in [some_numbers(), some_numbers(), some_numbers()],
        names_poison in any::<bool>(),
        host_away in prop::option::of(0..HOSTS),
    ) -> Vcenter {
        Vcenter {
            everything,
            breaks_every,
            most,
            poison: ids(poison),
            names_poison,
            denied: ids(denied),
            unreadable: ids(unreadable),
            host_away,
        }
    }
}

proptest! {
    /// Rounds with all kinds of trouble, several queries at once, answers in any order, some of them cut off; VMs come and
    /// go between them, and limits change.
    #[test]
    fn every_vm_is_answered_or_left_out_or_named_as_unanswered(
        rounds in prop::collection::vec(
            (vcenter(), manner(), prop::option::of(0_usize..20), 0_usize..100, 1_usize..200, 1_u32..120),
            1..6,
        ),
    ) {
        let mut governor = Governor::new(limits(100, None));
        for (vcenter, manner, most_settled, first, count, batch_size) in rounds {
            let inventory = vms(first..first + count);
            let manner = Manner { most_settled: most_settled.unwrap_or(usize::MAX), ..manner };
            let outcome = round_in(&manner, &mut governor, &inventory, limits(batch_size, None), &vcenter);
            let (answered, left_out, unanswered) = (&outcome.answered, left_out(&governor), outcome.unanswered());
            prop_assert!(answered.is_disjoint(&left_out));
            prop_assert!(answered.is_disjoint(&unanswered));
            prop_assert!(left_out.is_disjoint(&unanswered));
            prop_assert!(outcome.newly_left_out().is_subset(&left_out));
            prop_assert_eq!(outcome.missed.unanswered.len(), unanswered.len());
            let named: BTreeSet<VmId> = answered.iter().chain(&left_out).chain(&unanswered).cloned().collect();
            prop_assert_eq!(named, observed(&inventory));
        }
    }

    #[test]
    fn poisonous_vms_are_left_out_and_nobody_else(
        count in 20_usize..600,
        batch_size in 1_u32..200,
        poison in prop::collection::btree_set(0_usize..600, 0..6),
        names_poison in any::<bool>(),
        most in prop::option::of((1_usize..200, refusal())),
        manner in manner(),
    ) {
        let (inventory, limits) = (vms(0..count), limits(batch_size, None));
        let poison = ids(poison.into_iter().filter(|number| *number < count));
        let vcenter = Vcenter { poison: poison.clone(), names_poison, most, ..Vcenter::default() };
        let mut governor = Governor::new(limits);
        let outcome = round_in(&manner, &mut governor, &inventory, limits, &vcenter);
        prop_assert_eq!(left_out(&governor), poison.clone());
        prop_assert_eq!(outcome.unanswered(), BTreeSet::new());
        prop_assert_eq!(outcome.answered.len() + poison.len(), count);
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
        let mut governor = Governor::new(limits);
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
        let vcenter = Vcenter { most: Some((most, Failure::Restricted)), ..Vcenter::default() };
        let mut governor = Governor::new(limits);
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
        let mut governor = Governor::new(limits);
        let poisoned = Vcenter { poison: ids(poison), names_poison: true, ..Vcenter::default() };
        round(&mut governor, &inventory, limits, &poisoned);
        let before = left_out(&governor);
        for (failure, manner) in failures {
            let everything = Vcenter { everything: Some(failure), ..Vcenter::default() };
            let outcome = round_in(&manner, &mut governor, &inventory, limits, &everything);
            prop_assert_eq!(left_out(&governor), before.clone());
            prop_assert_eq!(outcome.unanswered().len() + before.len(), 200);
        }
    }
}
