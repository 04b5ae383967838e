//! One pass over all VMs: which to ask for next, and how failures are dealt with.

use std::collections::HashSet;
use std::sync::Arc;

use super::agenda::{Agenda, Allowed};
use super::attribution::{Attribution, Reaction};
use super::attributions::Attributions;
use super::batch::{Batch, Role, Unsettled};
use super::bisection::HalfOutcome;
use super::hosts::{Hosts, Sickness, host_by_host};
use super::lessons::Lessons;
use super::missed::{QuarantineCause, QuarantinedVm, Unanswered};
use super::size_limit::{LimitedBy, SizeObservations};
use super::suspicion::Part;
use crate::collection::batch_limits::BatchLimits;
use crate::collection::reason::Reason;
use crate::inventory::{Inventory, VmId};

/// A round under way. It borrows the governor, which learns from it at its end.
#[derive(Debug)]
#[must_use = "a round that is not finished teaches the governor nothing"]
pub struct Round<'g> {
    pub(super) lessons: &'g mut Lessons,
    pub(super) inventory: Arc<Inventory>,
    limits: BatchLimits,
    pub(super) agenda: Agenda,
    pub(super) attributions: Attributions,
    observations: SizeObservations,
    pub(super) unsettled: Unsettled,
    pub(super) hosts: Hosts,
    pub(super) failed: Vec<Unanswered>,
    /// VMs that failed by themselves. If they do so again in the next round, they are the cause.
    pub(super) failed_alone: Vec<Part>,
    /// VMs that failed by themselves while no VM of their host was answered yet. The end of the round decides about them.
    pub(super) failed_with_host: Vec<FailedWithHost>,
    /// Batches in a row that took too long.
    slow_in_a_row: usize,
}

/// A VM that failed by itself, perhaps because of its host.
#[derive(Debug)]
pub(super) struct FailedWithHost {
    pub(super) found: QuarantinedVm,
    /// Whether it failed by itself in an earlier round as well.
    pub(super) is_known: bool,
}

impl<'g> Round<'g> {
    /// A round in which every observed VM is to be asked for, host by host; quarantined ones only if they are due, and
    /// those on sick hosts only if one of them is answered.
    pub(super) fn new(
        lessons: &'g mut Lessons,
        inventory: Arc<Inventory>,
        limits: BatchLimits,
    ) -> Self {
        lessons.quarantine.begin_round(&inventory);
        lessons.keep_only(&inventory);
        let suspected = lessons.suspected.clone();
        let is_suspected: HashSet<&VmId> = suspected.iter().flat_map(|part| &part.vms).collect();
        let mut hosts = Hosts::new(Arc::clone(&inventory), lessons.sick_hosts.clone());
        let observed = inventory.vms().iter().filter(|vm| vm.is_observed());
        let mut waiting: Vec<_> = observed
            .filter(|vm| !lessons.quarantine.contains(&vm.id) && !is_suspected.contains(&vm.id))
            .filter(|vm| !hosts.withhold(vm))
            .collect();
        host_by_host(&mut waiting);
        let waiting = waiting.into_iter();
        let waiting = waiting.map(|vm| (vm.id.clone(), BatchLimits::disks_of(vm)));
        let probes = hosts.probes();
        let due = lessons.quarantine.due();
        let agenda = Agenda::new(waiting.collect(), suspected, probes, due);
        let batches = agenda.all() / limits.most_vms();
        Self {
            attributions: Attributions::new(agenda.all(), batches),
            agenda,
            lessons,
            inventory,
            limits,
            observations: SizeObservations::default(),
            unsettled: Unsettled::default(),
            hosts,
            failed: Vec::new(),
            failed_alone: Vec::new(),
            failed_with_host: Vec::new(),
            slow_in_a_row: 0,
        }
    }

