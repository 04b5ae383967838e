//! Property filters and their updates: decoding, and single exchanges with a scripted server.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::Duration;

use vsphere_soap::decode::{self, Refusal};
use vsphere_soap::{
    Client, CollectorUpdates, Error, FaultKind, MoRef, ObjectSelection, ObjectUpdateKind,
    PropertyChangeOp, PropertyFilter, PropertyFilterSpec, PropertySpec, PropertyValue, UpdateSet,
    UpdateVersion, WaitOptions,
};
use wiremock::MockServer;

use crate::properties::names_in;
use crate::server::{call, client_of, config_of, fixture, scripted_server, xml};

const AT_ONCE: WaitOptions = WaitOptions {
    max_wait_seconds: Some(0),
    max_object_updates: None,
};

/// One line per object and change.
fn check_updates(name: &str, expected: &[&str]) -> Option<CollectorUpdates> {
    let updates = decode::update_set(&fixture(name)).unwrap();
    let mut lines = Vec::new();
    for filter in updates.iter().flat_map(|updates| &updates.filters) {
        lines.push(filter.filter.to_string());
        for update in &filter.updates {
            let mut line = format!("{:?} {}:", update.kind, update.obj.value());
            for change in &update.changes {
                write!(line, " {:?} {}", change.op, change.name).unwrap();
                match &change.value {
                    Some(value) => write!(line, "={value:?}").unwrap(),
                    None => line.push_str(" unset"),
                }
            }
            for missing in &update.missing {
                write!(line, " missing {}: {}", missing.path, missing.fault).unwrap();
            }
            lines.push(line);
        }
        for missing in &filter.missing_objects {
            lines.push(format!("missing {}: {}", missing.obj, missing.fault));
        }
    }
    assert_eq!(lines, expected);
    updates
}

#[test]
fn an_answer_cut_at_the_limit() {
    let updates = check_updates(
        "updates_truncated.xml",
        &[
            "PropertyFilter:filter-1",
            concat!(
                r#"Enter vm-1: Assign name=String("a & b") Assign config.annotation unset"#,
                " IndirectRemove config.cpuAffinity.affinitySet unset",
                " Assign runtime.host=MoRef(HostSystem:host-9)",
                r#" Assign config.changeVersion=String("2026-01-02T03:04:05.678901Z")"#,
                r#" Assign config.managedBy=ManagedBy { extension_key: "com.example.appliance","#,
                r#" kind: "helper" }"#,
                " missing parent: NoPermission on Folder:group-v1 (System.View): denied",
            ),
            concat!(
                "Modify vm-2: Remove config.hardware.device[2000] unset",
                r#" Add config.extraConfig["key"]=Other { kind: "OptionValue" }"#,
            ),
            "missing VirtualMachine:vm-3: ManagedObjectNotFound VirtualMachine:vm-3: gone",
            "PropertyFilter:filter-2",
            "Enter host-9:",
        ],
    );
    assert!(updates.unwrap().truncated);
}

#[test]
fn a_simulators_answer() {
    let updates = check_updates(
        "updates_simulator.xml",
        &[
            "PropertyFilter:filter-1",
            concat!(
                r#"Modify vm-1: Assign runtime.powerState=Enum { kind: "VirtualMachinePowerState","#,
                r#" value: "poweredOff" }"#,
            ),
            "Leave vm-2:",
        ],
    );
    assert!(!updates.unwrap().truncated);
}

#[test]
fn answers_without_changes() {
    assert!(check_updates("updates_none.xml", &[]).is_none());
    let filter = ["PropertyFilter:filter-1"];
    assert!(check_updates("updates_empty_filter_set.xml", &filter).is_some());
    assert!(check_updates("updates_no_filter.xml", &[]).is_some());
}

#[test]
fn an_answer_needs_its_version_and_its_filters() {
    for (known, unknown, expected) in [
        ("<version>-</version>", "", "version"),
        (
            "<filter type=\"PropertyFilter\">filter-1</filter>",
            "",
            "filter",
        ),
    ] {
        let body = String::from_utf8(fixture("updates_simulator.xml")).unwrap();
        assert!(body.contains(known), "{known}");
        let body = body.replace(known, unknown);
        let Err(Refusal::Malformed(error)) = decode::update_set(body.as_bytes()) else {
            panic!("accepted {unknown:?} for {known:?}");
        };
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn what_is_odd_about_one_object_spoils_no_other() {
    let body = String::from_utf8(fixture("updates_simulator.xml")).unwrap();
    let odd = "<objectSet><kind>moved</kind><obj type=\"VirtualMachine\">vm-7</obj>\
               <changeSet><name>name</name><op>rewrite</op></changeSet>\
               <changeSet><op>assign</op></changeSet>\
               <missingSet><fault><localizedMessage>a</localizedMessage></fault></missingSet>\
               </objectSet><objectSet>";
    let updates = decode::update_set(body.replacen("<objectSet>", odd, 1).as_bytes()).unwrap();
    let plain = decode::update_set(body.as_bytes()).unwrap().unwrap();
    let [odd, others @ ..] = &*updates.unwrap().filters[0].updates.clone() else {
        panic!("nothing read");
    };
    assert_eq!(others, plain.filters[0].updates);
    assert_eq!(odd.kind, ObjectUpdateKind::Modify);
    let [change] = odd.changes.as_slice() else {
        panic!("{odd:?}");
    };
    assert_eq!(
        (&*change.name, change.op, &change.value),
        ("name", PropertyChangeOp::Assign, &None)
    );
    assert_eq!(odd.missing[0].fault.to_string(), "MethodFault: a");
}

/// A server that makes filters and answers all waits with one fixture.
async fn updating_server(status: u16, answer: &str) -> MockServer {
    let server = scripted_server().await;
    for (operation, status, fixture_name) in [
        ("CreateFilter", 200, "create_filter.xml"),
        ("WaitForUpdatesEx", status, answer),
    ] {
        call(operation)
            .respond_with(xml(status, fixture(fixture_name)))
            .mount(&server)
            .await;
    }
    server
}

async fn filter_of_vm_1(client: &Client) -> PropertyFilter {
    let spec = PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name", "runtime.host"],
        }],
        objects: ObjectSelection::Objects(vec![MoRef::new("VirtualMachine", "vm-1")]),
    };
    client.create_filter(spec).await.unwrap()
}

