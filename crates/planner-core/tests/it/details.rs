//! What is kept of VMs beside their records.

use std::sync::Arc;

use planner_core::inventory::details::{CustomAttribute, DiskDetails, VmDetails};
use planner_core::inventory::entities::Entities;
use planner_core::inventory::filter::Filter;

use crate::full_read;

const ROOM: usize = 100;

fn attribute(name: &str, value: &str) -> CustomAttribute {
    CustomAttribute {
        name: name.into(),
        value: value.into(),
    }
}

fn set(entities: &mut Entities, moref: &str, attributes: &[CustomAttribute]) {
    let vm = entities.vm_place(moref);
    vm.details
        .set_attributes(moref, attributes.to_vec(), 0, ROOM);
}

fn details(entities: &Entities, moref: &str) -> Option<VmDetails> {
    let inventory = entities.resolve(&Filter::default(), full_read(1));
    let vm = inventory.vms().iter().find(|vm| vm.id.as_str() == moref);
    vm.unwrap().details.as_deref().cloned()
}

fn disk() -> DiskDetails {
    DiskDetails {
        instance: "scsi0:0".into(),
        datastore: "fast".into(),
        is_thin: Some(true),
        mode: "persistent".into(),
        sharing: Arc::default(),
    }
}

#[test]
fn disks_and_attributes_do_not_replace_each_other() {
    let mut entities = Entities::new();
    set(&mut entities, "vm-1", &[attribute("Owner", "a")]);
    let vm = entities.vm_place("vm-1");
    vm.details.set_disks("vm-1", [disk()].into());
    let found = details(&entities, "vm-1").unwrap();
    assert_eq!(*found.attributes, [attribute("Owner", "a")]);
    assert_eq!(*found.disks, [disk()]);

    set(&mut entities, "vm-1", &[]);
    assert_eq!(*details(&entities, "vm-1").unwrap().disks, [disk()]);
    let vm = entities.vm_place("vm-1");
    vm.details.set_disks("vm-1", [].into());
    assert_eq!(details(&entities, "vm-1"), None);
}

#[test]
fn a_vm_that_nobody_asked_about_has_no_details() {
    let mut entities = Entities::new();
    entities.vm("vm-1");
    assert_eq!(details(&entities, "vm-1"), None);
}

#[test]
fn values_beyond_the_room_are_left_out_and_counted() {
    let mut entities = Entities::new();
    let sixty = "x".repeat(60);
    set(&mut entities, "vm-1", &[attribute("a", &sixty)]);
    let two = [attribute("a", &sixty), attribute("b", "short")];
    set(&mut entities, "vm-2", &two);
    let found = details(&entities, "vm-2").unwrap();
    assert_eq!(*found.attributes, [attribute("b", "short")]);
    assert_eq!(found.attributes_left_out, 1);
    // Its own value makes room for the next one.
    let ninety = "y".repeat(90);
    set(&mut entities, "vm-1", &[attribute("a", &ninety)]);
    assert_eq!(details(&entities, "vm-1").unwrap().attributes_left_out, 0);
    // So does a VM that is gone.
    entities.remove("vm-1");
    set(&mut entities, "vm-2", &two);
    let found = details(&entities, "vm-2").unwrap();
    assert_eq!((found.attributes.len(), found.attributes_left_out), (2, 0));
}

#[test]
fn a_copied_vm_brings_its_details_and_takes_their_room() {
    let mut source = Entities::new();
    set(&mut source, "vm-1", &[attribute("a", &"x".repeat(60))]);
    let mut entities = Entities::new();
    set(&mut entities, "vm-1", &[attribute("a", "before")]);
    entities.copy_from(&source, "vm-1");
    assert_eq!(details(&entities, "vm-1"), details(&source, "vm-1"));
    set(&mut entities, "vm-2", &[attribute("a", &"y".repeat(60))]);
    assert_eq!(details(&entities, "vm-2").unwrap().attributes_left_out, 1);
    entities.copy_from(&Entities::new(), "vm-1");
    set(&mut entities, "vm-2", &[attribute("a", &"y".repeat(60))]);
    assert_eq!(details(&entities, "vm-2").unwrap().attributes_left_out, 0);
}

#[test]
fn details_make_no_vm_differ() {
    let mut one = Entities::new();
    one.vm("vm-1");
    let mut other = one.clone();
    set(&mut other, "vm-1", &[attribute("a", "b")]);
    assert_eq!(one.differing(&other).count(), 0);
    assert_ne!(one, other);
}
