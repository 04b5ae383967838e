//! A vCenter that withholds, refuses, moves its VMs and its clock: numbers stay right, or say why they are missing.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;
use mock_vcenter::{
    Change, Effect, FaultRule, MockVcenter, Options, Settings, VmTruth, WorldOptions,
};
use rustix::process::Signal;

use crate::exporter::{Exporter, settings_for};
use crate::metrics_page::{Labels, MetricsPage};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const PROVISIONED: &str = "vcenter_vm_disk_provisioned_gb";
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";

pub(crate) async fn mock(vms: usize, options: Options) -> MockVcenter {
    let world = WorldOptions {
        vms,
        ..WorldOptions::default()
    };
    MockVcenter::start(Options { world, ..options })
        .await
        .unwrap()
}

pub(crate) fn settings(
    mock: &MockVcenter,
    more: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    let mut settings = settings_for(mock);
    for (name, value) in more {
        settings.retain(|(given, _)| given != name);
        settings.push((name, (*value).to_owned()));
    }
    settings
}

pub(crate) fn always(operation: &str, object: Option<&str>, effect: &Effect) -> FaultRule {
    let rule = serde_json::json!({ "operation": operation, "object": object, "effect": effect });
    serde_json::from_value(rule).unwrap()
}

pub(crate) fn fault(fault_type: &str, message: &str, fields_xml: &str) -> Effect {
    Effect::Fault {
        fault_type: fault_type.to_owned(),
        message: message.to_owned(),
        fields_xml: fields_xml.to_owned(),
    }
}

pub(crate) fn running(mock: &MockVcenter) -> Vec<VmTruth> {
    mock.world()
        .vms()
        .into_iter()
        .filter(|vm| vm.powered_on && !vm.template)
        .collect()
}

pub(crate) fn true_labels(mock: &MockVcenter) -> BTreeSet<Labels> {
    let labels = |vm: VmTruth| {
        let five = [
            ("vm_name", vm.name),
            ("vm_moref", vm.moref),
            ("cluster", vm.cluster),
            ("host", vm.host),
            ("datacenter", vm.datacenter),
        ];
        five.map(|(name, value)| (name.to_owned(), value)).into()
    };
    running(mock).into_iter().map(labels).collect()
}

pub(crate) fn labels(page: &MetricsPage, name: &str) -> BTreeSet<Labels> {
    page.series(name)
        .iter()
        .map(|(labels, _)| labels.clone())
        .collect()
}

/// Compares sets of series, and shows only where they differ.
pub(crate) fn assert_same(found: &BTreeSet<Labels>, expected: &BTreeSet<Labels>) {
    let extra: Vec<_> = found.difference(expected).collect();
    let missing: Vec<_> = expected.difference(found).collect();
    assert!(
        extra.is_empty() && missing.is_empty(),
        "extra: {extra:?}\nmissing: {missing:?}"
    );
}

pub(crate) fn state(page: &MetricsPage, state: &str) -> f64 {
    page.labelled("vcenter_collector_vms", "state", state)
        .unwrap()
}

pub(crate) fn faults(page: &MetricsPage) -> f64 {
    let all = page.series("vcenter_collector_soap_requests_total").iter();
    let of_queries =
        all.filter(|(labels, _)| labels["operation"] == "QueryPerf" && labels["outcome"] != "ok");
    of_queries.map(|(_, count)| count).sum()
}

/// Changes of each kind in these numbers: moves, renames, deletions, creations. They are drawn on a twin of the mock, so
/// that they can be made within moments.
async fn changes(vms: usize, mut wanted: [usize; 4]) -> Vec<Change> {
    let twin = mock(vms, Options::default()).await;
    let mut changes = Vec::new();
    for seed in 0..400 {
        for change in twin.random_changes(seed, 5) {
            let slot = match change {
                Change::Migrate { .. } => &mut wanted[0],
                Change::Rename { .. } => &mut wanted[1],
                Change::Delete { .. } => &mut wanted[2],
                Change::Create { .. } => &mut wanted[3],
                _ => continue,
            };
            if *slot > 0 && twin.apply(&change).is_ok() {
                *slot -= 1;
                changes.push(change);
            }
        }
    }
    assert_eq!(wanted, [0; 4]);
    changes
}

