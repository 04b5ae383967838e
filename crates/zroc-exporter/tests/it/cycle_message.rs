//! What an operator reads about a cycle.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::accumulators::Measures;
use planner_core::collection::governor::{Missed, QuarantineCause, QuarantinedVm, Unanswered};
use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use planner_core::collection::source::{Source, Statistics};
use planner_core::collection::tally::Tally;
use planner_core::collection::{Collection, CollectionOptions, CycleEnd, CycleReport, VcenterName};
use planner_core::inventory::entities::{Entities, EntityKind, VmRecord};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullReadStamp, Inventory, PowerState, VmId};
use planner_core::io_stats::{IoStats, VmIoStats};
use planner_core::snapshot_builder::SnapshotBuilder;
use planner_core::vcenter_time::VcenterTime;
use zroc_exporter::cycle_message::error;
use zroc_exporter::settings::VcenterSettings;

use crate::staging::load;

fn settings() -> VcenterSettings {
    let variables = [
        ("VCENTER_HOST", "vc1.example".to_owned()),
        ("VCENTER_PASSWORD", "secret".to_owned()),
    ];
    load(&variables).vcenters.remove(0)
}

fn id(number: usize) -> VmId {
    VmId::new(&format!("vm-{number}"))
}

fn resolved(entities: &Entities) -> Arc<Inventory> {
    let full_read = FullReadStamp {
        number: 1,
        at: Timestamp::UNIX_EPOCH,
    };
    Arc::new(entities.resolve(&Filter::default(), full_read))
}

/// Ten running VMs, the last one without a name.
fn inventory() -> Arc<Inventory> {
    let mut entities = Entities::new();
    for number in 0..10 {
        let name = if number == 9 {
            String::new()
        } else {
            format!("web-{number}")
        };
        *entities.vm(id(number).as_str()) = VmRecord {
            name: name.into(),
            power_state: Some(PowerState::PoweredOn),
            ..VmRecord::default()
        };
    }
    resolved(&entities)
}

/// Ten running VMs on hosts of five each.
fn inventory_on_two_hosts() -> Arc<Inventory> {
    let mut entities = Entities::new();
    for host in ["esx-a", "esx-b"] {
        entities.managed_entity(host, EntityKind::Host).name = host.into();
    }
    for number in 0..10 {
        let host = if number < 5 { "esx-a" } else { "esx-b" };
        *entities.vm(id(number).as_str()) = VmRecord {
            name: format!("web-{number}").into(),
            host: Some(host.into()),
            power_state: Some(PowerState::PoweredOn),
            ..VmRecord::default()
        };
    }
    resolved(&entities)
}

fn call_failed(message: &str) -> Arc<Reason> {
    Arc::new(Reason::Failed(CallFailure {
        kind: FailureKind::OtherFault,
        operation: Some("QueryPerf"),
        message: message.into(),
    }))
}

fn unanswered(numbers: impl IntoIterator<Item = usize>, message: &str) -> Vec<Unanswered> {
    let unanswered = |number| Unanswered {
        vm: id(number),
        reason: call_failed(message),
    };
    numbers.into_iter().map(unanswered).collect()
}

fn quarantined(numbers: impl IntoIterator<Item = usize>, message: &str) -> Vec<QuarantinedVm> {
    let quarantined = |number| QuarantinedVm {
        vm: id(number),
        cause: QuarantineCause::BreaksQueries,
        reason: call_failed(message),
    };
    numbers.into_iter().map(quarantined).collect()
}

/// A cycle in which vCenter had values of the first `sampled` VMs.
fn report(sampled: usize, missed: Missed, end: CycleEnd) -> CycleReport {
    let mut snapshot = SnapshotBuilder::new(inventory(), None);
    for number in 0..sampled {
        let newest = VcenterTime::from_second(0);
        let stats = VmIoStats::new(newest, IoStats::default(), None, Vec::new());
        snapshot.sampled(&id(number), stats);
    }
    CycleReport {
        snapshot: Some(Arc::new(snapshot.build())),
        tally: Tally::default(),
        host_clocks: Vec::new(),
        missed,
        end,
        ..without_inventory(call_failed("unused"))
    }
}

fn without_inventory(reason: Arc<Reason>) -> CycleReport {
    let options = CollectionOptions {
        window_seconds: 300,
        measures: Measures::default(),
        keep_new_samples: false,
    };
    let mut collection = Collection::new(VcenterName::new("vc"), options);
    collection.fail(None, None, reason, Duration::ZERO)
}

fn told(report: &CycleReport) -> Option<String> {
    error(report, &settings(), &Filter::default())
}

fn message(sampled: usize, missed: Missed) -> Option<String> {
    told(&report(sampled, missed, CycleEnd::Completed))
}

#[test]
fn nothing_is_said_of_a_cycle_without_failures() {
    assert_eq!(message(10, Missed::default()), None);
    assert_eq!(message(1, Missed::default()), None);
}

