//! The totals on the page grow by what the mock vCenter says that its VMs write.
//!
//! That a total is the integral of any samples in any order is a property of `planner_core`, tested there.

use mock_vcenter::{MockVcenter, Options};

use crate::exporter::Exporter;
use crate::metrics_page::MetricsPage;
use crate::staging::{newest_sample, settings};

/// By how many seconds the clock is set forward between two looks. The last but one ends the session, which has been
/// idle for too long then.
const JUMPS: [i64; 6] = [1, 20, 61, 299, 3_400, 700];

#[tokio::test]
async fn totals_grow_by_what_is_written_at_whatever_distance_cycles_come() {
    let options = Options::with_vms(10).with_oddities();
    let mock = MockVcenter::start(options).await.unwrap();
    let settings = settings(&mock, &[("POLL_INTERVAL", "0.1")]);
    let exporter = Exporter::start(&settings).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let first = exporter.page().await;
    let vms = mock.world().vms().into_iter().filter(|vm| vm.sampled);
    let vms: Vec<String> = vms.map(|vm| vm.moref).collect();
    assert!(vms.len() > 10);
    for seconds in JUMPS {
        mock.advance_clock(seconds);
        // The first one may have begun before.
        let page = exporter.page_after_cycles(2).await;
        let (after, until) = (newest_sample(&first), newest_sample(&page));
        for vm in &vms {
            let total = |page: &MetricsPage| page.vm("vcenter_vm_disk_write_bytes_total", vm);
            let grown = total(&page).unwrap() - total(&first).unwrap();
            let written = mock.world().bytes_written(vm, after, until).unwrap();
            assert_eq!(grown, written as f64, "{vm} after a jump of {seconds} s");
        }
    }
    assert_eq!(mock.open_sessions(), 1);
}