    /// The next batch to ask for, or `None` if nothing can be asked for before another batch is settled.
    pub fn next_batch(&mut self) -> Option<Batch> {
        let most = self.lessons.size_limit.within(self.limits.most_vms());
        loop {
            let (vms, role) = self.agenda.take(Allowed {
                limits: self.limits,
                most,
                may_halve: self.attributions.may_halve(),
                promising_size: self.attributions.promising_size(),
            })?;
            let vms = self.without_sick_hosts(vms, &role);
            let is_half = matches!(role, Role::Half);
            if !vms.is_empty() {
                let batch = Batch::new(vms, role);
                self.unsettled.add(&batch);
                return Some(batch);
            }
            if is_half {
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
        if matches!(batch.role, Role::Plain) {
            self.slow_in_a_row = 0;
        }
        let vms = batch.into_vms();
        self.attributions.answered(vms.len());
        self.observations.answered(vms.len());
        vms.iter().for_each(|vm| self.lessons.answered(vm));
        for part in self.hosts.answered(&vms) {
            self.agenda.search.add(part);
        }
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
        if matches!(batch.role, Role::HostProbe)
            && let Some(sickness) = attribution.sickness()
        {
            return self.probe_failed(&batch, sickness, reason);
        }
        let vms = batch.vms();
        match attribution.within(vms) {
            Attribution::AdministratorLimit if self.may_halve(vms) => {
                self.split(vms, LimitedBy::Administrator)
            }
            Attribution::TooLarge if self.may_halve(vms) => self.split(vms, LimitedBy::Load),
            Attribution::TooSlow if self.is_load(&batch) && self.may_halve(vms) => {
                self.split(vms, LimitedBy::Load)
            }
            Attribution::TooSlow => self.narrow_to_slow_host(&batch, reason),
            Attribution::MissingVm(vm) if self.attributions.may_isolate() => {
                self.isolate_missing(&batch, vm, reason)
            }
            Attribution::DeniedVm(vm) if self.attributions.may_isolate() => {
                self.isolate(&batch, vm, QuarantineCause::Denied, reason)
            }
            Attribution::AdministratorLimit | Attribution::TooLarge | Attribution::UnnamedVm => {
                self.narrow_to_vm(&batch, reason)
            }
            Attribution::UnnamedHost => self.narrow_to_host(&batch, reason),
            Attribution::Unclear => self.narrow_by_trial(&batch, reason),
            Attribution::WholeQuery | Attribution::MissingVm(_) | Attribution::DeniedVm(_) => {
                self.retry_or_give_up(batch, reason)
            }
        }
    }

    /// Settles a batch. Returns it if it is of this round, or `None` for a batch of another one.
    fn settle(&mut self, batch: Batch, outcome: HalfOutcome) -> Option<Batch> {
        let batch = self.unsettled.remove(batch)?;
        if matches!(batch.role, Role::Half)
            && let Some(limit) = self.agenda.bisection.settle(outcome)
            && let Some(limit) = self.observations.confirmed(limit)
        {
            self.lessons.size_limit.learn(limit);
        }
        Some(batch)
    }

    /// A sick host stays sick: none of its VMs was answered.
    fn probe_failed(
        &mut self,
        batch: &Batch,
        sickness: Sickness,
        reason: &Arc<Reason>,
    ) -> Reaction {
        for vm in batch.vms() {
            self.hosts.probe_failed(vm, sickness, reason);
        }
        self.give_up(batch.vms().to_vec(), reason)
    }

    fn may_halve(&self, vms: &[VmId]) -> bool {
        vms.len() > 1 && self.attributions.may_halve()
    }

    /// Whether a batch took too long because of vCenter's load. A first one may be due to a slow host. If another one
    /// follows, which shares no host with it, all queries of this size are too large for now.
    fn is_load(&mut self, batch: &Batch) -> bool {
        match batch.role {
            Role::Half => true,
            Role::Plain => {
                self.slow_in_a_row += 1;
                self.slow_in_a_row > 1
            }
            Role::Suspected(_) | Role::HostProbe | Role::Retry => false,
        }
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
        self.attributions.add(QuarantinedVm {
            vm,
            cause,
            reason: Arc::clone(reason),
        });
        Reaction::Isolated
    }

    fn ask_for_others(&mut self, batch: &Batch, named: &VmId) {
        let others = batch.vms().iter().filter(|vm| *vm != named);
        let vms: Vec<VmId> = others.cloned().collect();
        if vms.is_empty() {
            return;
        }
        match &batch.role {
            Role::Retry => self.agenda.add_retry(vms),
            Role::Suspected(suspicion) => {
                let suspicion = suspicion.clone();
                self.agenda.search.add(Part { vms, suspicion });
            }
            Role::Plain | Role::Half | Role::HostProbe => self.agenda.add_part(vms),
        }
    }

    /// Asks once more at the end of the round for VMs that are not to blame.
    fn retry_or_give_up(&mut self, batch: Batch, reason: &Arc<Reason>) -> Reaction {
        let vms = batch.vms().to_vec();
        match batch.role {
            Role::Retry => self.give_up(vms, reason),
            Role::Suspected(suspicion) if suspicion.is_retry => {
                self.failed_alone.push(Part {
                    vms: vms.clone(),
                    suspicion,
                });
                self.give_up(vms, reason)
            }
            Role::Suspected(mut suspicion) => {
                suspicion.is_retry = true;
                self.agenda.search.add(Part { vms, suspicion });
                Reaction::Retry
            }
            Role::Plain | Role::Half | Role::HostProbe => {
                self.agenda.add_retry(vms);
                Reaction::Retry
            }
        }
    }

    pub(super) fn give_up(&mut self, vms: Vec<VmId>, reason: &Arc<Reason>) -> Reaction {
        let unanswered = vms.into_iter().map(|vm| Unanswered {
            vm,
            reason: Arc::clone(reason),
        });
        self.failed.extend(unanswered);
        Reaction::GaveUp
    }

    /// Removes VMs on hosts that turned out to be sick. They have failed for this round.
    fn without_sick_hosts(&mut self, vms: Vec<VmId>, role: &Role) -> Vec<VmId> {
        let is_probe = matches!(role, Role::HostProbe);
        let mut healthy = Vec::with_capacity(vms.len());
        for vm in vms {
            match self.hosts.sickness_of(&vm) {
                Some(sick) if !is_probe || self.hosts.must_wait(&vm) => {
                    self.failed.push(Unanswered {
                        reason: Arc::clone(&sick.reason),
                        vm,
                    });
                }
                _ => healthy.push(vm),
            }
        }
        healthy
    }
}
