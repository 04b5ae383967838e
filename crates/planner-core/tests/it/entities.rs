//! Placements follow from parents, however much of them is withheld.

use std::sync::Arc;

use planner_core::inventory::entities::{
    DiskSummary, Entities, EntityKind, ManagedEntity, VmRecord, decoded_name,
};
use planner_core::inventory::filter::{Filter, Pattern, Selection};
use planner_core::inventory::{PowerState, Vm};
use planner_core::units::Bytes;

use crate::full_read;

/// Two folders deep, then a datacenter, then two folders deep again, a cluster with two hosts and a standalone host.
fn site() -> Entities {
    let mut entities = Entities::new();
    for (moref, kind, name, parent) in [
        ("group-d1", EntityKind::Other, "Datacenters", None),
        ("group-d3", EntityKind::Other, "Europe", Some("group-d1")),
        (
            "datacenter-2",
            EntityKind::Datacenter,
            "DC%2fEast",
            Some("group-d3"),
        ),
        ("group-h4", EntityKind::Other, "host", Some("datacenter-2")),
        ("group-h5", EntityKind::Other, "racks", Some("group-h4")),
        (
            "domain-c9",
            EntityKind::ComputeResource,
            "Cluster-01",
            Some("group-h5"),
        ),
        (
            "host-21",
            EntityKind::Host,
            "esx01.example",
            Some("domain-c9"),
        ),
        (
            "domain-s29",
            EntityKind::ComputeResource,
            "esx09.example",
            Some("group-h4"),
        ),
        (
            "host-30",
            EntityKind::Host,
            "esx09.example",
            Some("domain-s29"),
        ),
        ("group-v8", EntityKind::Other, "vm", Some("datacenter-2")),
        ("group-v9", EntityKind::Other, "linux", Some("group-v8")),
    ] {
        insert(&mut entities, moref, kind, name, parent);
    }
    entities
}

fn insert(
    entities: &mut Entities,
    moref: &str,
    kind: EntityKind,
    name: &str,
    parent: Option<&str>,
) {
    *entities.managed_entity(moref, kind) = ManagedEntity {
        kind,
        name: decoded_name(name),
        parent: parent.map(Box::from),
        folder: None,
    };
}

fn record(host: Option<&str>, parent: Option<&str>) -> VmRecord {
    VmRecord {
        name: decoded_name("web%2f01"),
        host: host.map(Arc::from),
        parent: parent.map(Arc::from),
        power_state: Some(PowerState::PoweredOn),
        disks: Some(DiskSummary {
            count: 2,
            capacity: Bytes::new(3 << 30),
        }),
        ..VmRecord::default()
    }
}

fn resolve(mut entities: Entities, record: VmRecord) -> Vm {
    *entities.vm("vm-1") = record;
    entities.resolve(&Filter::default(), full_read(1)).vms()[0].clone()
}

fn placement(vm: &Vm) -> [&str; 3] {
    [
        &vm.placement.cluster,
        &vm.placement.host,
        &vm.placement.datacenter,
    ]
}

#[test]
fn a_vm_is_placed_by_its_host() {
    let in_cluster = resolve(site(), record(Some("host-21"), Some("group-v9")));
    assert_eq!(
        placement(&in_cluster),
        ["Cluster-01", "esx01.example", "DC/East"]
    );
    assert_eq!(&*in_cluster.name, "web/01");
    assert_eq!(
        (in_cluster.disks, in_cluster.provisioned),
        (Some(2), Some(Bytes::new(3 << 30)))
    );

    let standalone = resolve(site(), record(Some("host-30"), None));
    assert_eq!(
        placement(&standalone),
        ["esx09.example", "esx09.example", "DC/East"]
    );
}

#[test]
fn without_a_host_the_folder_still_gives_the_datacenter() {
    assert_eq!(
        placement(&resolve(site(), record(None, Some("group-v9")))),
        ["", "", "DC/East"]
    );
    assert_eq!(
        placement(&resolve(site(), record(Some("host-404"), Some("group-v9")))),
        ["", "", "DC/East"]
    );
    assert_eq!(
        placement(&resolve(site(), record(None, None))),
        ["", "", ""]
    );
}

