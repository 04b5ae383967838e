//! What is still to be asked for in a round, and what became of the rest.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use super::halving::{Halving, Next};
use super::size::Evidence;
use super::{Batch, LeftOutVm, Role, Unanswered};
use crate::batches::BatchLimits;
use crate::inventory::{Inventory, VmId};

/// So many single VMs may be found guilty by halving, however few VMs there are. When more queries fail than that, the
/// fault lies elsewhere, and looking for single VMs would only burden vCenter.
const LEAST_SEARCHED: usize = 16;

/// The same without any answer in between.
const MOST_IN_A_ROW: usize = 4;

/// So many VMs that were left out are tried again in one round; the others wait.
const MOST_DUE: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Round {
    inventory: Option<Arc<Inventory>>,
    /// VMs still to be asked for, with their numbers of disks. They are cut into batches as these are asked for.
    pub(super) waiting: VecDeque<(VmId, u32)>,
    /// VMs tried again after a pause, one by one and after all others: they may cost a call each.
    due: VecDeque<VmId>,
    /// Parts of batches that failed.
    pub(super) parts: Vec<(Vec<VmId>, Role)>,
    /// Batches that were too much.
    pub(super) halving: Halving,
    pub(super) evidence: Evidence,
    /// Batches to be asked for once more, last of all.
    pub(super) again: VecDeque<Vec<VmId>>,
    pub(super) under_way: Vec<Batch>,
    /// Hosts that vCenter cannot reach, and what it said.
    hosts_away: HashMap<Arc<str>, Arc<str>>,
    pub(super) failed: Vec<Unanswered>,
    /// VMs to be left out, if the round bears it out that the fault is theirs.
    pub(super) isolated: Vec<LeftOutVm>,
    /// Such VMs found by halving since the last answer.
    pub(super) suspects: Vec<LeftOutVm>,
    /// VMs that are not there any more.
    pub(super) gone: Vec<VmId>,
    searched: usize,
    searched_in_a_row: usize,
    answered: usize,
    /// VMs that are to be asked for in this round.
    all: usize,
}

impl Round {
    /// A round that asks for all VMs that wait, and one by one for those that were left out and are due again.
    pub(super) fn new(
        inventory: &Arc<Inventory>,
        waiting: VecDeque<(VmId, u32)>,
        due: impl Iterator<Item = VmId>,
    ) -> Self {
        let due: VecDeque<_> = due.take(MOST_DUE).collect();
        Self {
            all: waiting.len() + due.len(),
            inventory: Some(Arc::clone(inventory)),
            waiting,
            due,
            ..Self::default()
        }
    }

    /// The next VMs to ask for. `most` bounds batches that are asked for the first time.
    pub(super) fn take(&mut self, limits: BatchLimits, most: usize) -> Option<(Vec<VmId>, Role)> {
        if !self.may_search() {
            self.again.extend(self.halving.give_up());
        }
        match self.halving.next() {
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
        Some((self.again.pop_front()?, Role::Retry))
    }

    /// So many VMs were answered, so vCenter does answer, and those found guilty before may well be so.
    pub(super) fn answered(&mut self, vms: usize) {
        self.answered += vms;
        self.evidence.answered(vms);
        self.searched_in_a_row = 0;
        self.isolated.append(&mut self.suspects);
    }

    /// Halving has found a VM guilty.
    pub(super) fn found_one(&mut self) {
        self.searched += 1;
        self.searched_in_a_row += 1;
    }

    /// Whether the VM that makes a query fail may be looked for by halving.
    pub(super) fn may_search(&self) -> bool {
        self.searched < self.most_searched() && self.searched_in_a_row < MOST_IN_A_ROW
    }

    /// Whether a VM that a fault names may be isolated: never more than that were answered, beyond the first few.
    pub(super) fn may_isolate(&self) -> bool {
        self.isolated.len() + self.gone.len() < self.most_searched().max(self.answered)
    }

    /// Tells the VMs whose fault the failures are from those that have only failed: most VMs that were asked for were
    /// answered, and vCenter did not stop answering towards the end. Returns both.
    pub(super) fn judge(&mut self) -> (Vec<LeftOutVm>, Vec<Unanswered>) {
        let asked = self.all - self.waiting.len() - self.due.len();
        if self.searched_in_a_row < MOST_IN_A_ROW {
            self.isolated.append(&mut self.suspects);
        }
        if self.answered * 2 <= asked {
            self.suspects.append(&mut self.isolated);
        }
        let innocent = self.suspects.drain(..).map(|it| Unanswered {
            vm: it.vm,
            reason: it.reason,
        });
        let innocent = innocent.collect();
        (std::mem::take(&mut self.isolated), innocent)
    }

    /// Leaves out VMs on hosts that are away. They have failed for this round.
    pub(super) fn without_hosts_away(&mut self, vms: Vec<VmId>) -> Vec<VmId> {
        if self.hosts_away.is_empty() {
            return vms;
        }
        let (mut here, mut away) = (Vec::new(), Vec::new());
        for vm in vms {
            match self.host_of(&vm).and_then(|host| self.hosts_away.get(host)) {
                Some(reason) => away.push(Unanswered {
                    vm,
                    reason: Arc::clone(reason),
                }),
                None => here.push(vm),
            }
        }
        self.failed.extend(away);
        here
    }

    /// The VM's host cannot be reached, nor can the others be that run there.
    pub(super) fn host_is_away(&mut self, vm: &VmId, reason: &Arc<str>) {
        if let Some(host) = self.host_of(vm) {
            self.hosts_away.insert(Arc::clone(host), Arc::clone(reason));
        }
    }

    fn most_searched(&self) -> usize {
        LEAST_SEARCHED.max(self.all / 50)
    }

    pub(super) fn inventory_read_at(&self) -> Timestamp {
        let inventory = self.inventory.as_ref();
        inventory.map_or(Timestamp::MIN, |inventory| inventory.taken_at())
    }

    fn host_of(&self, vm: &VmId) -> Option<&Arc<str>> {
        let vm = self.inventory.as_ref()?.get(vm.as_str())?;
        Some(&vm.placement.host).filter(|host| !host.is_empty())
    }
}
