//! What a round does about a query that failed for one of its VMs, or for one of their hosts.

use std::collections::HashSet;
use std::sync::Arc;

use super::attribution::Reaction;
use super::batch::{Batch, Role};
use super::hosts::{Sickness, parts_by_host};
use super::missed::{QuarantineCause, QuarantinedVm};
use super::round::{FailedWithHost, Round};
use super::suspicion::Part;
use crate::collection::reason::Reason;
use crate::inventory::VmId;

/// A query that took too long is cut into at most this many parts: each further step may cost as much time again.
const MOST_SLOW_PARTS: usize = 8;

/// A query that is refused at once is cut in two.
const HALVES: usize = 2;

/// On which hosts VMs are.
enum Spread {
    /// On several.
    Hosts,
    /// All on this one.
    Host(Arc<str>),
    /// No host of any of them is known.
    Unknown,
}

impl Round<'_> {
    /// One VM of the batch breaks queries.
    pub(super) fn narrow_to_vm(&mut self, batch: &Batch, reason: &Arc<Reason>) -> Reaction {
        self.count(batch, false);
        match batch.vms() {
            [vm] => self.found_breaking(vm.clone(), &batch.role, reason),
            vms => self.ask_for_halves(vms, reason),
        }
    }

    /// One VM of the batch breaks queries, or vCenter is in trouble. Only trial shows.
    pub(super) fn narrow_by_trial(&mut self, batch: &Batch, reason: &Arc<Reason>) -> Reaction {
        self.count(batch, false);
        match batch.vms() {
            [vm] if self.is_first_try(vm, &batch.role) => self.ask_once_more(vm, reason),
            [vm] => self.found_failing(vm.clone(), &batch.role, reason),
            vms => self.ask_for_halves(vms, reason),
        }
    }

    /// vCenter does not reach the host of one VM of the batch, or says so of one VM.
    pub(super) fn narrow_to_host(&mut self, batch: &Batch, reason: &Arc<Reason>) -> Reaction {
        self.count(batch, false);
        let vms = batch.vms();
        if let [vm] = vms {
            return self.found_on_host(vm, &batch.role, Sickness::Unreachable, reason);
        }
        match self.spread(vms) {
            Spread::Hosts => {
                let parts = parts_by_host(vms, &self.inventory, HALVES);
                self.ask_for_parts(parts, reason)
            }
            Spread::Host(host) if !self.hosts.has_answered(&host) => {
                self.ask_for_one_first(vms, reason)
            }
            Spread::Host(_) | Spread::Unknown => self.ask_for_halves(vms, reason),
        }
    }

    /// No answer came in time, perhaps because of one host.
    pub(super) fn narrow_to_slow_host(&mut self, batch: &Batch, reason: &Arc<Reason>) -> Reaction {
        self.count(batch, true);
        let vms = batch.vms();
        if matches!(batch.role, Role::Plain) {
            self.hold_back_hosts_of(vms);
        }
        if let [vm] = vms {
            return self.found_on_host(vm, &batch.role, Sickness::Slow, reason);
        }
        match self.spread(vms) {
            Spread::Hosts => {
                let parts = parts_by_host(vms, &self.inventory, MOST_SLOW_PARTS);
                self.ask_for_parts(parts, reason)
            }
            Spread::Host(host) if !self.hosts.has_answered(&host) => {
                if matches!(batch.role, Role::Suspected(_)) {
                    self.hosts.give_up(host, Sickness::Slow, reason);
                    return self.give_up(vms.to_vec(), reason);
                }
                self.ask_for_one_first(vms, reason)
            }
            Spread::Host(_) | Spread::Unknown => self.ask_for_halves(vms, reason),
        }
    }

    /// Counts what the search costs.
    fn count(&mut self, batch: &Batch, is_slow: bool) {
        if matches!(batch.role, Role::Suspected(_)) {
            self.attributions.refused(batch.vms().len(), is_slow);
        }
        if let [_] = batch.vms() {
            self.attributions.found_one();
        }
    }

    fn spread(&self, vms: &[VmId]) -> Spread {
        let mut hosts = vms.iter().map(|vm| self.hosts.of(vm));
        let first = hosts.next().flatten();
        if hosts.any(|host| host != first) {
            return Spread::Hosts;
        }
        first.map_or(Spread::Unknown, Spread::Host)
    }

    fn hold_back_hosts_of(&mut self, vms: &[VmId]) {
        let hosts: HashSet<_> = vms.iter().filter_map(|vm| self.hosts.of(vm)).collect();
        let known = &self.hosts;
        self.agenda
            .hold_back(|vm| known.of(vm).is_some_and(|host| hosts.contains(&host)));
    }

    fn ask_for_halves(&mut self, vms: &[VmId], reason: &Arc<Reason>) -> Reaction {
        let (first, second) = vms.split_at(vms.len().div_ceil(2));
        self.ask_for_parts([first.to_vec(), second.to_vec()], reason)
    }

    fn ask_for_parts(
        &mut self,
        parts: impl IntoIterator<Item = Vec<VmId>>,
        reason: &Arc<Reason>,
    ) -> Reaction {
        for vms in parts {
            self.agenda.search.add(Part::new(vms, reason));
        }
        Reaction::Split
    }

    /// Asks for a VM again after all others. By then it shows whether its host answers.
    fn ask_once_more(&mut self, vm: &VmId, reason: &Arc<Reason>) -> Reaction {
        self.ask_for_parts([vec![vm.clone()]], reason)
    }

    /// Asks for one VM of a host before the others.
    fn ask_for_one_first(&mut self, vms: &[VmId], reason: &Arc<Reason>) -> Reaction {
        let part = Part::new(vms.to_vec(), reason);
        self.agenda.search.add_urgently(part);
        Reaction::Split
    }

    /// A VM whose query failed with a fault that only VMs cause.
    fn found_breaking(&mut self, vm: VmId, role: &Role, reason: &Arc<Reason>) -> Reaction {
        let is_known = self.is_known(&vm, role);
        let found = breaks_queries(vm, reason);
        if is_known {
            self.attributions.add(found);
        } else {
            self.attributions.add_unconfirmed(found);
        }
        Reaction::Isolated
    }

    /// A VM whose query failed, perhaps for a reason outside it. It has to fail by itself again in the next round.
    fn found_failing(&mut self, vm: VmId, role: &Role, reason: &Arc<Reason>) -> Reaction {
        if self.is_known(&vm, role) {
            self.attributions.add(breaks_queries(vm, reason));
            return Reaction::Isolated;
        }
        self.failed_alone
            .push(Part::failed_alone(vm.clone(), reason));
        self.give_up(vec![vm], reason)
    }

    /// A VM whose query failed, perhaps because of its host.
    fn found_on_host(
        &mut self,
        vm: &VmId,
        role: &Role,
        sickness: Sickness,
        reason: &Arc<Reason>,
    ) -> Reaction {
        if self.is_first_try(vm, role) {
            return self.ask_once_more(vm, reason);
        }
        let Some(host) = self.hosts.of(vm) else {
            return self.found_failing(vm.clone(), role, reason);
        };
        if self.hosts.has_answered(&host) {
            return self.found_failing(vm.clone(), role, reason);
        }
        let may_ask_for_another = self.hosts.vm_failed(&host) && sickness == Sickness::Unreachable;
        let hosts = &self.hosts;
        let is_on_host = |vm: &VmId| hosts.of(vm).as_ref() == Some(&host);
        if !may_ask_for_another || !self.agenda.search.hurry_one(is_on_host) {
            self.hosts.give_up(host, sickness, reason);
        }
        self.failed_with_host.push(FailedWithHost {
            found: breaks_queries(vm.clone(), reason),
            is_known: self.is_known(vm, role),
        });
        Reaction::GaveUp
    }

    /// Whether the VM has failed by itself in an earlier round.
    fn is_known(&self, vm: &VmId, role: &Role) -> bool {
        let failed_alone = matches!(role, Role::Suspected(it) if it.has_failed_alone);
        failed_alone || self.lessons.quarantine.contains(vm)
    }

    /// Whether nothing was known about the VM before its query failed.
    fn is_first_try(&self, vm: &VmId, role: &Role) -> bool {
        matches!(role, Role::Plain | Role::Half) && !self.lessons.quarantine.contains(vm)
    }
}

fn breaks_queries(vm: VmId, reason: &Arc<Reason>) -> QuarantinedVm {
    QuarantinedVm {
        vm,
        cause: QuarantineCause::BreaksQueries,
        reason: Arc::clone(reason),
    }
}
