//! Decides which VMs to ask for together, and what to do when vCenter refuses.
//!
//! A pure state machine: [`Governor::next_batch`] says what to ask, [`Governor::answered`] and [`Governor::failed`] tell it
//! what became of that. It remembers from round to round what vCenter bears and which VMs poison a query.

mod halving;
mod left_out;
mod round;
mod size;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::batches::BatchLimits;
use crate::inventory::{Inventory, VmId};

use self::halving::HalfOutcome;
use self::left_out::LeftOut;
use self::round::Round;
use self::size::{Lasting, LearnedSize};

/// VMs to be asked for in one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    id: u64,
    vms: Arc<[VmId]>,
    role: Role,
}

impl Batch {
    /// The VMs, at least one.
    pub fn vms(&self) -> &[VmId] {
        &self.vms
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Plain,
    /// One half of a query that was too much.
    Half,
    /// Its VMs failed before in this round.
    Retry,
}

/// Why a query failed, as far as it says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An administrator's limit on the size of a query: vSphere's `RestrictedByAdministrator`.
    Restricted,
    /// Too much for now: a time-out, an answer beyond our bounds, or vCenter's `querySpec.size`.
    TooMuch,
    /// The VM that the fault names is not there. It may have been deleted since the inventory was read.
    Gone(VmId),
    /// The account may not read the statistics of the VM that the fault names.
    Denied(VmId),
    /// Some VM or other made the whole query fail.
    SomeVm,
    /// vCenter cannot reach the host of some VM or other.
    SomeHost,
    /// A fault or an answer that cannot be read: worth one more try at the end of the round, and then a look for the VM
    /// that causes it.
    Broken,
    /// It has nothing to do with single VMs, such as a connection that broke: worth one more try at the end of the round.
    WholeQuery,
}

impl Failure {
    /// A fault that names a VM which was not asked for says no more than one without a name.
    fn about(self, asked: &[VmId]) -> Self {
        match self {
            Self::Gone(vm) | Self::Denied(vm) if !asked.contains(&vm) => Self::SomeVm,
            other => other,
        }
    }
}

/// What the governor does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The VMs are asked for again in smaller batches.
    Split,
    /// One VM is not asked for again; any others of the batch are.
    Isolated,
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

/// A VM that is not asked for in every round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutVm {
    /// The VM.
    pub vm: VmId,
    /// Why it is left out.
    pub cause: Cause,
    /// What vCenter said.
    pub reason: Arc<str>,
}

/// Why a VM is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It makes queries fail.
    Poison,
    /// The account may not read its statistics.
    Denied,
}

/// The VMs that a round has no answer for, besides those that were left out before.
#[derive(Debug, Default)]
pub struct Missed {
    /// Those that failed in this round.
    pub unanswered: Vec<Unanswered>,
    /// Those that are left out from now on.
    pub newly_left_out: Vec<LeftOutVm>,
    /// Those that are not there any more, as vCenter says. It is no failure unless they stay in the inventory.
    pub gone: Vec<VmId>,
}

/// What becomes of a VM that halving has found guilty.
#[derive(Debug, Clone, Copy)]
enum Sentence {
    LeftOut,
    FailedWithItsHost,
    Failed,
}

/// Sizes batches, isolates poisonous VMs, and remembers both.
#[derive(Debug)]
pub struct Governor {
    size: LearnedSize,
    left_out: LeftOut,
    /// VMs that may have been the reason why others were not answered. They are asked for last, so that it is seen.
    suspects: HashSet<VmId>,
    /// VMs of the inventory that were not there when they were asked for, and when that inventory was read.
    gone: HashMap<VmId, Timestamp>,
    limits: BatchLimits,
    round: Round,
    next_id: u64,
}

impl Governor {
    /// A governor that has learned nothing yet.
    pub fn new(limits: BatchLimits) -> Self {
        Self {
            size: LearnedSize::default(),
            left_out: LeftOut::default(),
            suspects: HashSet::new(),
            gone: HashMap::new(),
            limits,
            round: Round::default(),
            next_id: 0,
        }
    }

