//! An account with fewer rights: what is missing, and how it says so.

use mock_vcenter::{Change, ChangeError, Denial, DenyRule, MockVcenter};

use crate::client::{all, logged_in, object_spec, small, view_spec};
use crate::follower::{Known, filter, retrieved, wide_spec};

fn deny(mock: &MockVcenter, object: &str, path: &str, kind: Denial) {
    let (object, path) = (object.to_owned(), path.to_owned());
    mock.deny(&DenyRule { object, path, kind }).unwrap();
}

#[tokio::test]
async fn a_property_is_withheld_or_left_out() {
    let (mock, mut client) = logged_in(small()).await;
    deny(&mock, "vm-1001", "config", Denial::NoPermission);
    deny(&mock, "*", "runtime.host", Denial::Unset);
    let paths = [
        "config.hardware.device",
        "runtime.host",
        "runtime.powerState",
    ];
    let spec = object_spec("VirtualMachine", "vm-1001", &paths);
    let reply = client.retrieve(&spec, "").await.ok();
    assert_eq!(reply.all("name"), ["runtime.powerState"]);
    assert_eq!(reply.one("path"), "config.hardware.device");
    assert_eq!(reply.one("privilegeId"), "System.Read");
    assert!(reply.text().contains("<fault xsi:type=\"NoPermission\">"));
    // Of other machines only the second rule is true.
    let spec = object_spec("VirtualMachine", "vm-1002", &paths);
    let reply = client.retrieve(&spec, "").await.ok();
    assert_eq!(reply.all("propSet").len(), 2);
    assert!(!reply.text().contains("missingSet"));
    mock.clear_denials();
    let reply = client.retrieve(&spec, "").await.ok();
    assert_eq!(reply.all("propSet").len(), 3);
}

#[tokio::test]
async fn a_hidden_object_is_in_no_list() {
    let (mock, mut client) = logged_in(small()).await;
    let where_it_runs = object_spec("VirtualMachine", "vm-1002", &["runtime.host"]);
    let host = client.retrieve(&where_it_runs, "");
    let host = host.await.ok().one("val").to_owned();
    deny(&mock, "vm-1001", "*", Denial::Hidden);
    deny(&mock, &host, "*", Denial::Hidden);
    for (kind, hidden) in [("VirtualMachine", "vm-1001"), ("HostSystem", host.as_str())] {
        let view = client.view(kind).await;
        let reply = client
            .retrieve(&view_spec(&view, kind, &["name"]), "")
            .await
            .ok();
        assert!(!reply.all("obj").contains(&hidden));
    }
    let reply = client
        .retrieve(&object_spec("HostSystem", &host, &["name"]), "")
        .await
        .ok();
    assert!(reply.all("propSet").is_empty());
    assert_eq!(reply.one("privilegeId"), "System.View");
    // The machine still says where it runs; the label cannot be read any more.
    let reply = client.retrieve(&where_it_runs, "");
    assert_eq!(reply.await.ok().one("val"), host);
    let truth = mock.world().vms();
    let truth = truth.iter().find(|vm| vm.moref == "vm-1002").unwrap();
    assert_eq!(truth.host, "");

    let query = |moref: &str| {
        format!("<querySpec><entity type=\"VirtualMachine\">{moref}</entity></querySpec>")
    };
    client.query_perf(&query("vm-1002")).await.ok();
    let both = query("vm-1002") + &query("vm-1001");
    let reply = client.query_perf(&both).await;
    assert_eq!(reply.fault(), "NoPermission");
    assert_eq!(reply.one("object"), "vm-1001");
}

#[tokio::test]
async fn everything_can_disappear() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("ManagedEntity").await;
    let spec = view_spec(&view, "ManagedEntity", &["name"]);
    deny(&mock, "*", "*", Denial::Hidden);
    assert!(client.retrieve(&spec, "").await.ok().all("obj").is_empty());
    mock.clear_denials();
    assert!(client.retrieve(&spec, "").await.ok().all("obj").len() > 30);
}

#[tokio::test]
async fn filters_follow_rights() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("ManagedEntity").await;
    let spec = wide_spec(&view);
    filter(&mut client, &spec).await.ok();
    let mut known = Known::default();
    known.catch_up(&mut client, None).await;
    for (object, path, kind) in [
        ("vm-1001", "*", Denial::Hidden),
        ("vm-1002", "runtime", Denial::NoPermission),
        ("*", "resourcePool", Denial::Unset),
        ("host-13", "*", Denial::Hidden),
    ] {
        deny(&mock, object, path, kind);
        known.catch_up(&mut client, Some(7)).await;
        assert_eq!(
            known.objects,
            retrieved(&mut client, &spec).await,
            "{object}"
        );
    }
    mock.apply(&Change::Delete {
        vm: "vm-1003".to_owned(),
    })
    .unwrap();
    mock.clear_denials();
    known.catch_up(&mut client, None).await;
    assert_eq!(known.objects, retrieved(&mut client, &spec).await);
}

#[tokio::test]
async fn rules_are_about_objects_there_are() {
    let (mock, mut client) = logged_in(small()).await;
    let rule: DenyRule = serde_json::from_str(r#"{"object": "vm-9", "kind": "hidden"}"#).unwrap();
    assert_eq!(rule.path, "*");
    let refused = mock.deny(&rule);
    assert_eq!(refused, Err(ChangeError::UnknownObject("vm-9".to_owned())));
    let spec = object_spec("VirtualMachine", "vm-1001", &["name"]);
    let reply = client.retrieve(&spec, "").await.ok();
    assert_eq!(all(reply.text(), "val").len(), 1);
}
