//! What is published equals the truth of the vCenter, in the good case.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{MockVcenter, Options, Settings, VmTruth};
use rustix::process::Signal;

use crate::exporter::Exporter;
use crate::metrics_page::Labels;
use crate::staging::{
    assert_same, labels, labels_of, newest_sample, running, settings, state, true_labels,
};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const THROUGHPUT: &str = "vcenter_vm_disk_write_throughput_mbps";
const LATENCY: &str = "vcenter_vm_disk_write_latency_ms";
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";
const PROVISIONED: &str = "vcenter_vm_disk_provisioned_gb";

fn odd(vms: usize) -> Options {
    Options::with_vms(vms).with_oddities()
}

fn at_level(statistics_level: u8) -> Settings {
    Settings {
        statistics_level,
        ..Settings::default()
    }
}

/// Mean over the disks' means, and sum of them, computed from the mock's own workload.
pub(crate) fn mean_and_sum(
    mock: &MockVcenter,
    vm: &VmTruth,
    counter: &str,
    newest: Timestamp,
) -> (f64, f64) {
    let mut sum = 0.0;
    for instance in &vm.instances {
        let samples: Vec<i64> = (0..15)
            .filter_map(|slot| {
                let at = newest - SignedDuration::from_secs(20 * slot);
                mock.world()
                    .sample(&vm.moref, instance, counter, at)
                    .filter(|value| *value >= 0)
            })
            .collect();
        sum += samples.iter().sum::<i64>() as f64 / samples.len() as f64;
    }
    (sum / vm.instances.len() as f64, sum)
}

fn assert_close(found: Option<f64>, expected: f64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what} is missing"));
    assert!(
        (found - expected).abs() < 1e-6,
        "{what}: {found} instead of {expected}"
    );
}

#[tokio::test]
async fn every_running_vm_has_the_five_labels_and_its_size() {
    let mock = MockVcenter::start(Options {
        page_limit: 17,
        ..odd(60)
    })
    .await
    .unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let page = exporter.page().await;

    let sized: Vec<VmTruth> = running(&mock)
        .into_iter()
        .filter(|vm| !vm.capacity_bytes.is_empty())
        .collect();
    let expected: BTreeSet<Labels> = sized.iter().map(labels_of).collect();
    assert_same(&labels(&page, PROVISIONED), &expected);
    for vm in &sized {
        let gib = vm.capacity_bytes.iter().sum::<u64>() as f64 / f64::from(1 << 30);
        assert_close(page.vm(PROVISIONED, &vm.moref), gib, &vm.moref);
    }
    let states = page
        .series("vcenter_collector_vms")
        .iter()
        .map(|(_, count)| count)
        .sum::<f64>();
    assert_eq!(states, mock.world().vms().len() as f64);
}

#[tokio::test]
async fn values_are_the_mean_over_the_window() {
    let mock = MockVcenter::start(odd(40)).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let page = exporter.page().await;

    let newest = newest_sample(&page);
    let sampled: Vec<VmTruth> = running(&mock).into_iter().filter(|vm| vm.sampled).collect();
    assert!(sampled.len() >= 40);
    for vm in &sampled {
        let truth = |counter| mean_and_sum(&mock, vm, counter, newest);
        let (_, iops) = truth("virtualDisk.numberWriteAveraged.average");
        assert_close(
            page.vm(IOPS, &vm.moref),
            iops,
            &format!("IOPS of {}", vm.moref),
        );
        let (_, kib_per_second) = truth("virtualDisk.write.average");
        let what = format!("throughput of {}", vm.moref);
        assert_close(
            page.vm(THROUGHPUT, &vm.moref),
            kib_per_second / 1_024.0,
            &what,
        );
        let (latency, _) = truth("virtualDisk.totalWriteLatency.average");
        assert_close(
            page.vm(LATENCY, &vm.moref),
            latency,
            &format!("latency of {}", vm.moref),
        );
    }
    let count = page
        .labelled("vcenter_collector_vms", "state", "sampled")
        .unwrap();
    assert_eq!(count, sampled.len() as f64);
}

#[tokio::test]
async fn rollups_are_read_if_the_level_keeps_them() {
    let options = Options {
        settings: at_level(3),
        ..odd(30)
    };
    let mock = MockVcenter::start(options).await.unwrap();
    let settings = settings(&mock, &[("PERF_SOURCE", "historical")]);
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let page = exporter.page().await;

    let newest = newest_sample(&page);
    let vms = running(&mock);
    let vm = vms
        .iter()
        .find(|vm| vm.sampled && vm.instances.len() > 1)
        .unwrap();
    let rollup = |instance: &String| {
        mock.world()
            .rollup(
                &vm.moref,
                instance,
                "virtualDisk.write.average",
                newest,
                300,
            )
            .unwrap()
    };
    let kib_per_second: i64 = vm.instances.iter().map(rollup).sum();
    assert_close(
        page.vm(THROUGHPUT, &vm.moref),
        kib_per_second as f64 / 1_024.0,
        "throughput",
    );
}

#[tokio::test]
async fn a_level_that_withholds_every_value_leaves_no_series_and_is_an_error() {
    let mock = MockVcenter::start(Options {
        settings: at_level(1),
        ..Options::with_vms(10)
    })
    .await
    .unwrap();
    let exporter = Exporter::start(&settings(&mock, &[("PERF_SOURCE", "historical")])).await;
    let health = exporter.first_cycle().await;
    let error = health["last_error"].as_str().unwrap();
    assert!(
        error.contains("no values of any of the 10 running VMs"),
        "{error}"
    );
    let page = exporter.page().await;
    assert_eq!(
        (page.value("vcenter_up"), state(&page, "no_data")),
        (Some(0.0), 10.0)
    );
    assert_eq!(page.series(IOPS), []);
    assert!(!page.series(PROVISIONED).is_empty());
    let available = page.series("vcenter_collector_statistic_available");
    assert_eq!(available.len(), 6);
    for (labels, value) in available {
        assert_eq!(*value == 1.0, labels["source"] == "realtime", "{labels:?}");
    }
}

#[tokio::test]
async fn round_trips_grow_with_pages_not_with_vms() {
    let mock = MockVcenter::start(Options::with_vms(3_000)).await.unwrap();
    let settings = settings(&mock, &[("POLL_INTERVAL", "600")]);
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 3_000)
        .await;
    exporter.end(Signal::TERM).await;
    let calls = mock.calls();
    let queries = calls["QueryPerf"];
    assert_eq!(queries, 30, "{calls:?}");
    let others = calls.values().sum::<u64>() - queries;
    let objects = 3_000 + 500;
    assert!(others <= objects / 500 + 10 + 4, "{calls:?}");
}

#[tokio::test]
async fn filters_are_applied_before_any_query() {
    let mock = MockVcenter::with_vms(60).await.unwrap();
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
async fn reads_and_disks_are_published_if_wanted() {
    let mock = MockVcenter::with_vms(10).await.unwrap();
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
    exporter
        .logged_when(|line| line.contains("PER_DISK_METRICS is on"))
        .await;
}

#[tokio::test]
async fn several_queries_at_once_find_the_same() {
    let mock = MockVcenter::with_vms(300).await.unwrap();
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
async fn one_log_line_names_what_the_statistics_level_withholds() {
    let mock = MockVcenter::start(Options {
        settings: Settings {
            statistics_level: 2,
            ..Settings::default()
        },
        ..Options::with_vms(5)
    })
    .await
    .unwrap();
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
