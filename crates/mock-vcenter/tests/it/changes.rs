//! Changes to the world: what clients see of them, and what the truth says.

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{Change, ChangeError, MockVcenter, PowerState, VmTruth};

use crate::client::{Client, all, logged_in, object_spec, small, view_spec};

const RATE: &str = "virtualDisk.write.average";

fn truth(mock: &MockVcenter, moref: &str) -> Option<VmTruth> {
    mock.world().vms().into_iter().find(|vm| vm.moref == moref)
}

/// The ids and names of all objects of a type.
async fn named(client: &mut Client, kind: &str) -> Vec<(String, String)> {
    let view = client.view(kind).await;
    let spec = view_spec(&view, kind, &["name"]);
    let reply = client.retrieve(&spec, "").await.ok();
    let objects = reply.all("objects");
    objects
        .into_iter()
        .map(|object| {
            let name = all(object, "val")[0].to_owned();
            (all(object, "obj")[0].to_owned(), name)
        })
        .collect()
}

async fn property(client: &mut Client, moref: &str, path: &str) -> Option<String> {
    let spec = object_spec("VirtualMachine", moref, &[path]);
    let reply = client.retrieve(&spec, "").await.ok();
    reply.all("val").first().map(|value| (*value).to_owned())
}

/// The stamps of the real-time samples of a machine's first hour.
async fn stamps(client: &mut Client, moref: &str) -> Vec<Timestamp> {
    let spec = format!(
        "<querySpec><entity type=\"VirtualMachine\">{moref}</entity><metricId>\
         <counterId>182</counterId><instance>*</instance></metricId><intervalId>20</intervalId>\
         </querySpec>"
    );
    let reply = client.query_perf(&spec).await.ok();
    let stamps = reply.all("timestamp");
    stamps.into_iter().map(|at| at.parse().unwrap()).collect()
}

fn vm(moref: &str) -> String {
    moref.to_owned()
}

#[tokio::test]
async fn a_machine_moves_to_another_host() {
    let (mock, mut client) = logged_in(small()).await;
    let before = truth(&mock, "vm-1001").unwrap();
    for (moref, name) in named(&mut client, "HostSystem").await {
        let host = moref.clone();
        let applied = mock.apply(&Change::Migrate {
            vm: vm("vm-1001"),
            host,
        });
        if let Err(error) = applied {
            assert!(matches!(error, ChangeError::NotPossible { .. }), "{error}");
            continue;
        }
        let after = truth(&mock, "vm-1001").unwrap();
        assert_eq!(after.host, name);
        let seen = property(&mut client, "vm-1001", "runtime.host").await;
        assert_eq!(seen, Some(moref.clone()));
        let spec = object_spec("HostSystem", &moref, &["vm"]);
        let reply = client.retrieve(&spec, "").await.ok();
        assert!(reply.text().contains(">vm-1001<"), "{}", reply.text());
        // Folder, pool and datastore are of the same datacenter again.
        assert_eq!(before.instances, after.instances);
        assert!(
            property(&mut client, "vm-1001", "resourcePool")
                .await
                .is_some()
        );
    }
}

#[tokio::test]
async fn names_go_out_escaped() {
    let (mock, mut client) = logged_in(small()).await;
    let (host, _) = named(&mut client, "HostSystem").await.remove(0);
    for object in ["vm-1001", &host] {
        let name = "100% of a/b\\c <&>".to_owned();
        let object = object.to_owned();
        mock.apply(&Change::Rename { object, name }).unwrap();
    }
    let wire = "100%25 of a%2fb%5cc &lt;&amp;&gt;";
    let seen = property(&mut client, "vm-1001", "name").await;
    assert_eq!(seen.as_deref(), Some(wire));
    assert_eq!(named(&mut client, "HostSystem").await[0].1, wire);
    let truth = mock.world().vms();
    assert_eq!(truth[0].name, "100% of a/b\\c <&>");
    assert!(truth.iter().any(|vm| vm.host == "100% of a/b\\c <&>"));
}

