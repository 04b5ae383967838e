//! A host that answers too slowly costs its own VMs only, and is named.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, VmTruth};

use crate::exporter::Exporter;
use crate::staging::{running, settings};

#[tokio::test]
async fn a_slow_host_costs_its_own_vms_only_and_is_named() {
    let mock = MockVcenter::with_vms(60).await.unwrap();
    let vms = running(&mock);
    let slow = vms[30].host.clone();
    let of_slow: Vec<&VmTruth> = vms.iter().filter(|vm| vm.host == slow).collect();
    assert!((2..30).contains(&of_slow.len()), "{}", of_slow.len());
    for vm in &of_slow {
        let forever = Effect::Delay(Duration::from_secs(30));
        mock.add_fault(FaultRule::on("QueryPerf", forever).object(&vm.moref));
    }
    let impatient = [
        ("BATCH_SIZE", "20"),
        ("CYCLE_TIMEOUT", "4"),
        ("VCENTER_REQUEST_TIMEOUT", "1"),
    ];
    let exporter = Exporter::start(&settings(&mock, &impatient)).await;
    let others = vms.len() - of_slow.len();
    let health = exporter
        .health_when(|health| health["last_vm_count"] == others && health["stale"] == false)
        .await;
    let error = health["last_error"].as_str().unwrap();
    assert!(error.contains(&format!("all on host {slow})")), "{error}");
    let next = exporter.page_after_cycles(2).await;
    assert_eq!(
        next.value("vcenter_collector_last_vm_count"),
        Some(others as f64)
    );

    mock.clear_faults();
    exporter
        .health_when(|health| health["last_vm_count"] == vms.len())
        .await;
}
