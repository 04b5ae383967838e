//! What a round teaches, and which VMs it has no answer for.

use std::sync::Arc;

use super::attributions::Confirmed;
use super::missed::{Missed, Unanswered};
use super::round::{FailedWithHost, Round};
use super::suspicion::Part;
use crate::collection::reason::Reason;

impl Round<'_> {
    /// Ends the round. VMs that are still waiting fail with `reason`; VMs whose own query failed keep that query's reason.
    ///
    /// VMs that made queries fail are quarantined if most others were answered, also after them. Otherwise the cause may
    /// lie elsewhere, and they have failed like the others. A round without any answer teaches little about VMs and nothing
    /// about hosts.
    pub fn finish(mut self, reason: &Arc<Reason>) -> Missed {
        self.decide_about_vms_that_failed_with_their_host();
        let Self {
            lessons,
            inventory,
            agenda,
            attributions,
            unsettled,
            hosts,
            mut failed,
            failed_alone: mut suspected,
            ..
        } = self;
        lessons.size_limit.end_round();
        let teaches = !attributions.has_no_answer();
        let Confirmed {
            responsible,
            failed: unconfirmed,
            gone,
        } = attributions.confirm(agenda.asked());
        let mut missed = Missed::default();
        for vm in responsible {
            if !lessons.quarantine.contains(&vm.vm) {
                missed.newly_quarantined.push(vm.clone());
            }
            lessons.quarantine.add(vm);
        }
        for vm in &gone {
            lessons.add_missing(vm.clone(), inventory.full_read().number);
        }
        missed.gone = gone;

        let (waiting, not_searched) = agenda.into_unsettled();
        let (sick_hosts, withheld) = hosts.into_sick();
        let under_way: Vec<Part> = unsettled
            .into_batches()
            .map(|vms| Part::new(vms.to_vec(), reason))
            .collect();
        let parts = not_searched.iter().chain(&withheld).chain(&under_way);
        failed.extend(parts.flat_map(unanswered));
        failed.extend(waiting.into_iter().map(|vm| Unanswered {
            vm,
            reason: Arc::clone(reason),
        }));
        failed.extend(unconfirmed.iter().map(|found| Unanswered {
            vm: found.vm.clone(),
            reason: Arc::clone(&found.reason),
        }));
        if teaches {
            let found = unconfirmed.into_iter();
            suspected.extend(found.map(|it| Part::failed_alone(it.vm, &it.reason)));
            suspected.extend(not_searched.into_iter().chain(under_way));
            lessons.suspected = suspected;
            lessons.sick_hosts = sick_hosts;
        } else {
            lessons.suspect_together(unconfirmed);
        }
        failed.retain(|unanswered| !lessons.quarantine.contains(&unanswered.vm));
        missed.unanswered = failed;
        missed.quarantined = lessons.quarantine.all().collect();
        missed
    }

    /// A VM is the cause if its host answered for others, perhaps after it.
    fn decide_about_vms_that_failed_with_their_host(&mut self) {
        for FailedWithHost { found, is_known } in std::mem::take(&mut self.failed_with_host) {
            let host = self.hosts.of(&found.vm);
            let has_answered = host.is_some_and(|host| self.hosts.has_answered(&host));
            if is_known && has_answered {
                self.attributions.add(found);
                continue;
            }
            self.failed_alone
                .push(Part::failed_alone(found.vm.clone(), &found.reason));
            self.failed.push(Unanswered {
                vm: found.vm,
                reason: found.reason,
            });
        }
    }
}

fn unanswered(part: &Part) -> impl Iterator<Item = Unanswered> {
    part.vms.iter().map(|vm| Unanswered {
        vm: vm.clone(),
        reason: Arc::clone(&part.suspicion.reason),
    })
}
