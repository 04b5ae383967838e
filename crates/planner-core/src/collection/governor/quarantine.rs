//! VMs that make queries fail, and when to try them again.

use std::collections::HashMap;
use std::sync::Arc;

use super::missed::{QuarantineCause, QuarantinedVm};
use crate::backoff::Backoff;
use crate::collection::reason::Reason;
use crate::inventory::{Inventory, Vm, VmId};

/// Rounds until a quarantined VM is tried again.
const PAUSE_ROUNDS: Backoff = Backoff {
    first: 3,
    longest: 48,
};

#[derive(Debug, Default)]
pub(super) struct Quarantine {
    vms: HashMap<VmId, Entry>,
}

#[derive(Debug)]
struct Entry {
    cause: QuarantineCause,
    reason: Arc<Reason>,
    pause_rounds: u32,
    rounds_left: u32,
}

impl Quarantine {
    /// Counts a round. VMs that are gone, or no longer run, are released.
    pub(super) fn begin_round(&mut self, inventory: &Inventory) {
        let is_observed = |vm: &VmId| inventory.get(vm).is_some_and(Vm::is_observed);
        self.vms.retain(|vm, _| is_observed(vm));
        for entry in self.vms.values_mut() {
            entry.rounds_left = entry.rounds_left.saturating_sub(1);
        }
    }

    pub(super) fn contains(&self, vm: &VmId) -> bool {
        self.vms.contains_key(vm)
    }

    /// Those to be tried again in this round.
    pub(super) fn due(&self) -> impl Iterator<Item = VmId> {
        self.vms
            .iter()
            .filter(|(_, entry)| entry.rounds_left == 0)
            .map(|(vm, _)| vm.clone())
    }

    pub(super) fn add(&mut self, new: QuarantinedVm) {
        let before = self.vms.get(&new.vm).map_or(0, |entry| entry.pause_rounds);
        let pause_rounds = PAUSE_ROUNDS.after(before);
        self.vms.insert(
            new.vm,
            Entry {
                cause: new.cause,
                reason: new.reason,
                pause_rounds,
                rounds_left: pause_rounds,
            },
        );
    }

    pub(super) fn release(&mut self, vm: &VmId) {
        self.vms.remove(vm);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = QuarantinedVm> {
        let quarantined = |(vm, entry): (&VmId, &Entry)| QuarantinedVm {
            vm: vm.clone(),
            cause: entry.cause,
            reason: Arc::clone(&entry.reason),
        };
        self.vms.iter().map(quarantined)
    }
}
