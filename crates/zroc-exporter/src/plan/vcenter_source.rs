//! Samples straight from vCenter: the past hour at 20 s, and roll-ups for what lies before it.

mod store;

use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::accumulators::Measures;
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::VmSamples;
use planner_core::collection::source::{SampleRange, Source, SourceChoice};
use planner_core::collection::{Collection, CollectionOptions, CycleEnd, VcenterName};
use planner_core::inventory::Inventory;
use planner_core::inventory::filter::Filter;
use tokio_util::sync::CancellationToken;

use self::store::Store;
use super::arguments::Arguments;
use super::checks::refuse;
use super::error::PlanError;
use super::found::FoundVm;
use super::requested_time::RequestedTime;
use super::selection;
use crate::advice::explain;
use crate::collector::ask;
use crate::once;
use crate::progress::Progress;
use crate::self_metrics::CollectionMetrics;
use crate::settings::{CollectionSettings, Given, Settings, VcenterSettings};
use crate::vcenter::{CollectError, Vcenter};

/// How far back a plan looks without `--last`: an hour, which every vCenter has at 20 s.
pub(super) const DEFAULT_SECONDS: u32 = 3_600;

/// Samples of one length, and how far back vCenter keeps them. Each is asked for only if no finer one reaches as far.
const RESOLUTIONS: [(u32, u32); 4] = [
    (20, 3_600),
    (300, 86_400),
    (1_800, 7 * 86_400),
    (7_200, 30 * 86_400),
];

/// The VMs of the vCenter that the settings name, and the choice of the flags and the settings.
pub(super) fn read(
    arguments: &Arguments,
    time: RequestedTime,
    progress: Progress,
    given: Given,
) -> Result<(Vec<FoundVm>, Filter), PlanError> {
    let seconds = seconds_back(time)?;
    let Settings { vcenters, .. } = Settings::load_once(given)?;
    let [mut settings] = match <[VcenterSettings; 1]>::try_from(vcenters) {
        Ok(only) => only,
        Err(several) => {
            return refuse(format!(
                "the file has {} `[[vcenter]]`, but a plan reads one vCenter only: remove the others",
                several.len()
            ));
        }
    };
    let collection = &mut settings.collection;
    collection.measures = Measures::default();
    let filter = selection::filter(arguments, std::mem::take(&mut collection.filter));
    // VMs that are not chosen are in the inventory, but they are not asked for samples.
    collection.filter = filter.clone();
    let reading = Reading {
        settings,
        seconds,
        progress,
    };
    let found = once::run(async |shutdown| reading.run(shutdown).await)??;
    Ok((found, filter))
}

fn seconds_back(time: RequestedTime) -> Result<u32, PlanError> {
    let [.., (_, longest)] = RESOLUTIONS;
    match time {
        RequestedTime::All => Ok(DEFAULT_SECONDS),
        RequestedTime::Last(seconds) if seconds <= longest => Ok(seconds),
        RequestedTime::Last(_) => refuse("--last is 30d at most: vCenter keeps no more than that"),
        RequestedTime::Window(..) => {
            refuse("--start and --end are not supported with --from vcenter: give --last")
        }
    }
}

struct Reading {
    settings: VcenterSettings,
    seconds: u32,
    progress: Progress,
}

impl Reading {
    async fn run(self, shutdown: CancellationToken) -> Result<Vec<FoundVm>, PlanError> {
        let metrics = CollectionMetrics::default();
        let vcenter = Vcenter::new(self.settings.clone(), metrics.clone());
        let mut vcenter = vcenter.map_err(|error| self.failed(&error))?;
        let found = shutdown
            .run_until_cancelled(Box::pin(self.gather(&mut vcenter, &metrics)))
            .await;
        // vCenter ends the session when it has been idle, so a failure costs nothing but that.
        let _ = vcenter.logout().await;
        found.unwrap_or_else(|| Err(PlanError::Vcenter("a signal ended the reading".to_owned())))
    }

    fn failed(&self, error: &CollectError) -> PlanError {
        PlanError::Vcenter(explain(&error.reason(), &self.settings))
    }

