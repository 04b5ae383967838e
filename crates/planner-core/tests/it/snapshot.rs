//! A snapshot accounts for every VM and lets old values go.

use std::sync::Arc;

use planner_core::disk_stats::{DiskStats, VmDiskStats};
use planner_core::entities::{Entities, VmRecord};
use planner_core::filter::{Filter, Pattern, Selection};
use planner_core::inventory::{Inventory, PowerState};
use planner_core::snapshot::{Snapshot, SnapshotBuilder, VmState};
use planner_core::units::Iops;

use crate::at;

fn entities(vms: &[(&str, Option<PowerState>)]) -> Entities {
    let mut entities = Entities::new();
    for &(moref, power_state) in vms {
        let permission_denied = power_state.is_none();
        *entities.vm(moref) = VmRecord {
            name: moref.into(),
            power_state,
            permission_denied,
            ..VmRecord::default()
        };
    }
    entities
}

fn inventory(vms: &[(&str, Option<PowerState>)]) -> Arc<Inventory> {
    Arc::new(entities(vms).resolve(&Filter::default(), at(0)))
}

fn running() -> Arc<Inventory> {
    inventory(&[
        ("vm-1", Some(PowerState::PoweredOn)),
        ("vm-2", Some(PowerState::PoweredOn)),
    ])
}

fn iops(value: f64, second: i64) -> VmDiskStats {
    VmDiskStats {
        write: DiskStats {
            iops: Some(Iops::new(value)),
            ..DiskStats::default()
        },
        read: None,
        disks: Box::default(),
        newest_sample: at(second),
    }
}

fn values(snapshot: &Snapshot) -> Vec<(&str, VmState, Option<f64>)> {
    let value = |stats: &VmDiskStats| stats.write.iops.unwrap().get();
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
    let mut builder = SnapshotBuilder::new(Arc::new(entities.resolve(&filter, at(0))));
    builder.sampled("vm-on", iops(1.0, 100));
    builder.failed("vm-on");
    builder.failed("vm-broken");
    builder.left_out("vm-poison", "a reason".into());
    builder.sampled("vm-unheard-of", iops(1.0, 900));
    let snapshot = builder.build(None);
    let counts = VmState::ALL.map(|state| (state.as_str(), snapshot.count(state)));
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
    let left_out: Vec<_> = snapshot
        .left_out()
        .map(|(vm, reason)| (&*vm.name, reason))
        .collect();
    assert_eq!(left_out, [("vm-poison", "a reason")]);
}

#[test]
fn values_are_kept_for_two_cycles_and_then_end() {
    let mut builder = SnapshotBuilder::new(running());
    builder.sampled("vm-1", iops(10.0, 100));
    builder.sampled("vm-2", iops(20.0, 100));
    let mut snapshot = builder.build(None);
    for (expected, newest) in [
        (Some(10.0), at(200)),
        (Some(10.0), at(300)),
        (None, at(400)),
    ] {
        let mut builder = SnapshotBuilder::new(running());
        builder.failed("vm-1");
        builder.sampled("vm-2", iops(21.0, newest.as_second()));
        snapshot = builder.build(Some(&snapshot));
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
    let mut builder = SnapshotBuilder::new(running());
    builder.sampled("vm-1", iops(10.0, 100));
    builder.sampled("vm-2", iops(20.0, 100));
    let first = builder.build(None);
    let later = inventory(&[("vm-1", Some(PowerState::PoweredOff))]);
    let second = SnapshotBuilder::new(later).build(Some(&first));
    assert_eq!(values(&second), [("vm-1", VmState::PoweredOff, None)]);
}
