//! The inventory is kept up to date by changes and by whole reads, and neither can stop collection.

use std::time::Duration;

use jiff::Timestamp;
use mock_vcenter::{
    Change, Denial, DenyRule, Effect, FaultRule, MockVcenter, Options, PowerState, VmTruth,
};
use planner_core::inventory::{ConnectionState, Inventory, Vm, VmId};

use crate::exporter::Exporter;
use crate::metrics_page::MetricsPage;
use crate::staging::{at, odd_mock, read_afresh, settings, state, vcenter};

/// A whole read is due from here on after one at the epoch, with the default `VM_INVENTORY_TTL`.
const LATER: Timestamp = Timestamp::constant(600, 0);

fn vm<'i>(inventory: &'i Inventory, moref: &str) -> &'i Vm {
    &inventory.vms()[inventory.position(&VmId::new(moref)).unwrap()]
}

fn odd(mock: &MockVcenter, name: &str) -> VmTruth {
    let mut vms = mock.world().vms().into_iter();
    vms.find(|vm| vm.name == name).unwrap()
}

/// The first page is outdated when the second one arrives.
#[tokio::test]
async fn a_whole_read_across_cycles_undoes_no_change() {
    let mock = odd_mock(150, 100).await;
    let mut vcenter = vcenter(&mock, &[("CYCLE_TIMEOUT", "2")]);
    vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
    let slow = Effect::Delay(Duration::from_secs(4));
    mock.add_fault(FaultRule::on("ContinueRetrievePropertiesEx", slow).times(1));
    let inventory = vcenter.refresh(at(LATER)).await.unwrap();
    assert_eq!(inventory.full_read().at, Timestamp::UNIX_EPOCH);

    let host = mock.random_changes(1, 200).into_iter().find_map(|change| {
        let Change::Migrate { host, .. } = change else {
            return None;
        };
        Some(host)
    });
    let vm = |number: u32| format!("vm-{number}");
    for change in [
        Change::Rename {
            object: vm(1001),
            name: "renamed meanwhile".to_owned(),
        },
        Change::Delete { vm: vm(1002) },
        Change::Power {
            vm: vm(1003),
            state: PowerState::Off,
        },
        Change::Create {
            name: "created meanwhile".to_owned(),
            host: host.unwrap(),
            disks: 1,
        },
    ] {
        mock.apply(&change).unwrap();
    }
    loop {
        let inventory = vcenter.refresh(at(LATER)).await.unwrap();
        if inventory.full_read().at == LATER {
            assert_eq!(inventory.vms(), read_afresh(&mock, &[]).await);
            return;
        }
    }
}

