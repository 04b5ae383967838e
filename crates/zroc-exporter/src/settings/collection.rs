//! What a collection cycle does.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::CollectionOptions;
use planner_core::collection::accumulators::Measures;
use planner_core::collection::source::{REALTIME_RETENTION_SECONDS, SourceChoice};
use planner_core::inventory::filter::{Filter, Selection};

use super::history::HistorySettings;
use super::parse::{self, Unfit};
use super::setting::Setting;
use super::table::{
    BATCH_DELAY, BATCH_SIZE, COLLECT_CONCURRENCY, COLLECT_READS, CUSTOM_ATTRIBUTES, CYCLE_TIMEOUT,
    EXCLUDE_CLUSTERS, EXCLUDE_DATACENTERS, EXCLUDE_FOLDERS, EXCLUDE_VMS, INCLUDE_CLUSTERS,
    INCLUDE_DATACENTERS, INCLUDE_FOLDERS, INCLUDE_VMS, MOST_ATTRIBUTES, PER_DISK_METRICS,
    PERF_INTERVAL_ID, PERF_SOURCE, POLL_INTERVAL, STATE_FILE, VM_INVENTORY_TTL,
};
use super::values::{Checked, Values};
use crate::totals_file::TotalsFile;

/// The share of `POLL_INTERVAL` that a cycle may take unless `CYCLE_TIMEOUT` says otherwise: a cycle that is cut off still
/// leaves time to publish before the next one is due.
const CYCLE_SHARE: f64 = 0.9;

/// The shortest deadline that a cycle gets unless `CYCLE_TIMEOUT` says otherwise.
const LEAST_CYCLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a collection cycle does.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionSettings {
    /// Time between the starts of cycles.
    pub poll_interval: Duration,
    /// Deadline of one cycle.
    pub cycle_timeout: Duration,
    /// Most VMs of one `QueryPerf` call.
    pub batch_size: NonZeroU32,
    /// Pause between two `QueryPerf` calls.
    pub batch_delay: Duration,
    /// Time between full reads of the inventory.
    pub inventory_ttl: Duration,
    /// Window of the published values, in seconds.
    pub window_seconds: u32,
    /// Where samples come from.
    pub source: SourceChoice,
    /// Most `QueryPerf` calls at the same time.
    pub concurrency: usize,
    /// What to measure besides the writes of whole VMs.
    pub measures: Measures,
    /// Names of the custom attributes of VMs to publish, each once.
    pub custom_attributes: Vec<Arc<str>>,
    /// Which VMs to observe.
    pub filter: Filter,
    /// Where totals are kept over restarts, if anywhere.
    pub state_file: Option<TotalsFile>,
    /// The history that is kept, if any.
    pub history: Option<HistorySettings>,
}

impl CollectionSettings {
    /// What a collection of such cycles keeps.
    pub fn options(&self) -> CollectionOptions {
        CollectionOptions {
            window_seconds: self.window_seconds,
            measures: self.measures,
            keep_new_samples: self.history.is_some(),
        }
    }

    pub(super) fn read(values: &mut Values<'_>) -> Checked<Self> {
        let poll_interval = values.required(&POLL_INTERVAL, parse::period);
        let cycle_timeout = values.optional(&CYCLE_TIMEOUT, parse::period);
        let batch_size = values.required(&BATCH_SIZE, |text| {
            NonZeroU32::new(parse::number(text, 1..=10_000)?).ok_or(Unfit::NotAllowed)
        });
        let batch_delay = values.required(&BATCH_DELAY, parse::duration);
        let inventory_ttl = values.required(&VM_INVENTORY_TTL, parse::duration);
        let window_and_source = window_and_source(values);
        let concurrency = values.required(&COLLECT_CONCURRENCY, |text| parse::number(text, 1..=8));
        let measures = measures(values);
        let custom_attributes = custom_attributes(values);
        let filter = filter(values);
        let state_file = values.fitting_path(&STATE_FILE, parse::file_in_a_folder);
        let history = HistorySettings::read(values);
        let poll_interval = poll_interval?;
        let (window_seconds, source) = window_and_source?;
        Ok(Self {
            poll_interval,
            cycle_timeout: cycle_timeout?.unwrap_or_else(|| usual_cycle_timeout(poll_interval)),
            batch_size: batch_size?,
            batch_delay: batch_delay?,
            inventory_ttl: inventory_ttl?,
            window_seconds,
            source,
            concurrency: concurrency? as usize,
            measures: measures?,
            custom_attributes: custom_attributes?,
            filter: filter?,
            state_file: state_file?.map(TotalsFile::new),
            history: history?,
        })
    }
}

fn usual_cycle_timeout(poll_interval: Duration) -> Duration {
    poll_interval.mul_f64(CYCLE_SHARE).max(LEAST_CYCLE_TIMEOUT)
}

fn window_and_source(values: &mut Values<'_>) -> Checked<(u32, SourceChoice)> {
    let window = values.required(&PERF_INTERVAL_ID, |text| parse::number(text, 20..=86_400));
    let source = values.required(&PERF_SOURCE, |text| {
        match text.to_ascii_lowercase().as_str() {
            "auto" => Ok(SourceChoice::Auto),
            "realtime" => Ok(SourceChoice::Realtime),
            "historical" => Ok(SourceChoice::Historical),
            _ => Err(Unfit::NotAllowed),
        }
    });
    match (window?, source?) {
        (window, SourceChoice::Realtime) if window > REALTIME_RETENTION_SECONDS => values.refuse(
            &PERF_INTERVAL_ID,
            format!("is \"{window}\", but hosts keep 20-second samples for an hour only"),
        ),
        both => Ok(both),
    }
}

fn measures(values: &mut Values<'_>) -> Checked<Measures> {
    let reads = values.required(&COLLECT_READS, parse::switch);
    let per_disk = values.required(&PER_DISK_METRICS, parse::switch);
    Ok(Measures {
        reads: reads?,
        per_disk: per_disk?,
    })
}

fn custom_attributes(values: &mut Values<'_>) -> Checked<Vec<Arc<str>>> {
    let mut names = values.list(&CUSTOM_ATTRIBUTES, parse::attribute)?;
    let count = names.len();
    if count > MOST_ATTRIBUTES {
        return values.refuse(&CUSTOM_ATTRIBUTES, format!("has {count} names"));
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Which VMs to observe.
pub(super) fn filter(values: &mut Values<'_>) -> Checked<Filter> {
    let names = selection(values, &INCLUDE_VMS, &EXCLUDE_VMS);
    let clusters = selection(values, &INCLUDE_CLUSTERS, &EXCLUDE_CLUSTERS);
    let datacenters = selection(values, &INCLUDE_DATACENTERS, &EXCLUDE_DATACENTERS);
    let folders = selection(values, &INCLUDE_FOLDERS, &EXCLUDE_FOLDERS);
    Ok(Filter {
        names: names?,
        clusters: clusters?,
        datacenters: datacenters?,
        folders: folders?,
    })
}

fn selection(
    values: &mut Values<'_>,
    include: &'static Setting,
    exclude: &'static Setting,
) -> Checked<Selection> {
    let include = values.list(include, parse::pattern);
    let exclude = values.list(exclude, parse::pattern);
    Ok(Selection {
        include: include?,
        exclude: exclude?,
    })
}
