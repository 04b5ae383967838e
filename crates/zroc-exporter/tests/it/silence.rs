//! An exporter without values says why, in `/health` and in the log, and says it once.

use std::num::NonZeroU32;
use std::process::Stdio;
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, HostClock, MockVcenter, OddSamples};
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

use crate::exporter::{Exporter, PATIENCE, command};
use crate::metrics_page::MetricsPage;
use crate::staging::{odd_mock, read_afresh, running, settings};

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

/// Those who read errors alone learn of an outage, and of nothing before it.
#[tokio::test]
async fn a_dead_vcenter_is_an_error_at_level_error() {
    let mock = MockVcenter::with_vms(5).await.unwrap();
    mock.add_fault(FaultRule::on("*", Effect::Unreachable));
    let mut exporter = command(&settings(&mock, &[("LOG_LEVEL", "ERROR")]))
        .envs([("HTTP_HOST", "127.0.0.1"), ("HTTP_PORT", "0")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(exporter.stderr.take().unwrap()).lines();
    let first = timeout(PATIENCE, lines.next_line()).await.unwrap();
    let first = first.unwrap().unwrap();
    assert!(first.contains("ERROR"), "{first}");
    assert!(first.contains("cannot reach vCenter"), "{first}");
    exporter.kill().await.unwrap();
}

/// A clock that is wrong is said once, and again when it is far worse.
#[tokio::test]
async fn hosts_with_wrong_clocks_are_said_once() {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let page = exporter.page_after_cycles(1).await;
    let host = mock.world().vms()[0].host.clone();
    let offset = |page: &MetricsPage| {
        page.labelled("vcenter_collector_host_clock_offset_seconds", "host", &host)
    };
    assert_eq!(offset(&page), None);
    let moref = host_of_first_vm(&mock).await;
    let said = |level: &str, text: &str| {
        let lines = exporter.log();
        let lines = lines
            .lines()
            .filter(|line| line.contains(text) && line.contains(level) && line.contains(&host));
        lines.count()
    };
    let text = "the clocks of hosts differ from vCenter's";
    for (ahead, level) in [(120, "INFO"), (600, "WARN")] {
        let clock = HostClock {
            host: moref.clone(),
            offset_seconds: ahead,
        };
        mock.set_host_clock(&clock).unwrap();
        mock.advance_clock(60);
        exporter
            .logged_when(|line| line.contains(text) && line.contains(level))
            .await;
        let page = exporter.page_after_cycles(2).await;
        let found = offset(&page).unwrap();
        assert!((60.0..=600.0).contains(&found), "{found}");
        assert_eq!(said(level, text), 1, "{}", exporter.log());
    }
    assert_eq!(said("WARN", "NTP"), 1);
}

#[tokio::test]
async fn a_host_without_values_of_any_vm_is_named_once() {
    let mock = MockVcenter::with_vms(40).await.unwrap();
    let vms = mock.world().vms();
    let host = vms[0].host.clone();
    for vm in vms.iter().filter(|vm| vm.host == host) {
        mock.add_odd_samples(OddSamples {
            vm: vm.moref.clone(),
            text: "-1".to_owned(),
            every: NonZeroU32::MIN,
        });
    }
    assert!(vms.iter().any(|vm| vm.host != host));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(5))
        .await;
    let page = exporter.page().await;
    let hosts = |name| page.value(name);
    assert_eq!(hosts("vcenter_collector_silent_hosts"), Some(1.0));
    assert_eq!(hosts("vcenter_collector_hosts_asked_by_time"), Some(0.0));
    let log = exporter.log();
    let said = lines(&log, "vCenter has no values of any VM on these hosts");
    assert_eq!(said.len(), 1, "{log}");
    assert!(
        said[0].contains(&host) && said[0].contains("WARN"),
        "{}",
        said[0]
    );
}

/// The reference of the host that runs the first VM.
async fn host_of_first_vm(mock: &MockVcenter) -> String {
    let wanted = mock.world().vms()[0].moref.clone();
    let vms = read_afresh(mock, &[]).await;
    let vm = vms.iter().find(|vm| vm.id.as_str() == wanted).unwrap();
    vm.placement.host_moref.as_deref().unwrap().to_owned()
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