#[tokio::test]
async fn a_deleted_machine_is_gone_everywhere() {
    let (mock, mut client) = logged_in(small()).await;
    let count = mock.world().vms().len();
    mock.apply(&Change::Delete { vm: vm("vm-1002") }).unwrap();
    assert_eq!(mock.world().vms().len(), count - 1);
    assert_eq!(named(&mut client, "VirtualMachine").await.len(), count - 1);
    let spec = object_spec("VirtualMachine", "vm-1002", &["name"]);
    let reply = client.retrieve(&spec, "").await;
    assert_eq!(reply.fault(), "ManagedObjectNotFound");
    let query = "<querySpec><entity type=\"VirtualMachine\">vm-1002</entity></querySpec>";
    let reply = client.query_perf(query).await;
    assert_eq!(reply.fault(), "ManagedObjectNotFound");
    assert_eq!(reply.one("obj"), "vm-1002");
    let again = mock.apply(&Change::Delete { vm: vm("vm-1002") });
    assert_eq!(again, Err(ChangeError::UnknownObject(vm("vm-1002"))));
}

#[tokio::test]
async fn a_deletion_between_two_pages_is_no_fault() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    let spec = view_spec(&view, "VirtualMachine", &["name"]);
    let first = client
        .retrieve(&spec, "<maxObjects>4</maxObjects>")
        .await
        .ok();
    mock.apply(&Change::Delete { vm: vm("vm-1006") }).unwrap();
    let arguments = format!("<token>{}</token>", first.one("token"));
    let collector = ("PropertyCollector", "propertyCollector");
    let operation = "ContinueRetrievePropertiesEx";
    let next = client
        .call(operation, collector.0, collector.1, &arguments)
        .await
        .ok();
    assert_eq!(next.all("obj"), ["vm-1005", "vm-1007", "vm-1008"]);
}

#[tokio::test]
async fn a_new_machine_has_samples_from_its_start() {
    let (mock, mut client) = logged_in(small()).await;
    let (host, host_name) = named(&mut client, "HostSystem").await.remove(0);
    let name = "brand/new".to_owned();
    let created = Change::Create {
        name,
        host,
        disks: 3,
    };
    let moref = mock.apply(&created).unwrap();
    let second = mock.apply(&created).unwrap();
    assert_ne!(moref, second, "ids are fresh");
    let new = truth(&mock, &moref).unwrap();
    assert_eq!(
        (new.name.as_str(), new.host.as_str()),
        ("brand/new", host_name.as_str())
    );
    assert_eq!(new.instances.len(), 3);
    assert_eq!(stamps(&mut client, &moref).await, []);
    let started = mock.now();
    mock.advance_clock(300);
    let seen = stamps(&mut client, &moref).await;
    assert!((13..=15).contains(&seen.len()), "{seen:?}");
    assert!(
        seen.iter()
            .all(|stamp| *stamp > started - SignedDuration::from_secs(1))
    );
    assert!(
        mock.world()
            .sample(&moref, &new.instances[0], RATE, seen[0])
            .is_some()
    );
}

#[tokio::test]
async fn a_machine_that_is_off_has_no_samples() {
    let (mock, mut client) = logged_in(small()).await;
    let power = |state| {
        mock.apply(&Change::Power {
            vm: vm("vm-1001"),
            state,
        })
    };
    let hour = stamps(&mut client, "vm-1001").await;
    assert_eq!(hour.len(), 180);
    power(PowerState::Off).unwrap();
    let between = mock.now();
    assert_eq!(stamps(&mut client, "vm-1001").await, []);
    let state = property(&mut client, "vm-1001", "runtime.powerState").await;
    assert_eq!(state.as_deref(), Some("poweredOff"));
    assert_eq!(
        property(&mut client, "vm-1001", "runtime.bootTime").await,
        None
    );
    assert!(!truth(&mock, "vm-1001").unwrap().sampled);
    power(PowerState::Suspended).unwrap_err();
    mock.advance_clock(600);
    power(PowerState::On).unwrap();
    mock.advance_clock(600);
    let later = stamps(&mut client, "vm-1001").await;
    assert!((27..=30).contains(&later.len()), "{later:?}");
    // The truth knows both runs, and that there is nothing in between.
    let written = |after, until| mock.world().bytes_written("vm-1001", after, until).unwrap();
    let (first, last) = (
        hour[0] - SignedDuration::from_secs(20),
        *later.last().unwrap(),
    );
    let restart = later[0] - SignedDuration::from_secs(20);
    assert_eq!(written(between, restart), 0);
    assert_eq!(
        written(first, last),
        written(first, between) + written(restart, last)
    );
}

