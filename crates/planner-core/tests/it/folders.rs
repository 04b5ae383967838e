//! A VM's folder path follows from the parents, however they are shaped.

use std::sync::Arc;

use planner_core::inventory::entities::{
    Entities, EntityKind, ManagedEntity, VmRecord, decoded_name,
};
use planner_core::inventory::filter::{Filter, Pattern};
use proptest::prelude::*;

use crate::full_read;

fn folder(name: &str, parent: &str) -> ManagedEntity {
    ManagedEntity {
        kind: EntityKind::Other,
        name: decoded_name(name),
        parent: Some(parent.into()),
        folder: None,
    }
}

/// A datacenter whose VM folder is `group-0`.
fn datacenter() -> Entities {
    let mut entities = Entities::new();
    entities.managed_entity("dc", EntityKind::Datacenter).name = "DC".into();
    *entities.managed_entity("group-0", EntityKind::Other) = folder("vm", "dc");
    entities
}

fn add_folder(entities: &mut Entities, moref: &str, name: &str, parent: &str) {
    *entities.managed_entity(moref, EntityKind::Other) = folder(name, parent);
}

fn add_vm(entities: &mut Entities, moref: &str, parent: Option<&str>) {
    entities.vm(moref).parent = parent.map(Arc::from);
}

/// The paths of all VMs in the order of their ids.
fn paths(entities: &Entities) -> Vec<Arc<str>> {
    let inventory = entities.resolve(&Filter::default(), full_read(1));
    let vms = inventory.vms().iter();
    vms.map(|vm| Arc::clone(&vm.folder)).collect()
}

#[test]
fn a_path_begins_below_the_datacenter() {
    let mut entities = datacenter();
    add_folder(&mut entities, "group-1", "Production", "group-0");
    add_folder(&mut entities, "group-2", "Web%2fShop", "group-1");
    for (vm, parent) in [
        ("vm-1", Some("group-0")),
        ("vm-2", Some("group-1")),
        ("vm-3", Some("group-2")),
        ("vm-4", Some("group-gone")),
        ("vm-5", None),
        ("vm-6", Some("dc")),
    ] {
        add_vm(&mut entities, vm, parent);
    }
    let expected = ["", "Production", "Production/Web/Shop", "", "", ""];
    assert_eq!(
        paths(&entities).iter().map(|it| &**it).collect::<Vec<_>>(),
        expected
    );
}

#[test]
fn a_folder_whose_name_is_withheld_keeps_its_place_in_the_path() {
    let mut entities = datacenter();
    add_folder(&mut entities, "group-1", "", "group-0");
    add_folder(&mut entities, "group-2", "Web", "group-1");
    add_vm(&mut entities, "vm-1", Some("group-2"));
    assert_eq!(&*paths(&entities)[0], "/Web");
}

#[test]
fn folders_in_a_ring_end_somewhere() {
    let mut entities = Entities::new();
    add_folder(&mut entities, "group-1", "a", "group-2");
    add_folder(&mut entities, "group-2", "b", "group-1");
    add_vm(&mut entities, "vm-1", Some("group-1"));
    assert!(paths(&entities)[0].len() <= 1_024);
}

#[test]
fn a_path_of_absurd_length_is_cut_between_characters() {
    let mut entities = datacenter();
    let mut parent = "group-0".to_owned();
    for level in 1..=40 {
        let moref = format!("group-{level}");
        add_folder(&mut entities, &moref, &"\u{65e5}".repeat(80), &parent);
        parent = moref;
    }
    add_folder(
        &mut entities,
        "group-x",
        &"\u{65e5}".repeat(9_000),
        "group-0",
    );
    add_vm(&mut entities, "vm-1", Some(&parent));
    add_vm(&mut entities, "vm-2", Some("group-x"));
    for path in paths(&entities) {
        assert!((1_020..=1_024).contains(&path.len()), "{}", path.len());
        assert!(path.starts_with("\u{65e5}\u{65e5}"));
    }
}

proptest! {
    /// Paths that were found on the way to another one are the paths of a walk of their own.
    #[test]
    fn a_path_does_not_depend_on_the_other_vms(
        parents in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
        homes in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let mut site = datacenter();
        for (number, parent) in parents.iter().enumerate() {
            let parent = format!("group-{}", parent.index(number + 1));
            add_folder(&mut site, &format!("group-{}", number + 1), &format!("f{number}"), &parent);
        }
        let home = |index: &prop::sample::Index| format!("group-{}", index.index(parents.len() + 1));
        let mut together = site.clone();
        for (number, index) in homes.iter().enumerate() {
            add_vm(&mut together, &format!("vm-{number:02}"), Some(&home(index)));
        }
        let alone = homes.iter().map(|index| {
            let mut entities = site.clone();
            add_vm(&mut entities, "vm-1", Some(&home(index)));
            paths(&entities).swap_remove(0)
        });
        prop_assert_eq!(paths(&together), alone.collect::<Vec<_>>());
    }
}

#[test]
fn filters_see_the_path_that_is_published() {
    let mut entities = datacenter();
    add_folder(&mut entities, "group-1", "Production", "group-0");
    add_folder(&mut entities, "group-2", "Web", "group-1");
    *entities.vm("vm-1") = VmRecord {
        parent: Some("group-2".into()),
        ..VmRecord::default()
    };
    for (pattern, admitted) in [("Production/Web", true), ("Production", false), ("*", true)] {
        let mut filter = Filter::default();
        filter.folders.include.push(Pattern::new(pattern));
        let inventory = entities.resolve(&filter, full_read(1));
        assert_eq!(!inventory.vms()[0].is_filtered, admitted, "{pattern}");
        assert_eq!(&*inventory.vms()[0].folder, "Production/Web");
    }
}
