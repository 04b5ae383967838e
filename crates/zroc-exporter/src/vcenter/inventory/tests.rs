//! The upkeep of an inventory against answers made up in memory.

mod attributes;
mod emptiness;
mod failures;
mod health;
mod missed_changes;

use std::sync::LazyLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use planner_core::inventory::Inventory;
use planner_core::inventory::filter::Filter;
use tokio::time::Instant;
use vsphere_soap::{
    MoRef, ObjectContent, ObjectUpdate, ObjectUpdateKind, Property, PropertyChange,
    PropertyChangeOp, PropertyValue,
};

use super::refresh::{Ask, Refresh};
use super::upkeep::Upkeep;
use crate::vcenter::bounds::Bounds;
use crate::vcenter::error::CollectError;
use crate::vcenter::moment::Moment;

const TIME_TO_LIVE: Duration = Duration::from_secs(600);
const BOUNDS: Bounds = Bounds {
    objects: 100,
    text_bytes: 10_000,
};

fn at(seconds: u32) -> Moment {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Moment {
        instant: *START + Duration::from_secs(seconds.into()),
        timestamp: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds.into()),
    }
}

fn moref(vm: &str) -> MoRef {
    MoRef::new("VirtualMachine", vm)
}

fn update(vm: &str, kind: ObjectUpdateKind, name: Option<&str>) -> ObjectUpdate {
    let change = |name: &str| PropertyChange {
        name: "name".into(),
        op: PropertyChangeOp::Assign,
        value: Some(PropertyValue::String(name.into())),
    };
    ObjectUpdate {
        obj: moref(vm),
        kind,
        changes: name.map(change).into_iter().collect(),
        missing: Vec::new(),
    }
}

/// A VM of this name appears.
fn enter(vm: &str, name: &str) -> ObjectUpdate {
    update(vm, ObjectUpdateKind::Enter, Some(name))
}

/// A VM has another name.
fn rename(vm: &str, name: &str) -> ObjectUpdate {
    update(vm, ObjectUpdateKind::Modify, Some(name))
}

/// A VM disappears.
fn leave(vm: &str) -> ObjectUpdate {
    update(vm, ObjectUpdateKind::Leave, None)
}

/// A VM as a page shows it.
fn shown(vm: &str, name: &str) -> ObjectContent {
    ObjectContent {
        obj: moref(vm),
        properties: vec![Property {
            name: "name".into(),
            value: PropertyValue::String(name.into()),
        }],
        missing: Vec::new(),
    }
}

fn failure() -> CollectError {
    CollectError::NoCounters
}

fn names(inventory: &Inventory) -> Vec<(&str, &str)> {
    let vms = inventory.vms().iter();
    vms.map(|vm| (vm.id.as_str(), &*vm.name)).collect()
}

fn upkeep() -> Upkeep {
    Upkeep::new(Filter::default(), TIME_TO_LIVE, BOUNDS)
}

/// One that has published VMs `a` and `b`, read at second 0.
fn upkeep_of_two() -> Upkeep {
    let mut upkeep = upkeep();
    let mut refresh = Refresh::begin(&mut upkeep, at(0));
    refresh.restarted();
    refresh.listed(vec![enter("a", "A"), enter("b", "B")], true);
    refresh.finish().unwrap();
    upkeep
}

/// A refresh at this second in which the server still keeps view and filter.
fn attached(upkeep: &mut Upkeep, seconds: u32) -> Refresh<'_> {
    let mut refresh = Refresh::begin(upkeep, at(seconds));
    assert_eq!(refresh.ask(), Ask::Attach);
    refresh.attached();
    assert_eq!(refresh.ask(), Ask::Follow);
    refresh
}

#[test]
fn the_first_report_is_an_inventory_once_it_is_complete() {
    let mut upkeep = upkeep();
    let mut refresh = Refresh::begin(&mut upkeep, at(0));
    refresh.restarted();
    refresh.listed(vec![enter("a", "A")], false);
    assert_eq!(refresh.ask(), Ask::Follow);
    // The refresh is cut off.
    drop(refresh);
    assert!(upkeep.current().is_none());
    let mut refresh = attached(&mut upkeep, 20);
    refresh.listed(vec![enter("b", "B")], true);
    assert_eq!(refresh.ask(), Ask::Nothing);
    let inventory = refresh.finish().unwrap();
    assert_eq!(names(&inventory), [("a", "A"), ("b", "B")]);
    assert_eq!(inventory.full_read().at, at(20).timestamp);
    assert_eq!(upkeep.whole_reads(), 1);
}

