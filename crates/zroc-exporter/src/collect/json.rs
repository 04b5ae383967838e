//! What was collected as JSON, written VM by VM.

use std::io::{self, Write};

use planner_core::snapshot::SnapshotVm;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::table::{Columns, Row, disks, vms};
use crate::exposition::VmValue;
use crate::status::VcenterStatus;
use crate::version::VERSION;

/// Writes one object with all vCenters.
pub(super) fn write(vcenters: &[VcenterStatus], mut to: &mut dyn Write) -> io::Result<()> {
    let columns = &Columns::of(vcenters);
    let vcenters = vcenters.iter().map(|status| Vcenter::of(status, columns));
    let document = Document {
        version: VERSION,
        vcenters: vcenters.collect(),
    };
    serde_json::to_writer_pretty(&mut to, &document)?;
    to.write_all(b"\n")
}

#[derive(Serialize)]
struct Document<'s> {
    version: &'static str,
    vcenters: Vec<Vcenter<'s>>,
}

#[derive(Serialize)]
struct Vcenter<'s> {
    name: &'s str,
    instance_uuid: Option<&'s str>,
    product: Option<&'s str>,
    product_version: Option<&'s str>,
    up: bool,
    error: Option<String>,
    window_seconds: Option<u32>,
    vms: Vms<'s>,
}

impl<'s> Vcenter<'s> {
    fn of(status: &'s VcenterStatus, columns: &'s Columns) -> Self {
        let about = status.about.as_deref();
        let report = status.report.as_deref();
        Self {
            name: status.name.as_str(),
            instance_uuid: about.map(|about| &*about.instance_uuid),
            product: about.map(|about| &*about.product),
            product_version: about.map(|about| &*about.version),
            up: status.collection.up,
            error: status.collection.last_error(),
            window_seconds: report.map(|report| report.window_seconds),
            vms: Vms { status, columns },
        }
    }
}

struct Vms<'s> {
    status: &'s VcenterStatus,
    columns: &'s Columns,
}

impl Serialize for Vms<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = self.columns;
        serializer.collect_seq(vms(self.status).map(|vm| VmObject { vm, columns }))
    }
}

struct VmObject<'s> {
    vm: SnapshotVm<'s>,
    columns: &'s Columns,
}

impl Serialize for VmObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (vm, columns) = (self.vm.vm, self.columns);
        let row = Row {
            vm: self.vm,
            disk: None,
        };
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in [
            ("vm_name", &*vm.name),
            ("vm_moref", vm.id.as_str()),
            ("cluster", &vm.placement.cluster),
            ("host", &vm.placement.host),
            ("datacenter", &vm.placement.datacenter),
            ("folder", &vm.folder),
            ("state", self.vm.state.as_str()),
        ] {
            map.serialize_entry(name, text)?;
        }
        map.serialize_entry("newest_sample", &row.newest_sample())?;
        write_values::<S>(&mut map, &row, columns)?;
        if columns.has_disks() {
            let disks = disks(self.vm).map(|row| DiskObject { row, columns });
            map.serialize_entry("disks", &disks.collect::<Vec<_>>())?;
        }
        map.end()
    }
}

struct DiskObject<'s> {
    row: Row<'s>,
    columns: &'s Columns,
}

impl Serialize for DiskObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let name = self.row.disk.map(|disk| &*disk.instance);
        map.serialize_entry("disk", &name)?;
        write_values::<S>(&mut map, &self.row, self.columns)?;
        map.end()
    }
}

/// A value that is not known is left out.
fn write_values<S: Serializer>(
    map: &mut S::SerializeMap,
    row: &Row<'_>,
    columns: &Columns,
) -> Result<(), S::Error> {
    for (name, value) in columns.values(row) {
        match value {
            Some(VmValue::Gauge(value)) => map.serialize_entry(name, &value)?,
            Some(VmValue::Counter(value)) => map.serialize_entry(name, &value)?,
            None => {}
        }
    }
    Ok(())
}
