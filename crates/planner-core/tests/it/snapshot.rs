//! A snapshot accounts for every VM and lets old values go.

use std::sync::Arc;

use planner_core::inventory::entities::{DiskSummary, Entities, VmRecord};
use planner_core::inventory::filter::{Filter, Pattern, Selection};
use planner_core::inventory::{ConnectionState, Inventory, PowerState, VmId};
use planner_core::io_stats::{IoStats, VmIoStats};
use planner_core::snapshot::Snapshot;
use planner_core::snapshot_builder::SnapshotBuilder;
use planner_core::units::{Bytes, Iops};
use planner_core::vm_state::{NoDataReason, VmState};

use crate::{at, full_read, reason};

fn entities(vms: &[(&str, Option<PowerState>)]) -> Entities {
    let mut entities = Entities::new();
    for &(moref, power_state) in vms {
        let denied = power_state.is_none().then(|| "runtime.powerState".into());
        *entities.vm(moref) = VmRecord {
            name: moref.into(),
            power_state,
            denied: denied.into_iter().collect(),
            ..VmRecord::default()
        };
    }
    entities
}

fn inventory(vms: &[(&str, Option<PowerState>)]) -> Arc<Inventory> {
    Arc::new(entities(vms).resolve(&Filter::default(), full_read(1)))
}

fn running() -> Arc<Inventory> {
    inventory(&[
        ("vm-1", Some(PowerState::PoweredOn)),
        ("vm-2", Some(PowerState::PoweredOn)),
    ])
}

fn iops(value: f64, second: i64) -> VmIoStats {
    let write = IoStats {
        iops: Iops::new(value),
        ..IoStats::default()
    };
    VmIoStats::new(at(second), write, None, Vec::new())
}

fn values(snapshot: &Snapshot) -> Vec<(&str, VmState, Option<f64>)> {
    let value = |stats: &VmIoStats| stats.write.iops.unwrap().get();
    snapshot
        .vms()
        .map(|row| (row.vm.id.as_str(), row.state, row.stats.map(value)))
        .collect()
}

#[test]
fn states_add_up_to_the_inventory() {
    let on = Some(PowerState::PoweredOn);
    let entities = entities(&[
        ("vm-on", on),
        ("vm-quiet", on),
        ("vm-broken", on),
        ("vm-poison", on),
        ("vm-unwanted", on),
        ("vm-off", Some(PowerState::PoweredOff)),
        ("vm-asleep", Some(PowerState::Suspended)),
        ("vm-hidden", None),
    ]);
    let unwanted = Selection {
        include: Vec::new(),
        exclude: vec![Pattern::new("*UNWANTED")],
    };
    let filter = Filter {
        names: unwanted,
        ..Filter::default()
    };
    let mut builder = SnapshotBuilder::new(Arc::new(entities.resolve(&filter, full_read(1))), None);
    builder.sampled(&VmId::new("vm-on"), iops(1.0, 100));
    builder.failed(&VmId::new("vm-on"), reason(1));
    builder.failed(&VmId::new("vm-broken"), reason(2));
    builder.quarantined(&VmId::new("vm-poison"), reason(3));
    builder.sampled(&VmId::new("vm-unheard-of"), iops(1.0, 900));
    let snapshot = builder.build();
    let counts: Vec<_> = VmState::ALL
        .iter()
        .map(|state| (state.as_str(), snapshot.count(*state)))
        .collect();
    let expected = [
        ("sampled", 1),
        ("powered_off", 2),
        ("no_data", 1),
        ("no_permission", 1),
        ("failed", 1),
        ("left_out", 1),
        ("filtered", 1),
    ];
    assert_eq!(counts, expected);
    assert_eq!(snapshot.newest_sample(), Some(at(100)));
    let reasons: Vec<_> = snapshot
        .reasons()
        .map(|(row, reason)| (&*row.vm.name, row.state, reason.clone()))
        .collect();
    let expected = [
        ("vm-broken", VmState::Failed, (*reason(2)).clone()),
        ("vm-poison", VmState::Quarantined, (*reason(3)).clone()),
    ];
    assert_eq!(reasons, expected);
}

