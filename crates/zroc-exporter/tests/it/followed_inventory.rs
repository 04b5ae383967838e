//! Following changes gives the same inventory as reading it afresh, and costs less.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{Change, Denial, DenyRule, MockVcenter};
use planner_core::collection::CycleReport;
use planner_core::inventory::Vm;
use planner_core::vm_state::VmState;
use proptest::prelude::*;
use proptest::sample::select;

use crate::metrics_page::Labels;
use crate::probe::Probe;
use crate::staging::{assert_same, at, odd_mock, read_afresh, running, true_labels, vcenter};

/// What may happen to an inventory between two refreshes.
#[derive(Debug, Clone)]
enum Step {
    Changes {
        seed: u64,
        count: usize,
    },
    Deny(DenyRule),
    Allow,
    /// A VM gets another owner; with an empty one it has none.
    Own(String, &'static str),
    LoseSession,
    /// The next refresh reads everything.
    Age,
}

fn step() -> impl Strategy<Value = Step> {
    // Ordinary and odd VMs, and some of what is above them. An id that does not exist changes nothing.
    let machines = (1_001..1_060).prop_map(|number| format!("vm-{number}"));
    let owned = machines.clone();
    let above = select(
        &[
            "datacenter-2",
            "group-v3",
            "group-v7",
            "group-v8",
            "group-h9",
        ][..],
    );
    let object = prop_oneof![machines, above.prop_map(str::to_owned)];
    let path = select(
        &[
            "*",
            "name",
            "parent",
            "runtime",
            "config.hardware",
            "config",
        ][..],
    );
    let kind = select(&[Denial::Unset, Denial::NoPermission, Denial::Hidden][..]);
    let rule = (object, path, kind).prop_map(|(object, path, kind)| DenyRule {
        object,
        path: path.to_owned(),
        kind,
    });
    prop_oneof![
        4 => (any::<u64>(), 1_usize..40).prop_map(|(seed, count)| Step::Changes { seed, count }),
        4 => rule.prop_map(Step::Deny),
        3 => Just(Step::Allow),
        2 => (owned, select(&["", "Ops", "R&D"][..])).prop_map(|(vm, owner)| Step::Own(vm, owner)),
        1 => Just(Step::LoseSession),
        1 => Just(Step::Age),
    ]
}

async fn follow(looks: Vec<Vec<Step>>, details: &'static str) {
    let attributes = if details == "true" { "Owner" } else { "" };
    let chosen = [
        ("INCLUDE_FOLDERS", "*e*"),
        ("EXCLUDE_VMS", "*7*"),
        ("PER_DISK_METRICS", details),
        ("CUSTOM_ATTRIBUTES", attributes),
    ];
    let mock = odd_mock(30, 17).await;
    let mut following = vcenter(&mock, &chosen);
    let mut now = Timestamp::UNIX_EPOCH;
    following.refresh(at(now)).await.unwrap();
    for steps in looks {
        for step in &steps {
            match step {
                Step::Changes { seed, count } => {
                    for change in mock.random_changes(*seed, *count) {
                        mock.apply(&change).unwrap();
                    }
                }
                Step::Deny(rule) => drop(mock.deny(rule)),
                Step::Own(vm, value) => {
                    let (vm, attribute) = (vm.clone(), "Owner".to_owned());
                    let value = (*value).to_owned();
                    let change = Change::SetAttribute {
                        vm,
                        attribute,
                        value,
                    };
                    drop(mock.apply(&change));
                }
                Step::Allow => mock.clear_denials(),
                Step::LoseSession => mock.drop_sessions(),
                Step::Age => now += SignedDuration::from_secs(600),
            }
        }
        let followed = following.refresh(at(now)).await.unwrap();
        assert_eq!(
            followed.vms(),
            read_afresh(&mock, &chosen).await,
            "{steps:?}"
        );
    }
    following.logout().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn following_changes_and_reading_afresh_give_the_same(
        looks in prop::collection::vec(prop::collection::vec(step(), 1..3), 2..8),
        details in select(&["false", "true"][..])
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(follow(looks, details));
    }
}

/// This many changes of each kind: moves, renames, deletions, creations. They are drawn on a twin of the mock, so that
/// they can be made there one after the other.
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

/// The VMs and their states as a cycle found them.
fn rows(report: &CycleReport) -> Vec<(Vm, VmState)> {
    let snapshot = report.snapshot.as_deref().unwrap();
    let rows = snapshot.vms();
    rows.map(|row| (row.vm.clone(), row.state)).collect()
}

/// The labels that a VM is published with.
fn labels_of((vm, _): &(Vm, VmState)) -> Labels {
    let five = [
        ("vm_name", &*vm.name),
        ("vm_moref", vm.id.as_str()),
        ("cluster", &*vm.placement.cluster),
        ("host", &*vm.placement.host),
        ("datacenter", &*vm.placement.datacenter),
    ];
    five.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// The labels of the VMs whose size is published.
fn sized(rows: &[(Vm, VmState)]) -> BTreeSet<Labels> {
    let sized = |(vm, _): &&(Vm, VmState)| vm.is_running() && vm.provisioned.is_some();
    rows.iter().filter(sized).map(labels_of).collect()
}

#[tokio::test]
async fn the_next_cycle_shows_changes_at_the_price_of_the_changes() {
    let mock = MockVcenter::with_vms(600).await.unwrap();
    let changes = changes(600, [50, 20, 10, 10]).await;
    let mut probe = Probe::new(&mock, &[("VM_INVENTORY_TTL", "1h")]);
    probe.cycle().await;
    mock.reset_calls();
    for change in &changes {
        mock.apply(change).unwrap();
    }
    let (report, errors) = probe.cycle().await;
    let calls = mock.calls();

    assert!(errors.is_empty(), "{errors:?}");
    let rows = rows(&report);
    assert_same(&sized(&rows), &true_labels(&mock));
    // VMs that were created just now have no samples yet.
    let sampled = rows.iter().filter(|(_, state)| *state == VmState::Sampled);
    let sampled: BTreeSet<Labels> = sampled.map(labels_of).collect();
    assert!(sampled.is_subset(&true_labels(&mock)) && sampled.len() + 10 >= running(&mock).len());
    let of_inventory = [
        "CreateContainerView",
        "CreateFilter",
        "WaitForUpdatesEx",
        "RetrievePropertiesEx",
    ];
    let count: u64 = of_inventory.iter().map(|it| mock.calls_of(it)).sum();
    assert!((1..=5).contains(&count), "{calls:?}");
}

#[tokio::test]
async fn following_changes_and_reading_everything_give_the_same_cycle() {
    let mock = MockVcenter::with_vms(150).await.unwrap();
    let mut following = Probe::new(&mock, &[("VM_INVENTORY_TTL", "1h")]);
    let mut reading = Probe::new(&mock, &[("VM_INVENTORY_TTL", "0")]);
    for seed in 0..6 {
        for change in mock.random_changes(1_000 + seed, 60) {
            let _ = mock.apply(&change);
        }
        let (by_changes, _) = following.cycle().await;
        let (whole, _) = reading.cycle().await;
        assert_eq!(rows(&by_changes), rows(&whole), "seed {seed}");
        assert_same(&sized(&rows(&by_changes)), &true_labels(&mock));
    }
}
