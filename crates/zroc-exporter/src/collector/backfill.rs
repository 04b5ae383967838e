//! Reads what the history lacks at the start and vCenter still has: between cycles, a few VMs at a time.

use std::collections::BTreeMap;
use std::future::pending;
use std::mem;
use std::sync::Arc;

use planner_core::collection::samples::VmSamples;
use planner_core::collection::source::{SampleRange, Source};
use planner_core::collection::{CycleEnd, CycleReport, NewSample};
use planner_core::history::History;
use planner_core::history::filling::Filling;
use planner_core::inventory::{FullReadStamp, Inventory, Vm, VmId};
use planner_core::vcenter_time::VcenterTime;
use planner_core::vm_state::VmState;
use tokio::time::sleep;

use crate::about::About;
use crate::advice::explain;
use crate::past::{self, REALTIME, RESOLUTIONS, Read, Resolution, Wanted};
use crate::self_metrics::CollectionMetrics;
use crate::settings::CollectionSettings;
use crate::vcenter::{QueryPlan, Vcenter};

/// After this number of tries in a row that bring nothing, no more is read. Each try has the time between two cycles.
const MOST_TRIES: u32 = 3;

const HOUR_SECONDS: u32 = 3_600;
const HOURS_OF_DAY: u32 = 24;

const TOO_SLOW: &str = "vCenter did not answer before the next cycle was due";

/// What is still to be read of the past.
///
/// Each length of samples is a pass over all VMs that had values in a cycle, a part of them at a time. A part is asked for by a
/// collection of its own, so no total counts any of it. What a cycle interrupts is asked for again after it.
#[derive(Debug, Default)]
pub(super) struct Backfill {
    /// Whose past it is: the instance UUID of the vCenter of the latest cycle.
    instance: Box<str>,
    progress: Progress,
    /// Nothing is read after a cycle that did not succeed.
    is_paused: bool,
    /// In a row that brought nothing.
    tries: u32,
}

#[derive(Debug, Default)]
enum Progress {
    /// No cycle has said yet which VMs there are.
    #[default]
    Waiting,
    Reading(Box<Reading>),
    Over,
}

#[derive(Debug)]
struct Reading {
    ground: Ground,
    /// Those that come after the pass, the finest last.
    resolutions: Vec<Resolution>,
    pass: Option<Pass>,
}

/// What the first complete cycle says.
#[derive(Debug)]
struct Ground {
    /// In the order of their hosts.
    vms: Vec<Vm>,
    full_read: FullReadStamp,
    now: VcenterTime,
    source: Source,
    window_seconds: u32,
}

/// The samples of one length.
#[derive(Debug)]
struct Pass {
    resolution: Resolution,
    source: Source,
    /// `None` for real-time samples, which are asked for by number.
    range: Option<(VcenterTime, VcenterTime)>,
    /// The VMs that are still to be asked for.
    vms: Vec<Vm>,
    full_read: FullReadStamp,
    plan: Option<QueryPlan>,
    /// Whether a part was asked for and nothing has come of it yet.
    is_asking: bool,
    answered: usize,
    filling: Filling,
}

impl Backfill {
    /// Takes a cycle of the vCenter that says this about itself.
    pub(super) fn note(&mut self, report: &CycleReport, about: Option<&About>) {
        self.is_paused = report.end != CycleEnd::Completed;
        let instance = about.map_or("", |about| &about.instance_uuid);
        if *self.instance != *instance {
            *self = Self {
                instance: instance.into(),
                is_paused: self.is_paused,
                ..Self::default()
            };
        }
        if matches!(self.progress, Progress::Waiting)
            && !self.is_paused
            && let Some(ground) = Ground::of(report)
        {
            self.progress = Progress::Reading(Box::new(Reading {
                resolutions: ground.resolutions(),
                ground,
                pass: None,
            }));
        }
    }

    /// Finds out what the history lacks, unless that is known.
    pub(super) fn prepare(&mut self, history: &History) {
        let Progress::Reading(reading) = &mut self.progress else {
            return;
        };
        while reading.pass.is_none() {
            let Some(resolution) = reading.resolutions.pop() else {
                self.progress = Progress::Over;
                return;
            };
            reading.pass = Pass::new(&reading.ground, resolution, history);
        }
    }

