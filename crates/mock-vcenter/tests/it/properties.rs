//! What properties hold, compared with the world's truth.

use mock_vcenter::VmTruth;

use crate::client::{Client, Reply, all, logged_in, object_spec, small, view_spec};

async fn fetch(client: &mut Client, kind: &str, moref: &str, path: &str) -> Reply {
    client
        .call("Fetch", kind, moref, &format!("<prop>{path}</prop>"))
        .await
}

/// The value of one property in an `objects` element.
fn property<'t>(object: &'t str, path: &str) -> Option<&'t str> {
    let wanted = format!("<name>{path}</name>");
    let set = all(object, "propSet")
        .into_iter()
        .find(|set| set.starts_with(&wanted))?;
    Some(
        set.split_once("<val")
            .unwrap()
            .1
            .split_once('>')
            .unwrap()
            .1
            .split("</val>")
            .next()
            .unwrap(),
    )
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).unwrap().into_owned()
}

#[tokio::test]
async fn every_machine_is_as_the_truth_says() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    let paths = [
        "name",
        "runtime.powerState",
        "runtime.connectionState",
        "runtime.host",
        "config.template",
        "config.hardware.device",
        "parent",
        "parentVApp",
    ];
    let spec = view_spec(&view, "VirtualMachine", &paths);
    let reply = client.retrieve(&spec, "").await.ok();
    let objects = reply.all("objects");
    let truth = mock.world().vms();
    assert_eq!(objects.len(), truth.len());
    for (object, vm) in objects.into_iter().zip(&truth) {
        assert_eq!(all(object, "obj"), [vm.moref.as_str()]);
        assert_eq!(
            property(object, "name").map(unescaped),
            Some(vm.wire_name.clone())
        );
        let power = property(object, "runtime.powerState");
        assert_eq!(power == Some("poweredOn"), vm.powered_on);
        assert_eq!(
            property(object, "runtime.connectionState"),
            Some(vm.connection_state.as_str())
        );
        assert_eq!(
            property(object, "runtime.host").is_some(),
            !vm.host.is_empty()
        );
        // Without config both are absent: neither set nor missing.
        let template = property(object, "config.template");
        let devices = property(object, "config.hardware.device");
        assert_eq!(template.is_some(), devices.is_some());
        assert_eq!(template == Some("true"), vm.template);
        check_disks(devices, vm);
        let in_vapp = vm.name == "odd-in-vapp";
        assert_eq!(property(object, "parent").is_none(), in_vapp);
        assert_eq!(property(object, "parentVApp").is_some(), in_vapp);
        assert!(all(object, "missingSet").is_empty());
    }
    assert!(
        truth
            .iter()
            .any(|vm| vm.name == "a/b" && vm.wire_name == "a%2fb")
    );
    assert!(truth.iter().any(|vm| vm.name == "%2f stays"));
}

