//! Which hosts answer and which do not: a host that does not costs its own VMs only.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::suspicion::Part;
use crate::collection::reason::Reason;
use crate::inventory::{Inventory, Vm, VmId};

/// Probes of sick hosts in one round; the other sick hosts wait.
const MOST_PROBES: usize = 16;

/// A host counts as sick once this many of its VMs have failed one by one.
const REFUSED_PROBES: usize = 2;

/// Why a host is sick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sickness {
    /// vCenter does not reach it.
    Unreachable,
    /// Queries about its VMs take too long. Each try costs much time.
    Slow,
}

/// A host none of whose VMs is answered.
#[derive(Debug, Clone)]
pub(super) struct SickHost {
    pub(super) sickness: Sickness,
    pub(super) reason: Arc<Reason>,
    /// How often one of its VMs was asked for in vain since it fell sick.
    pub(super) probes: usize,
}

/// The sick hosts, by reference.
pub(super) type SickHosts = IndexMap<Arc<str>, SickHost>;

/// What a round finds out about hosts.
#[derive(Debug)]
pub(super) struct Hosts {
    inventory: Arc<Inventory>,
    /// Sick hosts. Those that answer in this round are removed.
    sick: SickHosts,
    /// VMs of hosts that were sick before. They wait until a probe of their host is answered.
    withheld: HashMap<Arc<str>, Vec<VmId>>,
    answered: HashSet<Arc<str>>,
    /// Answered VMs whose hosts are not in `answered` yet: most rounds never need to know.
    unread: Vec<Arc<[VmId]>>,
    /// How many VMs of a host failed one by one.
    refused: HashMap<Arc<str>, usize>,
    has_met_a_slow_host: bool,
}

impl Hosts {
    pub(super) fn new(inventory: Arc<Inventory>, sick: SickHosts) -> Self {
        Self {
            inventory,
            sick,
            withheld: HashMap::new(),
            answered: HashSet::new(),
            unread: Vec::new(),
            refused: HashMap::new(),
            has_met_a_slow_host: false,
        }
    }

    /// The reference of the VM's host, if it is known.
    pub(super) fn of(&self, vm: &VmId) -> Option<Arc<str>> {
        host_of(self.inventory.get(vm)?).cloned()
    }

    /// Keeps a VM back if its host was sick before this round.
    pub(super) fn withhold(&mut self, vm: &Vm) -> bool {
        let host = host_of(vm).filter(|host| self.sick.contains_key(*host));
        if let Some(host) = host {
            let withheld = self.withheld.entry(Arc::clone(host)).or_default();
            withheld.push(vm.id.clone());
        }
        host.is_some()
    }

    /// One VM of each sick host, another one in each round. Hosts that were probed least come first. Hosts without any
    /// running VM are forgotten.
    pub(super) fn probes(&mut self) -> Vec<Part> {
        self.sick.retain(|host, _| self.withheld.contains_key(host));
        let mut hosts: Vec<_> = self.sick.iter().collect();
        hosts.sort_by_key(|(_, sick)| sick.probes);
        let mut probes = Vec::new();
        for (host, sick) in hosts.into_iter().take(MOST_PROBES) {
            let Some(vms) = self.withheld.get_mut(host) else {
                continue;
            };
            let index = sick.probes % vms.len().max(1);
            probes.push(Part::new(vec![vms.swap_remove(index)], &sick.reason));
        }
        probes
    }

    /// Whether a probe must wait for another round: at most one of them may cost the time that a slow host takes.
    pub(super) fn must_wait(&self, probe: &VmId) -> bool {
        self.has_met_a_slow_host
            && self
                .sickness_of(probe)
                .is_some_and(|sick| sick.sickness == Sickness::Slow)
    }

    /// Why the VM's host is sick, if it is.
    pub(super) fn sickness_of(&self, vm: &VmId) -> Option<&SickHost> {
        if self.sick.is_empty() {
            return None;
        }
        self.sick.get(&self.of(vm)?)
    }

