//! Other custom attributes are wanted than when objects were read.

use std::sync::Arc;

use vsphere_soap::{CustomFieldValue, ObjectContent, Property, PropertyValue};

use super::*;
use crate::vcenter::details::Wanted;

/// The one attribute of the VMs here, under a name or not at all.
fn wanted(name: Option<&str>) -> Wanted {
    Wanted(name.map(|name| (7, name.into())).into_iter().collect())
}

/// A VM with a value, as a page shows it.
fn owned(vm: &str, name: &str) -> ObjectContent {
    let value = CustomFieldValue {
        key: 7,
        value: "me".into(),
    };
    let mut object = shown(vm, name);
    object.properties.push(Property {
        name: "customValue".into(),
        value: PropertyValue::CustomFieldValues(vec![value]),
    });
    object
}

fn attributes(inventory: &Inventory) -> Vec<&str> {
    let details = inventory.vms().iter().flat_map(|vm| &vm.details);
    let attributes = details.flat_map(|it| &it.attributes);
    attributes.map(|it| &*it.name).collect()
}

/// Reads everything in one refresh.
fn read(upkeep: &mut Upkeep, seconds: u32, pages: Vec<ObjectContent>) -> Arc<Inventory> {
    let mut refresh = attached(upkeep, seconds);
    refresh.changed(Vec::new(), true);
    assert_eq!(refresh.ask(), Ask::Read);
    refresh.page(pages);
    refresh.read_complete();
    refresh.finish().unwrap()
}

/// The two VMs of [`upkeep_of_two`].
fn both() -> Vec<ObjectContent> {
    vec![owned("a", "A"), shown("b", "B")]
}

#[test]
fn what_is_wanted_from_the_start_needs_no_second_read() {
    let mut upkeep = upkeep();
    upkeep.want(wanted(Some("Owner")));
    let mut refresh = Refresh::begin(&mut upkeep, at(0));
    refresh.restarted();
    refresh.listed(vec![enter("a", "A")], true);
    assert_eq!(refresh.ask(), Ask::Nothing);
    refresh.finish().unwrap();
    upkeep.want(wanted(Some("Owner")));
    let mut refresh = attached(&mut upkeep, 20);
    refresh.changed(Vec::new(), true);
    assert_eq!(refresh.ask(), Ask::Nothing);
}

#[test]
fn another_name_takes_effect_at_once() {
    let mut upkeep = upkeep_of_two();
    for (seconds, name) in [(20, Some("Owner")), (40, Some("Team")), (60, None)] {
        upkeep.want(wanted(name));
        let inventory = read(&mut upkeep, seconds, both());
        assert_eq!(attributes(&inventory), name.into_iter().collect::<Vec<_>>());
        let mut refresh = attached(&mut upkeep, seconds + 1);
        refresh.changed(Vec::new(), true);
        assert_eq!(refresh.ask(), Ask::Nothing);
    }
}

#[test]
fn a_read_under_way_is_made_again() {
    let mut upkeep = upkeep_of_two();
    upkeep.want(wanted(Some("Owner")));
    let mut refresh = attached(&mut upkeep, 20);
    refresh.changed(Vec::new(), true);
    refresh.page(vec![owned("a", "A")]);
    drop(refresh);
    upkeep.want(wanted(Some("Team")));
    let inventory = {
        let mut refresh = attached(&mut upkeep, 40);
        refresh.changed(Vec::new(), true);
        refresh.page(vec![owned("b", "B")]);
        refresh.read_complete();
        refresh.finish().unwrap()
    };
    assert_eq!(attributes(&inventory), ["Owner", "Team"]);
    assert_eq!(attributes(&read(&mut upkeep, 60, both())), ["Team"]);
}

#[test]
fn a_read_that_fails_is_tried_again() {
    let mut upkeep = upkeep_of_two();
    upkeep.want(wanted(Some("Owner")));
    let mut refresh = attached(&mut upkeep, 20);
    refresh.changed(Vec::new(), true);
    refresh.failed(failure());
    refresh.finish().unwrap();
    assert_eq!(attributes(&read(&mut upkeep, 40, both())), ["Owner"]);
}

/// Whatever vCenter reports about attributes, the filter stays as it is.
#[test]
fn values_that_were_not_reported_are_no_missed_change() {
    let mut upkeep = upkeep();
    upkeep.want(wanted(Some("Owner")));
    let mut refresh = Refresh::begin(&mut upkeep, at(0));
    refresh.restarted();
    refresh.listed(vec![enter("a", "A")], true);
    refresh.finish().unwrap();
    let inventory = read(&mut upkeep, 600, vec![owned("a", "A")]);
    assert_eq!(attributes(&inventory), ["Owner"]);
    let mut refresh = attached(&mut upkeep, 620);
    refresh.changed(Vec::new(), true);
    refresh.finish().unwrap();
    assert!(!upkeep.is_filter_broken());
}