/// Finds each disk's instance by the key of its controller.
fn check_disks(devices: Option<&str>, vm: &VmTruth) {
    let Some(devices) = devices else {
        assert!(vm.instances.is_empty() && vm.capacity_bytes.is_empty());
        return;
    };
    let devices: Vec<&str> = devices
        .split("<VirtualDevice xsi:type=\"")
        .skip(1)
        .collect();
    assert!(devices.len() >= 11, "{}", devices.len());
    let field = |device: &str, name: &str| all(device, name)[0].to_owned();
    let mut found = Vec::new();
    for disk in devices
        .iter()
        .filter(|device| device.starts_with("VirtualDisk\""))
    {
        let key = field(disk, "controllerKey");
        let controller = devices
            .iter()
            .find(|device| field(device, "key") == key)
            .unwrap();
        let bus = match controller.split('"').next().unwrap() {
            "ParaVirtualSCSIController" => "scsi",
            "VirtualNVMEController" => "nvme",
            "VirtualAHCIController" => "sata",
            "VirtualIDEController" => "ide",
            other => panic!("a disk on {other}"),
        };
        let instance = format!(
            "{bus}{}:{}",
            field(controller, "busNumber"),
            field(disk, "unitNumber")
        );
        let bytes: u64 = field(disk, "capacityInBytes").parse().unwrap();
        assert_eq!(field(disk, "capacityInKB"), (bytes / 1024).to_string());
        found.push((instance, bytes));
    }
    let expected: Vec<_> = vm
        .instances
        .iter()
        .cloned()
        .zip(vm.capacity_bytes.clone())
        .collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_hidden_parent_is_missing_and_an_unset_one_absent() {
    let (mock, mut client) = logged_in(small()).await;
    let vm = mock
        .world()
        .vms()
        .into_iter()
        .find(|vm| vm.name == "odd-secluded-host")
        .unwrap();
    assert_eq!(
        (vm.cluster.as_str(), vm.datacenter.as_str()),
        ("", "Berlin")
    );
    let host = fetch(&mut client, "VirtualMachine", &vm.moref, "runtime.host")
        .await
        .ok();
    let host = host.one("returnval").to_owned();
    let spec = object_spec("HostSystem", &host, &["parent", "name"]);
    let reply = client.retrieve(&spec, "").await.ok();
    assert_eq!(reply.one("path"), "parent");
    assert!(reply.text().contains("<fault xsi:type=\"NoPermission\">"));
    assert_eq!(reply.one("val"), vm.host);
    assert_eq!(
        fetch(&mut client, "HostSystem", &host, "parent")
            .await
            .fault(),
        "NoPermission"
    );
    let root = fetch(&mut client, "Folder", "group-d1", "parent")
        .await
        .ok();
    assert!(root.all("returnval").is_empty());
}

#[tokio::test]
async fn whole_structures_and_their_parts_agree() {
    let (_mock, mut client) = logged_in(small()).await;
    let whole = fetch(&mut client, "VirtualMachine", "vm-1001", "runtime")
        .await
        .ok();
    let part = fetch(
        &mut client,
        "VirtualMachine",
        "vm-1001",
        "summary.runtime.powerState",
    )
    .await;
    assert!(
        whole
            .text()
            .contains("<returnval xsi:type=\"VirtualMachineRuntimeInfo\"><host type=")
    );
    assert_eq!(whole.one("powerState"), part.ok().one("returnval"));
    assert_eq!(whole.one("faultToleranceState"), "notConfigured");
}

#[tokio::test]
async fn lists_of_strings_are_spelt_as_arrays() {
    let (_mock, mut client) = logged_in(small()).await;
    let reply = fetch(&mut client, "Folder", "group-d1", "childType")
        .await
        .ok();
    assert!(
        reply
            .text()
            .contains("<returnval xsi:type=\"ArrayOfString\"><string>Folder</string>")
    );
}

#[tokio::test]
async fn all_properties_can_be_asked_for_at_once() {
    let (_mock, mut client) = logged_in(small()).await;
    for (kind, moref) in [
        ("VirtualMachine", "vm-1001"),
        ("Folder", "group-d1"),
        ("PerformanceManager", "PerfMgr"),
        ("SessionManager", "SessionManager"),
    ] {
        let spec = format!(
            "<propSet><type>{kind}</type><all>true</all></propSet>\
             <objectSet><obj type=\"{kind}\">{moref}</obj></objectSet>"
        );
        let reply = client.retrieve(&spec, "").await.ok();
        assert!(reply.all("propSet").len() > 1, "{kind}");
    }
}

#[tokio::test]
async fn views_come_and_go() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    let reply = fetch(&mut client, "ContainerView", &view, "view")
        .await
        .ok();
    assert_eq!(
        reply.all("ManagedObjectReference").len(),
        mock.world().vms().len()
    );
    client
        .call("DestroyView", "ContainerView", &view, "")
        .await
        .ok();
    let again = client.call("DestroyView", "ContainerView", &view, "").await;
    assert_eq!(again.fault(), "ManagedObjectNotFound");
}

#[tokio::test]
async fn every_seed_gives_its_own_world_again() {
    let seeds = [1, 1, 2].map(|seed| {
        mock_vcenter::World::new(mock_vcenter::WorldOptions {
            seed,
            ..mock_vcenter::WorldOptions::with_vms(300)
        })
    });
    let [first, again, other] = seeds.map(|world| world.vms());
    assert_eq!(first, again);
    assert_ne!(first, other);
    for bus in ["scsi0:0", "nvme0:0", "sata0:1", "ide0:0"] {
        assert!(
            first.iter().any(|vm| vm.instances.iter().any(|i| i == bus)),
            "{bus}"
        );
    }
}

#[test]
fn the_shape_of_the_world_is_as_ordered() {
    let world = mock_vcenter::World::new(mock_vcenter::WorldOptions {
        datacenters: Some(10),
        hosts_per_datacenter: Some(7),
        hosts_per_cluster: 3,
        ..mock_vcenter::WorldOptions::with_vms(400)
    });
    let vms = world.vms();
    let count = |name: fn(&mock_vcenter::VmTruth) -> &str| {
        let names: std::collections::BTreeSet<&str> = vms.iter().map(name).collect();
        names.len()
    };
    assert_eq!(count(|vm| &vm.datacenter), 10);
    assert_eq!(count(|vm| &vm.host), 70);
    // A standalone host, and six in clusters of three.
    assert_eq!(count(|vm| &vm.cluster), 30);
}
