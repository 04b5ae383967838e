//! What is said of counters that cannot be had.

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};

use crate::exporter::Exporter;
use crate::staging::settings;

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
