//! Following changes with filters: versions, parts, waits, and that nothing is missed.

use mock_vcenter::{Change, MockVcenter, Options, PowerState};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{collection, prop_assert_eq};

use crate::client::{Client, logged_in, object_spec, small, view_spec};
use crate::follower::{COLLECTOR, Known, collector_call, filter, poll, retrieved, wide_spec};

fn vm(moref: &str) -> String {
    moref.to_owned()
}

#[tokio::test]
async fn changes_arrive_as_changes() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    let paths = ["name", "runtime.powerState", "runtime.bootTime", "parent"];
    let spec = view_spec(&view, "VirtualMachine", &paths);
    let made = filter(&mut client, &spec).await.ok();
    assert!(
        made.text()
            .contains("<returnval type=\"PropertyFilter\">session[")
    );
    let first = poll(&mut client, "", None).await.ok();
    assert_eq!(first.one("version"), "1");
    assert_eq!(first.all("kind").len(), mock.world().vms().len());
    assert!(!first.text().contains("truncated"));
    // The machine in the vApp has no parent, and the filter says so.
    let unset = "<changeSet><name>parent</name><op>assign</op></changeSet>";
    assert_eq!(first.text().matches(unset).count(), 1);
    let nothing = poll(&mut client, "1", None).await.ok();
    assert!(nothing.all("returnval").is_empty());

    let name = "new".to_owned();
    mock.apply(&Change::Rename {
        object: vm("vm-1001"),
        name,
    })
    .unwrap();
    let state = PowerState::Off;
    mock.apply(&Change::Power {
        vm: vm("vm-1002"),
        state,
    })
    .unwrap();
    mock.apply(&Change::Delete { vm: vm("vm-1003") }).unwrap();
    let next = poll(&mut client, "1", None).await.ok();
    assert_eq!(next.one("version"), "2");
    let mut updates = next.all("objectSet");
    updates.sort_unstable();
    assert_eq!(
        updates,
        [
            "<kind>leave</kind><obj type=\"VirtualMachine\">vm-1003</obj>",
            "<kind>modify</kind><obj type=\"VirtualMachine\">vm-1001</obj><changeSet>\
             <name>name</name><op>assign</op><val xsi:type=\"xsd:string\">new</val></changeSet>",
            "<kind>modify</kind><obj type=\"VirtualMachine\">vm-1002</obj><changeSet>\
             <name>runtime.powerState</name><op>assign</op><val \
             xsi:type=\"VirtualMachinePowerState\">poweredOff</val></changeSet><changeSet>\
             <name>runtime.bootTime</name><op>assign</op></changeSet>",
        ]
    );
}

#[tokio::test]
async fn what_is_below_something_unset_is_removed_indirectly() {
    let (mock, mut client) = logged_in(small()).await;
    let odd = mock
        .world()
        .vms()
        .into_iter()
        .find(|vm| vm.name == "odd-without-config");
    let moref = odd.unwrap().moref;
    let spec = object_spec(
        "VirtualMachine",
        &moref,
        &["config.hardware.device", "name"],
    );
    filter(&mut client, &spec).await.ok();
    let reply = poll(&mut client, "", None).await.ok();
    assert_eq!(reply.all("op"), ["indirectRemove", "assign"]);
}