/// vCenter gives each part of its first report only once.
#[tokio::test]
async fn a_first_read_that_is_cut_off_repeatedly_completes() {
    let options = Options {
        update_limit: 100,
        ..Options::default()
    };
    let mock = MockVcenter::start(options).await.unwrap();
    let mut vcenter = vcenter(&mock, &[]);
    let slow = Effect::Delay(Duration::from_millis(200));
    mock.add_fault(FaultRule::on("WaitForUpdatesEx", slow));
    let parts = || mock.calls().get("WaitForUpdatesEx").copied();
    let inventory = loop {
        let asked_before = parts();
        let asks_for_a_part = async {
            while parts() == asked_before {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = asks_for_a_part => {}
            found = vcenter.refresh(at(Timestamp::UNIX_EPOCH)) => break found.unwrap(),
        }
    };
    assert_eq!(inventory.vms().len(), 200);
    assert_eq!(parts(), Some(3));
    mock.clear_faults();
    assert_eq!(inventory.vms(), read_afresh(&mock, &[]).await);
}

#[tokio::test]
async fn a_whole_read_that_fails_is_tried_again_in_the_next_cycle() {
    let mock = odd_mock(150, 100).await;
    let mut vcenter = vcenter(&mock, &[]);
    let first = vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
    let rename = |name: &str| {
        let (object, name) = ("vm-1001".to_owned(), name.to_owned());
        mock.apply(&Change::Rename { object, name }).unwrap();
    };
    for (number, operation) in ["RetrievePropertiesEx", "ContinueRetrievePropertiesEx"]
        .into_iter()
        .enumerate()
    {
        mock.add_fault(FaultRule::on(operation, Effect::fault("SystemError")));
        let name = format!("renamed-{number}");
        rename(&name);
        let inventory = vcenter.refresh(at(LATER)).await.unwrap();
        assert_eq!(inventory.full_read().at, first.full_read().at);
        assert_eq!(&*vm(&inventory, "vm-1001").name, name);
        mock.clear_faults();
    }
    let inventory = vcenter.refresh(at(LATER)).await.unwrap();
    assert_eq!(inventory.full_read().at, LATER);
    assert_eq!(inventory.vms(), read_afresh(&mock, &[]).await);
}

#[tokio::test]
async fn a_server_that_reports_no_changes_is_read_as_a_whole() {
    let mock = odd_mock(50, 1_000).await;
    mock.add_fault(FaultRule::on(
        "WaitForUpdatesEx",
        Effect::fault("SystemError"),
    ));
    let mut vcenter = vcenter(&mock, &[]);
    let before = vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
    assert_eq!(before.vms().len(), mock.world().vms().len());
    mock.apply(&Change::Delete {
        vm: "vm-1001".to_owned(),
    })
    .unwrap();
    let after = vcenter.refresh(at(LATER)).await.unwrap();
    assert_eq!(after.vms().len() + 1, before.vms().len());
}

#[tokio::test]
async fn a_server_that_refuses_changes_to_every_session_is_read_as_a_whole() {
    for operation in ["CreateFilter", "WaitForUpdatesEx"] {
        let mock = odd_mock(50, 1_000).await;
        mock.add_fault(FaultRule::on(operation, Effect::fault("NotAuthenticated")));
        let mut vcenter = vcenter(&mock, &[]);
        for _ in 0..3 {
            let _ = vcenter.refresh(at(LATER)).await;
        }
        let inventory = vcenter.refresh(at(LATER)).await.unwrap();
        assert_eq!(inventory.vms().len(), mock.world().vms().len());
        let logins = mock.calls().get("Login").copied();
        assert!(logins <= Some(3), "{operation}: {logins:?}");
    }
}

#[tokio::test]
async fn a_session_lost_in_a_whole_read_starts_over() {
    let mock = odd_mock(150, 100).await;
    let mut vcenter = vcenter(&mock, &[]);
    vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
    let lost = FaultRule::on("ContinueRetrievePropertiesEx", Effect::NotAuthenticated);
    mock.add_fault(lost.times(1));
    mock.apply(&Change::Delete {
        vm: "vm-1001".to_owned(),
    })
    .unwrap();
    let inventory = vcenter.refresh(at(LATER)).await.unwrap();
    assert_eq!(inventory.full_read().at, LATER);
    assert_eq!(inventory.vms(), read_afresh(&mock, &[]).await);
}

#[tokio::test]
async fn rights_are_followed_both_ways() {
    let mock = odd_mock(20, 1_000).await;
    let mut vcenter = vcenter(&mock, &[]);
    vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
    for path in ["runtime.powerState", "config", "name"] {
        mock.deny(&DenyRule {
            object: "vm-1001".to_owned(),
            path: path.to_owned(),
            kind: Denial::NoPermission,
        })
        .unwrap();
        let inventory = vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
        assert!(vm(&inventory, "vm-1001").is_permission_denied, "{path}");
        assert_eq!(inventory.vms(), read_afresh(&mock, &[]).await, "{path}");
        mock.clear_denials();
        let inventory = vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
        assert!(!vm(&inventory, "vm-1001").is_permission_denied, "{path}");
        assert_eq!(inventory.vms(), read_afresh(&mock, &[]).await, "{path}");
    }
}

fn hide_all(mock: &MockVcenter) {
    mock.deny(&DenyRule {
        object: "*".to_owned(),
        path: "*".to_owned(),
        kind: Denial::Hidden,
    })
    .unwrap();
}

#[tokio::test]
async fn an_inventory_that_stays_empty_is_believed_and_announced() {
    let mock = odd_mock(20, 1_000).await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    hide_all(&mock);
    exporter
        .health_when(|health| health["last_vm_count"] == 0)
        .await;
    let page = exporter.page().await;
    assert_eq!(page.series("vcenter_vm_disk_provisioned_gb"), []);
    exporter
        .logged_when(|line| line.contains("VCENTER_USER the Read-only role"))
        .await;
    let warnings: Vec<String> = exporter
        .log()
        .lines()
        .filter(|line| line.contains("WARN") && line.contains("no VM"))
        .map(str::to_owned)
        .collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("reading the inventory again"));
    assert!(warnings[1].contains("Read-only role"));
    mock.clear_denials();
    exporter
        .health_when(|health| health["last_vm_count"].as_u64() >= Some(20))
        .await;
}