    /// Begins a round: every observed VM is to be asked for, but those left out only when they are due again.
    pub fn begin(&mut self, inventory: &Arc<Inventory>, limits: BatchLimits) {
        self.limits = limits;
        self.left_out.begin_round(inventory);
        let observed = inventory.vms().iter().filter(|vm| vm.is_observed());
        let regular = observed.filter(|vm| !self.left_out.contains(&vm.id));
        let (suspects, others): (Vec<_>, Vec<_>) =
            regular.partition(|vm| self.suspects.contains(&vm.id));
        let waiting = others.into_iter().chain(suspects);
        let waiting = waiting.map(|vm| (vm.id.clone(), BatchLimits::disks_of(vm)));
        self.round = Round::new(inventory, waiting.collect(), self.left_out.due());
        self.suspects
            .retain(|vm| inventory.get(vm.as_str()).is_some());
        self.gone
            .retain(|vm, _| inventory.get(vm.as_str()).is_some());
    }

    /// The next batch to ask for, or `None` when there is none before another one is settled. It is under way until it is
    /// answered or has failed.
    pub fn next_batch(&mut self) -> Option<Batch> {
        let most = self.size.limit(self.limits.most_vms());
        loop {
            let (vms, role) = self.round.take(self.limits, most)?;
            let vms = self.round.without_hosts_away(vms);
            if !vms.is_empty() {
                return Some(self.send(vms, role));
            }
            if role == Role::Half {
                self.round.halving.settle(HalfOutcome::Failed);
            }
        }
    }

    /// A batch was answered. VMs that the answer does not mention have no data, which is no failure.
    pub fn answered(&mut self, batch: &Batch) {
        self.settle(batch, HalfOutcome::Answered);
        self.round.answered(batch.vms.len());
        for vm in &*batch.vms {
            self.left_out.forget(vm);
            self.suspects.remove(vm);
            self.gone.remove(vm);
        }
    }

    /// A batch failed.
    pub fn failed(&mut self, batch: &Batch, failure: Failure, reason: &str) -> Reaction {
        self.settle(
            batch,
            match failure {
                Failure::Restricted | Failure::TooMuch => HalfOutcome::TooMuch,
                _ => HalfOutcome::Failed,
            },
        );
        let reason = &Arc::from(reason);
        let may_search = self.round.may_search();
        let may_isolate = self.round.may_isolate();
        match failure.about(&batch.vms) {
            Failure::Restricted if may_search && batch.vms.len() > 1 => {
                self.halve(batch, Lasting::Fixed)
            }
            Failure::TooMuch if may_search && batch.vms.len() > 1 => {
                self.halve(batch, Lasting::WhileBusy)
            }
            Failure::Gone(vm) if may_isolate && !self.was_gone_before(&vm) => {
                self.ask_for_others(batch, &vm);
                self.round.gone.push(vm);
                Reaction::Isolated
            }
            Failure::Gone(culprit) if may_isolate => {
                self.go_on_without(batch, culprit, Cause::Poison, reason)
            }
            Failure::Denied(culprit) if may_isolate => {
                self.go_on_without(batch, culprit, Cause::Denied, reason)
            }
            Failure::Restricted | Failure::TooMuch | Failure::SomeVm if may_search => {
                self.search(batch, Sentence::LeftOut, reason)
            }
            Failure::SomeHost if may_search => {
                self.search(batch, Sentence::FailedWithItsHost, reason)
            }
            Failure::Broken if may_search && batch.role == Role::Retry => {
                self.search(batch, Sentence::Failed, reason)
            }
            _ if batch.role == Role::Retry => self.give_up(batch, reason),
            _ => {
                self.round.again.push_back(batch.vms.to_vec());
                Reaction::Retry
            }
        }
    }

    /// Ends the round, early or not. VMs that were not answered failed for `reason`, those that failed by themselves for
    /// their own.
    ///
    /// VMs that made queries fail are left out from now on if most others were answered, and not only before them.
    /// Otherwise they may well be innocent, and have failed like others.
    pub fn finish(&mut self, reason: &str) -> Missed {
        self.size.end_round();
        let mut round = std::mem::take(&mut self.round);
        let mut missed = Missed::default();
        let (guilty, innocent) = round.judge();
        let under_way = round.under_way.iter().flat_map(Batch::vms);
        self.suspects
            .extend(innocent.iter().map(|it| &it.vm).chain(under_way).cloned());
        round.failed.extend(innocent);
        for guilty in guilty {
            if !self.left_out.contains(&guilty.vm) {
                missed.newly_left_out.push(guilty.clone());
            }
            self.left_out.add(guilty);
        }
        missed.unanswered.append(&mut round.failed);
        for vm in &round.gone {
            let read_at = round.inventory_read_at();
            self.gone.entry(vm.clone()).or_insert(read_at);
        }
        missed.gone = std::mem::take(&mut round.gone);
        let reason: Arc<str> = reason.into();
        let under_way = round.under_way.iter().map(|batch| batch.vms.to_vec());
        let parts = round.parts.into_iter().map(|(vms, _)| vms);
        let not_settled = under_way
            .chain(round.halving.give_up())
            .chain(parts)
            .chain(round.again)
            .flatten();
        let waiting = round.waiting.into_iter().map(|(vm, _)| vm);
        let unanswered = not_settled.chain(waiting).map(|vm| Unanswered {
            vm,
            reason: Arc::clone(&reason),
        });
        missed.unanswered.extend(unanswered);
        missed
            .unanswered
            .retain(|unanswered| !self.left_out.contains(&unanswered.vm));
        missed
    }

