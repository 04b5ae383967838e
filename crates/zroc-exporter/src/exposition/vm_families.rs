//! The metric families that have one series per VM.

use std::fmt;
use std::sync::Arc;

use planner_core::inventory::Vm;
use planner_core::snapshot::{Snapshot, SnapshotVm};
use planner_core::units::{Gib, MibPerSec};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::MetricType;

/// A gauge of which every running VM has a series, as far as its value is known.
#[derive(Debug, Clone, Copy)]
pub struct VmFamily {
    /// Name on the page: a contract with dashboards.
    pub name: &'static str,
    /// Help text on the page.
    pub help: &'static str,
    value: fn(&SnapshotVm<'_>) -> Option<f64>,
}

/// All such families, in the order of the page.
pub const VM_FAMILIES: [VmFamily; 4] = [
    VmFamily {
        name: "vcenter_vm_disk_write_iops",
        help: "Disk write operations per second, summed over the VM's virtual disks.",
        value: |row| row.stats?.write_iops.map(planner_core::units::Iops::get),
    },
    VmFamily {
        name: "vcenter_vm_disk_write_throughput_mbps",
        help: "Disk write throughput in MB/s of 1048576 bytes, summed over the VM's virtual disks.",
        value: |row| {
            row.stats?
                .write_rate
                .map(|rate| MibPerSec::from(rate).get())
        },
    },
    VmFamily {
        name: "vcenter_vm_disk_write_latency_ms",
        help: "Disk write latency in milliseconds, mean over the VM's virtual disks.",
        value: |row| {
            row.stats?
                .write_latency
                .map(planner_core::units::Millis::get)
        },
    },
    VmFamily {
        name: "vcenter_vm_disk_provisioned_gb",
        help: "Capacity of the VM's virtual disks in GB of 1073741824 bytes.",
        value: |row| row.vm.provisioned.map(|size| Gib::from(size).get()),
    },
];

/// Writes the families of a snapshot.
#[derive(Debug)]
pub(super) struct VmMetrics(pub(super) Arc<Snapshot>);

impl Collector for VmMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in VM_FAMILIES {
            let mut metric =
                encoder.encode_descriptor(family.name, family.help, None, MetricType::Gauge)?;
            for row in self.0.vms().filter(|row| row.vm.is_running()) {
                if let Some(value) = (family.value)(&row).filter(|value| value.is_finite()) {
                    metric
                        .encode_family(&VmLabels(row.vm))?
                        .encode_gauge(&value)?;
                }
            }
        }
        Ok(())
    }
}

struct VmLabels<'s>(&'s Vm);

impl EncodeLabelSet for VmLabels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        let Self(vm) = self;
        let labels: [(&str, &str); 5] = [
            ("vm_name", &vm.name),
            ("vm_moref", vm.id.as_str()),
            ("cluster", &vm.placement.cluster),
            ("host", &vm.placement.host),
            ("datacenter", &vm.placement.datacenter),
        ];
        labels
            .iter()
            .try_for_each(|label| encode_label(encoder, *label))
    }
}

fn encode_label(encoder: &mut LabelSetEncoder<'_>, label: (&str, &str)) -> Result<(), fmt::Error> {
    use prometheus_client::encoding::EncodeLabel as _;
    label.encode(encoder.encode_label())
}