#[test]
fn withheld_parents_leave_labels_empty() {
    let mut entities = site();
    insert(&mut entities, "host-40", EntityKind::Host, "esx40", None);
    let vm = resolve(entities, record(Some("host-40"), Some("group-v9")));
    assert_eq!(placement(&vm), ["", "esx40", "DC/East"]);

    let mut entities = site();
    insert(
        &mut entities,
        "host-41",
        EntityKind::Host,
        "",
        Some("domain-c9"),
    );
    let vm = resolve(entities, record(Some("host-41"), None));
    assert_eq!(placement(&vm), ["Cluster-01", "", "DC/East"]);
}

#[test]
fn parents_in_a_loop_end() {
    let mut entities = Entities::new();
    insert(
        &mut entities,
        "group-1",
        EntityKind::Other,
        "a",
        Some("group-2"),
    );
    insert(
        &mut entities,
        "group-2",
        EntityKind::Other,
        "b",
        Some("group-1"),
    );
    assert_eq!(
        placement(&resolve(entities, record(None, Some("group-1")))),
        ["", "", ""]
    );
}

#[test]
fn a_deep_tree_is_walked_to_its_top() {
    let mut entities = Entities::new();
    insert(&mut entities, "dc", EntityKind::Datacenter, "Deep", None);
    insert(&mut entities, "group-0", EntityKind::Other, "f", Some("dc"));
    for depth in 1..500 {
        let (moref, parent) = (format!("group-{depth}"), format!("group-{}", depth - 1));
        insert(&mut entities, &moref, EntityKind::Other, "f", Some(&parent));
    }
    assert_eq!(
        placement(&resolve(entities, record(None, Some("group-499")))),
        ["", "", "Deep"]
    );
}

#[test]
fn a_vm_of_which_nothing_can_be_read_is_still_there() {
    let vm = resolve(
        site(),
        VmRecord {
            denied: ["name".into()].into(),
            ..VmRecord::default()
        },
    );
    assert_eq!(
        (&*vm.name, vm.power_state, vm.provisioned),
        ("", None, None)
    );
    assert!(!vm.is_observed());
}

#[test]
fn an_object_that_is_gone_takes_its_names_with_it() {
    let mut entities = site();
    entities.remove("host-21");
    let vm = resolve(entities, record(Some("host-21"), Some("group-v9")));
    assert_eq!(placement(&vm), ["", "", "DC/East"]);
    let mut entities = site();
    *entities.vm("vm-1") = record(None, None);
    entities.remove("vm-1");
    assert!(entities.has_no_vms());
    assert_eq!(entities, site());
}

#[test]
fn a_vm_in_a_vapp_is_in_the_folder_of_the_vapp() {
    let mut entities = site();
    insert(
        &mut entities,
        "resgroup-v1",
        EntityKind::Other,
        "Shop",
        Some("resgroup-7"),
    );
    entities
        .managed_entity("resgroup-v1", EntityKind::Other)
        .folder = Some("group-v9".into());
    insert(
        &mut entities,
        "resgroup-v2",
        EntityKind::Other,
        "Tills",
        Some("resgroup-v1"),
    );
    for vapp in ["resgroup-v1", "resgroup-v2"] {
        let mut entities = entities.clone();
        *entities.vm("vm-1") = VmRecord {
            vapp: Some(vapp.into()),
            ..record(None, None)
        };
        let in_folder = |folder: &str| {
            let mut filter = Filter::default();
            filter.folders.include.push(Pattern::new(folder));
            entities.resolve(&filter, full_read(1)).vms()[0].clone()
        };
        assert!(in_folder("linux").is_observed(), "{vapp}");
        assert!(!in_folder("windows").is_observed(), "{vapp}");
        assert_eq!(&*in_folder("linux").folder, "linux");
        assert_eq!(placement(&in_folder("linux")), ["", "", "DC/East"]);
    }
}

