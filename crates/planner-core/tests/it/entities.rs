//! Placements follow from parents, however much of them is withheld.

use planner_core::entities::{ContainerKind, Entities, VmRecord};
use planner_core::inventory::{PowerState, Vm, VmId};
use planner_core::units::Bytes;

use crate::at;

/// Two folders deep, then a datacenter, then two folders deep again, a cluster with two hosts and a standalone host.
fn site() -> Entities {
    let mut entities = Entities::new();
    for (moref, kind, name, parent) in [
        ("group-d1", ContainerKind::Other, "Datacenters", None),
        ("group-d3", ContainerKind::Other, "Europe", Some("group-d1")),
        (
            "datacenter-2",
            ContainerKind::Datacenter,
            "DC%2fEast",
            Some("group-d3"),
        ),
        (
            "group-h4",
            ContainerKind::Other,
            "host",
            Some("datacenter-2"),
        ),
        ("group-h5", ContainerKind::Other, "racks", Some("group-h4")),
        (
            "domain-c9",
            ContainerKind::ComputeResource,
            "Cluster-01",
            Some("group-h5"),
        ),
        (
            "host-21",
            ContainerKind::Host,
            "esx01.example",
            Some("domain-c9"),
        ),
        (
            "domain-s29",
            ContainerKind::ComputeResource,
            "esx09.example",
            Some("group-h4"),
        ),
        (
            "host-30",
            ContainerKind::Host,
            "esx09.example",
            Some("domain-s29"),
        ),
        ("group-v8", ContainerKind::Other, "vm", Some("datacenter-2")),
        ("group-v9", ContainerKind::Other, "linux", Some("group-v8")),
    ] {
        entities.insert_container(moref, kind, Some(name), parent);
    }
    entities
}

fn record(host: Option<&str>, parent: Option<&str>) -> VmRecord {
    VmRecord {
        name: Some("web%2f01".to_owned()),
        host: host.map(str::to_owned),
        parent: parent.map(str::to_owned),
        power_state: Some(PowerState::PoweredOn),
        disk_capacities: Some(vec![Bytes::new(1 << 30), Bytes::new(1 << 31)]),
        ..VmRecord::default()
    }
}

fn resolve(mut entities: Entities, record: VmRecord) -> Vm {
    entities.insert_vm(VmId::new("vm-1"), record);
    entities.resolve(at(0)).vms()[0].clone()
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
fn without_a_host_the_folder_still_tells_the_datacenter() {
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
    entities.insert_container("host-40", ContainerKind::Host, Some("esx40"), None);
    let vm = resolve(entities, record(Some("host-40"), Some("group-v9")));
    assert_eq!(placement(&vm), ["", "esx40", "DC/East"]);

    let mut entities = site();
    entities.insert_container("host-41", ContainerKind::Host, None, Some("domain-c9"));
    let vm = resolve(entities, record(Some("host-41"), None));
    assert_eq!(placement(&vm), ["Cluster-01", "", "DC/East"]);
}

#[test]
fn parents_in_a_loop_end() {
    let mut entities = Entities::new();
    entities.insert_container("group-1", ContainerKind::Other, Some("a"), Some("group-2"));
    entities.insert_container("group-2", ContainerKind::Other, Some("b"), Some("group-1"));
    assert_eq!(
        placement(&resolve(entities, record(None, Some("group-1")))),
        ["", "", ""]
    );
}

#[test]
fn a_deep_tree_is_walked_to_its_top() {
    let mut entities = Entities::new();
    entities.insert_container("dc", ContainerKind::Datacenter, Some("Deep"), None);
    entities.insert_container("group-0", ContainerKind::Other, Some("f"), Some("dc"));
    for depth in 1..500 {
        let (moref, parent) = (format!("group-{depth}"), format!("group-{}", depth - 1));
        entities.insert_container(&moref, ContainerKind::Other, Some("f"), Some(&parent));
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
            permission_denied: true,
            ..VmRecord::default()
        },
    );
    assert_eq!(
        (&*vm.name, vm.power_state, vm.provisioned),
        ("", None, None)
    );
    assert!(!vm.is_running());
}
