//! Which labels say who a VM is, and which say where it is at present.

use std::collections::{BTreeMap, BTreeSet};

use mock_vcenter::{Change, Effect, FaultRule, MockVcenter, Options, PowerState, VmTruth};

use crate::exporter::Exporter;
use crate::metrics_page::{Labels, MetricsPage};
use crate::staging::{assert_same, labels, labels_of, no_permission_on, running, settings};

const INFO: &str = "vcenter_vm_info";
const DISK_INFO: &str = "vcenter_virtual_disk_info";
const THROUGHPUT: &str = "vcenter_vm_disk_write_throughput_mbps";
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";
const TOTALS: [&str; 4] = [
    TOTAL,
    "vcenter_vm_disk_read_bytes_total",
    "vcenter_virtual_disk_write_bytes_total",
    "vcenter_virtual_disk_read_bytes_total",
];
const EVERYTHING: [(&str, &str); 2] = [("COLLECT_READS", "true"), ("PER_DISK_METRICS", "true")];

fn info_of(vm: &VmTruth) -> Labels {
    let mut labels = labels_of(vm);
    labels.insert("folder".to_owned(), vm.folder.clone());
    labels
}

#[tokio::test]
async fn every_family_has_the_labels_of_its_kind() {
    let mock = MockVcenter::start(Options::with_vms(20).with_oddities())
        .await
        .unwrap();
    let exporter = Exporter::collecting(&mock, &EVERYTHING).await;
    let page = exporter.page().await;
    let of_vms: Vec<&str> = page
        .names()
        .filter(|name| name.starts_with("vcenter_vm_") || name.starts_with("vcenter_virtual_disk_"))
        .collect();
    assert_eq!(of_vms.len(), 23, "{of_vms:?}");
    for name in of_vms {
        let mut expected = match name {
            INFO => vec![
                "cluster",
                "datacenter",
                "folder",
                "host",
                "vm_moref",
                "vm_name",
            ],
            DISK_INFO => vec!["datastore", "mode", "sharing", "thin", "vm_moref"],
            _ if TOTALS.contains(&name) => vec!["vm_moref"],
            _ => vec!["cluster", "datacenter", "host", "vm_moref", "vm_name"],
        };
        if name.starts_with("vcenter_virtual_disk_") {
            expected.push("disk");
            expected.sort_unstable();
        }
        for (labels, _) in page.series(name) {
            assert!(labels.keys().eq(&expected), "{name}: {labels:?}");
        }
    }
}

#[tokio::test]
async fn every_vm_that_has_series_has_one_info_with_its_true_place() {
    let mock = MockVcenter::start(Options::with_vms(60).with_oddities())
        .await
        .unwrap();
    let exporter = Exporter::collecting(&mock, &EVERYTHING).await;
    let page = exporter.page().await;
    let expected: BTreeSet<Labels> = running(&mock).iter().map(info_of).collect();
    let found = labels(&page, INFO);
    assert_same(&found, &expected);
    assert_eq!(found.len(), page.series(INFO).len());
    assert!(page.series(INFO).iter().all(|(_, value)| *value == 1.0));
    assert!(found.iter().any(|labels| labels["folder"].contains('/')));
    let morefs: BTreeSet<&String> = found.iter().map(|labels| &labels["vm_moref"]).collect();
    // Those about the exporter bring the names of VMs along, of such that do not run, too.
    for name in page
        .names()
        .filter(|it| !it.starts_with("vcenter_collector_"))
    {
        for (labels, _) in page.series(name) {
            let is_known = labels.get("vm_moref").is_none_or(|it| morefs.contains(it));
            assert!(is_known, "{name}: {labels:?}");
        }
    }
}

/// Changes the names and places of VMs in every way there is; all VMs keep running.
fn shuffle(mock: &MockVcenter, seed: u64) -> usize {
    let mut applied = 0;
    for change in mock.random_changes(seed, 150) {
        let only_moves_or_renames = matches!(
            change,
            Change::Migrate { .. }
                | Change::Rename { .. }
                | Change::MoveToFolder { .. }
                | Change::MoveFolder { .. }
                | Change::MoveHost { .. }
        );
        // Some follow from changes that are not wanted here.
        if only_moves_or_renames && mock.apply(&change).is_ok() {
            applied += 1;
        }
    }
    applied
}

/// All totals of a page.
fn totals(page: &MetricsPage) -> BTreeMap<(&str, &Labels), f64> {
    let of = |name| {
        page.series(name)
            .iter()
            .map(move |(labels, value)| ((name, labels), *value))
    };
    TOTALS.into_iter().flat_map(of).collect()
}

