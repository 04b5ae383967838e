//! What was collected as one row per VM and disk, for JSON and CSV.

use std::io;

use planner_core::collection::accumulators::Measures;
use planner_core::io_stats::{DiskStats, VmIoStats};
use planner_core::snapshot::{Snapshot, SnapshotVm};
use planner_core::units::Gib;
use planner_core::vm_state::VmState;

use crate::exposition::{PROVISIONED, VM_FAMILIES, VmFamily, VmValue};
use crate::status::VcenterStatus;

/// The families that have values, each with the name of its samples.
pub(super) struct Columns(Vec<(String, &'static VmFamily)>);

impl Columns {
    /// Those that any of these vCenters is asked for.
    pub(super) fn of(vcenters: &[VcenterStatus]) -> Self {
        let reports = vcenters.iter().filter_map(|it| it.report.as_deref());
        let measures = reports.fold(Measures::default(), |all, report| Measures {
            reads: all.reads || report.measures.reads,
            per_disk: all.per_disk || report.measures.per_disk,
        });
        let families = VM_FAMILIES.iter().filter(|it| it.is_measured(measures));
        Self(families.map(named).collect())
    }

    pub(super) fn has_disks(&self) -> bool {
        self.0.iter().any(|(_, family)| family.is_of_disks())
    }

    /// Names of all values of a row, in the order in which [`values`](Self::values) has them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let families = self.0.iter().map(|(name, _)| name.as_str());
        std::iter::once(PROVISIONED).chain(families)
    }

    /// The values of a row; those of disks are not known of a VM.
    pub(super) fn values(&self, row: &Row<'_>) -> impl Iterator<Item = (&str, Option<VmValue>)> {
        let size = match row.disk {
            None => row.vm.vm.provisioned,
            Some(_) => None,
        };
        let size = size.map(|size| VmValue::Gauge(Gib::from(size).get()));
        let families = self.0.iter().map(move |(name, family)| {
            let value = match row.disk {
                None => row.vm.stats.and_then(|stats| family.of_vm(stats)),
                Some(disk) => family.of_disk(disk),
            };
            (name.as_str(), value)
        });
        std::iter::once((PROVISIONED, size)).chain(families)
    }
}

fn named(family: &'static VmFamily) -> (String, &'static VmFamily) {
    (format!("{}{}", family.name, family.suffix()), family)
}

/// A VM, or one of its disks.
pub(super) struct Row<'r> {
    pub(super) vm: SnapshotVm<'r>,
    pub(super) disk: Option<&'r DiskStats>,
}

impl Row<'_> {
    /// When the newest sample was taken, as a text.
    pub(super) fn newest_sample(&self) -> Option<String> {
        let stats = self.vm.stats?;
        Some(stats.newest_sample.timestamp().to_string())
    }
}

/// The VMs of a vCenter that pass the filters.
pub(super) fn vms(vcenter: &VcenterStatus) -> impl Iterator<Item = SnapshotVm<'_>> {
    let report = vcenter.report.as_deref();
    let snapshot = report.and_then(|report| report.snapshot.as_deref());
    let all = snapshot.into_iter().flat_map(Snapshot::vms);
    all.filter(|vm| vm.state != VmState::Filtered)
}

/// The disks of a VM, if they are measured.
pub(super) fn disks(vm: SnapshotVm<'_>) -> impl Iterator<Item = Row<'_>> {
    let disks = vm.stats.into_iter().flat_map(VmIoStats::disks);
    disks.map(move |disk| Row {
        vm,
        disk: Some(disk),
    })
}

/// An error of a writer that has its own.
pub(super) fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
