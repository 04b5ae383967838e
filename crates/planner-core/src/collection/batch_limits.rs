//! What bounds one `QueryPerf` call.

use std::collections::VecDeque;
use std::num::NonZeroU32;

use crate::inventory::{Vm, VmId};

/// vCenter refuses documents of more XML elements than this (reported by users of vCenter 6.x).
const MAX_ELEMENTS: u64 = 500_000;

/// A disk count for VMs whose configuration cannot be read.
const USUAL_DISKS: u32 = 4;

/// The limits that are known before the first query.
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
    /// How many disks a VM is assumed to have.
    pub(crate) fn disks_of(vm: &Vm) -> u32 {
        vm.disks.unwrap_or(USUAL_DISKS)
    }

    /// Most VMs of one call, however few disks they have.
    pub(crate) fn most_vms(self) -> usize {
        let by_metrics = self
            .max_query_metrics
            .map_or(u32::MAX, |limit| limit.get() / self.counters);
        self.max_vms.get().min(by_metrics).max(1) as usize
    }

    /// Takes the next batch of at most `most` VMs from the front of `waiting`: at least one, unless nothing waits.
    pub(crate) fn take(self, waiting: &mut VecDeque<(VmId, u32)>, most: usize) -> Vec<VmId> {
        let mut batch = Vec::with_capacity(most.min(waiting.len()));
        let mut elements = 0;
        while let Some((_, disks)) = waiting.front() {
            elements += self.elements(*disks);
            let is_full = batch.len() >= most || elements > MAX_ELEMENTS;
            if is_full && !batch.is_empty() {
                break;
            }
            batch.extend(waiting.pop_front().map(|(vm, _)| vm));
        }
        batch
    }

    /// Elements of one VM's part of a csv answer: the entity and its samples, then five for each series.
    fn elements(self, disks: u32) -> u64 {
        3 + 5 * u64::from(self.counters.get()) * u64::from(disks.max(1))
    }
}