#[tokio::test]
async fn changes_between_two_cycles_show_in_the_next_one_at_the_price_of_the_changes() {
    let mock = mock(600, Options::default()).await;
    let changes = changes(600, [50, 20, 10, 10]).await;
    let exporter = Exporter::start(&settings(
        &mock,
        &[("POLL_INTERVAL", "8"), ("VM_INVENTORY_TTL", "1h")],
    ))
    .await;
    let cycles = |wanted: u64| {
        exporter.health_when(move |health| health["collection_cycles"].as_u64() >= Some(wanted))
    };
    assert_eq!(cycles(1).await["status"], "ok");
    mock.reset_calls();
    for change in &changes {
        mock.apply(change).unwrap();
    }
    assert_eq!(
        mock.calls().len(),
        0,
        "the next cycle has begun before the changes were made"
    );
    assert_eq!(cycles(2).await["collection_cycles"], 2);
    let (page, calls) = (exporter.page().await, mock.calls());

    assert_same(&labels(&page, PROVISIONED), &true_labels(&mock));
    // VMs that were created just now have no samples yet.
    let sampled = labels(&page, IOPS);
    assert!(sampled.is_subset(&true_labels(&mock)) && sampled.len() + 10 >= running(&mock).len());
    let of_inventory = [
        "CreateContainerView",
        "CreateFilter",
        "WaitForUpdatesEx",
        "RetrievePropertiesEx",
    ];
    let count: u64 = of_inventory
        .iter()
        .filter_map(|operation| calls.get(*operation))
        .sum();
    assert!((1..=5).contains(&count), "{calls:?}");
}

#[tokio::test]
async fn following_changes_and_reading_everything_give_the_same_inventory() {
    let mock = mock(150, Options::default()).await;
    let following = Exporter::start(&settings(&mock, &[("VM_INVENTORY_TTL", "1h")])).await;
    let reading = Exporter::start(&settings(&mock, &[("VM_INVENTORY_TTL", "0")])).await;
    for seed in 0..6 {
        for change in mock.random_changes(1_000 + seed, 60) {
            let _ = mock.apply(&change);
        }
        let by_changes = following.page_after_cycles(2).await;
        let whole = reading.page_after_cycles(2).await;
        assert_eq!(
            by_changes.series(PROVISIONED),
            whole.series(PROVISIONED),
            "seed {seed}"
        );
        let states = "vcenter_collector_vms";
        assert_eq!(
            by_changes.series(states),
            whole.series(states),
            "seed {seed}"
        );
        assert_same(&labels(&by_changes, PROVISIONED), &true_labels(&mock));
    }
}

#[tokio::test]
async fn a_clock_two_hours_ahead_changes_nothing() {
    let mock = mock(
        20,
        Options {
            clock_offset_seconds: 7_200,
            ..Options::default()
        },
    )
    .await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 20)
        .await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(
        (state(&page, "sampled"), page.series(IOPS).len()),
        (20.0, 20)
    );
    let newest = page
        .value("vcenter_collector_newest_sample_timestamp_seconds")
        .unwrap();
    let ahead = newest
        - page
            .value("vcenter_collector_last_collection_timestamp_seconds")
            .unwrap();
    assert!((6_000.0..8_000.0).contains(&ahead), "{ahead}");
}

#[tokio::test]
async fn a_clock_that_is_set_back_stops_nothing() {
    let mock = mock(
        20,
        Options {
            clock_offset_seconds: 7_200,
            ..Options::default()
        },
    )
    .await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 20)
        .await;
    mock.set_clock_offset(0);
    let page = exporter.page_after_cycles(2).await;
    assert_eq!((state(&page, "sampled"), faults(&page)), (20.0, 0.0));
}

/// The mock's clock jumps, which is an outage as far as samples go.
#[tokio::test]
async fn after_an_outage_of_twenty_minutes_the_total_is_the_truth() {
    let mock = mock(30, Options::default()).await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 30)
        .await;
    let before = exporter.page().await;
    mock.add_fault(always("*", None, &Effect::CloseConnection));
    exporter
        .health_when(|health| health["last_error"].is_string())
        .await;
    mock.advance_clock(1_200);
    exporter.page_after_cycles(1).await;
    mock.clear_faults();
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let after = exporter.page_after_cycles(1).await;

    assert!(
        newest_sample(&after)
            .duration_since(newest_sample(&before))
            .as_secs()
            >= 1_180
    );
    assert_grown_by_the_truth(&mock, &before, &after);
}

#[tokio::test]
async fn totals_go_on_over_a_restart_of_the_exporter() {
    let mock = mock(30, Options::default()).await;
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

    let exporter = Exporter::start(&keeping).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 30)
        .await;
    assert!(exporter.log().contains("resumed totals"));
    let after = exporter.page().await;
    assert_grown_by_the_truth(&mock, &before, &after);
    exporter.end(Signal::TERM).await;

    std::fs::write(&file, "{\"vcenter\":\"another\",\"source\":\"realtime\"}\n").unwrap();
    let exporter = Exporter::start(&keeping).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 30)
        .await;
    let anew = exporter.page().await;
    for vm in running(&mock) {
        let written =
            mock.world()
                .bytes_written(&vm.moref, newest_sample(&before), newest_sample(&after));
        if written > Some(0) {
            assert!(anew.vm(TOTAL, &vm.moref) < after.vm(TOTAL, &vm.moref));
        }
    }
}

