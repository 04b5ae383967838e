//! The exporter's life: start, trouble, recovery, end.

use std::process::Stdio;
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use rustix::process::Signal;

use crate::exporter::{Exporter, command};
use crate::staging::settings;

const IOPS: &str = "vcenter_vm_disk_write_iops";

fn html_error() -> Effect {
    let body = "<html><body>no healthy upstream</body></html>";
    Effect::status(503, "text/html", body)
}

#[tokio::test]
async fn bad_settings_end_the_program_with_code_2_and_every_problem() {
    let settings = [
        ("VCENTER_PASSWORD", String::new()),
        ("BATCH_SIZE", "abc".to_owned()),
        ("HTTP_PORT", "99999".to_owned()),
    ];
    let output = command(&settings)
        .stderr(Stdio::piped())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    for name in ["VCENTER_PASSWORD", "BATCH_SIZE", "HTTP_PORT"] {
        assert_eq!(message.matches(name).count(), 1, "{message}");
    }
}

#[tokio::test]
async fn a_signal_ends_the_program_with_a_logout() {
    for signal in [Signal::TERM, Signal::INT] {
        let mock = MockVcenter::with_vms(20).await.unwrap();
        let exporter = Exporter::start(&settings(&mock, &[])).await;
        exporter
            .health_when(|health| health["status"] == "ok")
            .await;
        assert_eq!(mock.open_sessions(), 1);
        let (status, log) = exporter.end(signal).await;
        assert_eq!(status.code(), Some(0), "{log}");
        assert_eq!(mock.open_sessions(), 0);
        assert!(!log.contains("mock-password"));
    }
}

#[tokio::test]
async fn a_signal_during_the_login_leaves_no_session() {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    let slowly = Effect::Delay(Duration::from_secs(1));
    mock.add_fault(FaultRule::on("Login", slowly));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    mock.called("Login", 1).await;
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn a_signal_ends_the_program_in_time_while_vcenter_hangs() {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    for hanging in ["QueryPerf", "*"] {
        let exporter = Exporter::start(&settings(&mock, &[])).await;
        exporter
            .health_when(|health| health["status"] == "ok")
            .await;
        let forever = Effect::Delay(Duration::from_secs(600));
        mock.add_fault(FaultRule::on(hanging, forever));
        mock.reset_calls();
        mock.called("*", 1).await;
        let (status, log) = exporter.end(Signal::TERM).await;
        assert_eq!(status.code(), Some(0), "{log}");
        let logged_out = log.contains("\"logged out\"");
        assert_eq!(logged_out, hanging == "QueryPerf", "{log}");
        mock.clear_faults();
    }
}

#[tokio::test]
async fn the_exporter_waits_for_an_unreachable_vcenter() {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    mock.become_unreachable().await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let health = exporter
        .health_when(|health| health["last_error"].is_string())
        .await;
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["last_collection_time"], serde_json::Value::Null);
    let reason = health["last_error"].as_str().unwrap();
    assert!(
        reason.contains("cannot reach vCenter") && reason.contains("VCENTER_PORT"),
        "{reason}"
    );
    assert_eq!(exporter.get("/health").await.status, 503);
    assert_eq!(exporter.get("/-/healthy").await.status, 200);
    assert_eq!(exporter.get("/-/ready").await.status, 503);
    assert_eq!(exporter.page().await.value("vcenter_up"), Some(0.0));

    mock.clear_faults();
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    assert_eq!(exporter.get("/health").await.status, 200);
    assert_eq!(exporter.get("/-/ready").await.status, 200);
    assert_eq!(exporter.page().await.value("vcenter_up"), Some(1.0));
}

#[tokio::test]
async fn a_session_that_vcenter_ended_is_renewed() {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    mock.drop_sessions();
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    assert_eq!(
        page.labelled("vcenter_collector_logins_total", "outcome", "ok"),
        Some(2.0)
    );
    assert_eq!(exporter.get("/health").await.status, 200);
    assert_eq!(mock.open_sessions(), 1);
}

