//! A snapshot accounts for every VM and lets old values go.

use std::sync::Arc;

use planner_core::disk_stats::VmDiskStats;
use planner_core::entities::{Entities, VmRecord};
use planner_core::inventory::{Inventory, PowerState, VmId};
use planner_core::snapshot::{Snapshot, SnapshotBuilder, VmState};
use planner_core::units::Iops;

use crate::at;

fn inventory(vms: &[(&str, Option<PowerState>)]) -> Arc<Inventory> {
    let mut entities = Entities::new();
    for &(moref, power_state) in vms {
        entities.insert_vm(
            VmId::new(moref),
            VmRecord {
                power_state,
                permission_denied: power_state.is_none(),
                ..VmRecord::default()
            },
        );
    }
    Arc::new(entities.resolve(at(0)))
}

fn running() -> Arc<Inventory> {
    inventory(&[
        ("vm-1", Some(PowerState::PoweredOn)),
        ("vm-2", Some(PowerState::PoweredOn)),
    ])
}

fn iops(value: f64, second: i64) -> VmDiskStats {
    VmDiskStats {
        write_iops: Some(Iops::new(value)),
        write_rate: None,
        write_latency: None,
        newest_sample: at(second),
    }
}

fn values(snapshot: &Snapshot) -> Vec<(&str, VmState, Option<f64>)> {
    let value = |stats: &VmDiskStats| stats.write_iops.unwrap().get();
    snapshot
        .vms()
        .map(|row| (row.vm.id.as_str(), row.state, row.stats.map(value)))
        .collect()
}

#[test]
fn states_add_up_to_the_inventory() {
    let inventory = inventory(&[
        ("vm-on", Some(PowerState::PoweredOn)),
        ("vm-quiet", Some(PowerState::PoweredOn)),
        ("vm-broken", Some(PowerState::PoweredOn)),
        ("vm-off", Some(PowerState::PoweredOff)),
        ("vm-asleep", Some(PowerState::Suspended)),
        ("vm-hidden", None),
    ]);
    let mut builder = SnapshotBuilder::new(inventory);
    builder.sampled("vm-on", iops(1.0, 100));
    builder.failed("vm-on");
    builder.failed("vm-broken");
    builder.sampled("vm-unheard-of", iops(1.0, 900));
    let snapshot = builder.build(None);
    let counts = VmState::ALL.map(|state| (state.as_str(), snapshot.count(state)));
    assert_eq!(
        counts,
        [
            ("sampled", 1),
            ("powered_off", 2),
            ("no_data", 1),
            ("no_permission", 1),
            ("failed", 1)
        ]
    );
    assert_eq!(snapshot.newest_sample(), Some(at(100)));
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
