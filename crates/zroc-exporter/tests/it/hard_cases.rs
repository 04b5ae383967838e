//! A vCenter that withholds, refuses, moves its VMs and its clock: numbers stay right, or say why they are missing.

use std::collections::BTreeSet;

use mock_vcenter::{Change, Effect, FaultRule, MockVcenter, Options, VmTruth, WorldOptions};

use crate::exporter::{Exporter, settings_for};
use crate::metrics_page::{Labels, MetricsPage};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const PROVISIONED: &str = "vcenter_vm_disk_provisioned_gb";
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";

async fn mock(vms: usize, options: Options) -> MockVcenter {
    let world = WorldOptions {
        vms,
        ..WorldOptions::default()
    };
    MockVcenter::start(Options { world, ..options })
        .await
        .unwrap()
}

fn settings(mock: &MockVcenter, more: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let mut settings = settings_for(mock);
    for (name, value) in more {
        settings.retain(|(given, _)| given != name);
        settings.push((name, (*value).to_owned()));
    }
    settings
}

fn always(operation: &str, object: Option<&str>, effect: &Effect) -> FaultRule {
    let rule = serde_json::json!({ "operation": operation, "object": object, "effect": effect });
    serde_json::from_value(rule).unwrap()
}

fn fault(fault_type: &str, message: &str, fields_xml: &str) -> Effect {
    Effect::Fault {
        fault_type: fault_type.to_owned(),
        message: message.to_owned(),
        fields_xml: fields_xml.to_owned(),
    }
}

fn running(mock: &MockVcenter) -> Vec<VmTruth> {
    mock.world()
        .vms()
        .into_iter()
        .filter(|vm| vm.powered_on && !vm.template)
        .collect()
}

fn true_labels(mock: &MockVcenter) -> BTreeSet<Labels> {
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

fn labels(page: &MetricsPage, name: &str) -> BTreeSet<Labels> {
    page.series(name)
        .iter()
        .map(|(labels, _)| labels.clone())
        .collect()
}

/// Compares sets of series, and shows only where they differ.
fn assert_same(found: &BTreeSet<Labels>, expected: &BTreeSet<Labels>) {
    let extra: Vec<_> = found.difference(expected).collect();
    let missing: Vec<_> = expected.difference(found).collect();
    assert!(
        extra.is_empty() && missing.is_empty(),
        "extra: {extra:?}\nmissing: {missing:?}"
    );
}

fn state(page: &MetricsPage, state: &str) -> f64 {
    page.labelled("vcenter_collector_vms", "state", state)
        .unwrap()
}

fn faults(page: &MetricsPage) -> f64 {
    let all = page.series("vcenter_collector_soap_requests_total").iter();
    let of_queries =
        all.filter(|(labels, _)| labels["operation"] == "QueryPerf" && labels["outcome"] != "ok");
    of_queries.map(|(_, count)| count).sum()
}

#[tokio::test]
async fn a_limit_on_query_metrics_is_kept_from_the_first_query_on() {
    let options = Options {
        statistics_level: 3,
        max_query_metrics: Some(64),
        ..Options::default()
    };
    let mock = mock(200, options).await;
    let historical = [("PERF_SOURCE", "historical"), ("BATCH_SIZE", "200")];
    let exporter = Exporter::start(&settings(&mock, &historical)).await;
    let health = exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(1))
        .await;
    assert_eq!(
        (&health["last_vm_count"], &health["status"]),
        (&200.into(), &"ok".into())
    );
    assert_eq!(faults(&exporter.page_after_cycles(2).await), 0.0);
}

#[tokio::test]
async fn a_limit_that_cannot_be_read_is_learned_in_the_first_cycle() {
    let options = Options {
        statistics_level: 3,
        max_query_metrics: Some(64),
        ..Options::default()
    };
    let mock = mock(200, options).await;
    let denied = fault(
        "NoPermission",
        "Permission to perform this operation was denied.",
        "",
    );
    mock.add_fault(always("QueryOptions", None, &denied));
    let historical = [("PERF_SOURCE", "historical"), ("BATCH_SIZE", "200")];
    let exporter = Exporter::start(&settings(&mock, &historical)).await;
    let health = exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(1))
        .await;
    assert_eq!(
        (&health["last_vm_count"], &health["status"]),
        (&200.into(), &"ok".into())
    );
    let learned = faults(&exporter.page().await);
    assert!((1.0..=4.0).contains(&learned), "{learned}");
    assert_eq!(faults(&exporter.page_after_cycles(3).await), learned);
}

