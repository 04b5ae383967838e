//! Odd bytes in a text cost no VM, no login and no cycle.

use std::collections::BTreeSet;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options, VmTruth};

use crate::exporter::Exporter;
use crate::metrics_page::Labels;
use crate::staging::{assert_same, labels, labels_of, running, settings};

/// What is sent in place of a name, and how it reads.
const ODD_NAMES: [(&[u8], &str); 6] = [
    (b"M\xfcller", "M\u{FFFD}ller"),
    (b"cut\xc3", "cut\u{FFFD}"),
    (b"nul&#0;", "nul\u{FFFD}"),
    (b"half&#xD800;", "half\u{FFFD}"),
    (b"entity&nbsp;", "entity\u{FFFD}"),
    (b"bell\x07", "bell\u{FFFD}"),
];

/// Every VM as a page must show it: published, with the odd text where the name was.
fn expected(mock: &MockVcenter, rename: impl Fn(&mut Labels)) -> BTreeSet<Labels> {
    let labels = |vm: &VmTruth| {
        let mut labels = labels_of(vm);
        rename(&mut labels);
        labels
    };
    running(mock).iter().map(labels).collect()
}

/// The page of an exporter while this name is sent as these bytes.
async fn check(name: &str, label: &str, (bytes, reads): (&[u8], &str), without_reports: bool) {
    let mock = MockVcenter::start(Options::with_vms(12)).await.unwrap();
    let vm = &running(&mock)[0];
    let name = if name.is_empty() {
        labels_of(vm)[label].clone()
    } else {
        name.to_owned()
    };
    let effect = Effect::replace(&format!(">{name}<"), [b">", bytes, b"<"].concat());
    for operation in [
        "WaitForUpdatesEx",
        "RetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
    ] {
        mock.add_fault(FaultRule::on(operation, effect.clone()));
    }
    if without_reports {
        mock.add_fault(FaultRule::on(
            "CreateFilter",
            Effect::fault("MethodNotFound"),
        ));
    }
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let health = exporter.first_cycle().await;
    assert_eq!(
        health["last_error"],
        serde_json::Value::Null,
        "{label}: {health}"
    );
    let page = exporter.page().await;
    // A standalone host and its compute resource have one name.
    let renamed = |labels: &mut Labels| {
        let same = labels.values_mut().filter(|value| **value == name);
        same.for_each(|value| reads.clone_into(value));
    };
    assert_same(
        &labels(&page, "vcenter_vm_disk_write_iops"),
        &expected(&mock, renamed),
    );
}

#[tokio::test]
async fn odd_text_in_any_name_costs_no_vm() {
    for label in ["vm_name", "host", "cluster", "datacenter"] {
        check("", label, ODD_NAMES[0], false).await;
    }
    for odd in ODD_NAMES {
        check("", "vm_name", odd, true).await;
    }
}

#[tokio::test]
async fn odd_text_in_what_vcenter_says_of_itself_costs_no_login() {
    let mock = MockVcenter::start(Options::with_vms(5)).await.unwrap();
    for (operation, element) in [
        ("Login", "fullName"),
        ("Login", "userName"),
        ("RetrieveServiceContent", "fullName"),
    ] {
        let start = format!("<{element}>");
        let odd = [start.as_bytes(), b"\xff&#0;&x;\xc3"].concat();
        mock.add_fault(FaultRule::on(operation, Effect::replace(&start, odd)));
    }
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["collection_cycles"].as_u64() >= Some(2))
        .await;
    let health = exporter.get("/health").await.json();
    assert_eq!(health["status"], "ok", "{health}");
    assert_eq!(mock.calls()["Login"], 1);
}

#[tokio::test]
async fn odd_text_in_an_instance_costs_no_sample() {
    let mock = MockVcenter::start(Options::with_vms(5)).await.unwrap();
    mock.add_fault(FaultRule::on(
        "QueryPerf",
        Effect::replace("<instance>scsi", b"<instance>\xff&#0;".to_vec()),
    ));
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let health = exporter.first_cycle().await;
    assert_eq!(health["status"], "ok", "{health}");
    let page = exporter.page().await;
    let found = labels(&page, "vcenter_vm_disk_write_iops");
    assert_same(&found, &expected(&mock, |_| {}));
}
