//! Gauges that show how a vCenter's latest cycle went.

use std::fmt;

use planner_core::collection::host_clocks::HostClock;
use planner_core::collection::source::{CounterAvailability, Source};
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::snapshot::Snapshot;
use planner_core::vm_state::{NoDataReason, VmState};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::info::Info;

use super::descriptor::gauge;
use crate::self_metrics::unix_seconds;
use crate::status::VcenterStatus;

/// Writes the gauges of one vCenter.
#[derive(Debug)]
pub(super) struct CycleMetrics(pub(super) VcenterStatus);

impl Collector for CycleMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let encoder = &mut encoder;
        self.encode_about(encoder)?;
        self.encode_status(encoder)?;
        let report = self.0.report.as_deref();
        if let Some(snapshot) = report.and_then(|report| report.snapshot.as_deref()) {
            encode_snapshot(encoder, snapshot)?;
        }
        if let Some(report) = report {
            encode_host_clocks(encoder, &report.host_clocks)?;
        }
        if let Some(statistics) = report.and_then(|report| report.statistics.as_deref()) {
            encode_source(encoder, statistics.source)?;
            encode_availability(encoder, &statistics.availability)?;
        }
        Ok(())
    }
}

impl CycleMetrics {
    fn encode_about(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(about) = self.0.about.as_deref() else {
            return Ok(());
        };
        let help = "Which vCenter this is, by its own account; host is VCENTER_HOST.";
        let info = Info::new([
            ("host", &*about.host),
            ("instance_uuid", &about.instance_uuid),
            ("product", &about.product),
            ("version", &about.version),
            ("build", &about.build),
            ("api_version", &about.api_version),
        ]);
        info.encode(encoder.encode_descriptor("vcenter", help, None, MetricType::Info)?)
    }

    fn encode_status(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let status = &self.0.collection;
        let success = status.last_success.as_ref();
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
            success.map(|success| unix_seconds(success.at)),
        )?;
        gauge(
            encoder,
            "vcenter_collector_last_collection_duration_seconds",
            "Duration of the last successful cycle.",
            success.map(|success| success.duration.as_secs_f64()),
        )?;
        gauge(
            encoder,
            "vcenter_collector_last_vm_count",
            "VMs with fresh values in the last successful cycle.",
            Some(success.map_or(0, |success| success.vms) as f64),
        )?;
        gauge(
            encoder,
            "vcenter_collector_tls_verified",
            "Whether vCenter's certificate is verified.",
            Some(flag(self.0.tls_verified)),
        )?;
        gauge(
            encoder,
            "vcenter_collector_poll_interval_seconds",
            "Time between the starts of cycles: POLL_INTERVAL.",
            Some(self.0.poll_interval.as_secs_f64()),
        )
    }
}

fn encode_host_clocks(
    encoder: &mut DescriptorEncoder<'_>,
    clocks: &[HostClock],
) -> Result<(), fmt::Error> {
    if clocks.is_empty() {
        return Ok(());
    }
    let name = "vcenter_collector_host_clock_offset_seconds";
    let help = "By how much the newest sample of a host is ahead of vCenter's clock, for hosts beyond a minute.";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for clock in clocks {
        metric
            .encode_family(&[("host", &*clock.host)])?
            .encode_gauge(&(clock.offset_seconds as f64))?;
    }
    Ok(())
}

fn encode_source(
    encoder: &mut DescriptorEncoder<'_>,
    used: Option<Source>,
) -> Result<(), fmt::Error> {
    let Some(used) = used else {
        return Ok(());
    };
    let help = "Whether samples come from this source.";
    let mut metric =
        encoder.encode_descriptor("vcenter_collector_source", help, None, MetricType::Gauge)?;
    for source in Source::ALL {
        metric
            .encode_family(&[("source", source.as_str())])?
            .encode_gauge(&flag(source == used))?;
    }
    Ok(())
}

fn encode_availability(
    encoder: &mut DescriptorEncoder<'_>,
    availability: &[CounterAvailability],
) -> Result<(), fmt::Error> {
    if availability.is_empty() {
        return Ok(());
    }
    let name = "vcenter_collector_statistic_available";
    let help = "Whether a counter's per-disk values can be had from a source on this vCenter.";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for entry in availability {
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

fn encode_snapshot(
    encoder: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
) -> Result<(), fmt::Error> {
    let help = "VMs of the inventory by what became of them in the last cycle.";
    let mut metric =
        encoder.encode_descriptor("vcenter_collector_vms", help, None, MetricType::Gauge)?;
    for state in VmState::ALL.iter().copied() {
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
        snapshot
            .newest_sample()
            .map(|newest| newest.as_second() as f64),
    )?;
    gauge(
        encoder,
        "vcenter_collector_inventory_timestamp_seconds",
        "When the inventory was read as a whole, in seconds of Unix time.",
        Some(unix_seconds(snapshot.inventory().full_read().at)),
    )
}

fn encode_without_data(
    encoder: &mut DescriptorEncoder<'_>,
    snapshot: &Snapshot,
) -> Result<(), fmt::Error> {
    let name = "vcenter_collector_vms_without_data";
    let help = "VMs in the state no_data, by reason.";
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for reason in NoDataReason::ALL.iter().copied() {
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
    let mut left_out = snapshot
        .reasons()
        .filter(|(row, _)| row.state != VmState::Failed)
        .peekable();
    if left_out.peek().is_none() {
        return Ok(());
    }
    let help = "VMs that only some cycles ask for: they make queries fail, or the account may not read them.";
    let mut metric = encoder.encode_descriptor(
        "vcenter_collector_vm_left_out",
        help,
        None,
        MetricType::Gauge,
    )?;
    for (row, reason) in left_out {
        let labels = [
            ("vm_name", &*row.vm.name),
            ("vm_moref", row.vm.id.as_str()),
            ("reason", reason.kind()),
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