#[tokio::test]
async fn a_failed_batch_costs_its_own_vms_only_and_they_keep_their_values_for_two_cycles() {
    let mock = MockVcenter::with_vms(50).await.unwrap();
    let poisoned = mock.world().vms()[7].moref.clone();
    let settings = settings(&mock, &[("BATCH_SIZE", "10")]);
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 50)
        .await;
    mock.add_fault(FaultRule::on("QueryPerf", html_error()).object(&poisoned));
    let health = exporter
        .health_when(|health| health["last_error"].is_string())
        .await;
    let reason = health["last_error"].as_str().unwrap();
    assert!(
        reason.starts_with("10 of 50 VMs failed (") && reason.contains("...): QueryPerf on "),
        "{reason}"
    );
    assert_eq!(
        (&health["last_vm_count"], &health["status"]),
        (&40.into(), &"degraded".into())
    );
    let page = exporter.page().await;
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    assert_eq!(
        page.labelled("vcenter_collector_vms", "state", "failed"),
        Some(10.0)
    );
    assert!(
        page.labelled("vcenter_collector_batches_total", "outcome", "retried")
            .unwrap()
            >= 1.0
    );
    assert!(
        page.labelled("vcenter_collector_batches_total", "outcome", "failed")
            .unwrap()
            >= 1.0
    );

    let page = exporter.page_after_cycles(3).await;
    assert_eq!(page.series(IOPS).len(), 40);
    assert_eq!(page.vm(IOPS, &poisoned), None);
    assert_eq!(page.series("vcenter_vm_disk_provisioned_gb").len(), 50);

    mock.clear_faults();
    exporter
        .health_when(|health| health["last_vm_count"] == 50)
        .await;
    assert_eq!(exporter.page().await.series(IOPS).len(), 50);
}

#[tokio::test]
async fn a_batch_that_fails_once_is_asked_for_again() {
    let mock = MockVcenter::with_vms(50).await.unwrap();
    mock.add_fault(FaultRule::on("QueryPerf", html_error()).times(2));
    let settings = settings(&mock, &[("BATCH_SIZE", "10"), ("POLL_INTERVAL", "600")]);
    let exporter = Exporter::start(&settings).await;
    let health = exporter
        .health_when(|health| health["collection_cycles"] == 1)
        .await;
    assert_eq!(
        (&health["status"], &health["last_vm_count"]),
        (&"ok".into(), &50.into())
    );
    assert_eq!(mock.calls()["QueryPerf"], 7);
}

#[tokio::test]
async fn a_cycle_that_hangs_ends_at_its_deadline_with_what_it_has() {
    let mock = MockVcenter::with_vms(50).await.unwrap();
    let forever = Effect::Delay(Duration::from_secs(600));
    mock.add_fault(FaultRule::on("QueryPerf", forever).skip(2));
    let settings = settings(&mock, &[("BATCH_SIZE", "10"), ("CYCLE_TIMEOUT", "2")]);
    let exporter = Exporter::start(&settings).await;
    let health = exporter.first_cycle().await;
    let reason = health["last_error"].as_str().unwrap();
    assert!(
        reason.starts_with("30 of 50 VMs failed (")
            && reason.contains("...): the cycle did not end"),
        "{reason}"
    );
    assert_eq!(exporter.page().await.series(IOPS).len(), 20);
}

#[tokio::test]
async fn a_login_that_is_refused_in_the_middle_of_a_cycle_is_not_repeated_for_each_query() {
    let mock = MockVcenter::with_vms(200).await.unwrap();
    let at_once = [("BATCH_SIZE", "10"), ("COLLECT_CONCURRENCY", "4")];
    let exporter = Exporter::start(&settings(&mock, &at_once)).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 200)
        .await;
    let refused = Effect::fault_with(
        "InvalidLogin",
        "Cannot complete login due to an incorrect user name or password.",
        "",
    );
    mock.reset_calls();
    mock.add_fault(FaultRule::on("Login", refused));
    mock.add_fault(FaultRule::on("QueryPerf", Effect::NotAuthenticated));
    exporter.page_after_cycles(4).await;
    assert!(mock.calls()["Login"] <= 2, "{:?}", mock.calls());
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again_until_it_changes() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "wrong").unwrap();
    let path = file.path().to_str().unwrap();
    let settings = settings(&mock, &[("VCENTER_PASSWORD_FILE", path)]);
    let exporter = Exporter::start(&settings).await;
    exporter.page_after_cycles(4).await;
    assert_eq!(mock.failed_logins(), 1);
    let health = exporter.get("/health").await.json();
    let reason = health["last_error"].as_str().unwrap();
    assert!(
        reason.contains("next try") && !reason.contains("wrong"),
        "{reason}"
    );
    exporter
        .logged_when(|line| line.contains("the next try is in"))
        .await;

    std::fs::write(file.path(), "mock-password\n").unwrap();
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    assert_eq!(mock.failed_logins(), 1);
}
