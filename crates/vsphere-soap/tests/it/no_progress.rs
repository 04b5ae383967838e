//! Servers that promise more for ever.

use std::num::NonZeroU32;

use mock_vcenter::{Change, Effect, FaultRule, MockVcenter};
use vsphere_soap::watcher::{Event, Selection, Watcher};
use vsphere_soap::{
    Client, Error, ObjectSelection, PropertyFilterSpec, PropertySpec, UpdateVersion, WaitOptions,
};

use crate::properties::vm_view;
use crate::server::{calls, client_for, small_vcenter};

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

/// Lets the server answer with a number in it, which counts the calls.
fn answer_numbered(mock: &MockVcenter, operation: &str, value: &str) {
    let content = format!("<returnval>{value}</returnval>");
    let effect = Effect::numbered_answer(operation, &content);
    mock.add_fault(FaultRule::on(operation, effect));
}

#[tokio::test]
async fn pages_that_only_repeat_objects_come_to_an_end() {
    for read_ahead in [false, true] {
        let mock = small_vcenter().await;
        let client = client_for(&mock);
        let view = vm_view(&client).await;
        let objects = "<objects><obj type=\"VirtualMachine\">vm-1</obj></objects>";
        for operation in ["RetrievePropertiesEx", "ContinueRetrievePropertiesEx"] {
            let page = format!("<token>{operation}-{{n}}</token>{objects}");
            answer_numbered(&mock, operation, &page);
        }
        let spec = names(ObjectSelection::View(view));
        let mut retrieval = client.retrieve_properties(spec, None);
        if read_ahead {
            retrieval = retrieval.read_ahead();
        }
        let error = loop {
            match retrieval.next_page().await {
                Ok(page) => assert_eq!(page.unwrap().len(), 1),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::NoProgress { .. }), "{error}");
        let calls = calls(&mock, "ContinueRetrievePropertiesEx");
        assert!(calls < 15, "{calls}");
    }
}

fn watcher(client: Client, page_objects: u32) -> Watcher {
    let selection = Selection {
        types: &["VirtualMachine"],
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name"],
        }],
        page_objects: NonZeroU32::new(page_objects).unwrap(),
    };
    Watcher::new(client, selection)
}

#[tokio::test]
async fn reports_that_only_repeat_changes_come_to_an_end_each_time() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let mut watcher = watcher(client, 500);
    watcher.attach().await.unwrap();
    let update = "<filterSet><filter type=\"PropertyFilter\">filter-1</filter><objectSet><kind>modify</kind>\
                  <obj type=\"VirtualMachine\">vm-1</obj></objectSet></filterSet>";
    let set = format!("<version>{{n}}</version>{update}<truncated>true</truncated>");
    answer_numbered(&mock, "WaitForUpdatesEx", &set);
    for round in 1..=3 {
        let error = loop {
            match watcher.follow().await {
                Ok(event) => assert!(matches!(event, Event::Listed { is_last: false, .. })),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::NoProgress { .. }), "{error}");
        let calls = calls(&mock, "WaitForUpdatesEx");
        assert!(calls <= round * 15, "{calls}");
    }
    mock.clear_faults();
    assert!(watcher.read().await.is_ok(), "a read is not concerned");
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

/// Takes the first report; returns how many objects and parts it has.
async fn list(watcher: &mut Watcher) -> (usize, usize) {
    let (mut listed, mut parts) = (0, 0);
    loop {
        let Event::Listed { objects, is_last } = watcher.follow().await.unwrap() else {
            panic!("no list");
        };
        listed += objects.len();
        parts += 1;
        if is_last {
            return (listed, parts);
        }
    }
}

/// Its reports would come before those of the filter after it, and have nothing for that one.
#[tokio::test]
async fn a_filter_that_may_still_be_there_spoils_no_reports_of_the_next() {
    let refuse_to_end = async |mock: &MockVcenter, watcher: &mut Watcher| {
        list(watcher).await;
        for operation in ["DestroyPropertyFilter", "DestroyView"] {
            mock.add_fault(FaultRule::on(operation, Effect::fault("InvalidArgument")));
        }
        watcher.detach().await;
    };
    let lose_the_answer = async |mock: &MockVcenter, watcher: &mut Watcher| {
        watcher.detach().await;
        mock.add_fault(FaultRule::on("CreateFilter", Effect::Reset(100)));
        let error = watcher.attach().await.unwrap_err();
        assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    };
    for is_lost in [false, true] {
        let mock = MockVcenter::with_vms(60).await.unwrap();
        let mut watcher = watcher(client_for(&mock), 4);
        watcher.attach().await.unwrap();
        if is_lost {
            lose_the_answer(&mock, &mut watcher).await;
        } else {
            refuse_to_end(&mock, &mut watcher).await;
        }
        mock.clear_faults();
        watcher.attach().await.unwrap();
        assert_eq!(list(&mut watcher).await, (60, 15), "{is_lost}");
        let vm = mock.world().vms().remove(0).moref;
        mock.apply(&Change::Delete { vm }).unwrap();
        let changed = watcher.follow().await.unwrap();
        assert!(
            matches!(&changed, Event::Changed { objects, is_last: true } if objects.len() == 1),
            "{changed:?}"
        );
    }
}