#[test]
fn changes_make_an_inventory_that_is_no_younger() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 599);
    refresh.changed(vec![rename("a", "AA"), leave("b")], false);
    assert_eq!(refresh.ask(), Ask::Follow);
    refresh.changed(vec![enter("c", "C")], true);
    assert_eq!(refresh.ask(), Ask::Nothing);
    let inventory = refresh.finish().unwrap();
    assert_eq!(names(&inventory), [("a", "AA"), ("c", "C")]);
    assert_eq!(inventory.full_read().at, at(0).timestamp);
    assert_eq!(upkeep.whole_reads(), 1);
}

#[test]
fn without_changes_the_inventory_stays_the_same() {
    let mut upkeep = upkeep_of_two();
    let before = upkeep.current().unwrap();
    let mut refresh = attached(&mut upkeep, 20);
    refresh.changed(Vec::new(), true);
    assert!(std::sync::Arc::ptr_eq(&refresh.finish().unwrap(), &before));
}

#[test]
fn everything_is_read_when_the_inventory_is_old() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 600);
    refresh.changed(Vec::new(), true);
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.page(vec![shown("a", "A")]);
    refresh.page(vec![shown("c", "C")]);
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.read_complete();
    assert_eq!(refresh.ask(), Ask::Nothing);
    let inventory = refresh.finish().unwrap();
    assert_eq!(names(&inventory), [("a", "A"), ("c", "C")]);
    assert_eq!(inventory.full_read().at, at(600).timestamp);
    assert_eq!(upkeep.whole_reads(), 2);
}

#[test]
fn a_wall_clock_that_is_set_back_keeps_no_inventory_young() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = Refresh::begin(
        &mut upkeep,
        Moment {
            timestamp: Timestamp::UNIX_EPOCH - SignedDuration::from_hours(24),
            ..at(600)
        },
    );
    refresh.attached();
    refresh.changed(Vec::new(), true);
    assert_eq!(refresh.ask(), Ask::Read);
}

#[test]
fn an_object_that_changes_during_a_read_is_taken_from_the_reports() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 600);
    refresh.changed(Vec::new(), true);
    refresh.page(vec![shown("a", "A"), shown("b", "B")]);
    refresh.out_of_patience();
    refresh.finish().unwrap();
    // The read continues in the next refresh.
    let mut refresh = attached(&mut upkeep, 620);
    refresh.changed(vec![rename("a", "AA"), leave("b"), enter("c", "C")], true);
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.page(vec![shown("d", "D")]);
    refresh.read_complete();
    let inventory = refresh.finish().unwrap();
    assert_eq!(names(&inventory), [("a", "AA"), ("c", "C"), ("d", "D")]);
    assert_eq!(inventory.full_read().at, at(620).timestamp);
}

/// Then the reports fill another list than the one that the inventory was made of.
#[test]
fn an_object_that_is_listed_during_a_read_is_taken_from_the_list() {
    let mut upkeep = upkeep();
    let mut refresh = Refresh::begin(&mut upkeep, at(0));
    refresh.restarted();
    refresh.failed(failure());
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.page(vec![shown("a", "old")]);
    drop(refresh);
    let mut refresh = attached(&mut upkeep, 20);
    refresh.listed(vec![enter("a", "A")], false);
    refresh.failed(failure());
    refresh.page(vec![shown("b", "B")]);
    refresh.read_complete();
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "A"), ("b", "B")]);
}

#[test]
fn a_read_that_starts_over_drops_its_pages() {
    let mut upkeep = upkeep_of_two();
    let mut refresh = attached(&mut upkeep, 600);
    refresh.changed(Vec::new(), true);
    refresh.page(vec![shown("a", "A"), shown("gone", "GONE")]);
    refresh.read_restarted();
    refresh.page(vec![shown("a", "A")]);
    refresh.read_complete();
    assert_eq!(names(&refresh.finish().unwrap()), [("a", "A")]);
}
