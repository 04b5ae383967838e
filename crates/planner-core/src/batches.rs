//! Cutting the VMs into queries that vCenter accepts.

use std::num::NonZeroU32;

use crate::inventory::{Inventory, VmId};

/// vCenter refuses documents of more XML elements than this (reported by users of vCenter 6.x).
const MAX_ELEMENTS: u64 = 500_000;

/// A disk count for VMs whose configuration cannot be read.
const USUAL_DISKS: u32 = 4;

/// What bounds one `QueryPerf` call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// The operator's `BATCH_SIZE`.
    pub max_vms: NonZeroU32,
    /// vCenter's `config.vpxd.stats.maxQueryMetrics`, where it applies: to roll-ups only.
    pub max_query_metrics: Option<NonZeroU32>,
    /// Counters asked for per VM.
    pub counters: NonZeroU32,
}

impl BatchLimits {
    fn vms(self) -> u32 {
        let by_metrics = self
            .max_query_metrics
            .map_or(u32::MAX, |limit| limit.get() / self.counters);
        self.max_vms.get().min(by_metrics).max(1)
    }

    /// Elements of one VM's part of a csv answer: the entity and its samples, then five for each series.
    fn elements(self, disks: u32) -> u64 {
        3 + 5 * u64::from(self.counters.get()) * u64::from(disks.max(1))
    }
}

/// The running VMs of an inventory, in its order, cut into the fewest batches within the limits.
pub fn cut(inventory: &Inventory, limits: BatchLimits) -> Vec<Vec<VmId>> {
    let max_vms = limits.vms() as usize;
    let mut batches: Vec<Vec<VmId>> = Vec::new();
    let mut batch = Vec::new();
    let mut elements = 0;
    for vm in inventory.vms().iter().filter(|vm| vm.is_running()) {
        let added = limits.elements(vm.disks.unwrap_or(USUAL_DISKS));
        let is_full = batch.len() >= max_vms || elements + added > MAX_ELEMENTS;
        if is_full && !batch.is_empty() {
            batches.push(std::mem::take(&mut batch));
            elements = 0;
        }
        batch.push(vm.id.clone());
        elements += added;
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}