#[test]
fn failed_vms_are_counted_and_the_first_ones_named() {
    let said = |vms| {
        let missed = Missed {
            unanswered: unanswered(vms, "no"),
            ..Missed::default()
        };
        message(5, missed)
    };
    assert_eq!(said(7..8).unwrap(), "1 of 10 VMs failed (web-7 (vm-7)): no");
    assert_eq!(said(9..10).unwrap(), "1 of 10 VMs failed (vm-9): no");
    assert_eq!(
        said(0..4).unwrap(),
        "4 of 10 VMs failed (web-0 (vm-0), web-1 (vm-1), web-2 (vm-2), ...): no"
    );
    let all = said(0..10).unwrap();
    assert!(all.starts_with("10 of 10 VMs failed ("), "{all}");
}

#[test]
fn vms_are_named_when_they_are_quarantined_and_not_again() {
    let newly = Missed {
        newly_quarantined: quarantined([3, 4, 8], "querySpec.metricId"),
        quarantined: quarantined([3, 4, 8], "querySpec.metricId"),
        ..Missed::default()
    };
    assert_eq!(
        message(7, newly).unwrap(),
        "3 of 10 VMs left out from now on (web-3 (vm-3), web-4 (vm-4), web-8 (vm-8)): querySpec.metricId"
    );
    let later = Missed {
        quarantined: quarantined([3, 4, 8], "querySpec.metricId"),
        ..Missed::default()
    };
    assert_eq!(message(7, later), None);
}

#[test]
fn a_vm_that_is_gone_is_not_mentioned() {
    let missed = Missed {
        gone: vec![id(7)],
        ..Missed::default()
    };
    assert_eq!(message(9, missed), None);
}

#[test]
fn failed_and_quarantined_vms_are_in_one_message() {
    let missed = Missed {
        unanswered: unanswered([1], "no"),
        newly_quarantined: quarantined([2], "never"),
        ..Missed::default()
    };
    assert_eq!(
        message(8, missed).unwrap(),
        "1 of 10 VMs failed (web-1 (vm-1)): no; 1 of 10 VMs left out from now on (web-2 (vm-2)): never"
    );
}

#[test]
fn a_cycle_without_any_values_is_an_error() {
    let from = |source| {
        let mut report = report(0, Missed::default(), CycleEnd::Completed);
        report.statistics = Some(Arc::new(Statistics {
            source: Some(source),
            ..Statistics::default()
        }));
        error(&report, &settings(), &Filter::default()).unwrap()
    };
    assert_eq!(
        from(Source::Historical),
        "vCenter had no values of any of the 10 running VMs; vcenter_collector_statistic_available shows what its \
         statistics level withholds"
    );
    // Hosts have these at every statistics level.
    assert_eq!(
        from(Source::Realtime),
        "vCenter had no values of any of the 10 running VMs; real-time samples come from the hosts, so look at the clocks, \
         management agents and network of the hosts"
    );
}

#[test]
fn why_a_cycle_stopped_explains_its_failed_vms() {
    let limit = Duration::from_secs(2);
    let stopped = CycleEnd::Stopped(Arc::new(Reason::Deadline { limit }));
    let missed = Missed {
        unanswered: unanswered([5, 6], "no"),
        ..Missed::default()
    };
    let said = told(&report(8, missed, stopped.clone()));
    assert_eq!(
        said.unwrap(),
        "2 of 10 VMs failed (web-5 (vm-5), web-6 (vm-6)): the cycle did not end within CYCLE_TIMEOUT (2 s)"
    );
    let said = told(&report(10, Missed::default(), stopped));
    assert_eq!(
        said.unwrap(),
        "the cycle did not end within CYCLE_TIMEOUT (2 s)"
    );
}

#[test]
fn a_cycle_without_an_inventory_says_why_it_stopped() {
    let report = without_inventory(call_failed("no"));
    assert_eq!(told(&report).unwrap(), "no");
}

#[test]
fn a_host_that_is_slow_or_away_is_named() {
    let said = |kind, vms: &[usize]| {
        let reason = Arc::new(Reason::Failed(CallFailure {
            kind,
            operation: None,
            message: "no".into(),
        }));
        let unanswered = vms.iter().map(|number| Unanswered {
            vm: id(*number),
            reason: Arc::clone(&reason),
        });
        let report = CycleReport {
            snapshot: Some(Arc::new(
                SnapshotBuilder::new(inventory_on_two_hosts(), None).build(),
            )),
            missed: Missed {
                unanswered: unanswered.collect(),
                ..Missed::default()
            },
            end: CycleEnd::Completed,
            ..without_inventory(call_failed("unused"))
        };
        told(&report).unwrap()
    };
    for kind in [FailureKind::HostCommunication, FailureKind::Timeout] {
        let one = said(kind, &[0, 1, 2, 3]);
        assert!(one.contains(", ...; all on host esx-a): no"), "{one}");
        let both = said(kind, &[1, 7]);
        assert!(
            both.contains("web-7 (vm-7); all on hosts esx-a, esx-b): no"),
            "{both}"
        );
    }
    let other = said(FailureKind::OtherFault, &[0, 1]);
    assert!(!other.contains("host"), "{other}");
}
