//! Gauges that tell how the last cycle went.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use planner_core::collection::counters::DiskCounter;
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::snapshot::{NoDataReason, Snapshot, VmState};
use planner_core::collection::source::Source;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::EncodeMetric as _;
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::info::Info;

use super::descriptor::gauge;
use crate::status::CollectionStatus;

/// Whether a counter's per-disk values can be had from a source on this vCenter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterAvailability {
    /// The counter.
    pub counter: DiskCounter,
    /// The source.
    pub source: Source,
    /// Whether the two go together.
    pub available: bool,
}

/// Writes the gauges of one publication.
#[derive(Debug)]
pub(super) struct CycleMetrics {
    pub(super) status: CollectionStatus,
    pub(super) snapshot: Option<Arc<Snapshot>>,
    pub(super) availability: Vec<CounterAvailability>,
    pub(super) source: Option<Source>,
    pub(super) tls_verified: bool,
}

impl Collector for CycleMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let encoder = &mut encoder;
        encode_build_info(encoder)?;
        self.encode_status(encoder)?;
        if let Some(snapshot) = &self.snapshot {
            encode_snapshot(encoder, snapshot)?;
        }
        self.encode_source(encoder)?;
        self.encode_availability(encoder)
    }
}

impl CycleMetrics {
    fn encode_status(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let status = &self.status;
        gauge(
            encoder,
            "vcenter_up",
            "Whether the last cycle read values from vCenter.",
            Some(flag(status.up)),
        )?;
        gauge(
            encoder,
            "vcenter_collector_last_collection_timestamp_seconds",
            "End of the last successful cycle, in seconds of Unix time.",
            status.last_success.map(unix_seconds),
        )?;
        gauge(
            encoder,
            "vcenter_collector_last_collection_duration_seconds",
            "Duration of the last successful cycle.",
            status.last_duration.map(|duration| duration.as_secs_f64()),
        )?;
        gauge(
            encoder,
            "vcenter_collector_last_vm_count",
            "VMs with fresh values in the last successful cycle.",
            Some(status.last_vm_count as f64),
        )?;
        gauge(
            encoder,
            "vcenter_collector_tls_verified",
            "Whether vCenter's certificate is verified.",
            Some(flag(self.tls_verified)),
        )
    }

    fn encode_source(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(used) = self.source else {
            return Ok(());
        };
        let help = "Whether samples come from this source.";
        let mut metric =
            encoder.encode_descriptor("vcenter_collector_source", help, None, MetricType::Gauge)?;
        for source in [Source::Realtime, Source::Historical] {
            metric
                .encode_family(&[("source", source.as_str())])?
                .encode_gauge(&flag(source == used))?;
        }
        Ok(())
    }

    fn encode_availability(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        if self.availability.is_empty() {
            return Ok(());
        }
        let name = "vcenter_collector_counter_available";
        let help = "Whether a counter's per-disk values can be had from a source on this vCenter.";
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for entry in &self.availability {
            let labels = [
                ("counter", entry.counter.full_name()),
                ("source", entry.source.as_str()),
            ];
            metric
                .encode_family(&labels)?
                .encode_gauge(&flag(entry.available))?;
        }
        Ok(())
    }
}

fn encode_build_info(encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
    let help = "Version of the exporter.";
    let info = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    info.encode(encoder.encode_descriptor(
        "vcenter_collector_build",
        help,
        None,
        MetricType::Info,
    )?)
}

fn encode_snapshot(
    encoder: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
) -> Result<(), fmt::Error> {
    let help = "VMs of the inventory by what became of them in the last cycle.";
    let mut metric =
        encoder.encode_descriptor("vcenter_collector_vms", help, None, MetricType::Gauge)?;
    for state in VmState::ALL {
        metric
            .encode_family(&[("state", state.as_str())])?
            .encode_gauge(&(snapshot.count(state) as u64))?;
    }
    encode_without_data(encoder, snapshot)?;
    encode_left_out(encoder, snapshot)?;
    encode_sizing_exclusions(encoder, snapshot)?;
    gauge(
        encoder,
        "vcenter_collector_newest_sample_timestamp_seconds",
        "Time stamp of the newest sample, in vCenter's Unix time.",
        snapshot.newest_sample().map(unix_seconds),
    )?;
    gauge(
        encoder,
        "vcenter_collector_inventory_timestamp_seconds",
        "When the inventory was read as a whole, in seconds of Unix time.",
        Some(unix_seconds(snapshot.inventory().taken_at())),
    )
}

fn encode_without_data(
    encoder: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
) -> Result<(), fmt::Error> {
    let name = "vcenter_collector_vms_without_data";
    let help = "VMs in the state no_data, by reason.";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for reason in NoDataReason::ALL {
        metric
            .encode_family(&[("reason", reason.as_str())])?
            .encode_gauge(&(snapshot.count_without_data(reason) as u64))?;
    }
    Ok(())
}

fn encode_left_out(
    encoder: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
) -> Result<(), fmt::Error> {
    if snapshot.left_out().next().is_none() {
        return Ok(());
    }
    let help = "VMs that make queries fail, and what vCenter said.";
    let mut metric = encoder.encode_descriptor(
        "vcenter_collector_vm_left_out",
        help,
        None,
        MetricType::Gauge,
    )?;
    for (vm, reason) in snapshot.left_out() {
        let labels = [
            ("vm_name", &*vm.name),
            ("vm_moref", vm.id.as_str()),
            ("reason", reason),
        ];
        metric.encode_family(&labels)?.encode_gauge(&1_u64)?;
    }
    Ok(())
}

fn encode_sizing_exclusions(
    encoder: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
) -> Result<(), fmt::Error> {
    let vms = snapshot.inventory().vms().iter();
    let excluded: Vec<_> = vms
        .filter_map(|vm| Some((vm, SizingExclusion::of(vm)?)))
        .collect();
    let name = "vcenter_collector_vms_not_sized";
    let help = "VMs that have metrics but do not count in a sizing, by reason.";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for reason in SizingExclusion::ALL {
        let of_reason = excluded.iter().filter(|(_, found)| *found == reason);
        metric
            .encode_family(&[("reason", reason.as_str())])?
            .encode_gauge(&(of_reason.count() as u64))?;
    }
    if excluded.is_empty() {
        return Ok(());
    }
    let name = "vcenter_collector_vm_not_sized";
    let help = "A VM that does not count in a sizing, and why.";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (vm, reason) in excluded {
        let labels = [
            ("vm_name", &*vm.name),
            ("vm_moref", vm.id.as_str()),
            ("reason", reason.as_str()),
        ];
        metric.encode_family(&labels)?.encode_gauge(&1_u64)?;
    }
    Ok(())
}

fn flag(value: bool) -> f64 {
    f64::from(u8::from(value))
}

fn unix_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1_000.0
}
