//! VMs that make queries fail, and when to try them again.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Cause, LeftOutVm};
use crate::inventory::{Inventory, Vm, VmId};

/// Rounds until a VM is tried again: this many at first, twice as many each time, up to a limit.
const FIRST_PAUSE_ROUNDS: u32 = 3;
const LONGEST_PAUSE_ROUNDS: u32 = 48;

#[derive(Debug, Default)]
pub(super) struct LeftOut {
    vms: HashMap<VmId, Entry>,
}

#[derive(Debug)]
struct Entry {
    cause: Cause,
    reason: Arc<str>,
    pause_rounds: u32,
    rounds_left: u32,
}

impl LeftOut {
    /// Counts a round. VMs that are gone, or do not run any more, are forgotten.
    pub(super) fn begin_round(&mut self, inventory: &Inventory) {
        let is_observed = |vm: &VmId| inventory.get(vm.as_str()).is_some_and(Vm::is_observed);
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

    pub(super) fn add(&mut self, isolated: LeftOutVm) {
        let before = self.vms.get(&isolated.vm).map(|entry| entry.pause_rounds);
        let pause_rounds = before.map_or(FIRST_PAUSE_ROUNDS, |pause| {
            (pause * 2).min(LONGEST_PAUSE_ROUNDS)
        });
        self.vms.insert(
            isolated.vm,
            Entry {
                cause: isolated.cause,
                reason: isolated.reason,
                pause_rounds,
                rounds_left: pause_rounds,
            },
        );
    }

    pub(super) fn forget(&mut self, vm: &VmId) {
        self.vms.remove(vm);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = LeftOutVm> {
        let left_out = |(vm, entry): (&VmId, &Entry)| LeftOutVm {
            vm: vm.clone(),
            cause: entry.cause,
            reason: Arc::clone(&entry.reason),
        };
        self.vms.iter().map(left_out)
    }
}