#[tokio::test]
async fn disks_come_go_and_grow() {
    let (mock, mut client) = logged_in(small()).await;
    let before = truth(&mock, "vm-1001").unwrap();
    let disk = before.instances[0].clone();
    let capacity_bytes = 5 << 40;
    let resize = Change::ResizeDisk {
        vm: vm("vm-1001"),
        disk: disk.clone(),
        capacity_bytes,
    };
    mock.apply(&resize).unwrap();
    mock.apply(&Change::AddDisk {
        vm: vm("vm-1001"),
        capacity_bytes: 1 << 30,
    })
    .unwrap();
    let after = truth(&mock, "vm-1001").unwrap();
    assert_eq!(after.capacity_bytes[0], capacity_bytes);
    assert_eq!(after.capacity_bytes[2], 1 << 30);
    let added = after.instances[2].clone();
    assert!(!before.instances.contains(&added));
    let devices = property(&mut client, "vm-1001", "config.hardware.device").await;
    let devices = devices.unwrap();
    let sizes = all(&devices, "capacityInBytes");
    let sizes: Vec<u64> = sizes
        .into_iter()
        .map(|size| size.parse().unwrap())
        .collect();
    assert_eq!(sizes, after.capacity_bytes);
    // The new disk has samples from now on, the removed one up to now.
    let start = mock.now();
    mock.advance_clock(300);
    mock.apply(&Change::RemoveDisk {
        vm: vm("vm-1001"),
        disk: disk.clone(),
    })
    .unwrap();
    assert_eq!(truth(&mock, "vm-1001").unwrap().instances.len(), 2);
    let end = mock.now();
    mock.advance_clock(300);
    let minutes = |from: Timestamp, seconds| from + SignedDuration::from_secs(seconds);
    let written = |disk: &str, after, until| {
        let world = mock.world();
        world
            .disk_bytes_written("vm-1001", disk, after, until)
            .unwrap()
    };
    assert_eq!(
        written(&added, minutes(start, -3600), minutes(start, -20)),
        0
    );
    assert_eq!(written(&disk, end, minutes(end, 300)), 0);
    let total = mock.world().bytes_written("vm-1001", start, end).unwrap();
    let each = [&disk, &added, &before.instances[1]].map(|disk| written(disk, start, end));
    assert_eq!(each.iter().sum::<u64>(), total);
    mock.apply(&Change::AddDisk {
        vm: vm("vm-1001"),
        capacity_bytes: 1 << 30,
    })
    .unwrap();
    let again = truth(&mock, "vm-1001").unwrap().instances;
    assert!(again.len() == 3 && !again.contains(&disk), "{again:?}");
    let unknown = mock.apply(&Change::RemoveDisk {
        vm: vm("vm-1001"),
        disk,
    });
    assert!(matches!(unknown, Err(ChangeError::NoSuchDisk { .. })));
}

#[tokio::test]
async fn a_machine_changes_its_folder() {
    let (mock, mut client) = logged_in(small()).await;
    let mut moved = 0;
    for (folder, _) in named(&mut client, "Folder").await {
        let change = Change::MoveToFolder {
            vm: vm("vm-1001"),
            folder: folder.clone(),
        };
        if mock.apply(&change).is_ok() {
            moved += 1;
            let parent = property(&mut client, "vm-1001", "parent").await;
            assert_eq!(parent, Some(folder));
        }
    }
    assert_eq!(moved, 3, "the folders for machines of its datacenter");
}

