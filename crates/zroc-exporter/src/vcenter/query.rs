//! `QueryPerf`: how a query is asked, and how its answer reads.

use std::collections::HashMap;
use std::sync::Arc;

use planner_core::collection::counters::DiskCounters;
use planner_core::collection::samples::{SampleBuffer, SampleTime, VmSamples};
use planner_core::collection::source::{SampleRange, Source};
use planner_core::collection::{CyclePlan, Query};
use planner_core::inventory::VmId;
use planner_core::vcenter_time::VcenterTime;
use vsphere_soap::{
    Client, Error, MoRef, PerfEntityMetrics, PerfFormat, PerfMetricId, PerfQuerySpec, PerfReply,
    PerfSampleInfo,
};

use super::error::CollectError;

/// What the queries of one cycle have in common.
#[derive(Debug, Clone)]
pub struct QueryPlan {
    /// What the collection needs of it.
    pub cycle: CyclePlan,
    /// The session in which the counters have these ids.
    pub(super) session_id: u64,
    pub(super) interval_seconds: u32,
    pub(super) counters: Arc<DiskCounters>,
    pub(super) metric_ids: Arc<[PerfMetricId]>,
}

/// The complete answer to one query, not read yet.
#[derive(Debug)]
pub struct Reply {
    source: Source,
    interval_seconds: u32,
    counters: Arc<DiskCounters>,
    samples: PerfReply,
}

impl Reply {
    /// Reads the answer, on another thread if it is long.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn decode(self) -> Result<Answer, CollectError> {
        Ok(Answer {
            entities: self.samples.decode().await?,
            source: self.source,
            interval_seconds: self.interval_seconds,
            counters: self.counters,
        })
    }
}

/// The samples of the VMs of one query.
#[derive(Debug)]
pub struct Answer {
    source: Source,
    interval_seconds: u32,
    counters: Arc<DiskCounters>,
    entities: Vec<PerfEntityMetrics>,
}

impl QueryPlan {
    /// Asks for the samples of each VM in its own range. VMs without data are missing in the answer.
    pub(super) async fn receive(
        &self,
        client: &Client,
        query: &Query,
    ) -> Result<Reply, CollectError> {
        let entity = |(vm, _): (&VmId, SampleRange)| MoRef::new("VirtualMachine", vm.as_str());
        let entities: Vec<MoRef> = query.vms().map(entity).collect();
        let ranges = query.vms().map(|(_, range)| range);
        let specs = entities.iter().zip(ranges);
        let specs: Vec<_> = specs.map(|(vm, range)| self.spec(vm, range)).collect();
        let received = client.receive_perf(&specs).await;
        let is_answered = received.as_ref().map_or_else(Error::is_answered, |_| true);
        if is_answered && !self.is_of_current_session(client).await {
            return Err(CollectError::SessionReplaced);
        }
        Ok(Reply {
            source: self.cycle.source,
            interval_seconds: self.interval_seconds,
            counters: Arc::clone(&self.counters),
            samples: received?,
        })
    }

    /// Whether counters still have the ids that they had when the plan was made. The client may have logged in again and
    /// repeated a query: vCenter may have been upgraded, and the ids of its counters may belong to others now.
    pub(super) async fn is_of_current_session(&self, client: &Client) -> bool {
        let session = client.current_session().await;
        session.is_some_and(|session| session.id() == self.session_id)
    }

    pub(super) fn spec<'s>(&'s self, entity: &'s MoRef, range: SampleRange) -> PerfQuerySpec<'s> {
        let (start, end, max_sample) = match range {
            // Samples are stamped by the hosts' clocks, so vCenter's time would miss them on a host whose clock is wrong.
            SampleRange::Newest(samples) => (None, None, Some(samples.get())),
            // vCenter ignores `maxSample` for roll-ups.
            SampleRange::Between { start, end } => (Some(start), Some(end), None),
        };
        PerfQuerySpec {
            entity,
            start_time: start.map(VcenterTime::timestamp),
            end_time: end.map(VcenterTime::timestamp),
            max_sample,
            metric_ids: &self.metric_ids,
            interval_id_seconds: i32::try_from(self.interval_seconds).ok(),
            format: PerfFormat::Csv,
        }
    }
}

impl Answer {
    /// Hands over the samples of one VM after the other, each VM once.
    ///
    /// Counters that are not ours are ignored, and so are roll-ups of other intervals: vCenter summarises by another one
    /// when it has no data in the one asked for.
    pub fn for_each_vm(&self, mut take: impl FnMut(&str, &VmSamples<'_>)) {
        let mut buffer = SampleBuffer::default();
        for (first, more) in by_vm(&self.entities) {
            let parts = || std::iter::once(first).chain(more.iter().copied());
            let infos = parts().flat_map(|part| &*part.sample_info);
            let wanted = infos.filter(|info| self.is_wanted(info));
            let mut samples = buffer.begin(wanted.map(|info| SampleTime {
                at: VcenterTime::from_timestamp(info.timestamp),
                interval_seconds: u32::try_from(info.interval_seconds).unwrap_or(0),
            }));
            let mut times_before = 0;
            for part in parts() {
                for series in part.series() {
                    if let Some(counter) = self.counters.by_id(series.counter_id) {
                        let values = part.sample_info.iter().zip(series.values());
                        let wanted = values.filter(|(info, _)| self.is_wanted(info));
                        let values = wanted.map(|(_, value)| value);
                        let before = std::iter::repeat_n(None, times_before);
                        samples.push(counter, series.instance, before.chain(values));
                    }
                }
                let infos = part.sample_info.iter();
                times_before += infos.filter(|info| self.is_wanted(info)).count();
            }
            take(first.entity.value(), &samples);
        }
    }

    fn is_wanted(&self, info: &PerfSampleInfo) -> bool {
        let interval_seconds = u32::try_from(info.interval_seconds);
        self.source == Source::Realtime || interval_seconds == Ok(self.interval_seconds)
    }
}

/// The parts of each VM: a server may split the samples of one.
pub(super) fn by_vm(
    entities: &[PerfEntityMetrics],
) -> impl Iterator<Item = (&PerfEntityMetrics, Vec<&PerfEntityMetrics>)> {
    let mut places = HashMap::with_capacity(entities.len());
    let mut vms: Vec<(&PerfEntityMetrics, Vec<&PerfEntityMetrics>)> =
        Vec::with_capacity(entities.len());
    for entity in entities {
        let place = *places.entry(entity.entity.value()).or_insert(vms.len());
        if let Some((_, more)) = vms.get_mut(place) {
            more.push(entity);
        } else {
            vms.push((entity, Vec::new()));
        }
    }
    vms.into_iter()
}
