//! Walks, pages and tokens of the property collector.

use std::collections::BTreeSet;

use mock_vcenter::Options;

use crate::client::{Client, Reply, logged_in, object_spec, small, view_spec};

async fn resume(client: &mut Client, token: &str) -> Reply {
    let collector = "PropertyCollector";
    let arguments = format!("<token>{token}</token>");
    client
        .call(
            "ContinueRetrievePropertiesEx",
            collector,
            "propertyCollector",
            &arguments,
        )
        .await
}

/// Reads all pages and returns the sizes of the pages and the ids that came.
async fn read_all(
    client: &mut Client,
    spec: &str,
    options: &str,
) -> (Vec<usize>, BTreeSet<String>) {
    let mut reply = client.retrieve(spec, options).await.ok();
    let (mut sizes, mut morefs) = (Vec::new(), BTreeSet::new());
    loop {
        sizes.push(reply.all("objects").len());
        morefs.extend(reply.all("obj").into_iter().map(str::to_owned));
        let Some(token) = reply.all("token").first().map(|token| (*token).to_owned()) else {
            return (sizes, morefs);
        };
        assert!(
            reply.text().contains("<returnval><token>"),
            "the token comes first"
        );
        reply = resume(client, &token).await.ok();
    }
}

#[tokio::test]
async fn the_client_cuts_pages() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    let spec = view_spec(&view, "VirtualMachine", &["name"]);
    let (sizes, morefs) = read_all(&mut client, &spec, "<maxObjects>9</maxObjects>").await;
    assert_eq!(sizes, [9, 9, 9, 6]);
    assert_eq!(
        morefs,
        mock.world().vms().into_iter().map(|vm| vm.moref).collect()
    );
}

#[tokio::test]
async fn the_server_cuts_pages_smaller() {
    let (mock, mut client) = logged_in(Options {
        page_limit: 12,
        ..small()
    })
    .await;
    let view = client.view("VirtualMachine").await;
    let spec = view_spec(&view, "VirtualMachine", &["name"]);
    for options in ["", "<maxObjects>500</maxObjects>"] {
        let (sizes, morefs) = read_all(&mut client, &spec, options).await;
        assert_eq!(sizes, [12, 12, 9]);
        assert_eq!(morefs.len(), mock.world().vms().len());
    }
    // The older call knows no pages.
    let arguments = format!("<specSet>{spec}</specSet>");
    let collector = "PropertyCollector";
    let reply = client
        .call(
            "RetrieveProperties",
            collector,
            "propertyCollector",
            &arguments,
        )
        .await;
    assert_eq!(reply.ok().all("returnval").len(), 33);
}

#[tokio::test]
async fn a_token_works_once_and_only_in_its_session() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    let spec = view_spec(&view, "VirtualMachine", &[]);
    let reply = client
        .retrieve(&spec, "<maxObjects>10</maxObjects>")
        .await
        .ok();
    let token = reply.one("token").to_owned();
    let mut other = Client::connect(&mock).await;
    other.login("mock-password").await.ok();
    assert_eq!(resume(&mut other, &token).await.fault(), "InvalidArgument");
    let next = resume(&mut client, &token)
        .await
        .ok()
        .one("token")
        .to_owned();
    assert_eq!(resume(&mut client, &token).await.fault(), "InvalidArgument");
    let collector = "PropertyCollector";
    let cancel = format!("<token>{next}</token>");
    let cancelled = client
        .call(
            "CancelRetrievePropertiesEx",
            collector,
            "propertyCollector",
            &cancel,
        )
        .await;
    cancelled.ok();
    assert_eq!(resume(&mut client, &next).await.fault(), "InvalidArgument");
}

