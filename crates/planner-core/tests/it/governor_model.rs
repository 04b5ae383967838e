//! A vCenter that refuses, and rounds of the governor against it.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use planner_core::collection::batch_limits::BatchLimits;
use planner_core::collection::governor::{Attribution, Batch, Governor, Missed};
use planner_core::collection::reason::Reason;
use planner_core::inventory::entities::{DiskSummary, Entities, EntityKind, VmRecord};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{Inventory, PowerState, VmId};
use planner_core::units::Bytes;

use crate::{full_read, reason};

/// vCenter said no.
pub(crate) fn refused() -> Arc<Reason> {
    reason(1)
}

/// The cycle did not end in time.
pub(crate) fn ended_early() -> Arc<Reason> {
    reason(2)
}

pub(crate) const HOSTS: usize = 10;

/// Running VMs by number, each with this many disks, spread over the hosts.
pub(crate) fn inventory(vms: impl IntoIterator<Item = (usize, u32)>) -> Arc<Inventory> {
    inventory_of_read(1, vms)
}

pub(crate) fn inventory_of_read(
    number: u64,
    vms: impl IntoIterator<Item = (usize, u32)>,
) -> Arc<Inventory> {
    let mut entities = Entities::new();
    for host in 0..HOSTS {
        let name = format!("host-{host}");
        entities.managed_entity(&name, EntityKind::Host).name = name.as_str().into();
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
    Arc::new(entities.resolve(&Filter::default(), full_read(number)))
}

pub(crate) fn vms(numbers: Range<usize>) -> Arc<Inventory> {
    inventory(numbers.map(|number| (number, 1)))
}

pub(crate) fn id(number: usize) -> VmId {
    VmId::new(&format!("vm-{number:05}"))
}

/// The number of the VM's host.
pub(crate) fn host_number(vm: &VmId) -> usize {
    let number: usize = vm.as_str().trim_start_matches("vm-").parse().unwrap();
    number % HOSTS
}

pub(crate) fn ids(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<VmId> {
    numbers.into_iter().map(id).collect()
}

pub(crate) fn limits(max_vms: u32, max_query_metrics: Option<u32>) -> BatchLimits {
    BatchLimits {
        max_vms: NonZeroU32::new(max_vms).unwrap(),
        max_query_metrics: max_query_metrics.and_then(NonZeroU32::new),
        counters: NonZeroU32::new(3).unwrap(),
    }
}

/// What a vCenter does to queries. The first trouble that applies decides.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vcenter {
    /// Every query from this one on, counted from 1, fails like this.
    pub(crate) everything: Option<(usize, Attribution)>,
    /// Every n-th query fails like this.
    pub(crate) breaks_every: Option<(usize, Attribution)>,
    /// Queries of more VMs are refused.
    pub(crate) most: Option<(usize, Attribution)>,
    /// Queries with one of these VMs fail.
    pub(crate) poison: BTreeSet<VmId>,
    /// Queries with one of these VMs fail, and the fault names it.
    pub(crate) gone: BTreeSet<VmId>,
    pub(crate) denied: BTreeSet<VmId>,
    /// Queries with one of these VMs get an answer that cannot be read.
    pub(crate) unreadable: BTreeSet<VmId>,
    pub(crate) unreachable_host: Option<usize>,
    /// vCenter says of queries with one of these VMs that it does not reach a host.
    pub(crate) host_trouble: BTreeSet<VmId>,
    /// Queries with a VM of this host take too long.
    pub(crate) slow_host: Option<usize>,
}

impl Vcenter {
    /// How the query of these VMs fails, if it does. Queries are numbered from 1.
    pub(crate) fn failure(&self, vms: &[VmId], number: usize) -> Option<Attribution> {
        let culprit = |of: &BTreeSet<VmId>| vms.iter().find(|vm| of.contains(*vm)).cloned();
        let has_vm_on = |host: Option<usize>| vms.iter().any(|vm| Some(host_number(vm)) == host);
        if let Some((first, failure)) = &self.everything
            && number >= *first
        {
            return Some(failure.clone());
        }
        if let Some((every, failure)) = &self.breaks_every
            && number.is_multiple_of(*every)
        {
            return Some(failure.clone());
        }
        if let Some((most, refusal)) = &self.most
            && vms.len() > *most
        {
            return Some(refusal.clone());
        }
        if culprit(&self.poison).is_some() {
            return Some(Attribution::UnnamedVm);
        }
        if let Some(vm) = culprit(&self.gone) {
            return Some(Attribution::MissingVm(vm));
        }
        if let Some(vm) = culprit(&self.denied) {
            return Some(Attribution::DeniedVm(vm));
        }
        if has_vm_on(self.slow_host) {
            return Some(Attribution::TooSlow);
        }
        if has_vm_on(self.unreachable_host) || culprit(&self.host_trouble).is_some() {
            return Some(Attribution::UnnamedHost);
        }
        culprit(&self.unreadable).map(|_| Attribution::Unclear)
    }
}

/// How a round is run: how many queries at once, in which order they are answered, and whether it is cut off.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(crate) at_once: usize,
    pub(crate) order: Vec<usize>,
    pub(crate) most_settled: usize,
    /// After this many refusals the round is cut off: each takes its time.
    pub(crate) most_refused: usize,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            at_once: 1,
            order: vec![0],
            most_settled: usize::MAX,
            most_refused: usize::MAX,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) queries: usize,
    pub(crate) refused: usize,
    /// Batches refused for their size that were no parts of others refused before.
    pub(crate) affected: usize,
    pub(crate) answered: BTreeSet<VmId>,
    pub(crate) missed: Missed,
    pub(crate) sizes: Vec<usize>,
    pub(crate) batches: Vec<Vec<VmId>>,
}