#[tokio::test]
async fn random_changes_repeat_and_can_be_made() {
    let (mock, _client) = logged_in(small()).await;
    let changes = mock.random_changes(3, 60);
    assert_eq!(changes.len(), 60);
    assert_eq!(changes, mock.random_changes(3, 60));
    assert_ne!(changes, mock.random_changes(4, 60));
    for change in &changes {
        mock.apply(change).unwrap();
    }
    let as_json = serde_json::to_string(&changes).unwrap();
    assert_eq!(
        serde_json::from_str::<Vec<Change>>(&as_json).unwrap(),
        changes
    );
}

#[test]
fn changes_are_written_as_data() {
    let change = r#"{"power": {"vm": "vm-1001", "state": "off"}}"#;
    let state = PowerState::Off;
    assert_eq!(
        serde_json::from_str::<Change>(change).unwrap(),
        Change::Power {
            vm: vm("vm-1001"),
            state
        }
    );
}

async fn parent(client: &mut Client, kind: &str, moref: &str) -> String {
    let spec = object_spec(kind, moref, &["parent"]);
    client.retrieve(&spec, "").await.ok().one("val").to_owned()
}

#[tokio::test]
async fn a_folder_moves_with_what_it_holds_but_not_into_itself() {
    let (mock, mut client) = logged_in(small()).await;
    let folders = named(&mut client, "Folder").await;
    let of = |name: &str| folders.iter().find(|(_, it)| it == name).unwrap().0.clone();
    let (root, apps, web) = (of("vm"), of("Apps"), of("Web"));
    assert_eq!(parent(&mut client, "Folder", &web).await, apps);
    let moved = |folder: &String, into: &String| {
        mock.apply(&Change::MoveFolder {
            folder: folder.clone(),
            into: into.clone(),
        })
    };
    for (folder, into) in [(&apps, &web), (&root, &web), (&apps, &of("host"))] {
        let refused = moved(folder, into);
        assert!(matches!(refused, Err(ChangeError::NotPossible { .. })));
    }
    moved(&web, &root).unwrap();
    assert_eq!(parent(&mut client, "Folder", &web).await, root);
    moved(&apps, &web).unwrap();
    assert_eq!(parent(&mut client, "Folder", &apps).await, web);
}

#[tokio::test]
async fn a_host_moves_to_another_cluster_and_takes_its_machines_along() {
    let (mock, mut client) = logged_in(small()).await;
    let before = truth(&mock, "vm-1001").unwrap();
    let hosts = named(&mut client, "HostSystem").await;
    let (host, _) = hosts.iter().find(|(_, it)| *it == before.host).unwrap();
    let clusters = named(&mut client, "ClusterComputeResource").await;
    let moved: Vec<_> = clusters
        .iter()
        .filter(|(cluster, name)| {
            let change = Change::MoveHost {
                host: host.clone(),
                cluster: cluster.clone(),
            };
            *name != before.cluster && mock.apply(&change).is_ok()
        })
        .collect();
    assert!(!moved.is_empty(), "{clusters:?}");
    let after = truth(&mock, "vm-1001").unwrap();
    let (cluster, name) = moved.last().unwrap();
    assert_eq!(
        (&after.host, &after.cluster, &after.datacenter),
        (&before.host, name, &before.datacenter)
    );
    assert_eq!(parent(&mut client, "HostSystem", host).await, *cluster);
    let pool = property(&mut client, "vm-1001", "resourcePool")
        .await
        .unwrap();
    let spec = object_spec("ResourcePool", &pool, &["owner"]);
    assert_eq!(client.retrieve(&spec, "").await.ok().one("val"), cluster);
}