/// The mock's clock jumps, so that there is something to lose.
#[tokio::test]
async fn a_restart_of_vcenter_between_two_cycles_loses_nothing() {
    let mock = mock(30, Options::default()).await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 30)
        .await;
    let before = exporter.page().await;
    mock.drop_sessions();
    mock.advance_clock(600);
    let after = exporter.page_after_cycles(2).await;
    assert_eq!(
        after.labelled("vcenter_collector_logins_total", "outcome", "ok"),
        Some(2.0)
    );
    assert_eq!(mock.open_sessions(), 1);
    assert!(
        newest_sample(&after)
            .duration_since(newest_sample(&before))
            .as_secs()
            >= 580
    );
    assert_grown_by_the_truth(&mock, &before, &after);
}

fn newest_sample(page: &MetricsPage) -> Timestamp {
    let seconds = page
        .value("vcenter_collector_newest_sample_timestamp_seconds")
        .unwrap();
    Timestamp::try_from(UNIX_EPOCH + Duration::from_secs_f64(seconds)).unwrap()
}

fn assert_grown_by_the_truth(mock: &MockVcenter, before: &MetricsPage, after: &MetricsPage) {
    let (from, until) = (newest_sample(before), newest_sample(after));
    for vm in running(mock) {
        let written = after.vm(TOTAL, &vm.moref).unwrap() - before.vm(TOTAL, &vm.moref).unwrap();
        let truth = mock.world().bytes_written(&vm.moref, from, until).unwrap();
        assert_eq!(written, truth as f64, "{}", vm.moref);
    }
}

#[tokio::test]
async fn filters_are_applied_before_any_query() {
    let mock = mock(60, Options::default()).await;
    let vms = running(&mock);
    let cluster = vms[0].cluster.clone();
    let expected = vms.iter().filter(|vm| vm.cluster == cluster).count();
    let exporter = Exporter::start(&settings(&mock, &[("INCLUDE_CLUSTERS", &cluster)])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let page = exporter.page().await;
    assert_eq!(page.series(IOPS).len(), expected);
    assert_eq!(page.series(PROVISIONED).len(), expected);
    assert_eq!(state(&page, "filtered"), (vms.len() - expected) as f64);
}

#[tokio::test]
async fn reads_and_disks_are_published_where_asked_for() {
    let mock = mock(10, Options::default()).await;
    let both = [("COLLECT_READS", "true"), ("PER_DISK_METRICS", "yes")];
    let exporter = Exporter::start(&settings(&mock, &both)).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let page = exporter.page().await;
    assert_eq!(page.series("vcenter_vm_disk_read_iops").len(), 10);
    let disks: usize = running(&mock).iter().map(|vm| vm.instances.len()).sum();
    let of_disks = page.series("vcenter_virtual_disk_write_bytes_total");
    assert_eq!(of_disks.len(), disks);
    for vm in running(&mock) {
        let all = of_disks
            .iter()
            .filter(|(labels, _)| labels["vm_moref"] == vm.moref);
        let sum: f64 = all.map(|(_, bytes)| bytes).sum();
        assert_eq!(Some(sum), page.vm(TOTAL, &vm.moref));
    }
    assert!(exporter.log().contains("PER_DISK_METRICS is on"));
}

#[tokio::test]
async fn several_queries_at_once_find_the_same() {
    let mock = mock(300, Options::default()).await;
    let exporter = Exporter::start(&settings(
        &mock,
        &[("COLLECT_CONCURRENCY", "4"), ("BATCH_SIZE", "20")],
    ))
    .await;
    exporter
        .health_when(|health| health["last_vm_count"] == 300)
        .await;
    let page = exporter.page().await;
    assert_same(&labels(&page, IOPS), &true_labels(&mock));
}

#[tokio::test]
async fn one_line_says_what_the_statistics_level_withholds() {
    let mock = mock(
        5,
        Options {
            settings: Settings {
                statistics_level: 2,
                ..Settings::default()
            },
            ..Options::default()
        },
    )
    .await;
    let exporter = Exporter::start(&settings(&mock, &[("PERF_SOURCE", "historical")])).await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(
        page.series("vcenter_vm_disk_write_throughput_mbps").len(),
        5
    );
    assert_eq!(page.series(IOPS), []);
    let log = exporter.log();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("\"withheld\""))
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(
        lines[0].contains("virtualDisk.numberWriteAveraged.average (level 3)"),
        "{}",
        lines[0]
    );
    assert!(
        !lines[0].contains("virtualDisk.write.average"),
        "{}",
        lines[0]
    );
    assert_eq!(
        page.labelled("vcenter_collector_source", "source", "historical"),
        Some(1.0)
    );
}
