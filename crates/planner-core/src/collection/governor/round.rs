//! One pass over all VMs: which to ask for next, and how failures are dealt with.

use std::collections::HashMap;
use std::sync::Arc;

use super::agenda::Agenda;
use super::attribution::{Attribution, Reaction};
use super::attributions::Attributions;
use super::batch::{Batch, Role, Unsettled};
use super::bisection::HalfOutcome;
use super::lessons::Lessons;
use super::missed::{Missed, QuarantineCause, QuarantinedVm, Unanswered};
use super::size_limit::{LimitedBy, SizeObservations};
use crate::collection::batch_limits::BatchLimits;
use crate::collection::reason::Reason;
use crate::inventory::{Inventory, VmId};

/// What becomes of a VM that bisection has found.
#[derive(Debug, Clone, Copy)]
enum Consequence {
    Quarantined,
    FailedWithItsHost,
    Failed,
}

/// A round under way. It borrows the governor, which learns from it at its end.
#[derive(Debug)]
#[must_use = "a round that is not finished teaches the governor nothing"]
pub struct Round<'g> {
    lessons: &'g mut Lessons,
    inventory: Arc<Inventory>,
    limits: BatchLimits,
    agenda: Agenda,
    attributions: Attributions,
    observations: SizeObservations,
    unsettled: Unsettled,
    /// Hosts that vCenter cannot reach, and what it said.
    unreachable_hosts: HashMap<Arc<str>, Arc<Reason>>,
    failed: Vec<Unanswered>,
}

impl<'g> Round<'g> {
    /// A round in which every observed VM is to be asked for, quarantined ones only if they are due.
    pub(super) fn new(
        lessons: &'g mut Lessons,
        inventory: Arc<Inventory>,
        limits: BatchLimits,
    ) -> Self {
        lessons.quarantine.begin_round(&inventory);
        lessons.keep_only(&inventory);
        let observed = inventory.vms().iter().filter(|vm| vm.is_observed());
        let regular = observed.filter(|vm| !lessons.quarantine.contains(&vm.id));
        let (suspects, others): (Vec<_>, Vec<_>) =
            regular.partition(|vm| lessons.suspects.contains(&vm.id));
        let waiting = others.into_iter().chain(suspects);
        let waiting = waiting.map(|vm| (vm.id.clone(), BatchLimits::disks_of(vm)));
        let agenda = Agenda::new(waiting.collect(), lessons.quarantine.due());
        Self {
            attributions: Attributions::new(agenda.all()),
            agenda,
            lessons,
            inventory,
            limits,
            observations: SizeObservations::default(),
            unsettled: Unsettled::default(),
            unreachable_hosts: HashMap::new(),
            failed: Vec::new(),
        }
    }

    /// The next batch to ask for, or `None` if nothing can be asked for before another batch is settled.
    pub fn next_batch(&mut self) -> Option<Batch> {
        let most = self.lessons.size_limit.within(self.limits.most_vms());
        loop {
            let may_bisect = self.attributions.may_bisect();
            let (vms, role) = self.agenda.take(self.limits, most, may_bisect)?;
            let vms = self.without_unreachable_hosts(vms);
            if !vms.is_empty() {
                let batch = Batch::new(vms, role);
                self.unsettled.add(&batch);
                return Some(batch);
            }
            if role == Role::Half {
                self.agenda.bisection.settle(HalfOutcome::Failed);
            }
        }
    }

    /// A batch was answered. VMs that the answer does not mention have no data, which is not a failure.
    ///
    /// Returns the VMs that are answered now: none for a batch of another round.
    pub fn answered(&mut self, batch: Batch) -> Arc<[VmId]> {
        let Some(batch) = self.settle(batch, HalfOutcome::Answered) else {
            return Arc::default();
        };
        let vms = batch.into_vms();
        self.attributions.answered(vms.len());
        self.observations.answered(vms.len());
        vms.iter().for_each(|vm| self.lessons.answered(vm));
        vms
    }