#[tokio::test]
async fn answers_are_cut_and_versions_count() {
    let (mock, mut client) = logged_in(Options {
        update_limit: 12,
        ..small()
    })
    .await;
    let view = client.view("VirtualMachine").await;
    let spec = view_spec(&view, "VirtualMachine", &["name"]);
    filter(&mut client, &spec).await.ok();
    let mut seen = Vec::new();
    let mut version = String::new();
    for limit in [Some(5), Some(50), None, None] {
        let reply = poll(&mut client, &version, limit).await.ok();
        version = reply.one("version").to_owned();
        seen.push((version.clone(), reply.all("kind").len()));
    }
    let expected = [("0_1", 5), ("0_2", 12), ("0_3", 12), ("1", 4)].map(|(v, n)| (v.to_owned(), n));
    assert_eq!(seen, expected);
    for stale in ["0_1", "0_2", "0_3", "0", "2", "nonsense"] {
        let reply = poll(&mut client, stale, None).await;
        assert_eq!(reply.fault(), "InvalidCollectorVersion", "{stale}");
    }
    // A full version may be used again, should the answer have been lost.
    let name = "new".to_owned();
    mock.apply(&Change::Rename {
        object: vm("vm-1001"),
        name,
    })
    .unwrap();
    let lost = poll(&mut client, "1", None).await.ok();
    let again = poll(&mut client, "1", None).await.ok();
    for reply in [&lost, &again] {
        assert_eq!(reply.all("obj"), ["vm-1001"]);
    }
    let nothing = poll(&mut client, again.one("version"), None).await.ok();
    assert!(nothing.all("returnval").is_empty());
    assert_eq!(
        poll(&mut client, "1", None).await.fault(),
        "InvalidCollectorVersion"
    );
    // Starting over is always possible.
    let anew = poll(&mut client, "", Some(50)).await.ok();
    assert_eq!(anew.all("kind").len(), 12);
}

#[tokio::test]
async fn without_a_limit_of_the_client_a_hundred_come() {
    let (_mock, mut client) = logged_in(Options::with_vms(250)).await;
    let view = client.view("VirtualMachine").await;
    filter(&mut client, &view_spec(&view, "VirtualMachine", &["name"]))
        .await
        .ok();
    assert_eq!(
        poll(&mut client, "", None).await.ok().all("kind").len(),
        100
    );
}

#[tokio::test]
async fn a_wait_ends_with_the_first_change() {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    filter(&mut client, &view_spec(&view, "VirtualMachine", &["name"]))
        .await
        .ok();
    let mut known = Known::default();
    known.catch_up(&mut client, None).await;
    let arguments = format!(
        "<version>{}</version><options><maxWaitSeconds>300</maxWaitSeconds></options>",
        known.version
    );
    let waiting = collector_call(&mut client, "WaitForUpdatesEx", &arguments);
    let changing = async {
        // Once the call is counted; should it not wait yet, it finds the change at once.
        mock.called("WaitForUpdatesEx", 2).await;
        let name = "new".to_owned();
        mock.apply(&Change::Rename {
            object: vm("vm-1001"),
            name,
        })
        .unwrap();
    };
    let (reply, ()) = tokio::join!(waiting, changing);
    assert_eq!(reply.ok().all("obj"), ["vm-1001"]);
}

#[tokio::test]
async fn a_wait_can_be_cancelled_and_ends_with_its_session() {
    let (mock, mut client) = logged_in(small()).await;
    let mut other = Client::connect(&mock).await;
    other.cookie.clone_from(&client.cookie);
    let waiting = collector_call(&mut client, "WaitForUpdatesEx", "<version></version>");
    // A cancellation that comes before the wait does not count, so it is repeated.
    let cancelling = async {
        mock.called("WaitForUpdatesEx", 1).await;
        loop {
            collector_call(&mut other, "CancelWaitForUpdates", "")
                .await
                .ok();
        }
    };
    let reply = tokio::select! {
        reply = waiting => reply,
        () = cancelling => unreachable!(),
    };
    assert_eq!(reply.fault(), "RequestCanceled");
    mock.reset_calls();
    let waiting = collector_call(&mut client, "WaitForUpdatesEx", "<version></version>");
    let dropping = async {
        mock.called("WaitForUpdatesEx", 1).await;
        mock.drop_sessions();
    };
    let (reply, ()) = tokio::join!(waiting, dropping);
    assert_eq!(reply.fault(), "NotAuthenticated");
}