async fn first_updates(client: &Client) -> Result<Option<UpdateSet>, Error> {
    let filter = filter_of_vm_1(client).await;
    client
        .wait_for_updates(&filter, &UpdateVersion::initial(), AT_ONCE)
        .await
}

/// What the last request said within the element of its operation.
async fn last_arguments(server: &MockServer) -> String {
    let requests = server.received_requests().await.unwrap();
    let body = String::from_utf8(requests.last().unwrap().body.clone()).unwrap();
    let (_, arguments) = body.split_once("urn:vim25\">").unwrap();
    let (arguments, _) = arguments.split_once("</soapenv:Body>").unwrap();
    arguments.to_owned()
}

#[tokio::test]
async fn requests_follow_the_schema() {
    let server = updating_server(200, "updates_truncated.xml").await;
    let client = client_of(&server);
    let filter = filter_of_vm_1(&client).await;
    assert_eq!(filter.moref(), &MoRef::new("PropertyFilter", "filter-1"));
    assert_eq!(
        last_arguments(&server).await,
        concat!(
            r#"<_this type="PropertyCollector">pc-1</_this><spec><propSet><type>VirtualMachine</type>"#,
            "<pathSet>name</pathSet><pathSet>runtime.host</pathSet></propSet>",
            r#"<objectSet><obj type="VirtualMachine">vm-1</obj></objectSet></spec>"#,
            "<partialUpdates>false</partialUpdates></CreateFilter>",
        )
    );
    let version = UpdateVersion::initial();
    let set = client.wait_for_updates(&filter, &version, AT_ONCE).await;
    assert_eq!(
        last_arguments(&server).await,
        concat!(
            r#"<_this type="PropertyCollector">pc-1</_this><version></version>"#,
            "<options><maxWaitSeconds>0</maxWaitSeconds></options></WaitForUpdatesEx>",
        )
    );
    let options = WaitOptions {
        max_wait_seconds: None,
        max_object_updates: NonZeroU32::new(500),
    };
    let version = set.unwrap().unwrap().version;
    // The server repeats itself.
    client
        .wait_for_updates(&filter, &version, options)
        .await
        .unwrap_err();
    assert_eq!(
        last_arguments(&server).await,
        concat!(
            r#"<_this type="PropertyCollector">pc-1</_this><version>0_1</version>"#,
            "<options><maxObjectUpdates>500</maxObjectUpdates></options></WaitForUpdatesEx>",
        )
    );
}

#[tokio::test]
async fn only_the_filters_own_updates_are_reported() {
    let server = updating_server(200, "updates_truncated.xml").await;
    let set = first_updates(&client_of(&server)).await.unwrap().unwrap();
    let objects: Vec<_> = set
        .updates
        .iter()
        .map(|update| update.obj.value())
        .collect();
    assert_eq!(objects, ["vm-1", "vm-2"]);
    assert_eq!(set.missing_objects.len(), 1);
    assert!(set.truncated);
    let managed_by = PropertyValue::ManagedBy {
        extension_key: "com.example.appliance".into(),
        kind: "helper".into(),
    };
    let value = |change: &vsphere_soap::PropertyChange| change.value == Some(managed_by.clone());
    assert!(set.updates[0].changes.iter().any(value));
}

#[tokio::test]
async fn no_news_and_news_of_nothing_differ() {
    let server = updating_server(200, "updates_none.xml").await;
    assert_eq!(first_updates(&client_of(&server)).await.unwrap(), None);
    for answer in ["updates_empty_filter_set.xml", "updates_no_filter.xml"] {
        let server = updating_server(200, answer).await;
        let set = first_updates(&client_of(&server)).await.unwrap().unwrap();
        assert!(set.updates.is_empty() && set.missing_objects.is_empty());
        assert_ne!(set.version, UpdateVersion::initial());
    }
}

