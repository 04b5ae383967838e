//! The whole plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use super::answers::{Answers, LinkInUse};
use super::assumptions::{Assumptions, History, Inputs};
use super::bootstrap::Bootstrap;
use super::causes::Tally;
use super::course::Course;
use super::coverage::Coverage;
use super::demand::{Demand, Group, Priority, VmIdentity};
use super::groups::{GroupDemand, GroupFigures, NONE, Shared};
use super::journal::Journals;
use super::reading::{FirstReading, Membership, Reader};
use super::recovery::{InitialSync, ProtectedHost, RecoveryStorage, Vras};
use super::row::Row;
use super::rules_of_thumb::RulesOfThumb;
use super::sum::Sum;
use super::summed::Summed;
use super::vm_figures::VmFigures;
use super::wan::{Wan, link_for_buffer};
use super::wire::Wire;
use crate::units::BytesPerSec;

/// A sizing: which link, which RPO, who causes it, how much disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What the data covers, and so how sure the plan is.
    pub coverage: Coverage,
    /// VMs that are left out because no bucket of theirs is present.
    pub no_samples: Vec<Arc<VmIdentity>>,
    /// The rate on the wire, and the link to order.
    pub wan: Wan,
    /// Links for RPOs, the RPO on the link that is there, and the curve.
    pub answers: Answers,
    /// The nominal link at which the VRAs' buffers suffice, if their memory is given.
    pub link_for_vra_buffer: Option<BytesPerSec>,
    /// The same answers under other assumptions, by name.
    pub scenarios: Vec<(String, Answers)>,
    /// All journals together; those of single VMs are in `vms`.
    pub journals: Journals,
    /// Storage beside the journals.
    pub recovery_storage: RecoveryStorage,
    /// The first copy; `None` without a link, or if no size is known.
    pub initial_sync: Option<InitialSync>,
    /// The appliances.
    pub vras: Vras,
    /// The groups, if there are any.
    pub groups: Vec<GroupFigures>,
    /// The VMs that count.
    pub vms: Vec<VmFigures>,
    /// What averages say.
    pub rules_of_thumb: RulesOfThumb,
    /// The rate on the wire over time, and what would have waited.
    pub course: Course,
}

/// No plan can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("none of the VMs has a sample in the time of the plan: choose other VMs or another time")]
pub struct NoSamples;

impl Plan {
    /// Sizes a demand. Each series is read twice, and those of the ten largest causes once more for each critical interval.
    ///
    /// # Errors
    ///
    /// If no VM has a sample.
    pub fn compute(demand: &Demand<'_>, inputs: &Inputs) -> Result<Self, NoSamples> {
        Self::of(demand, None, inputs)
    }

    /// Sizes a demand whose series a server has added up. No VM may be in several groups, and no time be excluded.
    ///
    /// # Errors
    ///
    /// If no VM has a sample.
    pub fn compute_summed(summed: &Summed<'_>, inputs: &Inputs) -> Result<Self, NoSamples> {
        Self::of(summed.demand, Some(summed), inputs)
    }

    fn of(
        demand: &Demand<'_>,
        summed: Option<&Summed<'_>>,
        inputs: &Inputs,
    ) -> Result<Self, NoSamples> {
        let groups = with_group_of_the_rest(demand);
        let members: Vec<&[usize]> = groups.iter().map(|group| &*group.members).collect();
        let membership = Membership::new(demand.vms().len(), &members);
        let lengths = demand.grid().seconds_of_buckets();
        let reader = Reader::new(demand, &inputs.excluded);
        let history_of = |vm: usize| longest_history(&groups, membership.groups_of(vm), inputs);
        let reading = match summed {
            None => FirstReading::of(&reader, inputs, &membership, history_of),
            Some(summed) => {
                FirstReading::of_summed(&reader, summed, inputs, groups.len(), history_of)
            }
        };
        if reading.vms.is_empty() {
            return Err(NoSamples);
        }
        let making = Making {
            demand,
            summed,
            inputs,
            reader: &reader,
            membership: &membership,
            reading: &reading,
            lengths,
            written: reading.written.finish(),
            sent: reading.sent().finish(),
        };
        Ok(making.plan(&groups))
    }

    /// How many VMs have a journal above the hard limit.
    pub fn journals_over_limit(&self) -> usize {
        let journals = self.vms.iter().filter_map(|vm| vm.journal);
        journals.filter(|journal| journal.is_over_limit).count()
    }
}

