//! `QueryPerf`: what to ask, and how its answer reads.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use planner_core::collection::batch_limits::BatchLimits;
use planner_core::collection::counters::DiskCounters;
use planner_core::inventory::VmId;
use planner_core::collection::accumulators::Meters;
use planner_core::collection::samples::{SampleTime, VmSamples};
use planner_core::collection::source::{QueryRange, Source};
use vsphere_soap::{Client, MoRef, PerfEntityMetrics, PerfFormat, PerfMetricId, PerfQuerySpec};

use super::error::CollectError;

/// What a cycle asks by, once session, counters and source are known.
#[derive(Debug, Clone)]
pub struct QueryPlan {
    /// What tells this vCenter from others.
    pub vcenter: Arc<str>,
    /// Where samples come from.
    pub source: Source,
    /// vCenter's time at the start of the cycle.
    pub now: Timestamp,
    /// What bounds a query.
    pub limits: BatchLimits,
    pub(super) counters: Arc<DiskCounters>,
    pub(super) metric_ids: Arc<[PerfMetricId]>,
}

/// Samples of the VMs of one query.
#[derive(Debug)]
pub struct Answer {
    counters: Arc<DiskCounters>,
    entities: Vec<PerfEntityMetrics>,
}

impl QueryPlan {
    /// Asks for the samples of each VM in its own range. VMs without data are missing in the answer.
    ///
    /// # Errors
    /// When the call fails.
    pub(super) async fn ask(
        &self,
        client: &Client,
        vms: &[(VmId, QueryRange)],
    ) -> Result<Answer, CollectError> {
        let entities: Vec<MoRef> = vms
            .iter()
            .map(|(vm, _)| MoRef::new("VirtualMachine", vm.as_str()))
            .collect();
        let spec = |(entity, (_, range)): (_, &(VmId, QueryRange))| PerfQuerySpec {
            entity,
            start_time: Some(range.start),
            end_time: Some(range.end),
            max_sample: range.max_sample,
            metric_ids: &self.metric_ids,
            interval_id_seconds: i32::try_from(range.interval_seconds).ok(),
            format: PerfFormat::Csv,
        };
        let specs: Vec<_> = entities.iter().zip(vms).map(spec).collect();
        let entities = client.query_perf(&specs).await?;
        Ok(Answer {
            counters: Arc::clone(&self.counters),
            entities,
        })
    }
}

impl Answer {
    /// Counts the samples. Entities that were not asked for, and counters that are not ours, are ignored, and so are
    /// samples of other intervals: vCenter summarises by another one when it has no data in that asked for.
    pub fn absorb_into(self, meters: &mut Meters, asked: &[(VmId, QueryRange)], now: Timestamp) {
        let mut samples = VmSamples::default();
        let mut is_wanted = Vec::new();
        let asked: HashMap<&str, &(VmId, QueryRange)> =
            asked.iter().map(|it| (it.0.as_str(), it)).collect();
        for entity in &self.entities {
            let moref = entity.entity.value();
            let Some((vm, range)) = asked.get(moref) else {
                continue;
            };
            let wanted = |interval: i32| u32::try_from(interval) == Ok(range.interval_seconds);
            let infos = entity.sample_info.iter();
            is_wanted.clear();
            is_wanted.extend(infos.clone().map(|info| wanted(info.interval_seconds)));
            samples.begin(only(infos, &is_wanted).map(|info| SampleTime {
                at: info.timestamp.as_second(),
                interval_seconds: range.interval_seconds,
            }));
            for series in entity.series() {
                if let Some(counter) = self.counters.by_id(series.counter_id) {
                    let values = only(series.values(), &is_wanted);
                    samples.push(counter, series.instance, values);
                }
            }
            meters.absorb(vm, &samples, now);
        }
    }
}

fn only<T>(all: impl IntoIterator<Item = T>, is_wanted: &[bool]) -> impl Iterator<Item = T> {
    let pairs = all.into_iter().zip(is_wanted);
    pairs.filter_map(|(it, is_wanted)| is_wanted.then_some(it))
}
