//! Clocks that jump, outages and restarts: totals stay right.

use std::collections::BTreeSet;

use mock_vcenter::{HostClock, MockVcenter, Options};
use rustix::process::Signal;

use crate::exporter::Exporter;
use crate::metrics_page::MetricsPage;
use crate::staging::{faults, newest_sample, read_afresh, running, settings, state};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";

#[tokio::test]
async fn a_clock_two_hours_ahead_changes_nothing() {
    let mock = MockVcenter::start(Options {
        clock_offset_seconds: 7_200,
        ..Options::with_vms(20)
    })
    .await
    .unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 20)
        .await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(
        (state(&page, "sampled"), page.series(IOPS).len()),
        (20.0, 20)
    );
    let newest = newest_sample(&page).duration_since(jiff::Timestamp::UNIX_EPOCH);
    let newest = newest.as_secs_f64();
    let ahead = newest
        - page
            .value("vcenter_collector_last_collection_timestamp_seconds")
            .unwrap();
    assert!((6_000.0..8_000.0).contains(&ahead), "{ahead}");
}

#[tokio::test]
async fn a_clock_set_back_stops_nothing() {
    let mock = MockVcenter::start(Options {
        clock_offset_seconds: 7_200,
        ..Options::with_vms(20)
    })
    .await
    .unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 20)
        .await;
    mock.set_clock_offset(0);
    let page = exporter.page_after_cycles(2).await;
    assert_eq!((state(&page, "sampled"), faults(&page)), (20.0, 0.0));
}

/// How many lines of a log have this text, and the sum of a number in them.
fn told(log: &str, text: &str, number: &str) -> (usize, u64) {
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(text)).collect();
    let line = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let numbers = lines.iter().map(|it| line(it)[number].as_u64().unwrap());
    (lines.len(), numbers.sum())
}

/// A cycle during which clocks jump sees the jump of some, and the next one that of the others.
const CYCLES_OF_A_JUMP: usize = 2;

#[tokio::test]
async fn a_jump_of_all_clocks_is_a_line_for_each_cycle_and_not_for_each_vm() {
    let mock = MockVcenter::with_vms(60).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let vms = running(&mock).len() as u64;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(state(&page, "sampled"), vms as f64);
    // Each jump is small enough to be of the same clock, and both are more than passes meanwhile.
    for _ in 0..2 {
        mock.advance_clock(60);
        exporter.page_after_cycles(2).await;
    }
    let text = "VMs have more samples than time has passed";
    let (lines, said) = told(&exporter.log(), text, "vms");
    assert_eq!(said, vms, "{}", exporter.log());
    assert!(lines <= 2 * CYCLES_OF_A_JUMP, "{}", exporter.log());
}

#[tokio::test]
async fn hosts_whose_clocks_go_wrong_together_are_said_together() {
    let mock = MockVcenter::with_vms(60).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter.page_after_cycles(1).await;
    let hosts: BTreeSet<String> = read_afresh(&mock, &[])
        .await
        .iter()
        .filter(|vm| vm.is_observed())
        .map(|vm| vm.placement.host_moref.as_deref().unwrap().to_owned())
        .collect();
    assert!(hosts.len() > CYCLES_OF_A_JUMP, "{hosts:?}");
    for host in &hosts {
        mock.set_host_clock(&HostClock {
            host: host.clone(),
            offset_seconds: 600,
        })
        .unwrap();
    }
    mock.advance_clock(60);
    exporter.page_after_cycles(2).await;
    let text = "the clocks of hosts differ from vCenter's, or";
    let (lines, said) = told(&exporter.log(), text, "hosts");
    assert_eq!(said, hosts.len() as u64, "{}", exporter.log());
    assert!(lines <= CYCLES_OF_A_JUMP, "{}", exporter.log());
}

#[tokio::test]
async fn totals_continue_after_a_restart_of_the_exporter() {
    let mock = MockVcenter::with_vms(30).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("totals");
    let keeping = settings(&mock, &[("STATE_FILE", file.to_str().unwrap())]);
    let exporter = Exporter::start(&keeping).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 30)
        .await;
    // The totals of a page are in the file when the next cycle has begun.
    let before = exporter.page_after_cycles(1).await;
    exporter.page_after_cycles(1).await;
    exporter.end(Signal::TERM).await;
    mock.advance_clock(1_200);
    // As if it had been saved by then.
    let saved = std::fs::read_to_string(&file).unwrap();
    let (head, vms) = saved.split_once('\n').unwrap();
    let mut head: serde_json::Value = serde_json::from_str(head).unwrap();
    head["saved_at"] = (head["saved_at"].as_i64().unwrap() - 1_200).into();
    std::fs::write(&file, format!("{head}\n{vms}")).unwrap();

    let exporter = Exporter::start(&keeping).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 30)
        .await;
    assert!(exporter.log().contains("resumed totals"));
    let after = exporter.page().await;
    assert_grown_by_what_was_written(&mock, &before, &after);
    exporter.end(Signal::TERM).await;

    std::fs::write(&file, "{\"vcenter\":\"another\",\"source\":\"realtime\"}\n").unwrap();
    let exporter = Exporter::start(&keeping).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 30)
        .await;
    let restarted = exporter.page().await;
    for vm in running(&mock) {
        let written =
            mock.world()
                .bytes_written(&vm.moref, newest_sample(&before), newest_sample(&after));
        if written > Some(0) {
            assert!(restarted.vm(TOTAL, &vm.moref) < after.vm(TOTAL, &vm.moref));
        }
    }
}

fn assert_grown_by_what_was_written(mock: &MockVcenter, before: &MetricsPage, after: &MetricsPage) {
    let (from, until) = (newest_sample(before), newest_sample(after));
    for vm in running(mock) {
        let written = after.vm(TOTAL, &vm.moref).unwrap() - before.vm(TOTAL, &vm.moref).unwrap();
        let truth = mock.world().bytes_written(&vm.moref, from, until).unwrap();
        assert_eq!(written, truth as f64, "{}", vm.moref);
    }
}
