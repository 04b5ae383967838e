//! One look at a few VMs: their samples as they are in the answer, repetitions and gaps included.

use std::num::NonZeroU32;
use std::time::Duration;

use planner_core::collection::counters::DiskCounters;
use planner_core::collection::samples::SampleTime;
use planner_core::collection::source::SampleRange;
use planner_core::inventory::VmId;
use planner_core::probe::{MOST_DISKS, SeriesLook, VmLook};
use planner_core::vcenter_time::VcenterTime;
use tokio::time::Instant;
use vsphere_soap::{
    Client, MoRef, ObjectSelection, PerfEntityMetrics, PropertyFilterSpec, PropertySpec,
    PropertyValue,
};

use super::bounds::{LONGEST_REFERENCE, PAGE_OBJECTS};
use super::error::CollectError;
use super::query::{QueryPlan, by_vm};

/// The newest samples of a VM that are kept of a look, if a server sends more than it was asked for.
const MOST_TIMES: usize = 32;

/// What one look found.
#[derive(Debug)]
pub struct LookAnswer {
    /// vCenter's clock, read just before the samples.
    pub at: VcenterTime,
    /// How long the query took.
    pub took: Duration,
    /// What each VM answered, in the order in which they were asked for. No host is numbered yet.
    pub vms: Vec<VmLook>,
    /// The reference of the host that each VM was on afterwards, if it can be read.
    pub hosts: Vec<Option<Box<str>>>,
}

impl LookAnswer {
    pub(super) async fn ask(
        client: &Client,
        plan: &QueryPlan,
        vms: &[VmId],
        samples: NonZeroU32,
    ) -> Result<Self, CollectError> {
        let entities = vms.iter().map(VmId::as_str);
        let entities: Vec<MoRef> = entities
            .map(|it| MoRef::new("VirtualMachine", it))
            .collect();
        let spec = |vm| plan.spec(vm, SampleRange::Newest(samples));
        let specs: Vec<_> = entities.iter().map(spec).collect();
        let at = VcenterTime::from_timestamp(client.current_time().await?);
        let began = Instant::now();
        let metrics = client.query_perf(&specs).await?;
        let took = began.elapsed();
        if !plan.is_of_current_session(client).await {
            return Err(CollectError::SessionReplaced);
        }
        let mut found = vec![VmLook::default(); vms.len()];
        for (first, more) in by_vm(&metrics) {
            let place = vms
                .iter()
                .position(|vm| vm.as_str() == first.entity.value());
            if let Some(found) = place.and_then(|place| found.get_mut(place)) {
                for part in std::iter::once(first).chain(more) {
                    add(found, part, &plan.counters);
                }
            }
        }
        Ok(Self {
            at,
            took,
            vms: found,
            hosts: hosts(client, entities).await?,
        })
    }
}

/// Adds the samples of a VM, or of a part of it, to what is known of it.
fn add(found: &mut VmLook, part: &PerfEntityMetrics, counters: &DiskCounters) {
    let before = found.times.len();
    let surplus = part.sample_info.len().saturating_sub(MOST_TIMES);
    let room = MOST_TIMES.saturating_sub(before);
    let times = part.sample_info.iter().skip(surplus).take(room);
    found.times.extend(times.map(|info| SampleTime {
        at: VcenterTime::from_timestamp(info.timestamp),
        interval_seconds: u32::try_from(info.interval_seconds).unwrap_or(0),
    }));
    for series in part.series() {
        let Some(counter) = counters.by_id(series.counter_id) else {
            continue;
        };
        if series.instance.len() > LONGEST_REFERENCE || !has_room(found, series.instance) {
            continue;
        }
        let values = series.values().skip(surplus).take(room);
        found.series.push(SeriesLook {
            counter,
            instance: series.instance.into(),
            values: std::iter::repeat_n(None, before).chain(values).collect(),
        });
    }
}

/// Whether an instance is known already, or one of the first ones.
fn has_room(found: &VmLook, instance: &str) -> bool {
    let mut known: Vec<&str> = found.series.iter().map(|it| &*it.instance).collect();
    known.sort_unstable();
    known.dedup();
    known.len() <= MOST_DISKS as usize || known.contains(&instance)
}

/// The reference of each VM's host.
async fn hosts(
    client: &Client,
    entities: Vec<MoRef>,
) -> Result<Vec<Option<Box<str>>>, CollectError> {
    let mut hosts = vec![None; entities.len()];
    let spec = PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["runtime.host"],
        }],
        objects: ObjectSelection::Objects(entities.clone()),
    };
    let mut retrieval = client.retrieve_properties(spec, Some(PAGE_OBJECTS));
    // One object for each VM, whatever the server sends.
    for _ in 0..entities.len() {
        let Some(object) = retrieval.next().await? else {
            break;
        };
        let place = entities.iter().position(|entity| *entity == object.obj);
        if let Some(host) = place.and_then(|place| hosts.get_mut(place))
            && let Some(PropertyValue::MoRef(moref)) = object.property("runtime.host")
            && moref.value().len() <= LONGEST_REFERENCE
        {
            *host = Some(moref.value().into());
        }
    }
    Ok(hosts)
}