#[tokio::test]
async fn a_forgotten_version_is_a_fault_of_its_own() {
    let server = updating_server(500, "fault_collector_version.xml").await;
    let error = first_updates(&client_of(&server)).await.unwrap_err();
    assert_eq!(
        error.fault().unwrap().kind,
        FaultKind::InvalidCollectorVersion
    );
    assert!(!error.is_session_lost());
}

#[tokio::test]
async fn refusals_for_want_of_a_session_are_its_loss() {
    for (status, answer) in [
        (500, "fault_not_authenticated.xml"),
        (200, "updates_unauthenticated.xml"),
    ] {
        let server = updating_server(status, answer).await;
        let client = client_of(&server);
        let filter = filter_of_vm_1(&client).await;
        let version = UpdateVersion::initial();
        let error = client
            .wait_for_updates(&filter, &version, AT_ONCE)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
        // The filter died with the session; finding that out again takes no call.
        let requests = server.received_requests().await.unwrap().len();
        let error = client
            .wait_for_updates(&filter, &version, AT_ONCE)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
        client.destroy_filter(filter).await.unwrap();
        assert_eq!(server.received_requests().await.unwrap().len(), requests);
    }
}

#[tokio::test]
async fn a_value_among_refusals_speaks_for_the_session() {
    let server = scripted_server().await;
    call("CreateFilter")
        .respond_with(xml(200, fixture("create_filter.xml")))
        .mount(&server)
        .await;
    let body = String::from_utf8(fixture("updates_unauthenticated.xml")).unwrap();
    let value = "<obj type=\"VirtualMachine\">vm-2</obj><changeSet><name>runtime.host</name>\
                 <op>assign</op><val xsi:type=\"xsd:string\">h</val></changeSet>";
    let body = body.replace("<obj type=\"VirtualMachine\">vm-2</obj>", value);
    call("WaitForUpdatesEx")
        .respond_with(xml(200, body.into()))
        .mount(&server)
        .await;
    let set = first_updates(&client_of(&server)).await.unwrap().unwrap();
    assert_eq!(set.updates[1].missing.len(), 1);
}

#[tokio::test]
async fn a_filter_may_be_gone_already() {
    let server = updating_server(200, "updates_none.xml").await;
    let gone = "<Envelope><Body><Fault><detail><ManagedObjectNotFoundFault>\
                <obj type=\"PropertyFilter\">filter-1</obj></ManagedObjectNotFoundFault></detail>\
                </Fault></Body></Envelope>";
    call("DestroyPropertyFilter")
        .respond_with(xml(500, gone.into()))
        .mount(&server)
        .await;
    let client = client_of(&server);
    let filter = filter_of_vm_1(&client).await;
    client.destroy_filter(filter).await.unwrap();
    let this = r#"<_this type="PropertyFilter">filter-1</_this></DestroyPropertyFilter>"#;
    assert_eq!(last_arguments(&server).await, this);
}

#[tokio::test]
async fn a_filter_needs_a_living_view() {
    let server = scripted_server().await;
    let view = "<Envelope><Body><CreateContainerViewResponse><returnval type=\"ContainerView\">\
                view-1</returnval></CreateContainerViewResponse></Body></Envelope>";
    call("CreateContainerView")
        .respond_with(xml(200, view.into()))
        .mount(&server)
        .await;
    let gone = "<Envelope><Body><Fault><detail><ManagedObjectNotFoundFault>\
                <obj type=\"ContainerView\">view-1</obj></ManagedObjectNotFoundFault></detail>\
                </Fault></Body></Envelope>";
    call("CreateFilter")
        .respond_with(xml(500, gone.into()))
        .mount(&server)
        .await;
    let client = client_of(&server);
    let root = MoRef::new("Folder", "group-d1");
    let view = client
        .create_container_view(&root, &["VirtualMachine"], true)
        .await
        .unwrap();
    let error = client.create_filter(names_in(&view)).await.unwrap_err();
    assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
}

#[tokio::test]
async fn the_wait_is_added_to_the_time_of_a_call() {
    let server = scripted_server().await;
    call("CreateFilter")
        .respond_with(xml(200, fixture("create_filter.xml")))
        .mount(&server)
        .await;
    let slow = xml(200, fixture("updates_none.xml")).set_delay(Duration::from_secs(600));
    call("WaitForUpdatesEx")
        .respond_with(slow)
        .mount(&server)
        .await;
    let mut config = config_of(&server);
    config.request_timeout = Duration::from_secs(40);
    let client = Client::new(config).unwrap();
    let filter = filter_of_vm_1(&client).await;
    // From here on the client's clock leaps to the next timer whenever nothing else happens.
    tokio::time::pause();
    for (max_wait_seconds, expected) in [(None, 40), (Some(300), 340)] {
        let options = WaitOptions {
            max_wait_seconds,
            max_object_updates: None,
        };
        let error = client
            .wait_for_updates(&filter, &UpdateVersion::initial(), options)
            .await
            .unwrap_err();
        let Error::Timeout { limit, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(limit, Duration::from_secs(expected));
    }
}