#[test]
fn objects_are_taken_from_another_state_one_by_one() {
    let mut newer = site();
    *newer.vm("vm-1") = record(Some("host-21"), None);
    newer.managed_entity("host-30", EntityKind::Host).name = "renamed".into();
    newer.remove("host-21");
    let mut entities = site();
    *entities.vm("vm-2") = record(None, None);
    for moref in ["vm-1", "vm-2", "host-21", "host-30", "never-seen"] {
        entities.copy_from(&newer, moref);
    }
    assert_eq!(entities, newer);
}

#[test]
fn filters_see_names_and_folder_paths() {
    let selected = |selection: fn(&mut Filter) -> &mut Selection, include: &str, exclude: &str| {
        let mut filter = Filter::default();
        let patterns = |text: &str| text.split_terminator(',').map(Pattern::new).collect();
        *selection(&mut filter) = Selection {
            include: patterns(include),
            exclude: patterns(exclude),
        };
        let mut entities = site();
        insert(
            &mut entities,
            "group-v10",
            EntityKind::Other,
            "db",
            Some("group-v9"),
        );
        *entities.vm("vm-1") = record(Some("host-21"), Some("group-v10"));
        entities.resolve(&filter, full_read(1)).vms()[0].is_observed()
    };
    assert!(selected(|filter| &mut filter.names, "WEB/*,mail", ""));
    assert!(!selected(|filter| &mut filter.names, "db*", ""));
    assert!(!selected(|filter| &mut filter.names, "web*", "*01"));
    assert!(selected(|filter| &mut filter.clusters, "cluster-??", ""));
    assert!(!selected(|filter| &mut filter.datacenters, "", "DC/East"));
    assert!(selected(|filter| &mut filter.folders, "linux/*", ""));
    assert!(!selected(|filter| &mut filter.folders, "linux", ""));
    assert!(!selected(|filter| &mut filter.folders, "", "linux/db"));
}

#[test]
fn entities_are_counted_and_compared_by_their_objects() {
    let mut entities = Entities::new();
    assert!(entities.has_no_vms() && entities.count() == 0);
    entities.managed_entity("host-1", EntityKind::Host);
    assert!(entities.has_no_vms() && entities.count() == 1);
    entities.vm("vm-1");
    assert!(!entities.has_no_vms() && entities.count() == 2);

    assert_eq!(entities.clone(), entities);
    let mut with_vm = entities.clone();
    with_vm.vm("vm-2");
    assert_ne!(with_vm, entities);
    let mut with_host = entities.clone();
    with_host.managed_entity("host-2", EntityKind::Host);
    assert_ne!(with_host, entities);
}

/// Names of hosts may be withheld or doubled; references are not.
#[test]
fn a_placement_has_the_reference_of_its_host() {
    let mut entities = Entities::new();
    entities.vm("vm-1").host = Some(Arc::from("host-9"));
    entities.vm("vm-2").host = None;
    let inventory = entities.resolve(&Filter::default(), full_read(1));
    let hosts = inventory
        .vms()
        .iter()
        .map(|vm| vm.placement.host_moref.as_deref());
    assert_eq!(hosts.collect::<Vec<_>>(), [Some("host-9"), None]);
}

/// As with a VM that a server moves to ever new hosts.
#[test]
fn references_that_nothing_uses_any_more_are_dropped() {
    let mut entities = Entities::new();
    let mut most = 0;
    for number in 0..50_000 {
        let vm = entities.vm_place("vm-1");
        vm.record.host = Some(vm.texts.shared(&format!("host-{number:0>95}")));
        most = most.max(entities.text_bytes());
    }
    assert!(most < 200_000, "{most} bytes");
}

#[test]
fn objects_that_differ_are_found_on_both_sides() {
    let (before, mut after) = (site(), site());
    assert_eq!(before.differing(&after).count(), 0);
    after.vm("vm-new").name = Arc::from("new");
    after.managed_entity("group-d3", EntityKind::Other).name = Arc::from("Asia");
    after.remove("host-21");
    let mut differing: Vec<_> = before.differing(&after).collect();
    differing.sort_unstable();
    assert_eq!(differing, ["group-d3", "host-21", "vm-new"]);
}
