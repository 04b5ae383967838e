//! Samples straight from vCenter: the past hour at 20 s, and roll-ups for what lies before it.

mod store;

use std::sync::Arc;

use planner_core::collection::CycleEnd;
use planner_core::collection::accumulators::Measures;
use planner_core::collection::samples::VmSamples;
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
use crate::once;
use crate::past::{self, REALTIME, RESOLUTIONS, Read};
use crate::progress::Progress;
use crate::self_metrics::CollectionMetrics;
use crate::settings::{Given, Settings, VcenterSettings};
use crate::vcenter::{CollectError, Vcenter};

/// How far back a plan looks without `--last`: an hour, which every vCenter has at 20 s.
pub(super) const DEFAULT_SECONDS: u32 = REALTIME.kept_seconds;

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
    let [.., longest] = RESOLUTIONS;
    match time {
        RequestedTime::All => Ok(DEFAULT_SECONDS),
        RequestedTime::Last(seconds) if seconds <= longest.kept_seconds => Ok(seconds),
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
        vcenter.leave(self.settings.request_timeout).await;
        found.unwrap_or(Err(PlanError::Interrupted))
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
        for resolution in RESOLUTIONS {
            if finer_reach >= self.seconds {
                break;
            }
            let interval = resolution.interval_seconds;
            self.progress
                .say(&format!("reading samples of {interval} s from vCenter"));
            let observe = |moref: &str, samples: &VmSamples<'_>| store.add(moref, samples);
            let read = past::read(vcenter, metrics, resolution, self.seconds, observe).await;
            match read.map_err(|error| self.failed(&error))? {
                Some(read) => inventory = Some(self.take(read, &mut store)?),
                None => self.progress.note(&not_kept(interval)),
            }
            store.finish_resolution();
            finer_reach = resolution.kept_seconds;
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

    /// Notes what was not read. It is an error if that is all.
    fn take(&self, read: Read, store: &mut Store) -> Result<Arc<Inventory>, PlanError> {
        let Read {
            inventory, report, ..
        } = read;
        let explained = |reason| explain(reason, &self.settings);
        if let CycleEnd::Stopped(reason) = &report.end {
            return Err(PlanError::Vcenter(explained(reason)));
        }
        let missed = report.missed;
        if let Some(first) = missed.unanswered.first()
            && store.is_empty()
        {
            let reason = explained(&first.reason);
            return Err(PlanError::Vcenter(format!("no VM was answered: {reason}")));
        }
        let is_realtime = report.window_seconds == REALTIME.kept_seconds;
        if is_realtime {
            let unanswered = missed.unanswered.into_iter().map(|it| it.vm);
            store.note_missed(unanswered.chain(missed.quarantined.into_iter().map(|it| it.vm)));
        }
        Ok(inventory)
    }
}

fn not_kept(interval_seconds: u32) -> String {
    format!(
        "vCenter keeps no virtualDisk.write per disk at {interval_seconds} s, so the plan covers less: raise the statistics \
         level of that interval to 2"
    )
}