#[tokio::test]
async fn neither_moves_nor_names_interrupt_a_total() {
    let mock = MockVcenter::start(Options::with_vms(30).with_oddities())
        .await
        .unwrap();
    let mut more = vec![("POLL_INTERVAL", "0.1")];
    more.extend(EVERYTHING);
    let exporter = Exporter::collecting(&mock, &more).await;
    let first = exporter.page().await;
    let mut before = exporter.page().await;
    for seed in 0..4 {
        let places: BTreeSet<Labels> = running(&mock).iter().map(labels_of).collect();
        assert!(shuffle(&mock, seed) > 50);
        let changed: BTreeSet<Labels> = running(&mock).iter().map(labels_of).collect();
        assert!(changed.difference(&places).count() > 20);
        // In all, no more than a host's clock may run ahead of the exporter's before its samples are refused.
        mock.advance_clock(10);
        let after = exporter.page_after_cycles(2).await;

        let (earlier, later) = (totals(&before), totals(&after));
        assert!(earlier.keys().eq(later.keys()), "series begin or end");
        assert!(!earlier.is_empty());
        for (series, value) in &earlier {
            assert!(later[series] >= *value, "{series:?}");
        }
        let expected: BTreeSet<Labels> = running(&mock).iter().map(info_of).collect();
        assert_same(&labels(&after, INFO), &expected);
        assert_eq!(after.series(INFO).len(), expected.len());
        for labels in labels(&after, THROUGHPUT) {
            assert!(changed.contains(&labels), "{labels:?}");
        }
        before = after;
    }
    let (earlier, later) = (totals(&first), totals(&before));
    assert!(later.iter().any(|(series, value)| *value > earlier[series]));
}

#[tokio::test]
async fn a_vm_without_values_still_has_its_name_and_place() {
    let mock = MockVcenter::with_vms(10).await.unwrap();
    let denied = no_permission_on("VirtualMachine", "vm-1003");
    mock.add_fault(FaultRule::on("QueryPerf", denied).object("vm-1003"));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.vm(TOTAL, "vm-1003"), None);
    assert_eq!(page.vm(INFO, "vm-1003"), Some(1.0));
}

#[tokio::test]
async fn a_vm_that_does_not_run_has_no_info() {
    let mock = MockVcenter::with_vms(10).await.unwrap();
    let exporter = Exporter::collecting(&mock, &[("EXCLUDE_VMS", "app-*")]).await;
    let change = Change::Power {
        vm: "vm-1001".to_owned(),
        state: PowerState::Off,
    };
    mock.apply(&change).unwrap();
    let page = exporter.page_after_cycles(2).await;
    let off_or_filtered = |it: &VmTruth| !it.powered_on || it.name.starts_with("app-");
    let (without, with): (Vec<_>, Vec<_>) =
        mock.world().vms().into_iter().partition(off_or_filtered);
    assert!(without.len() > 1);
    assert!(without.iter().all(|vm| page.vm(INFO, &vm.moref).is_none()));
    assert!(with.iter().all(|vm| page.vm(INFO, &vm.moref) == Some(1.0)));
}

#[tokio::test]
async fn vcenter_says_which_one_it_is() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let exporter = Exporter::collecting(&mock, &[("POLL_INTERVAL", "90")]).await;
    let page = exporter.page().await;
    let [(labels, value)] = page.series("vcenter_info") else {
        panic!("{:?}", page.series("vcenter_info"));
    };
    let expected = [
        ("host", mock.address().ip().to_string()),
        (
            "instance_uuid",
            "0b8a6a52-9f3e-4d57-8f0c-6d6f636b7663".to_owned(),
        ),
        ("product", "VMware vCenter Server".to_owned()),
        ("version", "8.0.3".to_owned()),
        ("build", "70000001".to_owned()),
        ("api_version", "8.0.2.0".to_owned()),
    ];
    let expected: Labels = expected
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    assert_eq!((labels, *value), (&expected, 1.0));
    assert_eq!(
        page.value("vcenter_collector_poll_interval_seconds"),
        Some(90.0)
    );
}

#[tokio::test]
async fn a_vcenter_that_is_away_stays_known_and_one_never_reached_is_not() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let exporter = Exporter::collecting(&mock, &[]).await;
    mock.add_fault(FaultRule::on("*", Effect::status(503, "text/html", "away")));
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value("vcenter_up"), Some(0.0));
    assert_eq!(page.series("vcenter_info").len(), 1);

    let stranger = Exporter::start(&settings(&mock, &[])).await;
    let page = stranger.page_after_cycles(1).await;
    assert_eq!(page.series("vcenter_info"), []);
    assert_eq!(
        page.value("vcenter_collector_poll_interval_seconds"),
        Some(1.0)
    );
}
