//! Habits of servers that the exporter must cope with: ids that change, other namespaces, VMs without a workload.

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options, Settings};

use crate::exporter::Exporter;
use crate::metrics_page::MetricsPage;
use crate::staging::{odd_mock, settings};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const PROVISIONED: &str = "vcenter_vm_disk_provisioned_gb";

/// A page once values have been read.
async fn first_page(exporter: &Exporter) -> MetricsPage {
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    exporter.page().await
}

#[tokio::test]
async fn counters_are_looked_up_again_after_each_login() {
    let mock = odd_mock(10, 1_000).await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let before = first_page(&exporter).await;
    let sampled = before.series(IOPS).len();
    // The ids of writes become those of reads and of others.
    mock.set_settings(Settings {
        counter_id_shift: 1,
        ..mock.settings()
    });
    mock.advance_clock(600);
    exporter.page_after_cycles(1).await;
    let page = exporter.page_after_cycles(1).await;
    assert_eq!(page.series(IOPS).len(), sampled);
    let newest = page
        .value("vcenter_collector_newest_sample_timestamp_seconds")
        .unwrap();
    let newest = jiff::SignedDuration::from_secs_f64(newest);
    let at = jiff::Timestamp::from_duration(newest).unwrap();
    for vm in mock.world().vms().iter().filter(|vm| vm.sampled).take(10) {
        let sample = |instance: &String, slot: i64| {
            let counter = "virtualDisk.numberWriteAveraged.average";
            let at = at - jiff::SignedDuration::from_secs(20 * slot);
            mock.world().sample(&vm.moref, instance, counter, at)
        };
        let disks = vm.instances.iter();
        let total: i64 = disks
            .flat_map(|instance| (0..15).map(move |slot| sample(instance, slot).unwrap()))
            .sum();
        let found = page.vm(IOPS, &vm.moref).unwrap();
        assert!((found - total as f64 / 15.0).abs() < 1e-6, "{}", vm.moref);
    }
}

#[tokio::test]
async fn namespaces_declared_on_each_element_read_the_same() {
    let declared_once = odd_mock(20, 1_000).await;
    let inline = Options {
        settings: Settings {
            inline_namespaces: true,
            ..Settings::default()
        },
        ..Options::with_vms(20).with_oddities()
    };
    let inline = MockVcenter::start(inline).await.unwrap();
    let [once, inline] = [&declared_once, &inline];
    let pages = async |mock: &MockVcenter| {
        let exporter = Exporter::start(&settings(mock, &[])).await;
        first_page(&exporter).await
    };
    let (once, inline) = tokio::join!(pages(once), pages(inline));
    for name in [PROVISIONED, "vcenter_collector_vms"] {
        assert!(!inline.series(name).is_empty());
        assert_eq!(once.series(name), inline.series(name), "{name}");
    }
    assert_eq!(once.series(IOPS).len(), inline.series(IOPS).len());
}

#[tokio::test]
async fn infrastructure_is_measured_but_excluded_from_sizing() {
    let mock = odd_mock(10, 1_000).await;
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let page = first_page(&exporter).await;
    for (reason, count) in [
        ("zerto_appliance", 2.0),
        ("cluster_services", 1.0),
        ("placeholder", 1.0),
    ] {
        let found = page.labelled("vcenter_collector_vms_not_sized", "reason", reason);
        assert_eq!(found, Some(count), "{reason}");
    }
    let listed = page.series("vcenter_collector_vm_not_sized");
    assert_eq!(listed.len(), 4);
    for vm in mock.world().vms() {
        let listed = listed.iter().find(|(it, _)| it["vm_moref"] == vm.moref);
        let reason = listed.map(|(labels, _)| labels["reason"].as_str());
        let expected = match vm.name.as_str() {
            name if name.starts_with("Z-VRA") => Some("zerto_appliance"),
            name if name.starts_with("vCLS-") => Some("cluster_services"),
            "odd-placeholder" => Some("placeholder"),
            _ => None,
        };
        assert_eq!(reason, expected, "{}", vm.name);
        if vm.name.starts_with("Z-VRA") {
            assert!(page.vm(IOPS, &vm.moref).is_some(), "{}", vm.name);
        }
    }
}

#[tokio::test]
async fn a_query_that_is_too_large_is_split() {
    let mock = odd_mock(60, 1_000).await;
    let too_large = Effect::fault_with(
        "InvalidArgument",
        "A specified parameter was not correct: querySpec.size",
        "<invalidProperty>querySpec.size</invalidProperty>",
    );
    mock.add_fault(FaultRule::on("QueryPerf", too_large).times(2));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let page = first_page(&exporter).await;
    let sampled = mock.world().vms().iter().filter(|vm| vm.sampled).count();
    let state = |state| page.labelled("vcenter_collector_vms", "state", state);
    assert_eq!(
        (state("sampled"), state("failed"), state("left_out")),
        (Some(sampled as f64), Some(0.0), Some(0.0))
    );
    let splits = page.value("vcenter_collector_batch_splits_total");
    assert!(splits >= Some(1.0), "{splits:?}");
}
