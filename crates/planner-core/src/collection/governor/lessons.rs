//! What the governor remembers from round to round.

use std::collections::{HashMap, HashSet};

use super::quarantine::Quarantine;
use super::size_limit::SizeLimit;
use crate::inventory::{Inventory, VmId};

#[derive(Debug, Default)]
pub(super) struct Lessons {
    pub(super) size_limit: SizeLimit,
    pub(super) quarantine: Quarantine,
    /// VMs that may have kept others from being answered. They are asked for last, so that it shows.
    pub(super) suspects: HashSet<VmId>,
    /// VMs that were gone although the inventory had them, and the number of the full read that had them first.
    missing_since: HashMap<VmId, u64>,
}

impl Lessons {
    /// Forgets VMs that the inventory no longer has.
    pub(super) fn keep_only(&mut self, inventory: &Inventory) {
        self.suspects.retain(|vm| inventory.get(vm).is_some());
        self.missing_since
            .retain(|vm, _| inventory.get(vm).is_some());
    }

    /// A query for the VM was answered.
    pub(super) fn answered(&mut self, vm: &VmId) {
        self.quarantine.release(vm);
        self.suspects.remove(vm);
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
