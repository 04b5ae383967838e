//! A watcher of a mock vCenter that changes, forgets and refuses.

use std::num::NonZeroU32;

use mock_vcenter::{Change, Effect, FaultRule, MockVcenter};
use vsphere_soap::watcher::{Event, Selection, Watcher};
use vsphere_soap::{Error, ObjectUpdateKind, PropertySpec};

use crate::server::{calls, client_for, small_vcenter};

/// Watches the ten VMs, four at a time.
fn watcher(mock: &MockVcenter) -> Watcher {
    let selection = Selection {
        types: &["VirtualMachine"],
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name"],
        }],
        page_objects: NonZeroU32::new(4).unwrap(),
    };
    Watcher::new(client_for(mock), selection)
}

/// What an event was, and how many objects it had.
#[derive(Debug, PartialEq)]
enum Seen {
    Attached,
    Restarted,
    Unsupported,
    Listed(usize),
    ListedLast(usize),
    Changed(usize),
    Page(usize),
    ReadRestarted,
    ReadComplete,
    Lost,
}

fn seen(event: Result<Event, Error>) -> Seen {
    match event.unwrap() {
        Event::Attached => Seen::Attached,
        Event::Restarted => Seen::Restarted,
        Event::Unsupported => Seen::Unsupported,
        Event::Listed { objects, is_last } if is_last => Seen::ListedLast(objects.len()),
        Event::Listed { objects, .. } => Seen::Listed(objects.len()),
        Event::Changed { objects, is_last } => {
            assert!(is_last);
            Seen::Changed(objects.len())
        }
        Event::Page(objects) => Seen::Page(objects.len()),
        Event::ReadRestarted => Seen::ReadRestarted,
        Event::ReadComplete => Seen::ReadComplete,
        Event::Lost(_) => Seen::Lost,
    }
}

/// Attaches and takes the whole first report.
async fn list(watcher: &mut Watcher) {
    assert_eq!(seen(watcher.attach().await), Seen::Restarted);
    list_all(watcher).await;
}

async fn list_all(watcher: &mut Watcher) {
    for expected in [Seen::Listed(4), Seen::Listed(4), Seen::ListedLast(2)] {
        assert_eq!(seen(watcher.follow().await), expected);
    }
}

async fn read_all(watcher: &mut Watcher) {
    for objects in [4, 4, 2] {
        assert_eq!(seen(watcher.read().await), Seen::Page(objects));
    }
    assert_eq!(seen(watcher.read().await), Seen::ReadComplete);
}

fn refuse(mock: &MockVcenter, operation: &str, times: Option<u32>, fault_type: &str) {
    let effect = Effect::Fault {
        fault_type: fault_type.to_owned(),
        message: String::new(),
        fields_xml: String::new(),
    };
    let rule = FaultRule::on(operation, effect);
    mock.add_fault(match times {
        Some(times) => rule.times(times),
        None => rule,
    });
}

fn delete(mock: &MockVcenter) -> String {
    let vm = mock.world().vms().remove(0).moref;
    mock.apply(&Change::Delete { vm: vm.clone() }).unwrap();
    vm
}

#[tokio::test]
async fn objects_are_listed_then_followed() {
    let mock = small_vcenter().await;
    let mut watcher = watcher(&mock);
    assert_eq!(
        mock.calls().len(),
        0,
        "nothing is sent before it is asked for"
    );
    list(&mut watcher).await;
    assert_eq!(seen(watcher.attach().await), Seen::Attached);
    assert_eq!(seen(watcher.follow().await), Seen::Changed(0));
    let deleted = delete(&mock);
    let Event::Changed { objects, .. } = watcher.follow().await.unwrap() else {
        panic!("no change");
    };
    assert_eq!(objects[0].obj.value(), deleted);
    assert_eq!(objects[0].kind, ObjectUpdateKind::Leave);
    watcher.detach().await;
    assert_eq!(calls(&mock, "DestroyPropertyFilter"), 1);
    assert_eq!(calls(&mock, "DestroyView"), 1);
}

#[tokio::test]
async fn pages_add_up_to_the_whole_beside_reports() {
    let mock = small_vcenter().await;
    let mut watcher = watcher(&mock);
    list(&mut watcher).await;
    assert_eq!(seen(watcher.read().await), Seen::Page(4));
    assert_eq!(seen(watcher.follow().await), Seen::Changed(0));
    assert_eq!(seen(watcher.read().await), Seen::Page(4));
    assert_eq!(seen(watcher.read().await), Seen::Page(2));
    assert_eq!(seen(watcher.read().await), Seen::ReadComplete);
    // The next use begins another read.
    read_all(&mut watcher).await;
    assert_eq!(calls(&mock, "RetrievePropertiesEx"), 2);
}

