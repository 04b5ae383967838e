//! Decides which VMs to ask for together, and what to do when vCenter refuses.
//!
//! A pure state machine: [`Governor::next_batch`] says what to ask, [`Governor::answered`] and [`Governor::failed`] tell it
//! what became of that. It remembers from round to round what vCenter bears and which VMs poison a query.

mod left_out;
mod size;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::batches::BatchLimits;
use crate::inventory::{Inventory, VmId};

use self::left_out::LeftOut;
use self::size::{Lasting, LearnedSize};

/// VMs to be asked for in one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    id: u64,
    vms: Arc<[VmId]>,
    is_retry: bool,
    /// Whether it is a part of a query that was too much.
    is_part: bool,
}

impl Batch {
    /// The VMs, at least one.
    pub fn vms(&self) -> &[VmId] {
        &self.vms
    }

    /// Whether its VMs failed before in this round.
    pub fn is_retry(&self) -> bool {
        self.is_retry
    }
}

/// Why a query failed, as far as it says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An administrator's limit on the size of a query: vSphere's `RestrictedByAdministrator`.
    Restricted,
    /// Too much for now: a time-out, an answer beyond our bounds, or vCenter's `querySpec.size`.
    TooMuch,
    /// The fault names the VM that it is about.
    Vm(VmId),
    /// Some VM or other made the whole query fail.
    SomeVm,
    /// Anything else: the query is worth one more try at the end of the round.
    Broken,
}

/// What the governor does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The VMs are asked for again in smaller batches.
    Split,
    /// One VM is left out; the others of the batch are asked for again.
    LeftOut,
    /// The batch is asked for again at the end of the round.
    Retry,
    /// The VMs have failed for this round.
    GaveUp,
}

/// A VM without an answer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The VM.
    pub vm: VmId,
    /// What vCenter said.
    pub reason: Arc<str>,
}

/// Sizes batches, isolates poisonous VMs, and remembers both.
#[derive(Debug)]
pub struct Governor {
    size: LearnedSize,
    left_out: LeftOut,
    limits: BatchLimits,
    round: Round,
    next_id: u64,
}

#[derive(Debug, Default)]
struct Round {
    /// VMs still to be asked for, with their numbers of disks. They are cut into batches as these are asked for.
    waiting: VecDeque<(VmId, u32)>,
    /// Parts of batches that failed, and VMs tried again after a pause.
    parts: Vec<Part>,
    /// Batches to be asked for once more, last of all.
    again: VecDeque<Vec<VmId>>,
    under_way: Vec<Batch>,
    failed: Vec<Unanswered>,
    isolated: usize,
    most_isolated: usize,
    /// Size of the smallest query that was too much, and of the largest part of one that was not.
    too_much: Option<usize>,
    borne: usize,
}

#[derive(Debug)]
struct Part {
    vms: Vec<VmId>,
    is_part: bool,
}

/// So many VMs may be isolated in a round, however few there are. When more queries than that fail without a name, the
/// fault lies elsewhere, and looking for single VMs would only burden vCenter.
const LEAST_ISOLATED: usize = 16;

impl Governor {
    /// A governor that has learned nothing yet.
    pub fn new(limits: BatchLimits) -> Self {
        Self {
            size: LearnedSize::default(),
            left_out: LeftOut::default(),
            limits,
            round: Round::default(),
            next_id: 0,
        }
    }

    /// Begins a round: every observed VM is to be asked for, but those left out only when they are due again.
    pub fn begin(&mut self, inventory: &Inventory, limits: BatchLimits) {
        self.limits = limits;
        self.left_out.begin_round(inventory);
        let observed = || inventory.vms().iter().filter(|vm| vm.is_observed());
        let is_left_out = |vm: &VmId| self.left_out.contains(vm);
        self.round = Round {
            waiting: observed()
                .filter(|vm| !is_left_out(&vm.id))
                .map(|vm| (vm.id.clone(), BatchLimits::disks_of(vm)))
                .collect(),
            parts: self
                .left_out
                .due()
                .map(|vm| Part {
                    vms: vec![vm],
                    is_part: false,
                })
                .collect(),
            most_isolated: LEAST_ISOLATED.max(observed().count() / 50),
            ..Round::default()
        };
    }

    /// The next batch to ask for, or `None` when all are asked for. It is under way until it is answered or has failed.
    pub fn next_batch(&mut self) -> Option<Batch> {
        let (vms, is_retry, is_part) = if let Some(part) = self.take_part() {
            (part.vms, false, part.is_part)
        } else if !self.round.waiting.is_empty() {
            let most = self.size.limit(self.limits.most_vms());
            (
                self.limits.take(&mut self.round.waiting, most),
                false,
                false,
            )
        } else {
            (self.round.again.pop_front()?, true, false)
        };
        self.next_id += 1;
        let batch = Batch {
            id: self.next_id,
            vms: vms.into(),
            is_retry,
            is_part,
        };
        self.round.under_way.push(batch.clone());
        Some(batch)
    }

    /// Whether more is to be asked for.
    pub fn has_next(&self) -> bool {
        !(self.round.parts.is_empty()
            && self.round.waiting.is_empty()
            && self.round.again.is_empty())
    }