#[test]
fn reasons_add_up_to_the_vms_without_data() {
    let mut entities = Entities::new();
    let on = Some(PowerState::PoweredOn);
    for (moref, power_state, connection, template) in [
        ("vm-1", on, "connected", false),
        ("vm-2", on, "connected", false),
        ("vm-3", on, "disconnected", false),
        ("vm-4", on, "inaccessible", false),
        ("vm-5", Some(PowerState::PoweredOff), "inaccessible", false),
        ("vm-6", Some(PowerState::PoweredOff), "orphaned", false),
        ("vm-7", None, "invalid", false),
        ("vm-8", None, "connected", false),
        ("vm-9", on, "moonstruck", false),
        ("vm-10", Some(PowerState::PoweredOff), "disconnected", true),
    ] {
        *entities.vm(moref) = VmRecord {
            power_state,
            connection_state: ConnectionState::from_wire(connection).unwrap_or_default(),
            is_template: template,
            ..VmRecord::default()
        };
    }
    // Persistent memory is no virtual disk.
    for (moref, count) in [("vm-11", 0), ("vm-12", 1)] {
        *entities.vm(moref) = VmRecord {
            power_state: on,
            disks: Some(DiskSummary {
                count,
                capacity: Bytes::default(),
            }),
            ..VmRecord::default()
        };
    }
    let inventory = Arc::new(entities.resolve(&Filter::default(), full_read(1)));
    let asked = inventory.vms().iter().filter(|vm| vm.is_observed());
    let asked: Vec<_> = asked.map(|vm| vm.id.as_str()).collect();
    assert_eq!(asked, ["vm-1", "vm-11", "vm-12", "vm-2", "vm-9"]);

    let mut builder = SnapshotBuilder::new(inventory, None);
    builder.sampled(&VmId::new("vm-1"), iops(1.0, 100));
    let snapshot = builder.build();
    let counts: Vec<_> = NoDataReason::ALL
        .iter()
        .map(|reason| (reason.as_str(), snapshot.count_without_data(*reason)))
        .collect();
    let expected = [
        ("disconnected", 1),
        ("orphaned", 1),
        ("inaccessible", 2),
        ("invalid", 1),
        ("unknown_state", 1),
        ("no_disks", 1),
        ("no_samples", 3),
    ];
    assert_eq!(counts, expected);
    assert_eq!(snapshot.count(VmState::NoData), 10);
    assert_eq!(snapshot.count(VmState::PoweredOff), 1);
}

#[test]
fn values_are_kept_for_two_cycles_and_then_end() {
    let mut builder = SnapshotBuilder::new(running(), None);
    builder.sampled(&VmId::new("vm-1"), iops(10.0, 100));
    builder.sampled(&VmId::new("vm-2"), iops(20.0, 100));
    let mut snapshot = builder.build();
    for (expected, newest) in [
        (Some(10.0), at(200)),
        (Some(10.0), at(300)),
        (None, at(400)),
    ] {
        let mut builder = SnapshotBuilder::new(running(), Some(Arc::new(snapshot)));
        builder.failed(&VmId::new("vm-1"), reason(1));
        builder.sampled(&VmId::new("vm-2"), iops(21.0, newest.as_second()));
        snapshot = builder.build();
        let found = values(&snapshot);
        assert_eq!(
            found,
            [
                ("vm-1", VmState::Failed, expected),
                ("vm-2", VmState::Sampled, Some(21.0))
            ]
        );
        assert_eq!(snapshot.newest_sample(), Some(newest));
    }
}

#[test]
fn a_vm_that_was_switched_off_or_deleted_keeps_nothing() {
    let mut builder = SnapshotBuilder::new(running(), None);
    builder.sampled(&VmId::new("vm-1"), iops(10.0, 100));
    builder.sampled(&VmId::new("vm-2"), iops(20.0, 100));
    let first = builder.build();
    let later = inventory(&[("vm-1", Some(PowerState::PoweredOff))]);
    let second = SnapshotBuilder::new(later, Some(Arc::new(first))).build();
    assert_eq!(values(&second), [("vm-1", VmState::PoweredOff, None)]);
}

#[test]
fn values_go_on_whether_the_inventory_is_the_same_or_a_newer_one() {
    let same = running();
    let mut builder = SnapshotBuilder::new(Arc::clone(&same), None);
    builder.sampled(&VmId::new("vm-1"), iops(10.0, 100));
    builder.sampled(&VmId::new("vm-2"), iops(20.0, 100));
    let first = builder.build();
    let kept = [
        ("vm-1", VmState::NoData, Some(10.0)),
        ("vm-2", VmState::NoData, Some(20.0)),
    ];
    let second = SnapshotBuilder::new(same, Some(Arc::new(first))).build();
    assert_eq!(values(&second), kept);
    let third = SnapshotBuilder::new(running(), Some(Arc::new(second))).build();
    assert_eq!(values(&third), kept);
}
