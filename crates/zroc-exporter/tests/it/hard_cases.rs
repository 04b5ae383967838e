//! A vCenter that withholds values and moves its VMs: numbers stay right, or the exporter says why they are missing.

use mock_vcenter::{Change, MockVcenter, Options, Settings};

use crate::exporter::Exporter;
use crate::staging::{assert_same, labels, running, settings, state, true_labels};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const PROVISIONED: &str = "vcenter_vm_disk_provisioned_gb";
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";

/// Changes of each kind in these numbers: moves, renames, deletions, creations. They are drawn on a twin of the mock, so
/// that they can be made within moments.
async fn changes(vms: usize, mut wanted: [usize; 4]) -> Vec<Change> {
    let twin = MockVcenter::with_vms(vms).await.unwrap();
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
    let mock = MockVcenter::with_vms(600).await.unwrap();
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
    let mock = MockVcenter::with_vms(150).await.unwrap();
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
async fn reads_and_disks_are_published_where_asked_for() {
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
    assert!(exporter.log().contains("PER_DISK_METRICS is on"));
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
async fn one_line_says_what_the_statistics_level_withholds() {
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
