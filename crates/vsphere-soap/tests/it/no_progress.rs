//! Servers that promise more for ever.

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use vsphere_soap::{
    Error, ObjectSelection, PropertyFilterSpec, PropertySpec, UpdateVersion, WaitOptions,
};

use crate::properties::vm_view;
use crate::server::{client_for, small_vcenter};

fn answer(mock: &MockVcenter, operation: &str, value: &str) {
    let content = format!("<returnval>{value}</returnval>");
    let effect = Effect::answer(operation, &content);
    mock.clear_faults();
    mock.add_fault(FaultRule::on(operation, effect));
}

fn names(objects: ObjectSelection) -> PropertyFilterSpec {
    PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name"],
        }],
        objects,
    }
}

#[tokio::test]
async fn updates_that_promise_more_must_have_something_new() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let filter = client
        .create_filter(names(ObjectSelection::View(view)))
        .await
        .unwrap();
    let update = "<filterSet><filter type=\"PropertyFilter\">filter-1</filter><objectSet><kind>enter</kind>\
                  <obj type=\"VirtualMachine\">vm-1</obj></objectSet></filterSet>";
    let at_once = WaitOptions {
        max_wait_seconds: Some(0),
        max_object_updates: None,
    };
    for (version, updates, is_progress) in [
        ("0_1", update, true),
        ("0_1", "", false),
        // The version that was asked with.
        ("", update, false),
    ] {
        let set = format!("<version>{version}</version>{updates}<truncated>true</truncated>");
        answer(&mock, "WaitForUpdatesEx", &set);
        let updates = client
            .wait_for_updates(&filter, &UpdateVersion::initial(), at_once)
            .await;
        let is_refused = matches!(updates, Err(Error::NoProgress { .. }));
        assert_eq!(is_refused, !is_progress, "{set}");
    }
}

#[tokio::test]
async fn a_page_that_is_not_the_last_must_have_objects() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    answer(&mock, "RetrievePropertiesEx", "<token>more</token>");
    let mut retrieval = client.retrieve_properties(names(ObjectSelection::View(view)), None);
    let error = retrieval.next_page().await.unwrap_err();
    assert!(matches!(error, Error::NoProgress { .. }), "{error}");
    assert!(retrieval.next_page().await.unwrap().is_none());
}
