//! What the governor remembers from round to round.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::hosts::{SickHosts, host_of};
use super::missed::QuarantinedVm;
use super::quarantine::Quarantine;
use super::size_limit::SizeLimit;
use super::suspicion::Part;
use crate::inventory::{Inventory, Vm, VmId};

#[derive(Debug, Default)]
pub(super) struct Lessons {
    pub(super) size_limit: SizeLimit,
    pub(super) quarantine: Quarantine,
    /// How far the search for VMs that make queries fail has come.
    pub(super) suspected: Vec<Part>,
    pub(super) sick_hosts: SickHosts,
    /// VMs that were gone although the inventory had them, and the number of the full read that had them first.
    missing_since: HashMap<VmId, u64>,
}

impl Lessons {
    /// Forgets VMs that left the inventory or stopped running, and clears the suspicion of VMs on sick hosts.
    pub(super) fn keep_only(&mut self, inventory: &Inventory) {
        let is_on_sick_host =
            |vm: &Vm| host_of(vm).is_some_and(|host| self.sick_hosts.contains_key(host));
        let is_suspected = |id: &VmId| {
            inventory.get(id).is_some_and(|vm| {
                vm.is_observed() && !self.quarantine.contains(id) && !is_on_sick_host(vm)
            })
        };
        for part in &mut self.suspected {
            part.vms.retain(is_suspected);
        }
        self.suspected.retain(|part| !part.vms.is_empty());
        self.missing_since
            .retain(|vm, _| inventory.get(vm).is_some());
    }

    /// Remembers VMs that may be the cause of a round without any answer. They are asked for together after all others, so
    /// that it shows.
    pub(super) fn suspect_together(&mut self, found: Vec<QuarantinedVm>) {
        let Some(reason) = found.first().map(|it| Arc::clone(&it.reason)) else {
            return;
        };
        let known: HashSet<&VmId> = self.suspected.iter().flat_map(|part| &part.vms).collect();
        let vms = found.into_iter().map(|it| it.vm);
        let vms: Vec<VmId> = vms.filter(|vm| !known.contains(vm)).collect();
        if !vms.is_empty() {
            self.suspected.push(Part::new(vms, &reason));
        }
    }

    /// A query for the VM was answered.
    pub(super) fn answered(&mut self, vm: &VmId) {
        self.quarantine.release(vm);
        self.missing_since.remove(vm);
    }

    /// vCenter says that the VM is gone, and the inventory of this full read has it.
    pub(super) fn add_missing(&mut self, vm: VmId, full_read: u64) {
        self.missing_since.entry(vm).or_insert(full_read);
    }

    /// Whether a full read after the VM was first found to be gone has it all the same.
    pub(super) fn was_missing_before(&self, vm: &VmId, full_read: u64) -> bool {
        let first = self.missing_since.get(vm);
        first.is_some_and(|first| full_read > *first) || self.quarantine.contains(vm)
    }
}