#[tokio::test]
async fn poisonous_vms_are_named_and_cost_nobody_else() {
    let mock = mock(1_000, Options::default()).await;
    let vms = running(&mock);
    let [unnamed, also_unnamed, named] = [&vms[17], &vms[18], &vms[640]];
    let argument = "A specified parameter was not correct: querySpec.metricId";
    for vm in [unnamed, also_unnamed] {
        let property = "<invalidProperty>querySpec.metricId</invalidProperty>";
        mock.add_fault(always(
            "QueryPerf",
            Some(&vm.moref),
            &fault("InvalidArgument", argument, property),
        ));
    }
    let gone = format!("<obj type=\"VirtualMachine\">{}</obj>", named.moref);
    let effect = fault(
        "ManagedObjectNotFound",
        "The object has already been deleted",
        &gone,
    );
    mock.add_fault(always("QueryPerf", Some(&named.moref), &effect));

    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let health = exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(1))
        .await;
    assert_eq!(
        (&health["last_vm_count"], &health["last_error"]),
        (&997.into(), &serde_json::Value::Null)
    );
    let page = exporter.page().await;
    assert_eq!(
        (state(&page, "sampled"), state(&page, "left_out")),
        (997.0, 3.0)
    );
    let reason = |vm: &VmTruth| {
        let all = page.series("vcenter_collector_vm_left_out").iter();
        let mut of_vm = all.filter(|(labels, _)| labels["vm_moref"] == vm.moref);
        of_vm
            .next()
            .map(|(labels, _)| (labels["vm_name"].clone(), labels["reason"].clone()))
            .unwrap()
    };
    for (vm, expected) in [
        (unnamed, "InvalidArgument"),
        (also_unnamed, "querySpec.metricId"),
        (named, "ManagedObjectNotFound"),
    ] {
        let (name, reason) = reason(vm);
        assert!(
            name == vm.name && reason.contains(expected),
            "{name}: {reason}"
        );
        assert!(exporter.log().contains(&vm.name));
    }
    let batches = 10.0 + 2.0 * 2.0 * 7.0 + 1.0;
    assert!(faults(&page) <= batches, "{}", faults(&page));
}

#[tokio::test]
async fn changes_between_two_cycles_show_in_the_next_one_at_the_price_of_the_changes() {
    let mock = mock(600, Options::default()).await;
    let exporter = Exporter::start(&settings(
        &mock,
        &[("POLL_INTERVAL", "2"), ("VM_INVENTORY_TTL", "1h")],
    ))
    .await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;

    let mut wanted = [50, 20, 10, 10];
    for seed in 0..400 {
        for change in mock.random_changes(seed, 5) {
            let slot = match change {
                Change::Migrate { .. } => &mut wanted[0],
                Change::Rename { .. } => &mut wanted[1],
                Change::Delete { .. } => &mut wanted[2],
                Change::Create { .. } => &mut wanted[3],
                _ => continue,
            };
            if *slot > 0 && mock.apply(&change).is_ok() {
                *slot -= 1;
            }
        }
    }
    assert_eq!(wanted, [0; 4]);
    exporter.page_after_cycles(1).await;
    mock.reset_calls();
    let page = exporter.page_after_cycles(1).await;
    assert_same(&labels(&page, PROVISIONED), &true_labels(&mock));
    // VMs that were created just now have no samples yet.
    let sampled = labels(&page, IOPS);
    assert!(sampled.is_subset(&true_labels(&mock)) && sampled.len() + 10 >= running(&mock).len());
    let calls = mock.calls();
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

    let newest = |page: &MetricsPage| {
        let seconds = page
            .value("vcenter_collector_newest_sample_timestamp_seconds")
            .unwrap();
        jiff::Timestamp::try_from(
            std::time::UNIX_EPOCH + std::time::Duration::from_secs_f64(seconds),
        )
        .unwrap()
    };
    let (from, until) = (newest(&before), newest(&after));
    assert!(until.duration_since(from).as_secs() >= 1_180);
    for vm in running(&mock) {
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
            statistics_level: 2,
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