    /// A batch failed. Its VMs are asked for again, or fail for `reason`.
    ///
    /// A batch of another round is ignored.
    pub fn failed(
        &mut self,
        batch: Batch,
        attribution: Attribution,
        reason: &Arc<Reason>,
    ) -> Reaction {
        let outcome = if attribution.is_about_size() {
            HalfOutcome::TooLarge
        } else {
            HalfOutcome::Failed
        };
        let Some(batch) = self.settle(batch, outcome) else {
            return Reaction::GaveUp;
        };
        let (vms, is_retry) = (batch.vms(), batch.role == Role::Retry);
        match attribution.within(vms) {
            Attribution::AdministratorLimit if self.may_split(vms) => {
                self.split(vms, LimitedBy::Administrator)
            }
            Attribution::TooLarge if self.may_split(vms) => self.split(vms, LimitedBy::Load),
            Attribution::MissingVm(vm) if self.attributions.may_isolate() => {
                self.isolate_missing(&batch, vm, reason)
            }
            Attribution::DeniedVm(vm) if self.attributions.may_isolate() => {
                self.isolate(&batch, vm, QuarantineCause::Denied, reason)
            }
            _ if !self.attributions.may_bisect() => self.retry_or_give_up(&batch, reason),
            Attribution::AdministratorLimit | Attribution::TooLarge | Attribution::UnnamedVm => {
                self.bisect(&batch, Consequence::Quarantined, reason)
            }
            Attribution::UnnamedHost => self.bisect(&batch, Consequence::FailedWithItsHost, reason),
            Attribution::Unclear if is_retry => self.bisect(&batch, Consequence::Failed, reason),
            Attribution::Unclear
            | Attribution::WholeQuery
            | Attribution::MissingVm(_)
            | Attribution::DeniedVm(_) => self.retry_or_give_up(&batch, reason),
        }
    }

    /// Ends the round. VMs that are still waiting fail with `reason`; VMs whose own query failed keep that query's reason.
    ///
    /// VMs that made queries fail are quarantined if most others were answered, also after them. Otherwise the cause may
    /// lie elsewhere, and they have failed like the others.
    pub fn finish(self, reason: &Arc<Reason>) -> Missed {
        let Self {
            lessons,
            inventory,
            agenda,
            attributions,
            unsettled,
            failed,
            ..
        } = self;
        lessons.size_limit.end_round();
        let confirmed = attributions.confirm(agenda.asked());
        let unsettled: Vec<VmId> = unsettled.into_vms().collect();
        let unconfirmed = confirmed.failed.iter().map(|it| &it.vm);
        lessons
            .suspects
            .extend(unconfirmed.chain(&unsettled).cloned());
        let mut missed = Missed::default();
        for vm in confirmed.responsible {
            if !lessons.quarantine.contains(&vm.vm) {
                missed.newly_quarantined.push(vm.clone());
            }
            lessons.quarantine.add(vm);
        }
        for vm in &confirmed.gone {
            lessons.add_missing(vm.clone(), inventory.full_read().number);
        }
        missed.gone = confirmed.gone;
        let not_settled = unsettled.into_iter().chain(agenda.into_unsettled());
        let not_settled = not_settled.map(|vm| Unanswered {
            vm,
            reason: Arc::clone(reason),
        });
        let all = failed
            .into_iter()
            .chain(confirmed.failed)
            .chain(not_settled);
        missed.unanswered = all
            .filter(|unanswered| !lessons.quarantine.contains(&unanswered.vm))
            .collect();
        missed.quarantined = lessons.quarantine.all().collect();
        missed
    }

    /// Settles a batch. Returns it if it is of this round, or `None` for a batch of another one.
    fn settle(&mut self, batch: Batch, outcome: HalfOutcome) -> Option<Batch> {
        let batch = self.unsettled.remove(batch)?;
        if batch.role == Role::Half
            && let Some(limit) = self.agenda.bisection.settle(outcome)
            && let Some(limit) = self.observations.confirmed(limit)
        {
            self.lessons.size_limit.learn(limit);
        }
        Some(batch)
    }

    fn may_split(&self, vms: &[VmId]) -> bool {
        vms.len() > 1 && self.attributions.may_bisect()
    }

