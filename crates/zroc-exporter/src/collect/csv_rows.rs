//! What was collected as CSV.

use std::io::{self, Write};

use super::table::{Columns, Row, disks, into_io, vms};
use crate::exposition::VmValue;
use crate::spreadsheet::harmless;
use crate::status::VcenterStatus;

/// Writes one row per VM, followed by those of its disks if they are measured.
pub(super) fn write(vcenters: &[VcenterStatus], to: &mut dyn Write) -> io::Result<()> {
    let columns = Columns::of(vcenters);
    let mut writer = csv::Writer::from_writer(to);
    let mut header = vec![
        "vcenter",
        "vm_name",
        "vm_moref",
        "cluster",
        "host",
        "datacenter",
        "folder",
        "state",
        "newest_sample",
    ];
    header.extend(columns.has_disks().then_some("disk"));
    header.extend(columns.names());
    writer.write_record(header).map_err(into_io)?;
    for vcenter in vcenters {
        for vm in vms(vcenter) {
            let of_vm = Row { vm, disk: None };
            for row in std::iter::once(of_vm).chain(disks(vm)) {
                let record = record(vcenter, &row, &columns);
                writer.write_record(record).map_err(into_io)?;
            }
        }
    }
    writer.flush()
}

fn record(vcenter: &VcenterStatus, row: &Row<'_>, columns: &Columns) -> Vec<String> {
    let vm = row.vm.vm;
    let texts = [
        vcenter.name.as_str(),
        &vm.name,
        vm.id.as_str(),
        &vm.placement.cluster,
        &vm.placement.host,
        &vm.placement.datacenter,
        &vm.folder,
    ];
    let mut record: Vec<String> = texts.into_iter().map(harmless).collect();
    record.push(row.vm.state.as_str().to_owned());
    record.push(row.newest_sample().unwrap_or_default());
    if columns.has_disks() {
        let disk = row.disk.map(|disk| harmless(&disk.instance));
        record.push(disk.unwrap_or_default());
    }
    record.extend(columns.values(row).map(|(_, value)| match value {
        Some(VmValue::Gauge(value)) => value.to_string(),
        Some(VmValue::Counter(value)) => value.to_string(),
        None => String::new(),
    }));
    record
}