/// The groups, and one of the VMs that are in none.
fn with_group_of_the_rest(demand: &Demand<'_>) -> Vec<Group> {
    let mut groups = demand.groups().to_vec();
    if groups.is_empty() {
        return groups;
    }
    let named: BTreeSet<usize> = groups
        .iter()
        .flat_map(|group| group.members.iter().copied())
        .collect();
    let rest = (0..demand.vms().len()).filter(|vm| !named.contains(vm));
    let rest: Vec<usize> = rest.collect();
    if !rest.is_empty() {
        groups.push(Group {
            name: NONE.into(),
            priority: Priority::default(),
            history: None,
            rpo: None,
            members: rest,
        });
    }
    groups
}

fn longest_history(groups: &[Group], of_vm: &[usize], inputs: &Inputs) -> History {
    let of_vm = of_vm.iter().filter_map(|group| groups.get(*group));
    let histories = of_vm.map(|group| group.history.unwrap_or(inputs.journal.history));
    histories.max().unwrap_or(inputs.journal.history)
}

/// A plan while it is made.
struct Making<'a> {
    demand: &'a Demand<'a>,
    /// What is known if the series were added up already.
    summed: Option<&'a Summed<'a>>,
    inputs: &'a Inputs,
    reader: &'a Reader<'a>,
    membership: &'a Membership,
    reading: &'a FirstReading,
    lengths: &'a [f64],
    written: Sum,
    sent: Sum,
}