    /// Asks for the halves of a query that was too large.
    fn split(&mut self, vms: &[VmId], by: LimitedBy) -> Reaction {
        if let Some(limit) = self.observations.refused(vms.len()) {
            self.lessons.size_limit.learn(limit);
        }
        self.agenda.bisection.add(vms.to_vec(), by);
        Reaction::Split
    }

    /// A VM that vCenter says is gone breaks queries only if a later full read of the inventory still has it.
    fn isolate_missing(&mut self, batch: &Batch, vm: VmId, reason: &Arc<Reason>) -> Reaction {
        let full_read = self.inventory.full_read().number;
        if self.lessons.was_missing_before(&vm, full_read) {
            return self.isolate(batch, vm, QuarantineCause::BreaksQueries, reason);
        }
        self.ask_for_others(batch, &vm);
        self.attributions.add_gone(vm);
        Reaction::Isolated
    }

    fn isolate(
        &mut self,
        batch: &Batch,
        vm: VmId,
        cause: QuarantineCause,
        reason: &Arc<Reason>,
    ) -> Reaction {
        self.ask_for_others(batch, &vm);
        self.attributions.add_named(QuarantinedVm {
            vm,
            cause,
            reason: Arc::clone(reason),
        });
        Reaction::Isolated
    }

    fn ask_for_others(&mut self, batch: &Batch, named: &VmId) {
        let others = batch.vms().iter().filter(|vm| *vm != named);
        let others: Vec<VmId> = others.cloned().collect();
        if !others.is_empty() {
            self.agenda.add_part(others, batch.role);
        }
    }

    /// Halves a batch until the VM that makes it fail is alone.
    fn bisect(&mut self, batch: &Batch, then: Consequence, reason: &Arc<Reason>) -> Reaction {
        let [found] = batch.vms() else {
            let (first, second) = batch.vms().split_at(batch.vms().len().div_ceil(2));
            self.agenda.add_part(second.to_vec(), batch.role);
            self.agenda.add_part(first.to_vec(), batch.role);
            return Reaction::Split;
        };
        self.attributions.found_one();
        match then {
            Consequence::Quarantined => {
                self.attributions.add_unconfirmed(QuarantinedVm {
                    vm: found.clone(),
                    cause: QuarantineCause::BreaksQueries,
                    reason: Arc::clone(reason),
                });
                Reaction::Isolated
            }
            Consequence::FailedWithItsHost => {
                if let Some(host) = host_of(&self.inventory, found) {
                    self.unreachable_hosts
                        .insert(Arc::clone(host), Arc::clone(reason));
                }
                self.give_up(batch, reason)
            }
            Consequence::Failed => self.give_up(batch, reason),
        }
    }

    fn retry_or_give_up(&mut self, batch: &Batch, reason: &Arc<Reason>) -> Reaction {
        if batch.role == Role::Retry {
            return self.give_up(batch, reason);
        }
        self.agenda.add_retry(batch.vms().to_vec());
        Reaction::Retry
    }

    fn give_up(&mut self, batch: &Batch, reason: &Arc<Reason>) -> Reaction {
        let unanswered = batch.vms().iter().map(|vm| Unanswered {
            vm: vm.clone(),
            reason: Arc::clone(reason),
        });
        self.failed.extend(unanswered);
        Reaction::GaveUp
    }

    /// Removes VMs on hosts that vCenter cannot reach. They have failed for this round.
    fn without_unreachable_hosts(&mut self, vms: Vec<VmId>) -> Vec<VmId> {
        if self.unreachable_hosts.is_empty() {
            return vms;
        }
        let mut reachable = Vec::with_capacity(vms.len());
        for vm in vms {
            let host = host_of(&self.inventory, &vm);
            match host.and_then(|host| self.unreachable_hosts.get(host)) {
                Some(reason) => self.failed.push(Unanswered {
                    vm,
                    reason: Arc::clone(reason),
                }),
                None => reachable.push(vm),
            }
        }
        reachable
    }
}

/// The name of the VM's host, if it is known.
fn host_of<'i>(inventory: &'i Inventory, vm: &VmId) -> Option<&'i Arc<str>> {
    let vm = inventory.get(vm)?;
    Some(&vm.placement.host).filter(|host| !host.is_empty())
}