    /// A batch was answered. VMs that the answer does not mention have no data, which is no failure.
    pub fn answered(&mut self, batch: &Batch) {
        self.settle(batch);
        if let (true, Some(too_much)) = (batch.is_part, self.round.too_much) {
            self.round.borne = self.round.borne.max(batch.vms.len());
            self.size
                .learn(self.round.borne, too_much, Lasting::WhileBusy);
        }
        for vm in &*batch.vms {
            self.left_out.forget(vm);
        }
    }

    /// A batch failed.
    pub fn failed(&mut self, batch: &Batch, failure: Failure, reason: &str) -> Reaction {
        self.settle(batch);
        match failure {
            Failure::Restricted if batch.vms.len() > 1 => {
                let half = batch.vms.len().div_ceil(2);
                self.size.learn(half, batch.vms.len(), Lasting::Fixed);
                self.split(batch, false)
            }
            Failure::TooMuch if batch.vms.len() > 1 => {
                let size = batch.vms.len();
                self.round.too_much =
                    Some(self.round.too_much.map_or(size, |least| least.min(size)));
                if self.round.borne >= size {
                    self.round.borne = 0;
                }
                self.split(batch, true)
            }
            Failure::Vm(culprit) if batch.vms.contains(&culprit) => {
                self.leave_out(culprit.clone(), reason);
                let others: Vec<VmId> = batch
                    .vms
                    .iter()
                    .filter(|vm| **vm != culprit)
                    .cloned()
                    .collect();
                if !others.is_empty() {
                    self.round.parts.push(Part {
                        vms: others,
                        is_part: false,
                    });
                }
                Reaction::LeftOut
            }
            Failure::Vm(_) | Failure::SomeVm | Failure::Restricted | Failure::TooMuch
                if self.round.isolated < self.round.most_isolated =>
            {
                self.isolate(batch, reason)
            }
            _ if batch.is_retry => {
                let unanswered = |vm: &VmId| Unanswered {
                    vm: vm.clone(),
                    reason: reason.into(),
                };
                self.round.failed.extend(batch.vms.iter().map(unanswered));
                Reaction::GaveUp
            }
            _ => {
                self.round.again.push_back(batch.vms.to_vec());
                Reaction::Retry
            }
        }
    }

    /// Ends the round, early or not. VMs that were not answered failed for `reason`, those that failed by themselves for
    /// their own.
    pub fn finish(&mut self, reason: &str) -> Vec<Unanswered> {
        self.size.end_round();
        let round = std::mem::take(&mut self.round);
        let under_way = round
            .under_way
            .iter()
            .flat_map(|batch| batch.vms.iter().cloned());
        let waiting = round.waiting.into_iter().map(|(vm, _)| vm);
        let others = round
            .parts
            .into_iter()
            .map(|part| part.vms)
            .chain(round.again)
            .flatten();
        let reason: Arc<str> = reason.into();
        let unanswered = under_way.chain(waiting).chain(others);
        let unanswered = unanswered.map(|vm| Unanswered {
            vm,
            reason: Arc::clone(&reason),
        });
        round.failed.into_iter().chain(unanswered).collect()
    }

    /// The VMs that are left out, and why.
    pub fn left_out(&self) -> impl Iterator<Item = Unanswered> {
        self.left_out.all()
    }

    /// Forgets what was learned about sizes: another session may be another vCenter behind the same name.
    pub fn forget_sizes(&mut self) {
        self.size = LearnedSize::default();
    }

    /// The next part, no larger than what was not refused yet, so that what one part has shown is not asked again of
    /// the others.
    fn take_part(&mut self) -> Option<Part> {
        let mut part = self.round.parts.pop()?;
        let by_refusal = self
            .round
            .too_much
            .map_or(usize::MAX, |least| least.div_ceil(2).max(self.round.borne));
        let most = self
            .size
            .fixed_limit()
            .unwrap_or(usize::MAX)
            .min(by_refusal);
        if part.vms.len() > most {
            let rest = part.vms.split_off(most);
            self.round.parts.push(Part {
                vms: rest,
                is_part: part.is_part,
            });
        }
        Some(part)
    }

    fn settle(&mut self, batch: &Batch) {
        self.round.under_way.retain(|other| other.id != batch.id);
    }

    /// Halves a batch until the VM that poisons it is alone.
    fn isolate(&mut self, batch: &Batch, reason: &str) -> Reaction {
        if let [culprit] = &*batch.vms {
            self.leave_out(culprit.clone(), reason);
            return Reaction::LeftOut;
        }
        self.split(batch, false)
    }

    fn split(&mut self, batch: &Batch, is_part: bool) -> Reaction {
        let (first, second) = batch.vms.split_at(batch.vms.len().div_ceil(2));
        let part = |vms: &[VmId]| Part {
            vms: vms.to_vec(),
            is_part,
        };
        self.round.parts.extend([part(second), part(first)]);
        Reaction::Split
    }

    fn leave_out(&mut self, vm: VmId, reason: &str) {
        self.round.isolated += 1;
        self.left_out.add(vm, reason);
    }
}