impl Making<'_> {
    fn plan(&self, groups: &[Group]) -> Plan {
        let inputs = self.inputs;
        let assumptions = &inputs.assumptions;
        let wire = Wire::new(&self.sent, assumptions.wire_factor());
        let link = self.link(assumptions);
        let bootstrap = Bootstrap::new(&wire);
        let mut answers = self.answers(assumptions, &wire, link.as_ref(), bootstrap.as_ref());
        let mut scenarios = self.scenarios();
        self.find_causes(&mut answers, &mut scenarios);
        let growth = assumptions.growth.factor();
        let of_vms = self.reading.vms.iter().map(|(_, vm)| vm.journal.as_ref());
        let journals = Journals::new(of_vms, &self.written, self.lengths, &inputs.journal, growth);
        let vms = self.reading.vms.iter();
        let vms = vms.filter_map(|(place, _)| self.demand.vms().get(*place));
        let recovery_storage = RecoveryStorage::new(vms.clone(), journals.joint_peak);
        Plan {
            coverage: Coverage::new(&self.sent, &wire, &inputs.time_zone),
            no_samples: self.reading.no_samples.clone(),
            wan: Wan::new(
                &wire,
                &inputs.quantiles,
                answers.links_for_rpo.first(),
                bootstrap.as_ref(),
            ),
            link_for_vra_buffer: inputs
                .vra_buffer
                .map(|buffer| link_for_buffer(&wire, assumptions, buffer.amount().get())),
            initial_sync: link.as_ref().and_then(|link| {
                InitialSync::new(&recovery_storage, assumptions, wire.trace(), &link.service)
            }),
            vras: Vras::new(
                vms,
                inputs.recovery_hosts,
                inputs.vra_buffer,
                answers.rpo.as_ref(),
                self.hosts(growth),
            ),
            groups: self.groups(groups, link.as_ref()),
            vms: self.reading.vms.iter().map(|(_, vm)| vm.clone()).collect(),
            rules_of_thumb: RulesOfThumb::new(
                BytesPerSec::computed(self.sent.total_mean() * growth),
                assumptions.compression.get() > 0.0,
            ),
            journals,
            recovery_storage,
            course: Course::new(
                wire,
                link.map(|link| link.service),
                assumptions.rpos.first(),
            ),
            scenarios: scenarios
                .into_iter()
                .map(|scenario| (scenario.name, scenario.answers))
                .collect(),
            answers,
        }
    }

    fn link(&self, assumptions: &Assumptions) -> Option<LinkInUse> {
        LinkInUse::new(assumptions, &self.inputs.time_zone, self.demand.grid())
    }

    fn answers(
        &self,
        assumptions: &Assumptions,
        wire: &Wire,
        link: Option<&LinkInUse>,
        bootstrap: Option<&Bootstrap>,
    ) -> Answers {
        Answers::new(assumptions, &self.inputs.time_zone, wire, link, bootstrap)
    }

    fn scenarios(&self) -> Vec<ScenarioAnswers<'_>> {
        let scenarios = self.inputs.scenarios.iter().flatten();
        let answered = scenarios.map(|scenario| {
            let assumptions = &scenario.assumptions;
            let wire = Wire::new(&self.sent, assumptions.wire_factor());
            let link = self.link(assumptions);
            let bootstrap = Bootstrap::new(&wire);
            ScenarioAnswers {
                name: scenario.name.clone(),
                answers: self.answers(assumptions, &wire, link.as_ref(), bootstrap.as_ref()),
                assumptions,
            }
        });
        answered.collect()
    }

    /// Reads all series again and adds up what each wrote in the critical intervals.
    fn find_causes(&self, answers: &mut Answers, scenarios: &mut [ScenarioAnswers<'_>]) {
        let base = std::iter::once((&self.inputs.assumptions, answers));
        let others = scenarios.iter_mut();
        let others = others.map(|scenario| (scenario.assumptions, &mut scenario.answers));
        let (mut intervals, mut tallies) = (Vec::new(), Vec::new());
        for (assumptions, answers) in base.chain(others) {
            for link in &mut answers.links_for_rpo {
                if let Some(interval) = &mut link.critical_interval {
                    tallies.push(Tally::new(
                        interval.buckets.clone(),
                        assumptions.wire_factor(),
                        assumptions.usable_share.get(),
                        link.rpo,
                    ));
                    intervals.push(interval);
                }
            }
        }
        match self.summed {
            None => self.note_all_series(&mut tallies),
            Some(summed) => {
                for (interval, tally) in intervals.iter().zip(&mut tallies) {
                    let span = interval.span;
                    let edges = (span.start.as_second(), span.end.as_second());
                    for (vm, bytes) in summed.causes.get(&edges).into_iter().flatten() {
                        tally.note_bytes(*vm, *bytes);
                    }
                }
            }
        }
        let read = |series, row: &mut Row| self.reader.read(series, row);
        for (interval, tally) in intervals.into_iter().zip(tallies) {
            interval.causes = tally.finish(self.demand, self.reading.sent(), &read);
        }
    }

    fn note_all_series(&self, tallies: &mut [Tally]) {
        if tallies.is_empty() {
            return;
        }
        let mut row = Row::default();
        for (vm, _) in &self.reading.vms {
            let times = self.membership.times_sent(*vm);
            for series in self.demand.series_of(*vm) {
                self.reader.read(series, &mut row);
                let Some(covered) = row.covered(self.demand.grid()) else {
                    continue;
                };
                for tally in &mut *tallies {
                    tally.note(series, &row, covered, times, &self.sent);
                }
            }
        }
    }

    fn hosts(&self, growth: f64) -> Vec<ProtectedHost> {
        let hosts = self.reading.hosts.iter();
        let hosts = hosts.map(|(host, part)| {
            let rates = part.rates(&self.written, growth);
            ProtectedHost {
                host: Arc::clone(host),
                peak: BytesPerSec::computed(rates.into_iter().fold(0.0, f64::max)),
            }
        });
        hosts.collect()
    }

    fn groups(&self, groups: &[Group], link: Option<&LinkInUse>) -> Vec<GroupFigures> {
        let assumptions = &self.inputs.assumptions;
        let parts = groups.iter().zip(&self.reading.groups).enumerate();
        let demands: Vec<GroupDemand<'_>> = parts
            .map(|(place, (group, part))| {
                let members = self.reading.vms.iter();
                let members =
                    members.filter(|(vm, _)| self.membership.groups_of(*vm).contains(&place));
                let journals = members.clone().filter_map(|(_, vm)| vm.journal);
                GroupDemand {
                    group,
                    rates: part.rates(&self.sent, assumptions.wire_factor()),
                    vms: members.count() as u64,
                    journal: journals.map(|journal| journal.size.get()).sum(),
                }
            })
            .collect();
        let shared = Shared {
            lengths: self.lengths,
            service: link.map(|link| &link.service),
            usable_share: assumptions.usable_share.get(),
            rpo: assumptions.rpos.first(),
        };
        shared.figures(&demands)
    }
}

struct ScenarioAnswers<'a> {
    name: String,
    assumptions: &'a Assumptions,
    answers: Answers,
}
