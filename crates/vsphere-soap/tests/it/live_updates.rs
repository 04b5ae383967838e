//! An inventory kept by updates, against a mock vCenter that changes.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use mock_vcenter::{Change, MockVcenter, PowerState};
use vsphere_soap::{
    Client, ContainerView, Error, ObjectSelection, ObjectUpdateKind, PropertyFilter,
    PropertyFilterSpec, PropertySpec, PropertyValue, UpdateVersion, WaitOptions,
};

use crate::properties::vm_view;
use crate::server::{calls, client_for, small_vcenter};

/// Properties by object and path.
type Inventory = BTreeMap<String, BTreeMap<Box<str>, PropertyValue>>;

fn watched(view: &ContainerView) -> PropertyFilterSpec {
    PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name", "runtime.host", "runtime.powerState", "parent"],
        }],
        objects: ObjectSelection::View(view.clone()),
    }
}

/// An inventory that is read once and then follows the updates of a filter.
struct Mirror {
    filter: PropertyFilter,
    version: UpdateVersion,
    inventory: Inventory,
    kinds: Vec<ObjectUpdateKind>,
}

impl Mirror {
    async fn new(client: &Client, view: &ContainerView) -> Self {
        Self {
            filter: client.create_filter(watched(view)).await.unwrap(),
            version: UpdateVersion::initial(),
            inventory: Inventory::new(),
            kinds: Vec::new(),
        }
    }

    /// Applies what is new now. Returns the number of answers that had something.
    async fn catch_up(&mut self, client: &Client) -> Result<usize, Error> {
        let options = WaitOptions {
            max_wait_seconds: Some(0),
            max_object_updates: NonZeroU32::new(4),
        };
        self.kinds.clear();
        let mut answers = 0;
        loop {
            let set = client
                .wait_for_updates(&self.filter, &self.version, options)
                .await?;
            let Some(set) = set else {
                return Ok(answers);
            };
            answers += 1;
            self.version = set.version;
            for update in set.updates {
                self.kinds.push(update.kind);
                let id = update.obj.value().to_owned();
                if update.kind == ObjectUpdateKind::Leave {
                    self.inventory.remove(&id);
                    continue;
                }
                let object = self.inventory.entry(id).or_default();
                for change in update.changes {
                    match change.value {
                        Some(value) => object.insert(change.name, value),
                        None => object.remove(&change.name),
                    };
                }
            }
            if !set.truncated {
                return Ok(answers);
            }
        }
    }
}

async fn read_afresh(client: &Client, view: &ContainerView) -> Inventory {
    let mut inventory = Inventory::new();
    let mut retrieval = client.retrieve_properties(watched(view), None);
    while let Some(object) = retrieval.next().await.unwrap() {
        let properties = object.properties.into_iter();
        let properties = properties.map(|property| (property.name, property.value));
        inventory.insert(object.obj.value().to_owned(), properties.collect());
    }
    inventory
}

/// One change of each sort, to machines that run.
fn change_everything(mock: &MockVcenter, inventory: &Inventory) {
    let running: Vec<_> = inventory
        .iter()
        .filter(|(_, vm)| vm["runtime.powerState"].as_enum() == Some("poweredOn"))
        .collect();
    let [(renamed, on), (stopped, _), (deleted, _), ..] = running.as_slice() else {
        panic!("too few machines run");
    };
    let host = on["runtime.host"].as_moref().unwrap().value().to_owned();
    for change in [
        Change::Rename {
            object: String::clone(renamed),
            name: "a/b & c".to_owned(),
        },
        Change::Power {
            vm: String::clone(stopped),
            state: PowerState::Off,
        },
        Change::Delete {
            vm: String::clone(deleted),
        },
        Change::Create {
            name: "new".to_owned(),
            host,
            disks: 2,
        },
    ] {
        mock.apply(&change).unwrap();
    }
}

