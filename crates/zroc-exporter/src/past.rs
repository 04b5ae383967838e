//! Reads the past that vCenter still has: the samples of one length of all VMs, once.

use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::VmSamples;
use planner_core::collection::source::{
    REALTIME_INTERVAL_SECONDS, REALTIME_RETENTION_SECONDS, SampleRange, Source, SourceChoice,
};
use planner_core::collection::{Collection, CycleEnd, CycleReport, VcenterName};
use planner_core::inventory::Inventory;
use tokio::time::Instant;

use crate::ask::ask;
use crate::self_metrics::CollectionMetrics;
use crate::settings::CollectionSettings;
use crate::vcenter::{CollectError, QueryPlan, Vcenter};

/// Samples of one length, and how far back vCenter keeps them, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolution {
    pub(crate) interval_seconds: u32,
    pub(crate) kept_seconds: u32,
}

/// What hosts keep, at every statistics level.
pub(crate) const REALTIME: Resolution = Resolution {
    interval_seconds: REALTIME_INTERVAL_SECONDS,
    kept_seconds: REALTIME_RETENTION_SECONDS,
};

/// All resolutions from the finest to the coarsest.
pub(crate) const RESOLUTIONS: [Resolution; 4] = [
    REALTIME,
    Resolution {
        interval_seconds: 300,
        kept_seconds: 86_400,
    },
    Resolution {
        interval_seconds: 1_800,
        kept_seconds: 7 * 86_400,
    },
    Resolution {
        interval_seconds: 7_200,
        kept_seconds: 30 * 86_400,
    },
];

/// What was read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) inventory: Arc<Inventory>,
    /// It remembers all samples of 20 s; of roll-ups the newest ones.
    pub(crate) collection: Collection,
    pub(crate) report: CycleReport,
}

/// Asks all VMs that pass the filter for their samples of this length, and hands over what each has. `None` if vCenter keeps
/// no such roll-ups.
///
/// # Errors
/// If vCenter cannot be asked for any of them. What happens later is in the report.
pub(crate) async fn read(
    vcenter: &mut Vcenter,
    metrics: &CollectionMetrics,
    resolution: Resolution,
    seconds_back: u32,
    observe: impl FnMut(&str, &VmSamples<'_>),
) -> Result<Option<Read>, CollectError> {
    let is_realtime = resolution.interval_seconds == REALTIME_INTERVAL_SECONDS;
    let settings = settings(resolution, &vcenter.settings().collection);
    vcenter.ask_for(&settings);
    let (inventory, plan) = match vcenter.open_cycle().await {
        Err(CollectError::NoSuchInterval { .. }) if !is_realtime => return Ok(None),
        opened => opened?,
    };
    if !is_realtime && !keeps_roll_ups(vcenter) {
        return Ok(None);
    }
    let range = (!is_realtime).then(|| {
        let end = plan.cycle.now;
        let start = end.minus_seconds(seconds_back.min(resolution.kept_seconds));
        SampleRange::Between { start, end }
    });
    let wanted = Wanted {
        inventory,
        plan,
        settings,
        range,
    };
    Ok(Some(read_planned(vcenter, metrics, wanted, observe).await))
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The VMs.
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) plan: QueryPlan,
    pub(crate) settings: CollectionSettings,
    /// Which samples; `None` asks for as many real-time samples as the window has.
    pub(crate) range: Option<SampleRange>,
}

/// Asks VMs for past samples, and hands over what each has.
pub(crate) async fn read_planned(
    vcenter: &mut Vcenter,
    metrics: &CollectionMetrics,
    wanted: Wanted,
    observe: impl FnMut(&str, &VmSamples<'_>),
) -> Read {
    let start = Instant::now();
    let Wanted {
        inventory,
        plan,
        settings,
        range,
    } = wanted;
    let mut collection = Collection::new(name(vcenter), settings.options());
    let mut cycle = collection.begin(Arc::clone(&inventory), plan.cycle.clone());
    if let Some(range) = range {
        cycle.ask_for(range);
    }
    let asked = ask(vcenter, plan, &settings, metrics, &mut cycle, observe).await;
    let end = match asked {
        Ok(()) => CycleEnd::Completed,
        Err(error) => CycleEnd::Stopped(Arc::new(error.reason())),
    };
    let report = cycle.finish(end, start.elapsed());
    Read {
        inventory,
        collection,
        report,
    }
}

/// The report of a reading that did not begin.
pub(crate) fn failed(vcenter: &Vcenter, error: &CollectError) -> CycleReport {
    let collection = &vcenter.settings().collection;
    let options = collection.options();
    let reason = Arc::new(error.reason());
    Collection::new(name(vcenter), options).fail(
        vcenter.last_inventory(),
        None,
        reason,
        Duration::ZERO,
    )
}

fn name(vcenter: &Vcenter) -> VcenterName {
    vcenter.settings().name.clone()
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

/// How to ask for samples of this length.
pub(crate) fn settings(resolution: Resolution, common: &CollectionSettings) -> CollectionSettings {
    let (window_seconds, source) = match resolution.interval_seconds {
        // A window of an hour asks for all that hosts keep.
        REALTIME_INTERVAL_SECONDS => (resolution.kept_seconds, SourceChoice::Realtime),
        interval => (interval, SourceChoice::Historical),
    };
    CollectionSettings {
        window_seconds,
        source,
        ..common.clone()
    }
}
