//! Views and paged retrievals, against a mock vCenter.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use futures_util::TryStreamExt;
use mock_vcenter::{Denial, DenyRule};
use vsphere_soap::{
    Client, ContainerView, Error, MoRef, ObjectSelection, PropertyFilterSpec, PropertySpec,
};

use crate::server::{calls, client_for, small_vcenter};

pub(crate) fn names_in(view: &ContainerView) -> PropertyFilterSpec {
    PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name"],
        }],
        objects: ObjectSelection::View(view.clone()),
    }
}

pub(crate) async fn vm_names(
    client: &Client,
    view: &ContainerView,
    page: Option<NonZeroU32>,
) -> Result<BTreeSet<String>, Error> {
    let stream = client
        .retrieve_properties(names_in(view), page)
        .into_stream();
    stream
        .map_ok(|object| {
            object
                .property("name")
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        })
        .try_collect()
        .await
}

pub(crate) async fn vm_view(client: &Client) -> ContainerView {
    let root = client
        .session()
        .await
        .unwrap()
        .content()
        .root_folder
        .clone();
    client
        .create_container_view(&root, &["VirtualMachine"], true)
        .await
        .unwrap()
}

#[tokio::test]
async fn pages_add_up_to_the_whole() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let truth: BTreeSet<_> = mock
        .world()
        .vms()
        .into_iter()
        .map(|vm| vm.wire_name)
        .collect();
    assert_eq!(vm_names(&client, &view, None).await.unwrap(), truth);
    assert_eq!(
        vm_names(&client, &view, NonZeroU32::new(3)).await.unwrap(),
        truth
    );
    assert_eq!(calls(&mock, "ContinueRetrievePropertiesEx"), 3);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_retrieval_is_over_on_the_server_too() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let mut retrieval = client.retrieve_properties(names_in(&view), NonZeroU32::new(3));
    assert!(retrieval.next().await.unwrap().is_some());
    retrieval.cancel().await.unwrap();
    assert_eq!(calls(&mock, "CancelRetrievePropertiesEx"), 1);

    // One that is finished, or never began, needs no call.
    let retrieval = client.retrieve_properties(names_in(&view), None);
    retrieval.cancel().await.unwrap();
    let mut retrieval = client.retrieve_properties(names_in(&view), None);
    while retrieval.next_page().await.unwrap().is_some() {}
    retrieval.cancel().await.unwrap();
    assert_eq!(calls(&mock, "CancelRetrievePropertiesEx"), 1);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn devices_of_single_objects_match_the_world() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    for truth in mock.world().vms() {
        let spec = PropertyFilterSpec {
            properties: vec![PropertySpec {
                kind: "VirtualMachine",
                paths: &["config.hardware.device"],
            }],
            objects: ObjectSelection::Objects(vec![MoRef::new("VirtualMachine", &truth.moref)]),
        };
        let object = client
            .retrieve_properties(spec, None)
            .next()
            .await
            .unwrap()
            .unwrap();
        let devices = object.property("config.hardware.device").unwrap();
        let devices = devices.as_virtual_devices().unwrap();
        let instances: BTreeSet<_> = devices
            .iter()
            .filter_map(|device| device.disk_instance(devices))
            .collect();
        assert_eq!(instances, truth.instances.into_iter().collect());
    }
    client.logout().await.unwrap();
}

#[tokio::test]
async fn custom_attributes_are_read_of_their_manager() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let defined = client.custom_fields().await.unwrap();
    let names: Vec<&str> = defined.iter().map(|field| &*field.name).collect();
    assert_eq!(
        names,
        ["AutoDeploy.MachineIdentity", "Owner", "Cost centre"]
    );
    let deny = |kind| {
        mock.deny(&DenyRule {
            object: "CustomFieldsManager".to_owned(),
            path: "field".to_owned(),
            kind,
        })
    };
    deny(Denial::Unset).unwrap();
    assert_eq!(client.custom_fields().await.unwrap(), []);
    mock.clear_denials();
    deny(Denial::NoPermission).unwrap();
    let error = client.custom_fields().await.unwrap_err();
    assert!(error.to_string().contains("field"), "{error}");
    client.logout().await.unwrap();
}

#[tokio::test]
async fn an_unknown_object_fails_the_call() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let gone = MoRef::new("VirtualMachine", "vm-999999999");
    let spec = PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name"],
        }],
        objects: ObjectSelection::Objects(vec![gone.clone()]),
    };
    let error = client
        .retrieve_properties(spec, None)
        .next()
        .await
        .unwrap_err();
    let not_found = vsphere_soap::FaultKind::ManagedObjectNotFound { object: Some(gone) };
    assert_eq!(error.fault().unwrap().kind, not_found);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_destroyed_view_may_be_destroyed_again() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    client.destroy_view(view.clone()).await.unwrap();
    client.destroy_view(view).await.unwrap();
    client.logout().await.unwrap();
}