impl Outcome {
    pub(crate) fn unanswered(&self) -> BTreeSet<VmId> {
        let all = self.missed.unanswered.iter();
        all.map(|unanswered| unanswered.vm.clone()).collect()
    }

    pub(crate) fn gone(&self) -> BTreeSet<VmId> {
        self.missed.gone.iter().cloned().collect()
    }

    pub(crate) fn newly_quarantined(&self) -> BTreeSet<VmId> {
        let all = self.missed.newly_quarantined.iter();
        all.map(|quarantined| quarantined.vm.clone()).collect()
    }
}

pub(crate) fn round(
    governor: &mut Governor,
    inventory: &Arc<Inventory>,
    limits: BatchLimits,
    vcenter: &Vcenter,
) -> Outcome {
    round_in(&Manner::default(), governor, inventory, limits, vcenter)
}

/// Runs a round, and checks that no VM is asked for while it is under way or once it was answered.
pub(crate) fn round_in(
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
    let mut round = governor.begin(Arc::clone(inventory), limits);
    for _ in 0..manner.most_settled {
        while under_way.len() < manner.at_once
            && let Some(batch) = round.next_batch()
        {
            let is_new = |vm: &VmId| taken.insert(vm.clone());
            assert!(batch.vms().iter().all(is_new));
            outcome.queries += 1;
            outcome.sizes.push(batch.vms().len());
            outcome.batches.push(batch.vms().to_vec());
            under_way.push((batch, outcome.queries));
        }
        if under_way.is_empty() || outcome.refused >= manner.most_refused {
            break;
        }
        let next = order.next().unwrap() % under_way.len();
        let (batch, number) = under_way.remove(next);
        match vcenter.failure(batch.vms(), number) {
            None => {
                outcome.answered.extend(batch.vms().iter().cloned());
                round.answered(batch);
            }
            Some(failure) => {
                outcome.refused += 1;
                for vm in batch.vms() {
                    taken.remove(vm);
                }
                if matches!(
                    failure,
                    Attribution::AdministratorLimit | Attribution::TooLarge
                ) {
                    let vms: BTreeSet<VmId> = batch.vms().iter().cloned().collect();
                    outcome.affected += usize::from(refused_before.is_disjoint(&vms));
                    refused_before.extend(vms);
                }
                round.failed(batch, failure, &refused());
            }
        }
    }
    outcome.missed = round.finish(&ended_early());
    outcome
}

pub(crate) fn quarantined(governor: &Governor) -> BTreeSet<VmId> {
    governor
        .quarantined()
        .map(|quarantined| quarantined.vm)
        .collect()
}

pub(crate) fn observed(inventory: &Inventory) -> BTreeSet<VmId> {
    inventory.vms().iter().map(|vm| vm.id.clone()).collect()
}
