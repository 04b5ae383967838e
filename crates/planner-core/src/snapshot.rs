//! What one collection cycle found of every VM.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::collection::reason::Reason;
use crate::inventory::{Inventory, Vm};
use crate::io_stats::VmIoStats;
use crate::vcenter_time::VcenterTime;
use crate::vm_state::{NoDataReason, VmState};

/// One VM of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SnapshotVm<'s> {
    /// The VM itself.
    pub vm: &'s Vm,
    /// What became of it in this cycle.
    pub state: VmState,
    /// Its values: fresh ones, or for a while the last known ones.
    pub stats: Option<&'s VmIoStats>,
}

/// What a cycle found of every VM. Immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    inventory: Arc<Inventory>,
    rows: Vec<Row>,
    /// Ordered by the VMs' positions in the inventory.
    reasons: Vec<(u32, Arc<Reason>)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) state: VmState,
    pub(crate) stats: Option<VmIoStats>,
    pub(crate) age_cycles: u8,
}

impl Snapshot {
    pub(crate) fn new(
        inventory: Arc<Inventory>,
        rows: Vec<Row>,
        mut reasons: Vec<(u32, Arc<Reason>)>,
    ) -> Self {
        reasons.sort_by_key(|(position, _)| *position);
        Self {
            inventory,
            rows,
            reasons,
        }
    }

    /// The VMs that the cycle knew, ordered by id.
    pub fn vms(&self) -> impl Iterator<Item = SnapshotVm<'_>> {
        let vms = self.inventory.vms().iter();
        vms.zip(&self.rows).map(|(vm, row)| SnapshotVm {
            vm,
            state: row.state,
            stats: row.stats.as_ref(),
        })
    }

    /// The inventory that the cycle worked on.
    pub fn inventory(&self) -> &Arc<Inventory> {
        &self.inventory
    }

    /// How many VMs are in a state.
    pub fn count(&self, state: VmState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }

    /// How many VMs are without data for a reason. The reasons add up to the state [`VmState::NoData`].
    pub fn count_without_data(&self, reason: NoDataReason) -> usize {
        let rows = self.inventory.vms().iter().zip(&self.rows);
        rows.filter(|(vm, row)| row.state == VmState::NoData && NoDataReason::of(vm) == reason)
            .count()
    }

    /// Names of the hosts of whose VMs none has values, although all were answered for and at least one could have some. A
    /// host whose name cannot be read has its reference.
    pub fn silent_hosts(&self) -> BTreeSet<Arc<str>> {
        let lacks = |row: &SnapshotVm<'_>| {
            row.state == VmState::NoData && NoDataReason::of(row.vm) == NoDataReason::NoSamples
        };
        let silent = self.vms().filter(lacks).filter_map(|row| {
            let placement = &row.vm.placement;
            let moref = placement.host_moref.clone()?;
            let has_name = !placement.host.is_empty();
            let name = if has_name { &placement.host } else { &moref };
            Some((Arc::clone(&moref), Arc::clone(name)))
        });
        let mut silent: BTreeMap<Arc<str>, Arc<str>> = silent.collect();
        if !silent.is_empty() {
            let others = self.vms().filter(|row| row.vm.is_observed());
            for row in others.filter(|row| row.state != VmState::NoData) {
                if let Some(host) = &row.vm.placement.host_moref {
                    silent.remove(host);
                }
            }
        }
        silent.into_values().collect()
    }

    /// Stamp of the newest fresh sample of any VM.
    pub fn newest_sample(&self) -> Option<VcenterTime> {
        let fresh = self.rows.iter().filter(|row| row.age_cycles == 0);
        fresh
            .filter_map(|row| row.stats.as_ref().map(|stats| stats.newest_sample))
            .max()
    }

    /// The VMs that failed, are quarantined, or may not be read, each with what vCenter said.
    pub fn reasons(&self) -> impl Iterator<Item = (SnapshotVm<'_>, &Reason)> {
        self.reasons.iter().filter_map(|(position, reason)| {
            let position = usize::try_from(*position).ok()?;
            let row = self.rows.get(position)?;
            let vm = SnapshotVm {
                vm: self.inventory.vms().get(position)?,
                state: row.state,
                stats: row.stats.as_ref(),
            };
            Some((vm, &**reason))
        })
    }

    pub(crate) fn row(&self, position: usize) -> Option<&Row> {
        self.rows.get(position)
    }
}