    async fn gather(
        &self,
        vcenter: &mut Vcenter,
        metrics: &CollectionMetrics,
    ) -> Result<Vec<FoundVm>, PlanError> {
        let mut store = Store::default();
        let mut finer_reach = 0;
        let mut inventory = None;
        for (interval, reach) in RESOLUTIONS {
            if finer_reach >= self.seconds {
                break;
            }
            let look = Look {
                interval,
                seconds_back: reach.min(self.seconds),
            };
            self.progress
                .say(&format!("reading samples of {interval} s from vCenter"));
            match self.look(vcenter, metrics, look, &mut store).await? {
                Looked::Read(read) => inventory = Some(read),
                Looked::NotKept => self.progress.note(&look.not_kept()),
            }
            store.finish_resolution();
            finer_reach = reach;
        }
        let about = vcenter.about();
        let uuid = about.as_ref().map(|about| &*about.instance_uuid);
        let uuid = uuid.filter(|uuid| !uuid.is_empty()).map(Arc::from);
        let vms = inventory.map(|inventory: Arc<Inventory>| {
            let vms = inventory.vms().iter();
            vms.map(|vm| store.take(vm, &self.settings.host, uuid.as_ref()))
                .collect()
        });
        Ok(vms.unwrap_or_default())
    }

    /// Asks all VMs for samples of one length.
    async fn look(
        &self,
        vcenter: &mut Vcenter,
        metrics: &CollectionMetrics,
        look: Look,
        store: &mut Store,
    ) -> Result<Looked, PlanError> {
        let settings = look.settings(&self.settings.collection);
        vcenter.ask_for(&settings);
        let opened = vcenter.open_cycle().await;
        let (inventory, plan) = match opened {
            Ok(opened) => opened,
            Err(CollectError::NoSuchInterval { .. }) if look.interval != 20 => {
                return Ok(Looked::NotKept);
            }
            Err(error) => return Err(self.failed(&error)),
        };
        if look.interval != 20 && !keeps_roll_ups(vcenter) {
            return Ok(Looked::NotKept);
        }
        let mut collection = Collection::new(
            VcenterName::new(&self.settings.host),
            CollectionOptions {
                window_seconds: settings.window_seconds,
                measures: settings.measures,
                keep_new_samples: false,
            },
        );
        let mut cycle = collection.begin(Arc::clone(&inventory), plan.cycle.clone());
        if look.interval != 20 {
            let end = cycle.now();
            cycle.ask_for(SampleRange::Between {
                start: end.minus_seconds(look.seconds_back),
                end,
            });
        }
        let observe = |moref: &str, samples: &VmSamples<'_>| store.add(moref, samples);
        let asked = ask(vcenter, plan, &settings, metrics, &mut cycle, observe).await;
        asked.map_err(|error| self.failed(&error))?;
        let report = cycle.finish(CycleEnd::Completed, Duration::ZERO);
        let missed = report.missed.unanswered;
        if let Some(first) = missed.first()
            && store.is_empty()
        {
            let reason = explain(&first.reason, &self.settings);
            return Err(PlanError::Vcenter(format!("no VM was answered: {reason}")));
        }
        if look.interval == 20 {
            let quarantined = report.missed.quarantined.into_iter().map(|it| it.vm);
            store.note_missed(missed.into_iter().map(|it| it.vm).chain(quarantined));
        }
        Ok(Looked::Read(inventory))
    }
}

/// What became of a look.
enum Looked {
    /// The VMs were asked.
    Read(Arc<Inventory>),
    /// vCenter keeps no such samples.
    NotKept,
}

/// Whether the statistics level keeps what disks write, at the interval that was planned last.
fn keeps_roll_ups(vcenter: &Vcenter) -> bool {
    let [_, rate, _] = DiskCounter::WRITES;
    let statistics = vcenter.statistics();
    statistics.is_some_and(|statistics| {
        let mut counters = statistics.availability.iter();
        counters.any(|it| it.counter == rate && it.source == Source::Historical && it.available)
    })
}

/// Samples of one length.
#[derive(Debug, Clone, Copy)]
struct Look {
    interval: u32,
    seconds_back: u32,
}

impl Look {
    fn not_kept(self) -> String {
        format!(
            "vCenter keeps no virtualDisk.write per disk at {} s, so the plan covers less: raise the statistics level of that \
             interval to 2",
            self.interval
        )
    }

    fn settings(self, common: &CollectionSettings) -> CollectionSettings {
        let (window_seconds, source) = match self.interval {
            // A window of an hour asks for all that hosts keep.
            20 => (DEFAULT_SECONDS, SourceChoice::Realtime),
            interval => (interval, SourceChoice::Historical),
        };
        CollectionSettings {
            window_seconds,
            source,
            ..common.clone()
        }
    }
}