/// Uses `step` until the mock vCenter has seen its call, then drops it.
macro_rules! give_up_waiting {
    ($mock:expr, $operation:expr, $step:expr) => {{
        let before = calls(&$mock, $operation);
        let is_sent = async {
            while calls(&$mock, $operation) == before {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            () = is_sent => {}
            event = $step => panic!("{event:?} came before it was answered"),
        }
    }};
}

#[tokio::test]
async fn a_caller_that_stops_waiting_loses_nothing() {
    let mock = small_vcenter().await;
    let mut watcher = watcher(&mock);
    for operation in ["CreateContainerView", "CreateFilter"] {
        give_up_waiting!(mock, operation, watcher.attach());
    }
    assert_eq!(seen(watcher.attach().await), Seen::Restarted);
    give_up_waiting!(mock, "WaitForUpdatesEx", watcher.follow());
    assert_eq!(seen(watcher.follow().await), Seen::Listed(4));
    give_up_waiting!(mock, "RetrievePropertiesEx", watcher.read());
    // Reports do not wait for the page.
    assert_eq!(seen(watcher.follow().await), Seen::Listed(4));
    read_all(&mut watcher).await;
    for (operation, expected) in [
        ("CreateContainerView", 1),
        ("CreateFilter", 1),
        ("WaitForUpdatesEx", 2),
        ("RetrievePropertiesEx", 1),
        ("ContinueRetrievePropertiesEx", 2),
    ] {
        assert_eq!(calls(&mock, operation), expected, "{operation}");
    }
}

#[tokio::test]
async fn a_lost_session_starts_over() {
    let mock = small_vcenter().await;
    for is_reading in [false, true] {
        let mut watcher = watcher(&mock);
        list(&mut watcher).await;
        mock.drop_sessions();
        let event = if is_reading {
            watcher.read().await
        } else {
            watcher.follow().await
        };
        assert_eq!(seen(event), Seen::Lost);
        list(&mut watcher).await;
        read_all(&mut watcher).await;
    }
    assert_eq!(calls(&mock, "DestroyView"), 0, "it died with its session");
}

#[tokio::test]
async fn a_forgotten_version_starts_over() {
    let mock = small_vcenter().await;
    let mut watcher = watcher(&mock);
    list(&mut watcher).await;
    refuse(
        &mock,
        "WaitForUpdatesEx",
        Some(1),
        "InvalidCollectorVersion",
    );
    assert_eq!(seen(watcher.follow().await), Seen::Lost);
    list(&mut watcher).await;
    assert_eq!(calls(&mock, "DestroyPropertyFilter"), 1);
    assert_eq!(calls(&mock, "DestroyView"), 1);
    assert_eq!(calls(&mock, "Login"), 1);
}

#[tokio::test]
async fn a_server_without_reports_can_be_read() {
    for operation in ["CreateFilter", "WaitForUpdatesEx"] {
        let mock = small_vcenter().await;
        refuse(&mock, operation, None, "MethodNotFound");
        let mut watcher = watcher(&mock);
        assert_eq!(seen(watcher.attach().await), Seen::Restarted);
        for _ in 0..2 {
            assert_eq!(seen(watcher.follow().await), Seen::Unsupported);
        }
        assert_eq!(calls(&mock, operation), 1);
        read_all(&mut watcher).await;
        assert_eq!(seen(watcher.attach().await), Seen::Attached);
    }
}

#[tokio::test]
async fn a_read_that_a_deletion_spoils_starts_over_once() {
    let mock = small_vcenter().await;
    let mut watcher = watcher(&mock);
    list(&mut watcher).await;
    let operation = "ContinueRetrievePropertiesEx";
    refuse(&mock, operation, Some(3), "ManagedObjectNotFound");
    assert_eq!(seen(watcher.read().await), Seen::Page(4));
    assert_eq!(seen(watcher.read().await), Seen::ReadRestarted);
    assert_eq!(seen(watcher.read().await), Seen::Page(4));
    watcher.read().await.unwrap_err();
    assert_eq!(calls(&mock, "RetrievePropertiesEx"), 2);
    assert_eq!(seen(watcher.read().await), Seen::Page(4));
    assert_eq!(seen(watcher.read().await), Seen::ReadRestarted);
    read_all(&mut watcher).await;
}

#[tokio::test]
async fn failed_calls_are_made_again_and_no_others() {
    let mock = small_vcenter().await;
    let mut watcher = watcher(&mock);
    for operation in ["CreateContainerView", "CreateFilter"] {
        refuse(&mock, operation, Some(1), "SystemError");
        watcher.attach().await.unwrap_err();
    }
    assert_eq!(seen(watcher.attach().await), Seen::Restarted);
    assert_eq!(calls(&mock, "CreateContainerView"), 2);
    refuse(&mock, "WaitForUpdatesEx", Some(1), "SystemError");
    watcher.follow().await.unwrap_err();
    list_all(&mut watcher).await;
}
