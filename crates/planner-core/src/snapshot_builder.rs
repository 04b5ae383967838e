//! Joins an inventory with what the cycle learns of each VM.

use std::sync::Arc;

use crate::collection::reason::Reason;
use crate::inventory::{Inventory, Vm, VmId};
use crate::io_stats::VmIoStats;
use crate::snapshot::{Row, Snapshot};
use crate::vm_state::VmState;

/// A VM without fresh values keeps its last ones for this many cycles.
const MAX_AGE_CYCLES: u8 = 2;

/// A snapshot in the making.
#[derive(Debug)]
pub struct SnapshotBuilder {
    inventory: Arc<Inventory>,
    rows: Vec<Row>,
    reasons: Vec<(u32, Arc<Reason>)>,
    previous: Option<Arc<Snapshot>>,
}

impl SnapshotBuilder {
    /// Starts with no VM answered. VMs that run keep their values of `previous` while these are young enough and no fresh
    /// ones come.
    pub fn new(inventory: Arc<Inventory>, previous: Option<Arc<Snapshot>>) -> Self {
        let unanswered = |vm: &Vm| Row {
            state: VmState::before_any_answer(vm),
            stats: None,
            age_cycles: 0,
        };
        Self {
            rows: inventory.vms().iter().map(unanswered).collect(),
            inventory,
            reasons: Vec::new(),
            previous,
        }
    }

    pub(crate) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Notes a VM's fresh values. A VM that the inventory does not have is ignored.
    pub fn sampled(&mut self, vm: &VmId, stats: VmIoStats) {
        if let Some((_, row)) = self.row(vm) {
            row.state = VmState::Sampled;
            row.stats = Some(stats);
        }
    }

    /// Notes that the query for a VM failed. An earlier success stays.
    pub fn failed(&mut self, vm: &VmId, reason: Arc<Reason>) {
        if let Some((position, row)) = self.row(vm)
            && row.state != VmState::Sampled
        {
            row.state = VmState::Failed;
            self.reasons.push((position, reason));
        }
    }

    /// Notes that no VM could be asked for.
    pub fn all_failed(&mut self, reason: &Arc<Reason>) {
        let inventory = Arc::clone(&self.inventory);
        for vm in inventory.vms().iter().filter(|vm| vm.is_observed()) {
            self.failed(&vm.id, Arc::clone(reason));
        }
    }

    /// Notes that a VM is not asked for in every cycle, because it makes queries fail.
    pub fn quarantined(&mut self, vm: &VmId, reason: Arc<Reason>) {
        self.not_asked_for(vm, VmState::Quarantined, reason);
    }

    /// Notes that a VM is not asked for in every cycle, because the account may not read its statistics.
    pub fn denied(&mut self, vm: &VmId, reason: Arc<Reason>) {
        self.not_asked_for(vm, VmState::NoPermission, reason);
    }

    /// Ends the cycle.
    pub fn build(mut self) -> Snapshot {
        if let Some(previous) = self.previous.take() {
            self.keep_values_of(&previous);
        }
        Snapshot::new(self.inventory, self.rows, self.reasons)
    }

    fn keep_values_of(&mut self, previous: &Snapshot) {
        let is_same = Arc::ptr_eq(&self.inventory, previous.inventory());
        let vms = self.inventory.vms().iter().enumerate();
        for ((position, vm), row) in vms.zip(&mut self.rows) {
            if row.stats.is_some() || !vm.is_observed() {
                continue;
            }
            let earlier = if is_same {
                Some(position)
            } else {
                previous.inventory().position(&vm.id)
            };
            let young = earlier
                .and_then(|position| previous.row(position))
                .filter(|earlier| earlier.age_cycles < MAX_AGE_CYCLES);
            if let Some(Row {
                stats: Some(stats),
                age_cycles,
                ..
            }) = young
            {
                row.stats = Some(stats.clone());
                row.age_cycles = age_cycles + 1;
            }
        }
    }

    fn not_asked_for(&mut self, vm: &VmId, state: VmState, reason: Arc<Reason>) {
        if let Some((position, row)) = self.row(vm) {
            row.state = state;
            self.reasons.push((position, reason));
        }
    }

    fn row(&mut self, vm: &VmId) -> Option<(u32, &mut Row)> {
        let position = self.inventory.position(vm)?;
        let row = self.rows.get_mut(position)?;
        Some((u32::try_from(position).ok()?, row))
    }
}
