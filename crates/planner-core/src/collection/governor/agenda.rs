//! What is still to be asked for in a round.

use std::collections::VecDeque;

use super::batch::Role;
use super::bisection::{Next, SizeBisection};
use crate::collection::batch_limits::BatchLimits;
use crate::inventory::VmId;

/// At most this many quarantined VMs are tried again in one round; the others wait.
const MOST_DUE: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// VMs still to be asked for, with their numbers of disks. They are cut into batches as these are asked for.
    waiting: VecDeque<(VmId, u32)>,
    /// Quarantined VMs that are tried again, one by one and after all others: each may cost a call.
    due: VecDeque<VmId>,
    /// Parts of batches that failed.
    parts: Vec<(Vec<VmId>, Role)>,
    /// Batches that were too large.
    pub(super) bisection: SizeBisection,
    /// Batches to be retried, last of all.
    retries: VecDeque<Vec<VmId>>,
    /// VMs to be asked for in this round.
    all: usize,
}

impl Agenda {
    pub(super) fn new(waiting: VecDeque<(VmId, u32)>, due: impl Iterator<Item = VmId>) -> Self {
        let due: VecDeque<_> = due.take(MOST_DUE).collect();
        Self {
            all: waiting.len() + due.len(),
            waiting,
            due,
            ..Self::default()
        }
    }

    /// The next VMs to ask for. `most` bounds batches that are asked for the first time.
    pub(super) fn take(
        &mut self,
        limits: BatchLimits,
        most: usize,
        may_bisect: bool,
    ) -> Option<(Vec<VmId>, Role)> {
        if !may_bisect {
            self.retries.extend(self.bisection.give_up());
        }
        match self.bisection.next() {
            Next::Half(vms) => return Some((vms, Role::Half)),
            Next::Part(vms) => return Some((vms, Role::Plain)),
            Next::Wait => return None,
            Next::Nothing => {}
        }
        if let Some(part) = self.parts.pop() {
            return Some(part);
        }
        if !self.waiting.is_empty() {
            return Some((limits.take(&mut self.waiting, most), Role::Plain));
        }
        if let Some(vm) = self.due.pop_front() {
            return Some((vec![vm], Role::Plain));
        }
        Some((self.retries.pop_front()?, Role::Retry))
    }

    /// Asks for a part of a batch that failed, before anything that waits.
    pub(super) fn add_part(&mut self, vms: Vec<VmId>, of: Role) {
        let role = match of {
            Role::Retry => Role::Retry,
            Role::Plain | Role::Half => Role::Plain,
        };
        self.parts.push((vms, role));
    }

    /// Asks for a batch once more at the end of the round.
    pub(super) fn add_retry(&mut self, vms: Vec<VmId>) {
        self.retries.push_back(vms);
    }

    /// How many VMs the round is to ask for.
    pub(super) fn all(&self) -> usize {
        self.all
    }

    /// How many VMs were asked for at least once.
    pub(super) fn asked(&self) -> usize {
        self.all - self.waiting.len() - self.due.len()
    }

    /// The VMs that were asked for, or waited, and were not settled. Quarantined ones that were due are not among them.
    pub(super) fn into_unsettled(mut self) -> impl Iterator<Item = VmId> {
        let halves: Vec<_> = self.bisection.give_up().collect();
        let parts = self.parts.into_iter().map(|(vms, _)| vms);
        let batches = halves.into_iter().chain(parts).chain(self.retries);
        let waiting = self.waiting.into_iter().map(|(vm, _)| vm);
        batches.flatten().chain(waiting)
    }
}
