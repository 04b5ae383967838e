//! What a cycle has found so far. It outlives the cycle's future, so a deadline loses nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use planner_core::disk_stats::VmDiskStats;
use planner_core::inventory::{Inventory, VmId};
use planner_core::snapshot::{Snapshot, SnapshotBuilder, VmState};

/// VMs that are asked for together.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) vms: Arc<[VmId]>,
    /// Whether it failed before in this cycle.
    pub(super) is_retry: bool,
}

#[derive(Debug)]
pub(super) struct Findings {
    builder: Option<SnapshotBuilder>,
    /// The batches still to be answered; the first one is under way.
    batches: VecDeque<Batch>,
    /// Whether `batches` was ever filled: before that, no VM was asked for.
    is_asking: bool,
    given_up: Vec<Batch>,
    first_failure: Option<String>,
    ended_early: Option<String>,
}

impl Findings {
    /// Starts from the inventory of the cycle before, in case this one does not get as far as its own.
    pub(super) fn new(inventory: Option<Arc<Inventory>>) -> Self {
        Self {
            builder: inventory.map(SnapshotBuilder::new),
            batches: VecDeque::new(),
            is_asking: false,
            given_up: Vec::new(),
            first_failure: None,
            ended_early: None,
        }
    }

    pub(super) fn start(&mut self, inventory: Arc<Inventory>) {
        self.builder = Some(SnapshotBuilder::new(inventory));
    }

    pub(super) fn ask_for(&mut self, batches: Vec<Vec<VmId>>) {
        self.is_asking = true;
        self.batches = batches
            .into_iter()
            .map(|vms| Batch {
                vms: vms.into(),
                is_retry: false,
            })
            .collect();
    }

    pub(super) fn has_batches(&self) -> bool {
        !self.batches.is_empty()
    }

    /// The batch to ask for now. It stays the next one until it is answered or has failed.
    pub(super) fn next_batch(&self) -> Option<Batch> {
        self.batches.front().cloned()
    }

    pub(super) fn sampled(&mut self, moref: &str, stats: VmDiskStats) {
        if let Some(builder) = &mut self.builder {
            builder.sampled(moref, stats);
        }
    }

    pub(super) fn answered(&mut self) {
        self.batches.pop_front();
    }

    /// The batch under way failed: it is tried once more at the end.
    pub(super) fn failed(&mut self, reason: String) {
        let Some(batch) = self.batches.pop_front() else {
            return;
        };
        if batch.is_retry {
            self.given_up.push(batch);
            self.first_failure.get_or_insert(reason);
        } else {
            self.batches.push_back(Batch {
                is_retry: true,
                ..batch
            });
        }
    }

    /// The cycle cannot go on.
    pub(super) fn end_early(&mut self, reason: String) {
        self.ended_early = Some(reason);
    }

    /// The snapshot, and what went wrong. Without any inventory yet there is no snapshot.
    pub(super) fn finish(self, previous: Option<&Snapshot>) -> (Option<Snapshot>, Option<String>) {
        let Some(mut builder) = self.builder else {
            return (None, self.ended_early);
        };
        if self.ended_early.is_some() && !self.is_asking {
            builder.all_failed();
        }
        for batch in self.batches.iter().chain(&self.given_up) {
            batch.vms.iter().for_each(|vm| builder.failed(vm.as_str()));
        }
        let snapshot = builder.build(previous);
        let reason = self.ended_early.or(self.first_failure);
        let error = reason.map(|reason| match snapshot.count(VmState::Failed) {
            0 => reason,
            failed => format!(
                "{failed} of {} VMs failed: {reason}",
                snapshot.inventory().vms().len()
            ),
        });
        (Some(snapshot), error)
    }
}
