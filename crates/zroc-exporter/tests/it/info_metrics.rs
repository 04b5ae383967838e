//! What disks lie on, and custom attributes: published only if somebody asks for them, and never at the cost of anything else.

use std::collections::BTreeSet;

use jiff::Timestamp;
use mock_vcenter::{Change, Denial, DenyRule, FaultRule, MockVcenter, VmTruth};
use planner_core::inventory::{Inventory, VmId};
use rustix::process::{Signal, kill_process};

use crate::exporter::Exporter;
use crate::metrics_page::Labels;
use crate::several_vcenters::{File, right};
use crate::staging::{
    assert_same, at, labels, no_permission_on, odd_mock, read_afresh, running, vcenter,
};

const DISK_INFO: &str = "vcenter_virtual_disk_info";
const ATTRIBUTE: &str = "vcenter_vm_custom_attribute";
const LEFT_OUT: &str = "vcenter_collector_custom_attributes_left_out";
const DISKS: (&str, &str) = ("PER_DISK_METRICS", "true");
const ATTRIBUTES: (&str, &str) = ("CUSTOM_ATTRIBUTES", "Owner, Cost centre");

fn labelled<const N: usize>(labels: [(&str, &str); N]) -> Labels {
    labels
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn disks_of(vm: &VmTruth) -> impl Iterator<Item = Labels> {
    vm.instances
        .iter()
        .zip(&vm.backings)
        .map(|(disk, backing)| {
            let thin = backing.thin.map(|thin| thin.to_string());
            labelled([
                ("vm_moref", &vm.moref),
                ("disk", disk),
                ("datastore", &backing.datastore),
                ("thin", &thin.unwrap_or_default()),
                ("mode", &backing.mode),
                ("sharing", &backing.sharing),
            ])
        })
}

fn attributes_of(vm: &VmTruth) -> impl Iterator<Item = Labels> {
    let attributes = vm.attributes.iter();
    let shown = attributes.filter(|(_, value)| (1..=256).contains(&value.len()));
    shown.map(|(name, value)| {
        labelled([
            ("vm_moref", &vm.moref),
            ("attribute", name),
            ("value", value),
        ])
    })
}

/// Who a disk is.
fn identity(labels: &Labels) -> (&str, &str) {
    (&labels["vm_moref"], &labels["disk"])
}

/// The custom attributes of a VM in an inventory, each as `name=value`.
fn attributes(inventory: &Inventory, moref: &str) -> Vec<String> {
    let vm = inventory.get(&VmId::new(moref)).unwrap();
    let details = vm.details.iter();
    let attributes = details.flat_map(|it| &it.attributes);
    attributes
        .map(|it| format!("{}={}", it.name, it.value))
        .collect()
}

fn set(mock: &MockVcenter, moref: &str, value: &str) {
    let change = Change::SetAttribute {
        vm: moref.to_owned(),
        attribute: "Owner".to_owned(),
        value: value.to_owned(),
    };
    mock.apply(&change).unwrap();
}

#[tokio::test]
async fn every_disk_says_what_it_lies_on() {
    let mock = odd_mock(40, 25).await;
    let exporter = Exporter::collecting(&mock, &[DISKS]).await;
    let page = exporter.page().await;
    let expected: BTreeSet<Labels> = running(&mock).iter().flat_map(disks_of).collect();
    assert_same(&labels(&page, DISK_INFO), &expected);
    let of_label = |name: &str| -> BTreeSet<&str> {
        let values = expected.iter().map(|labels| &*labels[name]);
        values.collect()
    };
    assert_eq!(of_label("thin"), BTreeSet::from(["", "false", "true"]));
    assert!(of_label("datastore").len() > 1);
    // Each series of a disk finds its info.
    let info: BTreeSet<_> = expected.iter().map(identity).collect();
    let written = page.series("vcenter_virtual_disk_write_bytes_total");
    assert!(!written.is_empty());
    assert!(
        written
            .iter()
            .all(|(disk, _)| info.contains(&identity(disk)))
    );
    assert_eq!(page.series(ATTRIBUTE), []);
    assert_eq!(page.value(LEFT_OUT), None);
}

#[tokio::test]
async fn allowed_attributes_are_published_and_others_are_not() {
    let mock = odd_mock(40, 25).await;
    let exporter = Exporter::collecting(&mock, &[ATTRIBUTES]).await;
    let page = exporter.page().await;
    let expected: BTreeSet<Labels> = running(&mock).iter().flat_map(attributes_of).collect();
    assert_same(&labels(&page, ATTRIBUTE), &expected);
    assert!(
        page.series(ATTRIBUTE)
            .iter()
            .all(|(_, value)| *value == 1.0)
    );
    let all = running(&mock);
    let too_long = all.iter().flat_map(|vm| vm.attributes.values());
    let too_long = too_long.filter(|value| value.len() > 256).count();
    assert_eq!(page.value(LEFT_OUT), Some(too_long as f64));
    assert!(too_long > 0);
    assert_eq!(page.series(DISK_INFO), []);

    let one = Exporter::collecting(&mock, &[("CUSTOM_ATTRIBUTES", "Cost centre")]).await;
    let names: BTreeSet<String> = labels(&one.page().await, ATTRIBUTE)
        .iter()
        .map(|labels| labels["attribute"].clone())
        .collect();
    assert_eq!(names, BTreeSet::from(["Cost centre".to_owned()]));
}

#[tokio::test]
async fn nobody_who_asks_for_neither_gets_or_pays_anything() {
    let mock = odd_mock(10, 100).await;
    let exporter = Exporter::collecting(&mock, &[("LOG_LEVEL", "TRACE")]).await;
    let page = exporter.page_after_cycles(2).await;
    let unasked = [DISK_INFO, ATTRIBUTE, LEFT_OUT];
    assert!(page.names().all(|name| !unasked.contains(&name)));
    let log = exporter.log();
    assert!(log.contains("<pathSet>config.hardware.device</pathSet>"));
    for unasked in [
        "customValue",
        "customFieldsManager\"",
        "<pathSet>config.hardware<",
    ] {
        assert!(!log.contains(unasked), "{unasked}");
    }
    let (of_counters, of_inventory) = (2, 0);
    let retrievals = mock.calls().get("RetrievePropertiesEx").copied();
    assert_eq!(retrievals, Some(of_counters + of_inventory));
}

#[tokio::test]
async fn changes_of_values_are_followed() {
    let mock = odd_mock(10, 100).await;
    let mut vcenter = vcenter(&mock, &[ATTRIBUTES, DISKS]);
    let now = at(Timestamp::UNIX_EPOCH);
    let first = vcenter.refresh(now).await.unwrap();
    assert_eq!(attributes(&first, "vm-1001"), ["Owner=Finance"]);
    for (value, expected) in [
        ("Ops", vec!["Owner=Ops"]),
        ("", vec![]),
        ("again", vec!["Owner=again"]),
    ] {
        set(&mock, "vm-1001", value);
        let inventory = vcenter.refresh(now).await.unwrap();
        assert_eq!(attributes(&inventory, "vm-1001"), expected);
        assert_eq!(inventory.full_read(), first.full_read());
        let disks = |inventory: &Inventory| {
            let vm = inventory.get(&VmId::new("vm-1001")).unwrap().clone();
            vm.details.unwrap().disks.clone()
        };
        assert_eq!(disks(&inventory), disks(&first));
    }
    let afresh = read_afresh(&mock, &[ATTRIBUTES, DISKS]).await;
    let inventory = vcenter.refresh(now).await.unwrap();
    assert_eq!(inventory.vms(), afresh);
    vcenter.logout().await.unwrap();
}

/// Values are kept by key, so those read before the keys are known are read again.
#[tokio::test]
async fn definitions_that_could_not_be_read_delay_values_only() {
    let mock = odd_mock(10, 100).await;
    let refused = || {
        let fault = no_permission_on("CustomFieldsManager", "CustomFieldsManager");
        FaultRule::on("RetrievePropertiesEx", fault).object("CustomFieldsManager")
    };
    mock.add_fault(refused());
    let mut vcenter = vcenter(&mock, &[ATTRIBUTES]);
    let now = at(Timestamp::UNIX_EPOCH);
    for _ in 0..2 {
        let inventory = vcenter.refresh(now).await.unwrap();
        assert_eq!(attributes(&inventory, "vm-1002"), [""; 0]);
        assert_eq!(inventory.full_read().number, 1);
    }
    mock.clear_faults();
    let inventory = vcenter.refresh(now).await.unwrap();
    assert_eq!(inventory.vms(), read_afresh(&mock, &[ATTRIBUTES]).await);
    assert_eq!(attributes(&inventory, "vm-1002").len(), 2);
    // What is known stays when the answer fails again.
    mock.add_fault(refused());
    set(&mock, "vm-1002", "Ops");
    let inventory = vcenter.refresh(now).await.unwrap();
    assert!(attributes(&inventory, "vm-1002").contains(&"Owner=Ops".to_owned()));
    assert_eq!(inventory.full_read().number, 2);
    vcenter.logout().await.unwrap();
}

#[tokio::test]
async fn withheld_attributes_cost_nothing_else() {
    let mock = odd_mock(10, 100).await;
    mock.deny(&DenyRule {
        object: "*".to_owned(),
        path: "customValue".to_owned(),
        kind: Denial::NoPermission,
    })
    .unwrap();
    let with = read_afresh(&mock, &[ATTRIBUTES]).await;
    assert_eq!(with, read_afresh(&mock, &[]).await);
    assert!(with.iter().all(|vm| !vm.is_permission_denied));
}

#[tokio::test]
async fn a_name_that_vcenter_does_not_define_is_said_once() {
    let mock = odd_mock(10, 100).await;
    let names = [("CUSTOM_ATTRIBUTES", "owner,Cost centre")];
    let exporter = Exporter::collecting(&mock, &names).await;
    let page = exporter.page_after_cycles(3).await;
    assert!(!page.series(ATTRIBUTE).is_empty());
    let log = exporter.log();
    let lines = log
        .lines()
        .filter(|line| line.contains("CUSTOM_ATTRIBUTES"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("\"names\":\"owner\""), "{}", lines[0]);
}

#[tokio::test]
async fn a_reload_asks_for_other_attributes() {
    let mock = MockVcenter::with_vms(6).await.unwrap();
    let with =
        |names: &str| vec![right("east", &mock) + &format!("custom_attributes = [{names}]\n")];
    let file = File::new(&with(""));
    let path = file.path().display().to_string();
    let exporter = Exporter::start(&[("ZROC_CONFIG", path)]).await;
    let page = exporter.page_after_cycles(1).await;
    assert_eq!(page.series(ATTRIBUTE), []);
    file.write(&with("\"Owner\", \"Owner\""));
    kill_process(exporter.pid(), Signal::HUP).unwrap();
    exporter
        .logged_when(|line| line.contains("the settings were read again"))
        .await;
    let page = exporter.page_after_cycles(1).await;
    let expected = running(&mock).into_iter().map(|vm| {
        labelled([
            ("vm_moref", &vm.moref),
            ("attribute", "Owner"),
            ("value", &vm.attributes["Owner"]),
            ("vcenter", "east"),
        ])
    });
    assert_same(&labels(&page, ATTRIBUTE), &expected.collect());
}