#[tokio::test]
async fn updates_and_retrievals_tell_the_same() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let mut mirror = Mirror::new(&client, &view).await;

    assert_eq!(mirror.catch_up(&client).await.unwrap(), 3, "10 by 4");
    assert_eq!(mirror.kinds, [ObjectUpdateKind::Enter; 10]);
    assert_eq!(mirror.inventory, read_afresh(&client, &view).await);
    assert_eq!(mirror.catch_up(&client).await.unwrap(), 0);

    change_everything(&mock, &mirror.inventory);
    assert_ne!(mirror.inventory, read_afresh(&client, &view).await);
    mirror.catch_up(&client).await.unwrap();
    assert_eq!(mirror.inventory, read_afresh(&client, &view).await);
    let count = |kind| mirror.kinds.iter().filter(|it| **it == kind).count();
    let counts = [
        ObjectUpdateKind::Enter,
        ObjectUpdateKind::Modify,
        ObjectUpdateKind::Leave,
    ]
    .map(count);
    assert_eq!(counts, [1, 2, 1]);

    client.destroy_filter(mirror.filter.clone()).await.unwrap();
    client.destroy_filter(mirror.filter).await.unwrap();
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_wait_ends_with_the_first_change() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let mut mirror = Mirror::new(&client, &view).await;
    while mirror.catch_up(&client).await.unwrap() > 0 {}
    let options = WaitOptions {
        max_wait_seconds: Some(600),
        max_object_updates: None,
    };
    let waits = calls(&mock, "WaitForUpdatesEx");
    let change = async {
        mock.called("WaitForUpdatesEx", waits + 1).await;
        change_everything(&mock, &mirror.inventory);
    };
    let wait = client.wait_for_updates(&mirror.filter, &mirror.version, options);
    let (set, ()) = tokio::join!(wait, change);
    assert!(!set.unwrap().unwrap().updates.is_empty());
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_filter_dies_with_its_session() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let mut mirror = Mirror::new(&client, &view).await;
    mirror.catch_up(&client).await.unwrap();
    mock.drop_sessions();
    let error = mirror.catch_up(&client).await.unwrap_err();
    assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
    let error = client.create_filter(watched(&view)).await.unwrap_err();
    assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
    client.destroy_filter(mirror.filter).await.unwrap();
    assert_eq!(calls(&mock, "DestroyPropertyFilter"), 0);

    let view = vm_view(&client).await;
    let mut mirror = Mirror::new(&client, &view).await;
    mirror.catch_up(&client).await.unwrap();
    assert_eq!(mirror.inventory.len(), 10);
    assert_eq!(calls(&mock, "Login"), 2);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn two_filters_of_one_session_both_see_every_change() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let mut first = Mirror::new(&client, &view).await;
    assert_eq!(calls(&mock, "CreatePropertyCollector"), 0);
    let mut second = Mirror::new(&client, &view).await;
    assert_eq!(calls(&mock, "CreatePropertyCollector"), 1);
    for mirror in [&mut first, &mut second] {
        mirror.catch_up(&client).await.unwrap();
        assert_eq!(mirror.kinds, [ObjectUpdateKind::Enter; 10]);
    }

    change_everything(&mock, &first.inventory);
    second.catch_up(&client).await.unwrap();
    first.catch_up(&client).await.unwrap();
    let expected = read_afresh(&client, &view).await;
    assert_eq!(first.inventory, expected);
    assert_eq!(second.inventory, expected);

    // The end of one leaves the other alone.
    client.destroy_filter(second.filter).await.unwrap();
    change_everything(&mock, &first.inventory);
    first.catch_up(&client).await.unwrap();
    assert_eq!(first.inventory, read_afresh(&client, &view).await);
    client.destroy_filter(first.filter).await.unwrap();

    // One filter after the other needs no collector of its own.
    let mut third = Mirror::new(&client, &view).await;
    third.catch_up(&client).await.unwrap();
    assert_eq!(third.inventory, read_afresh(&client, &view).await);
    assert_eq!(calls(&mock, "CreatePropertyCollector"), 1);
    assert_eq!(calls(&mock, "DestroyPropertyCollector"), 1);

    // One that was dropped is still there.
    drop(third);
    let mut fourth = Mirror::new(&client, &view).await;
    assert_eq!(fourth.catch_up(&client).await.unwrap(), 3, "10 by 4");
    assert_eq!(calls(&mock, "CreatePropertyCollector"), 2);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_further_filter_that_cannot_be_made_leaves_no_collector() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let _first = Mirror::new(&client, &view).await;
    let mut unknown = watched(&view);
    unknown.properties[0].paths = &["no.such.property"];
    let error = client.create_filter(unknown).await.unwrap_err();
    assert!(matches!(error, Error::Fault { .. }), "{error:?}");
    assert_eq!(calls(&mock, "CreatePropertyCollector"), 1);
    assert_eq!(calls(&mock, "DestroyPropertyCollector"), 1);
    client.logout().await.unwrap();
}