    /// The VMs that are left out, and why.
    pub fn left_out(&self) -> impl Iterator<Item = LeftOutVm> {
        self.left_out.all()
    }

    fn send(&mut self, vms: Vec<VmId>, role: Role) -> Batch {
        self.next_id += 1;
        let batch = Batch {
            id: self.next_id,
            vms: vms.into(),
            role,
        };
        self.round.under_way.push(batch.clone());
        batch
    }

    fn settle(&mut self, batch: &Batch, outcome: HalfOutcome) {
        self.round.under_way.retain(|other| other.id != batch.id);
        if batch.role == Role::Half
            && let Some(lesson) = self.round.halving.settle(outcome)
            && let Some(lesson) = self.round.evidence.weigh(lesson)
        {
            self.size.learn(lesson);
        }
    }

    fn halve(&mut self, batch: &Batch, lasting: Lasting) -> Reaction {
        if let Some(lesson) = self.round.evidence.refused(batch.vms.len()) {
            self.size.learn(lesson);
        }
        self.round.halving.add(batch.vms.to_vec(), lasting);
        Reaction::Split
    }

    fn go_on_without(
        &mut self,
        batch: &Batch,
        culprit: VmId,
        cause: Cause,
        reason: &Arc<str>,
    ) -> Reaction {
        self.ask_for_others(batch, &culprit);
        self.round.isolated.push(LeftOutVm {
            vm: culprit,
            cause,
            reason: Arc::clone(reason),
        });
        Reaction::Isolated
    }

    fn ask_for_others(&mut self, batch: &Batch, culprit: &VmId) {
        let others = batch.vms.iter().filter(|vm| *vm != culprit);
        let others: Vec<VmId> = others.cloned().collect();
        if !others.is_empty() {
            self.ask_for_part(others, batch);
        }
    }

    /// Whether the inventory was read again since the VM was first found to be gone, and has it all the same.
    fn was_gone_before(&self, vm: &VmId) -> bool {
        let first = self.gone.get(vm);
        first.is_some_and(|read_at| self.round.inventory_read_at() > *read_at)
            || self.left_out.contains(vm)
    }

    /// Halves a batch until the VM that makes it fail is alone.
    fn search(&mut self, batch: &Batch, sentence: Sentence, reason: &Arc<str>) -> Reaction {
        let [culprit] = &*batch.vms else {
            let (first, second) = batch.vms.split_at(batch.vms.len().div_ceil(2));
            self.ask_for_part(second.to_vec(), batch);
            self.ask_for_part(first.to_vec(), batch);
            return Reaction::Split;
        };
        self.round.found_one();
        match sentence {
            Sentence::LeftOut => {
                self.round.suspects.push(LeftOutVm {
                    vm: culprit.clone(),
                    cause: Cause::Poison,
                    reason: Arc::clone(reason),
                });
                Reaction::Isolated
            }
            Sentence::FailedWithItsHost => {
                self.round.host_is_away(culprit, reason);
                self.give_up(batch, reason)
            }
            Sentence::Failed => self.give_up(batch, reason),
        }
    }

    fn ask_for_part(&mut self, vms: Vec<VmId>, of: &Batch) {
        let role = match of.role {
            Role::Retry => Role::Retry,
            Role::Plain | Role::Half => Role::Plain,
        };
        self.round.parts.push((vms, role));
    }

    fn give_up(&mut self, batch: &Batch, reason: &Arc<str>) -> Reaction {
        let unanswered = batch.vms.iter().map(|vm| Unanswered {
            vm: vm.clone(),
            reason: Arc::clone(reason),
        });
        self.round.failed.extend(unanswered);
        Reaction::GaveUp
    }
}
