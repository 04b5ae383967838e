//! Columns of lists and of RVTools' tabs vInfo and vDisk.

use std::collections::HashMap;
use std::sync::Arc;

use planner_core::units::Bytes;

use super::entry::Entry;
use super::error::ListError;
use super::table::{Cells, MOREFS, NAMES, Table};
use crate::plan::naming::Key;

const VCENTERS: [&str; 3] = ["visdkuuid", "vcenteruuid", "vcenter"];
/// A tab with this column has one row per disk.
const CAPACITIES: [&str; 2] = ["capacitymib", "capacitymb"];

/// The VMs of all tables, each once, in the order in which they come. A VM that a list of names has twice comes twice.
pub(super) fn entries(tables: &[Table]) -> Result<Vec<Entry>, ListError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: HashMap<Key, usize> = HashMap::new();
    let of_disks = |table: &&Table| CAPACITIES.iter().any(|name| table.has(name));
    let tables: Vec<&Table> = tables.iter().filter(|table| table.names_vms()).collect();
    if tables.is_empty() {
        return Err(ListError::NoVms);
    }
    for table in tables.iter().filter(|table| !of_disks(table)) {
        for (line, cells) in table.rows() {
            let Some(key) = key(cells) else { continue };
            places.entry(key.clone()).or_insert(entries.len());
            entries.push(vm(cells, key, line));
        }
    }
    let mut of_disk: Vec<(usize, Disk)> = Vec::new();
    for table in tables.iter().filter(|table| of_disks(table)) {
        for (line, cells) in table.rows() {
            let Some(key) = key(cells) else { continue };
            let place = *places.entry(key.clone()).or_insert_with(|| {
                entries.push(vm(cells, key, line));
                entries.len() - 1
            });
            of_disk.push((place, Disk::of(cells)));
        }
    }
    let mut sizes: HashMap<usize, Disks> = HashMap::new();
    for (place, disk) in of_disk {
        let disks = sizes.entry(place).or_default();
        disks.count += 1;
        disks.capacity = disks.capacity.saturating_add(disk.capacity);
        if let (Some(entry), Some(flag)) = (entries.get_mut(place), disk.flag)
            && !entry.flags.contains(&flag)
        {
            entry.flags.push(flag);
        }
    }
    for (place, disks) in sizes {
        if let Some(entry) = entries.get_mut(place) {
            entry.provisioned = Some(Bytes::new(disks.capacity));
            entry.volumes = Some(disks.count);
        }
    }
    Ok(entries)
}

#[derive(Debug, Default)]
struct Disks {
    count: u32,
    capacity: u64,
}

#[derive(Debug)]
struct Disk {
    capacity: u64,
    flag: Option<&'static str>,
}

impl Disk {
    fn of(cells: Cells<'_>) -> Self {
        let mode = cells.text(&["diskmode"]).unwrap_or_default();
        let sharing = cells.text(&["sharingmode", "sharing"]).unwrap_or_default();
        let is_shared = !matches!(sharing, "" | "sharingNone" | "None" | "none");
        let flag = if cells.is_true("raw") {
            Some("raw_device_mapping")
        } else if mode.to_ascii_lowercase().starts_with("independent") {
            Some("independent_disk")
        } else {
            is_shared.then_some("shared_disk")
        };
        Self {
            capacity: cells.mebibytes(&CAPACITIES).unwrap_or_default(),
            flag,
        }
    }
}

fn key(cells: Cells<'_>) -> Option<Key> {
    let text = |names: &[&str]| cells.text(names).map(Arc::from);
    let key = Key {
        vcenter: text(&VCENTERS),
        moref: text(&MOREFS),
        name: text(&NAMES),
    };
    (key.moref.is_some() || key.name.is_some()).then_some(key)
}

fn vm(cells: Cells<'_>, key: Key, line: usize) -> Entry {
    let size = |names: &[&str]| cells.mebibytes(names).map(Bytes::new);
    let left_out = if cells.is_true("template") {
        Some("template")
    } else if cells.is_true("srmplaceholder") {
        Some("placeholder")
    } else {
        None
    };
    Entry {
        key,
        line,
        left_out,
        flags: Vec::new(),
        provisioned: size(&["provisionedmib", "provisionedmb"]),
        used: size(&["inusemib", "inusemb"]),
        volumes: None,
    }
}
