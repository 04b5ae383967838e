//! What is still to be asked for in a round.

use std::collections::VecDeque;

use super::batch::Role;
use super::bisection::{Next, SizeBisection};
use super::search::Search;
use super::suspicion::Part;
use crate::collection::batch_limits::BatchLimits;
use crate::inventory::VmId;

/// At most this many quarantined VMs are tried again in one round; the others wait.
const MOST_DUE: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// VMs still to be asked for, with their numbers of disks. They are cut into batches as these are asked for.
    waiting: VecDeque<(VmId, u32)>,
    /// VMs on hosts that may be slow: they are asked for late.
    held_back: VecDeque<(VmId, u32)>,
    /// Quarantined VMs that are tried again, one by one and after all others: each may cost a call.
    due: VecDeque<VmId>,
    /// A VM of each host that was sick in the round before.
    host_probes: VecDeque<Part>,
    /// Batches without a VM that a fault named.
    parts: Vec<Vec<VmId>>,
    /// Parts of batches that failed for one of their VMs.
    pub(super) search: Search,
    /// Batches that were too large.
    pub(super) bisection: SizeBisection,
    /// Batches to be retried, last of all.
    retries: VecDeque<Vec<VmId>>,
    /// VMs to be asked for in this round.
    all: usize,
}

/// What may be asked for just now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowed {
    pub(super) limits: BatchLimits,
    /// Bounds batches that are asked for the first time.
    pub(super) most: usize,
    /// Whether batches that were too large may be halved.
    pub(super) may_halve: bool,
    /// How many VMs the search asks for together, if it may continue.
    pub(super) promising_size: Option<usize>,
}

impl Agenda {
    pub(super) fn new(
        waiting: VecDeque<(VmId, u32)>,
        suspected: Vec<Part>,
        host_probes: Vec<Part>,
        due: impl Iterator<Item = VmId>,
    ) -> Self {
        let due: VecDeque<_> = due.take(MOST_DUE).collect();
        let of_parts: usize = suspected.iter().map(|part| part.vms.len()).sum();
        Self {
            all: waiting.len() + due.len() + of_parts,
            waiting,
            due,
            host_probes: host_probes.into(),
            search: Search::resume(suspected),
            ..Self::default()
        }
    }

    /// The next VMs to ask for. Healthy ones come first: a search is continued after all others were asked for.
    pub(super) fn take(&mut self, allowed: Allowed) -> Option<(Vec<VmId>, Role)> {
        let Allowed { limits, most, .. } = allowed;
        if !allowed.may_halve {
            self.retries.extend(self.bisection.give_up());
        }
        match self.bisection.next() {
            Next::Half(vms) => return Some((vms, Role::Half)),
            Next::Part(vms) => return Some((vms, Role::Plain)),
            Next::Wait => return None,
            Next::Nothing => {}
        }
        if !self.waiting.is_empty() {
            return Some((limits.take(&mut self.waiting, most), Role::Plain));
        }
        if let Some(part) = self.parts.pop() {
            return Some((part, Role::Plain));
        }
        if let Some(promising) = allowed.promising_size
            && let Some(part) = self.search.take(most, promising)
        {
            return Some(part);
        }
        if !self.held_back.is_empty() {
            return Some((limits.take(&mut self.held_back, most), Role::Plain));
        }
        if let Some(probe) = self.host_probes.pop_front() {
            return Some((probe.vms, Role::HostProbe));
        }
        if let Some(vm) = self.due.pop_front() {
            return Some((vec![vm], Role::Plain));
        }
        Some((self.retries.pop_front()?, Role::Retry))
    }

    /// Asks for what is left of a batch after all that waits.
    pub(super) fn add_part(&mut self, vms: Vec<VmId>) {
        self.parts.push(vms);
    }

    /// Asks for a batch once more at the end of the round.
    pub(super) fn add_retry(&mut self, vms: Vec<VmId>) {
        self.retries.push_back(vms);
    }

    /// Asks for VMs that wait later than for all others.
    pub(super) fn hold_back(&mut self, is_meant: impl Fn(&VmId) -> bool) {
        let waiting = std::mem::take(&mut self.waiting);
        let (meant, others) = waiting.into_iter().partition(|(vm, _)| is_meant(vm));
        self.waiting = others;
        let meant: VecDeque<_> = meant;
        self.held_back.extend(meant);
    }

    /// How many VMs the round is to ask for.
    pub(super) fn all(&self) -> usize {
        self.all
    }

    /// How many VMs were asked for at least once.
    pub(super) fn asked(&self) -> usize {
        self.all - self.waiting.len() - self.held_back.len() - self.due.len()
    }

    /// The VMs that were asked for, or waited, and were not settled; and those that the search did not come to.
    /// Quarantined ones that were due are not among them.
    pub(super) fn into_unsettled(mut self) -> (Vec<VmId>, Vec<Part>) {
        let halves: Vec<_> = self.bisection.give_up().collect();
        let batches = halves.into_iter().chain(self.parts).chain(self.retries);
        let waiting = self.waiting.into_iter().chain(self.held_back);
        let waiting = waiting.map(|(vm, _)| vm);
        let parts = self.search.into_parts().chain(self.host_probes);
        (batches.flatten().chain(waiting).collect(), parts.collect())
    }
}
