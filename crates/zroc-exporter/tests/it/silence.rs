//! An exporter without values says why, in `/health` and in the log, and says it once.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use rustix::process::Signal;

use crate::exporter::Exporter;
use crate::staging::{odd_mock, running, settings};

fn lines<'l>(log: &'l str, wanted: &str) -> Vec<&'l str> {
    log.lines().filter(|line| line.contains(wanted)).collect()
}

#[tokio::test]
async fn before_the_first_cycle_ends_health_and_log_say_what_happens() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let forever = Effect::Delay(Duration::from_secs(600));
    mock.add_fault(FaultRule::on("QueryPerf", forever));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    mock.called("QueryPerf", 1).await;
    for said in [
        "connecting to vCenter",
        "logged in",
        "the first cycle is under way",
    ] {
        exporter.logged_when(|line| line.contains(said)).await;
    }
    let answer = exporter.get("/health").await;
    let health = answer.json();
    assert_eq!(
        (answer.status.as_u16(), &health["status"]),
        (503, &"degraded".into())
    );
    assert_eq!(
        health["last_error"],
        "the first collection cycle has not ended yet"
    );
    let first = exporter
        .logged_when(|line| line.contains("the first cycle is under way"))
        .await;
    assert!(first.contains("\"vms\":5"), "{first}");
    let login = exporter
        .logged_when(|line| line.contains("logged in"))
        .await;
    assert!(login.contains("VMware vCenter"), "{login}");
}

#[tokio::test]
async fn filters_that_leave_nothing_are_an_error_and_logged_once() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[("INCLUDE_VMS", "nomatch*")])).await;
    let health = exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(3))
        .await;
    let error = health["last_error"].as_str().unwrap();
    assert!(error.contains("INCLUDE_VMS: \"nomatch*\" fits"), "{error}");
    assert_eq!(health["status"], "degraded");
    let log = exporter.log();
    assert_eq!(lines(&log, "a filter fits no VM").len(), 1, "{log}");
}

#[tokio::test]
async fn a_vcenter_that_stays_dead_is_one_error_in_the_log_and_its_return_is_said() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    mock.add_fault(FaultRule::on("*", Effect::Unreachable));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(5))
        .await;
    let log = exporter.log();
    assert_eq!(lines(&log, "\"ERROR\"").len(), 1, "{log}");
    assert_eq!(lines(&log, "\"WARN\"").len(), 1, "{log}");
    let error = lines(&log, "\"ERROR\"")[0];
    assert!(error.contains("cannot reach vCenter"), "{error}");
    assert!(lines(&log, "as before").len() >= 3, "{log}");
    mock.clear_faults();
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    exporter
        .logged_when(|line| line.contains("the trouble is over"))
        .await;
}

#[tokio::test]
async fn nobody_is_logged_out_who_was_not_logged_in() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    mock.add_fault(FaultRule::on("*", Effect::Unreachable));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter.first_cycle().await;
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(lines(&log, "logged out"), [""; 0]);
}

#[tokio::test]
async fn vms_without_values_are_named_once() {
    let mock = odd_mock(20, 1_000).await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(3))
        .await;
    let silent: Vec<_> = running(&mock)
        .into_iter()
        .filter(|vm| !vm.sampled)
        .collect();
    assert!(!silent.is_empty());
    let log = exporter.log();
    let said = lines(&log, "vCenter has no values of these VMs");
    assert_eq!(said.len(), 1, "{log}");
    let is_named = |vm: &&mock_vcenter::VmTruth| said[0].contains(&format!("({})", vm.moref));
    assert!(silent.iter().any(|vm| is_named(&vm)), "{}", said[0]);
}