#[tokio::test]
async fn filters_die_with_their_view_and_their_collector() {
    let (_mock, mut client) = logged_in(small()).await;
    let view = client.view("VirtualMachine").await;
    let spec = view_spec(&view, "VirtualMachine", &["name"]);
    let destroy = async |client: &mut Client, id: &str| {
        client
            .call("DestroyPropertyFilter", "PropertyFilter", id, "")
            .await
    };
    let id = filter(&mut client, &spec)
        .await
        .ok()
        .one("returnval")
        .to_owned();
    destroy(&mut client, &id).await.ok();
    assert_eq!(
        destroy(&mut client, &id).await.fault(),
        "ManagedObjectNotFound"
    );

    let id = filter(&mut client, &spec)
        .await
        .ok()
        .one("returnval")
        .to_owned();
    client
        .call("DestroyView", "ContainerView", &view, "")
        .await
        .ok();
    assert_eq!(
        destroy(&mut client, &id).await.fault(),
        "ManagedObjectNotFound"
    );
    assert!(
        poll(&mut client, "", None)
            .await
            .ok()
            .all("returnval")
            .is_empty()
    );
    assert_eq!(
        filter(&mut client, &spec).await.fault(),
        "ManagedObjectNotFound"
    );

    // A collector of its own has versions and filters of its own.
    let own = collector_call(&mut client, "CreatePropertyCollector", "")
        .await
        .ok();
    let own = own.one("returnval").to_owned();
    let spec = object_spec("VirtualMachine", "vm-1001", &["name"]);
    let arguments = format!("<spec>{spec}</spec><partialUpdates>false</partialUpdates>");
    client
        .call("CreateFilter", COLLECTOR, &own, &arguments)
        .await
        .ok();
    let arguments = "<version></version><options><maxWaitSeconds>0</maxWaitSeconds></options>";
    let reply = client
        .call("WaitForUpdatesEx", COLLECTOR, &own, arguments)
        .await
        .ok();
    assert_eq!(reply.all("obj"), ["vm-1001"]);
    assert!(
        poll(&mut client, "", None)
            .await
            .ok()
            .all("returnval")
            .is_empty()
    );
    client
        .call("DestroyPropertyCollector", COLLECTOR, &own, "")
        .await
        .ok();
    let reply = client
        .call("WaitForUpdatesEx", COLLECTOR, &own, arguments)
        .await;
    assert_eq!(reply.fault(), "ManagedObjectNotFound");
}

#[tokio::test]
async fn bad_filters_and_options_fault() {
    let (mock, mut client) = logged_in(small()).await;
    let bad = object_spec("VirtualMachine", "vm-1001", &["nonsense"]);
    assert_eq!(filter(&mut client, &bad).await.fault(), "InvalidProperty");
    for option in [
        "<maxObjectUpdates>0</maxObjectUpdates>",
        "<maxWaitSeconds>x</maxWaitSeconds>",
    ] {
        let arguments = format!("<version></version><options>{option}</options>");
        let reply = collector_call(&mut client, "WaitForUpdatesEx", &arguments).await;
        assert_eq!(reply.fault(), "InvalidArgument");
    }
    mock.drop_sessions();
    let fine = object_spec("VirtualMachine", "vm-1001", &["name"]);
    assert_eq!(filter(&mut client, &fine).await.fault(), "NotAuthenticated");
    assert_eq!(
        poll(&mut client, "", None).await.fault(),
        "NotAuthenticated"
    );
}

/// Follows random changes in steps of some size, with answers of some size; a lost answer is asked
/// for again.
async fn follow(seed: u64, steps: &[(usize, usize, bool)]) -> (Known, Known) {
    let (mock, mut client) = logged_in(small()).await;
    let view = client.view("ManagedEntity").await;
    let spec = wide_spec(&view);
    filter(&mut client, &spec).await.ok();
    let mut known = Known::default();
    for (number, (changes, limit, lose)) in (0..).zip(steps) {
        apply_all(&mock, seed.wrapping_add(number), *changes);
        if *lose && !known.version.is_empty() {
            poll(&mut client, &known.version, Some(*limit)).await.ok();
            apply_all(&mock, seed.wrapping_sub(number), 1);
        }
        known.catch_up(&mut client, Some(*limit)).await;
    }
    let fresh = Known {
        objects: retrieved(&mut client, &spec).await,
        version: known.version.clone(),
    };
    (known, fresh)
}

fn apply_all(mock: &MockVcenter, seed: u64, count: usize) {
    for change in mock.random_changes(seed, count) {
        mock.apply(&change).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn deltas_lead_to_what_a_fresh_retrieval_shows(
        seed in any::<u64>(),
        steps in collection::vec((0_usize..40, 1_usize..60, any::<bool>()), 1..6),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (known, fresh) = runtime.block_on(follow(seed, &steps));
        prop_assert_eq!(known, fresh);
    }
}