    /// Reads samples of one length and returns what there is. Never ends if there is nothing to do before the next cycle.
    /// Cancel safe.
    pub(super) async fn read(
        &mut self,
        vcenter: &mut Vcenter,
        metrics: &CollectionMetrics,
    ) -> Filling {
        let Progress::Reading(reading) = &mut self.progress else {
            return pending().await;
        };
        let Some(pass) = reading.pass.as_mut().filter(|_| !self.is_paused) else {
            return pending().await;
        };
        let mut reason = TOO_SLOW.to_owned();
        self.tries += u32::from(mem::take(&mut pass.is_asking));
        while self.tries < MOST_TRIES && !pass.vms.is_empty() {
            match pass.read_part(vcenter, metrics).await {
                Ok(()) => self.tries = 0,
                Err(failure) => {
                    self.tries += 1;
                    reason = failure;
                    if self.tries < MOST_TRIES {
                        self.is_paused = true;
                        return pending().await;
                    }
                }
            }
        }
        let Some(pass) = reading.pass.take() else {
            return pending().await;
        };
        if pass.vms.is_empty() {
            pass.say();
        } else {
            self.end(&reason);
        }
        pass.filling
    }

    /// Reads no more.
    pub(super) fn end(&mut self, reason: &str) {
        self.progress = Progress::Over;
        tracing::warn!(
            reason,
            "not all that vCenter still had of the past was read; the history lacks the rest"
        );
    }
}

impl Ground {
    /// `None` if no VM had values.
    fn of(report: &CycleReport) -> Option<Self> {
        let snapshot = report.snapshot.as_deref()?;
        let sampled = snapshot.vms().filter(|row| row.state == VmState::Sampled);
        let mut vms: Vec<Vm> = sampled.map(|row| row.vm.clone()).collect();
        vms.sort_by(|one, other| {
            let host = |vm: &Vm| vm.placement.host_moref.clone();
            host(one).cmp(&host(other))
        });
        (!vms.is_empty()).then_some(Self {
            vms,
            full_read: snapshot.inventory().full_read(),
            now: report.began_at?,
            source: report.statistics.as_ref()?.source?,
            window_seconds: report.window_seconds,
        })
    }

    /// Length of the samples that cycles read.
    fn interval_seconds(&self) -> u32 {
        self.source.interval_seconds(self.window_seconds)
    }

    /// Samples as long as those of cycles and longer ones, the finest last. An hour is the longest time that a history has one
    /// sample for.
    fn resolutions(&self) -> Vec<Resolution> {
        let usable = self.interval_seconds()..=HOUR_SECONDS;
        let resolutions = RESOLUTIONS.into_iter().rev();
        resolutions
            .filter(|it| usable.contains(&it.interval_seconds))
            .collect()
    }
}

impl Pass {
    /// `None` if the history lacks nothing that such samples could give.
    fn new(ground: &Ground, resolution: Resolution, history: &History) -> Option<Self> {
        let interval_seconds = resolution.interval_seconds;
        let source = if interval_seconds == REALTIME.interval_seconds {
            Source::Realtime
        } else {
            Source::Historical
        };
        let limits = history.limits();
        let hours = limits.hours.get().max(limits.roll_up_days * HOURS_OF_DAY);
        let kept_seconds = resolution.kept_seconds.min(hours * HOUR_SECONDS);
        let now = ground.now;
        let oldest = now.minus_seconds(kept_seconds);
        let (range, vms) = if interval_seconds == ground.interval_seconds() {
            // The newest ones may be late, and the oldest ones gone before they are asked for.
            let margin = source.fresh_seconds(interval_seconds);
            let after = now.minus_seconds(kept_seconds.saturating_sub(margin));
            let whole = history.vms_with_all(interval_seconds, (after, now.minus_seconds(margin)));
            let vms = ground.vms.iter().filter(|vm| !whole.contains(&vm.id));
            let range = (source == Source::Historical).then_some((oldest, now));
            (range, vms.cloned().collect())
        } else {
            // Cycles may still bring what is younger.
            let of_cycles = ground.source.kept_seconds(ground.window_seconds);
            let overlap = ground.source.overlap_samples() * ground.interval_seconds();
            let until = now.minus_seconds(of_cycles + overlap);
            let range = history.unknown_hours((oldest, until))?;
            (Some(range), ground.vms.clone())
        };
        (!Vec::is_empty(&vms)).then(|| Self {
            resolution,
            source,
            range,
            vms,
            full_read: ground.full_read,
            plan: None,
            is_asking: false,
            answered: 0,
            filling: history.filling(interval_seconds),
        })
    }

