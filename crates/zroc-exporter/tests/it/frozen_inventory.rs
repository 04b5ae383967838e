//! An inventory that cannot be kept up stays in use, and `/health` says so.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use serde_json::Value;

use crate::exporter::Exporter;
use crate::staging::settings;

const OFTEN: [(&str, &str); 1] = [("VM_INVENTORY_TTL", "1")];

/// An exporter that collects from a mock whose answers about the inventory are spoiled from now on.
async fn frozen(effects: &[(&str, Effect)]) -> (MockVcenter, Exporter) {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &OFTEN)).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    for (operation, effect) in effects {
        mock.add_fault(FaultRule::on(*operation, effect.clone()));
    }
    (mock, exporter)
}

fn says(text: &str) -> impl Fn(&Value) -> bool {
    move |health| {
        let error = health["last_error"].as_str().unwrap_or_default();
        health["status"] != "ok" && error.contains(text)
    }
}

#[tokio::test]
async fn an_inventory_that_is_not_kept_up_degrades_health_and_stops_no_sampling() {
    for fault in ["SystemError", "InvalidCollectorVersion", "NotSupported"] {
        let effect = || Effect::fault(fault);
        let (mock, exporter) = frozen(&[
            ("WaitForUpdatesEx", effect()),
            ("RetrievePropertiesEx", effect()),
        ])
        .await;
        let health = exporter
            .health_when(says("the inventory was last read as a whole"))
            .await;
        assert!(says(fault)(&health), "{health}");
        let page = exporter.page_after_cycles(1).await;
        assert_eq!(page.value("vcenter_up"), Some(1.0), "{fault}");
        mock.clear_faults();
        exporter
            .health_when(|health| health["status"] == "ok")
            .await;
    }
}

#[tokio::test]
async fn a_server_that_reports_the_same_changes_without_an_end_is_named_at_once() {
    let update = "<filterSet><filter type=\"PropertyFilter\">filter-1</filter><objectSet><kind>modify</kind>\
                  <obj type=\"VirtualMachine\">vm-1001</obj></objectSet></filterSet>";
    let set = format!(
        "<returnval><version>{{n}}</version>{update}<truncated>true</truncated></returnval>"
    );
    let endless = Effect::numbered_answer("WaitForUpdatesEx", &set);
    let (_mock, exporter) = frozen(&[("WaitForUpdatesEx", endless)]).await;
    exporter.health_when(says("sends nothing new")).await;
    let page = exporter.page_after_cycles(1).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
}

#[tokio::test]
async fn a_server_that_refuses_everything_gets_one_login_per_cycle() {
    let (mock, exporter) = frozen(&[]).await;
    for operation in [
        "CreateContainerView",
        "WaitForUpdatesEx",
        "RetrievePropertiesEx",
        "CurrentTime",
        "QueryPerf",
    ] {
        mock.add_fault(FaultRule::on(operation, Effect::fault("NotAuthenticated")));
    }
    mock.reset_calls();
    exporter.page_after_cycles(6).await;
    let cycles = exporter.get("/health").await.json()["collection_cycles"]
        .as_u64()
        .unwrap();
    let logins = mock.calls().get("Login").copied().unwrap_or(0);
    assert!(logins <= cycles, "{logins} logins in {cycles} cycles");
    assert_eq!(mock.most_open_sessions(), 1);
}

#[tokio::test]
async fn a_cycle_that_takes_long_does_not_age_its_inventory() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let slow = Effect::Delay(Duration::from_millis(500));
    mock.add_fault(FaultRule::on("QueryPerf", slow));
    let often = [("VM_INVENTORY_TTL", "0.05")];
    let exporter = Exporter::start(&settings(&mock, &often)).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
}