fn by_reason(page: &MetricsPage, reason: &str) -> Option<f64> {
    page.labelled("vcenter_collector_vms_without_data", "reason", reason)
}

#[tokio::test]
async fn vms_without_contact_are_not_asked_for_and_counted_by_reason() {
    let mock = odd_mock(20, 1_000).await;
    let inventory = vcenter(&mock, &[])
        .refresh(at(Timestamp::UNIX_EPOCH))
        .await
        .unwrap();
    for (name, lost) in [
        ("odd-disconnected", ConnectionState::Disconnected),
        ("odd-orphaned", ConnectionState::Orphaned),
        ("odd-without-config", ConnectionState::Inaccessible),
        ("odd-invalid", ConnectionState::Invalid),
    ] {
        let found = vm(&inventory, &odd(&mock, name).moref);
        assert_eq!(found.connection_state, lost);
        assert!(!found.is_observed());
        // A query for it makes this test fail.
        let refused = FaultRule::on("QueryPerf", Effect::fault("SystemError"));
        mock.add_fault(refused.object(found.id.as_str()));
    }
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let health = exporter.first_cycle().await;
    assert_eq!(health["last_error"], serde_json::Value::Null);
    let page = exporter.page().await;
    for reason in ["disconnected", "orphaned", "inaccessible", "invalid"] {
        assert_eq!(by_reason(&page, reason), Some(1.0), "{reason}");
    }
    let reasons = page.series("vcenter_collector_vms_without_data").iter();
    let sum: f64 = reasons.map(|(_, count)| count).sum();
    assert_eq!(sum, state(&page, "no_data"));
    assert!(by_reason(&page, "no_samples") > Some(0.0));
}

/// A whole read takes longer than a cycle may.
#[tokio::test]
async fn a_slow_whole_read_costs_no_cycle() {
    let mock = odd_mock(100, 10).await;
    let more = [("CYCLE_TIMEOUT", "4"), ("VM_INVENTORY_TTL", "1")];
    let exporter = Exporter::start(&settings(&mock, &more)).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let read_at = |page: &MetricsPage| page.value("vcenter_collector_inventory_timestamp_seconds");
    let sampled = |page: &MetricsPage| state(page, "sampled");
    let slow = || Effect::Delay(Duration::from_millis(300));
    mock.add_fault(FaultRule::on("RetrievePropertiesEx", slow()));
    mock.add_fault(FaultRule::on("ContinueRetrievePropertiesEx", slow()));
    let first = exporter.page_after_cycles(1).await;
    // The read under way when the pages became slow may end soon; the next one is slow from its start.
    for _ in 0..2 {
        let before = read_at(&exporter.page().await);
        loop {
            let page = exporter.page_after_cycles(1).await;
            assert_eq!(
                (page.value("vcenter_up"), sampled(&page)),
                (Some(1.0), sampled(&first)),
                "{}",
                exporter.log()
            );
            if read_at(&page) > before {
                break;
            }
        }
    }
}