    /// Asks for a part of the VMs. An error says in words why that brought nothing.
    async fn read_part(
        &mut self,
        vcenter: &mut Vcenter,
        metrics: &CollectionMetrics,
    ) -> Result<(), String> {
        sleep(vcenter.settings().collection.batch_delay).await;
        self.is_asking = true;
        let read = self.ask(vcenter, metrics).await;
        self.is_asking = false;
        read
    }

    async fn ask(
        &mut self,
        vcenter: &mut Vcenter,
        metrics: &CollectionMetrics,
    ) -> Result<(), String> {
        let Some(plan) = self.plan(vcenter).await? else {
            self.vms.clear();
            return Ok(());
        };
        let now = plan.cycle.now;
        let common = &vcenter.settings().collection;
        let first = self
            .vms
            .len()
            .saturating_sub(common.batch_size.get() as usize);
        let part = self.vms.get(first..).unwrap_or_default().to_vec();
        let inventory = Arc::new(Inventory::new(part, self.full_read));
        let settings = CollectionSettings {
            concurrency: 1,
            history: None,
            ..past::settings(self.resolution, common)
        };
        let mut found = BTreeMap::new();
        let observe = |moref: &str, samples: &VmSamples<'_>| {
            let vm = VmId::new(moref);
            if inventory.get(&vm).is_some() {
                let samples = self.samples_of(&vm, samples);
                found.entry(vm).or_insert(samples);
            }
        };
        let wanted = Wanted {
            inventory: Arc::clone(&inventory),
            plan,
            settings,
            range: self
                .range
                .map(|(start, end)| SampleRange::Between { start, end }),
        };
        let Read { report, .. } = past::read_planned(vcenter, metrics, wanted, observe).await;
        let missed = report.missed;
        let stopped = match report.end {
            CycleEnd::Stopped(reason) => Some(reason),
            CycleEnd::Completed if found.is_empty() => {
                let unanswered = missed.unanswered.into_iter().map(|it| it.reason);
                let quarantined = missed.quarantined.into_iter().map(|it| it.reason);
                unanswered.chain(quarantined).next()
            }
            CycleEnd::Completed => None,
        };
        if let Some(reason) = stopped {
            return Err(explain(&reason, vcenter.settings()));
        }
        self.vms.truncate(first);
        self.answered += found.len();
        let samples: Vec<NewSample> = found.into_values().flatten().collect();
        self.filling.add(&samples, now);
        Ok(())
    }

    /// `None` if vCenter keeps no such samples.
    async fn plan(&mut self, vcenter: &Vcenter) -> Result<Option<QueryPlan>, String> {
        if self.plan.is_none() {
            let interval_seconds = self.resolution.interval_seconds;
            let plan = vcenter.plan_writes(self.source, interval_seconds).await;
            self.plan = plan.map_err(|error| explain(&error.reason(), vcenter.settings()))?;
        }
        Ok(self.plan.clone())
    }

    fn samples_of(&self, vm: &VmId, samples: &VmSamples<'_>) -> Vec<NewSample> {
        let is_wanted = |at: VcenterTime| {
            let range = self.range;
            range.is_none_or(|(start, end)| at > start && at <= end)
        };
        let written = samples.written(self.resolution.interval_seconds);
        let wanted = written.filter(|(at, _)| is_wanted(*at));
        let samples = wanted.map(|(at, written)| NewSample {
            vm: vm.clone(),
            at,
            written,
        });
        samples.collect()
    }

    fn say(&self) {
        if self.answered > 0 {
            tracing::info!(
                interval_seconds = self.resolution.interval_seconds,
                vms = self.answered,
                "the history has what vCenter still had of the past"
            );
        }
    }
}
