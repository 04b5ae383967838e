//! Counters that cannot be had, and ids that change.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options, Settings};

use crate::exporter::Exporter;
use crate::metrics_page::MetricsPage;
use crate::staging::{newest_sample, running, settings, state};

/// A catalogue that has nothing but the counter of writes.
const WRITES_ONLY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soapenv:Body><RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><objects>
<obj type="PerformanceManager">PerfMgr</obj>
<propSet><name>perfCounter</name><val xsi:type="ArrayOfPerfCounterInfo"><PerfCounterInfo xsi:type="PerfCounterInfo">
<key>180</key><nameInfo><label>w</label><summary>w</summary><key>numberWriteAveraged</key></nameInfo>
<groupInfo><label>d</label><summary>d</summary><key>virtualDisk</key></groupInfo>
<unitInfo><label>n</label><summary>n</summary><key>number</key></unitInfo>
<rollupType>average</rollupType><statsType>rate</statsType><level>1</level><perDeviceLevel>3</perDeviceLevel>
</PerfCounterInfo></val></propSet>
</objects></returnval></RetrievePropertiesExResponse></soapenv:Body></soapenv:Envelope>"#;

#[tokio::test]
async fn what_vcenter_lacks_is_not_blamed_on_the_statistics_level() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let writes_only = FaultRule::on("RetrievePropertiesEx", Effect::xml(WRITES_ONLY));
    mock.add_fault(writes_only.object("PerfMgr").times(1));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let page = exporter.page_after_cycles(2).await;
    let log = exporter.log();
    let mut lines = log.lines().filter(|line| line.contains("\"missing\""));
    let line = lines.next().unwrap_or_else(|| panic!("{log}"));
    for lacking in [
        "virtualDisk.write.average",
        "virtualDisk.totalWriteLatency.average",
    ] {
        assert!(line.contains(lacking), "{line}");
        let available = page.labelled("vcenter_collector_statistic_available", "counter", lacking);
        assert_eq!(available, Some(0.0), "{lacking}");
    }
    assert_eq!(page.series("vcenter_vm_disk_write_iops").len(), 200);
    assert!(!line.contains("PERF_SOURCE"), "{line}");
    assert!(!log.contains("\"withheld\""), "{log}");
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn a_counter_in_another_unit_is_not_read() {
    for (unit, other, counter, metric) in [
        (
            "kiloBytesPerSecond",
            "bytesPerSecond",
            "virtualDisk.write.average",
            "vcenter_vm_disk_write_throughput_mbps",
        ),
        (
            "millisecond",
            "microsecond",
            "virtualDisk.totalWriteLatency.average",
            "vcenter_vm_disk_write_latency_ms",
        ),
    ] {
        let mock = MockVcenter::with_vms(20).await.unwrap();
        let rule = FaultRule::on("RetrievePropertiesEx", Effect::replace(unit, other));
        mock.add_fault(rule.object("PerfMgr"));
        let exporter = Exporter::start(&settings(&mock, &[])).await;
        let page = exporter.page_after_cycles(2).await;
        assert!(page.series(metric).is_empty(), "{metric}");
        assert_eq!(page.series("vcenter_vm_disk_write_iops").len(), 20);
        let available = page.labelled("vcenter_collector_statistic_available", "counter", counter);
        assert_eq!(available, Some(0.0), "{counter}");
        let log = exporter.log();
        let mut lines = log.lines().filter(|line| line.contains("in another unit"));
        let line = lines.next().unwrap_or_else(|| panic!("{log}"));
        assert!(line.contains(counter) && line.contains(other), "{line}");
    }
}

/// Each VM's total is what it wrote in the window of its first answer, and since.
fn assert_writes_counted(mock: &MockVcenter, page: &MetricsPage) {
    let newest = newest_sample(page);
    let windows = [300, 320, 340, 360, 380, 400];
    let windows = windows.map(|seconds| newest - Duration::from_secs(seconds));
    for vm in running(mock) {
        let total = page.vm("vcenter_vm_disk_write_bytes_total", &vm.moref);
        let written = windows.map(|from| mock.world().bytes_written(&vm.moref, from, newest));
        let is_true = written
            .iter()
            .any(|written| total == written.map(|bytes| bytes as f64));
        assert!(is_true, "{}: {total:?}, {written:?}", vm.moref);
    }
}

/// With 1 added, each id that the exporter knows belongs to another counter: that of writes to reads. A session ends with
/// such a change, while a query is on its way.
#[tokio::test]
async fn ids_that_change_while_queries_are_asked_mix_no_counters() {
    for batch_size in ["7", "100"] {
        let mock = MockVcenter::with_vms(20).await.unwrap();
        let exporter = Exporter::start(&settings(&mock, &[("BATCH_SIZE", batch_size)])).await;
        exporter.first_cycle().await;
        let before = exporter.page().await;
        assert_writes_counted(&mock, &before);
        let slow = Effect::Delay(Duration::from_millis(300));
        mock.add_fault(FaultRule::on("QueryPerf", slow).times(3));
        mock.called("QueryPerf", mock.calls()["QueryPerf"] + 1)
            .await;
        mock.advance_clock(20);
        mock.set_settings(Settings {
            counter_id_shift: 1,
            ..Settings::default()
        });
        let page = exporter.page_after_cycles(1).await;
        assert_eq!(state(&page, "sampled"), 20.0, "{}", exporter.log());
        assert!(newest_sample(&page) > newest_sample(&before));
        assert_writes_counted(&mock, &page);
        assert_eq!((mock.open_sessions(), mock.calls()["Login"]), (1, 2));
    }
}

/// Ids that are not those of the session, for whatever reason.
#[tokio::test]
async fn counters_are_read_again_when_no_vm_has_values() {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    let other_ids = Effect::replace("<key>18", "<key>918");
    let rule = FaultRule::on("RetrievePropertiesEx", other_ids);
    mock.add_fault(rule.object("PerfMgr").times(1));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["last_vm_count"] == 20)
        .await;
    assert_eq!(mock.calls()["Login"], 1);
    let page = exporter.page_after_cycles(1).await;
    assert_eq!(page.series("vcenter_vm_disk_write_iops").len(), 20);
}