#[tokio::test]
async fn bad_requests_fault() {
    let (_mock, mut client) = logged_in(small()).await;
    let fine = object_spec("Folder", "group-d1", &["name"]);
    for (spec, options, fault) in [
        (
            fine.clone(),
            "<maxObjects>0</maxObjects>",
            "InvalidArgument",
        ),
        (
            object_spec("Folder", "group-d1", &["nonsense"]),
            "",
            "InvalidProperty",
        ),
        (
            object_spec("VirtualMachine", "vm-1001", &["runtime.nonsense"]),
            "",
            "InvalidProperty",
        ),
        (
            object_spec("VirtualMachine", "vm-1", &["name"]),
            "",
            "ManagedObjectNotFound",
        ),
        (
            object_spec("VirtualMachine", "vm-01001", &["name"]),
            "",
            "ManagedObjectNotFound",
        ),
        (
            object_spec("Nonsense", "group-d1", &["name"]),
            "",
            "InvalidType",
        ),
    ] {
        assert_eq!(
            client.retrieve(&spec, options).await.fault(),
            fault,
            "{spec}"
        );
    }
    client.retrieve(&fine, "").await.ok();
    let lenient = format!(
        "{}<reportMissingObjectsInResults>true</reportMissingObjectsInResults>",
        object_spec("VirtualMachine", "vm-1", &["name"])
    );
    let reply = client.retrieve(&lenient, "").await.ok();
    assert!(
        reply.all("returnval").is_empty(),
        "nothing selected, so no result at all"
    );
}

#[tokio::test]
async fn super_types_match() {
    let (_mock, mut client) = logged_in(small()).await;
    let view = client.view("ComputeResource").await;
    // Two propSet entries fit a cluster; their paths are united.
    let spec = format!(
        "<propSet><type>ManagedEntity</type><pathSet>name</pathSet></propSet>{}",
        view_spec(&view, "ComputeResource", &["name", "host"])
    );
    let reply = client.retrieve(&spec, "").await.ok();
    assert!(
        reply
            .text()
            .contains("<obj type=\"ClusterComputeResource\">domain-c")
    );
    assert!(
        reply
            .text()
            .contains("<obj type=\"ComputeResource\">domain-s")
    );
    for object in reply.all("objects") {
        assert_eq!(crate::client::all(object, "propSet").len(), 2, "{object}");
    }
}

#[tokio::test]
async fn named_selections_walk_from_the_root() {
    let (mock, mut client) = logged_in(Options::with_vms(500)).await;
    let spec = "<propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet>\
         <objectSet><obj type=\"Folder\">group-d1</obj><skip>true</skip>\
         <selectSet xsi:type=\"TraversalSpec\"><name>folders</name><type>Folder</type>\
         <path>childEntity</path><skip>false</skip><selectSet><name>folders</name></selectSet>\
         <selectSet><name>datacenters</name></selectSet></selectSet>\
         <selectSet xsi:type=\"TraversalSpec\"><name>datacenters</name><type>Datacenter</type>\
         <path>vmFolder</path><skip>false</skip><selectSet><name>folders</name></selectSet>\
         </selectSet></objectSet>";
    let (sizes, morefs) = read_all(&mut client, spec, "").await;
    assert_eq!(sizes, [500]);
    assert_eq!(
        morefs,
        mock.world().vms().into_iter().map(|vm| vm.moref).collect()
    );
}

#[tokio::test]
async fn a_view_holds_what_is_below_its_container() {
    let (mock, mut client) = logged_in(small()).await;
    let truth = mock.world().vms();
    let view = client.view("HostSystem").await;
    let spec = view_spec(&view, "HostSystem", &["name", "vm"]);
    let hosts = client.retrieve(&spec, "").await.ok();
    let mut seen = 0;
    for host in hosts.all("objects") {
        let moref = crate::client::all(host, "obj")[0];
        let name = crate::client::all(host, "val")[0];
        let arguments = format!(
            "<container type=\"HostSystem\">{moref}</container><type>VirtualMachine</type>\
             <recursive>true</recursive>"
        );
        let call = client.call(
            "CreateContainerView",
            "ViewManager",
            "ViewManager",
            &arguments,
        );
        let view = call.await.ok().one("returnval").to_owned();
        let reply = client
            .retrieve(&view_spec(&view, "VirtualMachine", &[]), "")
            .await
            .ok();
        let here = reply.all("obj").len();
        assert_eq!(
            here,
            truth.iter().filter(|vm| vm.host == name).count(),
            "{name}"
        );
        seen += here;
    }
    // One VM is orphaned.
    assert_eq!(seen + 1, truth.len());
}