    /// VMs were answered. Returns those that waited for it, part by part.
    pub(super) fn answered(&mut self, vms: &Arc<[VmId]>) -> Vec<Part> {
        self.unread.push(Arc::clone(vms));
        let mut parts = Vec::new();
        if self.sick.is_empty() {
            return parts;
        }
        for host in vms
            .iter()
            .filter_map(|vm| self.of(vm))
            .collect::<HashSet<_>>()
        {
            let Some(sick) = self.sick.swap_remove(&host) else {
                continue;
            };
            let vms = self.withheld.remove(&host).unwrap_or_default();
            if !vms.is_empty() {
                parts.push(Part::new(vms, &sick.reason));
            }
        }
        parts
    }

    /// Whether a VM of the host was answered in this round.
    pub(super) fn has_answered(&mut self, host: &str) -> bool {
        for vms in std::mem::take(&mut self.unread) {
            let hosts = vms.iter().filter_map(|vm| self.of(vm));
            let hosts: Vec<_> = hosts.collect();
            self.answered.extend(hosts);
        }
        self.answered.contains(host)
    }

    /// A probe of a sick host failed.
    pub(super) fn probe_failed(&mut self, vm: &VmId, sickness: Sickness, reason: &Arc<Reason>) {
        self.has_met_a_slow_host |= sickness == Sickness::Slow;
        let host = self.of(vm);
        if let Some(sick) = host.and_then(|host| self.sick.get_mut(&host)) {
            sick.probes += 1;
            sick.sickness = sickness;
            sick.reason = Arc::clone(reason);
        }
    }

    /// A single VM of a host that has not answered failed. Returns whether the host is to be asked for another one.
    pub(super) fn vm_failed(&mut self, host: &Arc<str>) -> bool {
        let refused = self.refused.entry(Arc::clone(host)).or_default();
        *refused += 1;
        *refused < REFUSED_PROBES
    }

    /// Gives a host up for this round: its VMs fail without being asked for.
    pub(super) fn give_up(&mut self, host: Arc<str>, sickness: Sickness, reason: &Arc<Reason>) {
        self.has_met_a_slow_host |= sickness == Sickness::Slow;
        let reason = Arc::clone(reason);
        self.sick.entry(host).or_insert(SickHost {
            sickness,
            reason,
            probes: 0,
        });
    }

    /// The sick hosts, and the VMs that waited in vain for them.
    pub(super) fn into_sick(self) -> (SickHosts, Vec<Part>) {
        let Self { sick, withheld, .. } = self;
        let part = |(host, vms)| {
            let sick: &SickHost = sick.get(&host)?;
            Some(Part::new(vms, &sick.reason))
        };
        let waited = withheld.into_iter().filter_map(part).collect();
        (sick, waited)
    }
}

pub(super) fn host_of(vm: &Vm) -> Option<&Arc<str>> {
    vm.placement.host_moref.as_ref()
}

/// Puts VMs of one host side by side, so that a query spans few hosts. Otherwise they keep their order.
pub(super) fn host_by_host(vms: &mut [&Vm]) {
    let mut numbers: HashMap<Option<&str>, usize> = HashMap::new();
    for vm in vms.iter().copied() {
        let next = numbers.len();
        let host = vm.placement.host_moref.as_deref();
        numbers.entry(host).or_insert(next);
    }
    vms.sort_by_cached_key(|vm| numbers.get(&vm.placement.host_moref.as_deref()).copied());
}

/// Cuts VMs into parts that share no host, much alike in size: two or more, at most `most`; a single one if all are on one
/// host. `most` is even.
pub(super) fn parts_by_host(vms: &[VmId], inventory: &Inventory, most: usize) -> Vec<Vec<VmId>> {
    let mut hosts: IndexMap<Option<&str>, Vec<VmId>> = IndexMap::new();
    for vm in vms {
        let host = inventory.get(vm).and_then(host_of).map(|host| &**host);
        hosts.entry(host).or_default().push(vm.clone());
    }
    if hosts.len() <= most {
        return hosts.into_values().collect();
    }
    let mut parts: IndexMap<usize, Vec<VmId>> = IndexMap::new();
    let mut before = 0;
    for of_host in hosts.into_values() {
        let middle_doubled = 2 * before + of_host.len();
        before += of_host.len();
        let part = middle_doubled * most / (2 * vms.len());
        parts.entry(part).or_default().extend(of_host);
    }
    parts.into_values().collect()
}
