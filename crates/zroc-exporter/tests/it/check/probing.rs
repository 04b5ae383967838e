//! `zroc-exporter check --probe`: each habit of a vCenter, as the figures show it, and that no name is among them.

mod endings;
mod texts;

use std::collections::BTreeSet;
use std::process::Output;

use mock_vcenter::{Change, Effect, FaultRule, HostClock, OddSamples, Options, Settings};
use serde_json::Value;
use tokio::process::Command;

use super::stage::Stage;
use crate::exporter::command;
use crate::staging::settings;

/// A look every 2 s of vCenter's clock, which passes while nobody waits.
fn hurry(stage: &Stage) {
    let hurry = FaultRule::on("CurrentTime", Effect::AdvanceClock(2));
    stage.mock.add_fault(hurry);
}

fn probing(stage: &Stage, more: &[(&'static str, &str)], format: &str) -> Command {
    let mut command = command(&settings(&stage.mock, more));
    command.env("XDG_STATE_HOME", stage.folder());
    command.args(["check", "--probe", "--format", format]);
    command
}

async fn output(stage: &Stage, format: &str) -> Output {
    probing(stage, &[], format).output().await.unwrap()
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// What the probe of a stage prints that must succeed: the figures of its vCenter.
async fn probe(stage: &Stage) -> Value {
    hurry(stage);
    let output = output(stage, "json").await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(said(&output), "");
    figures(stage, &output)
}

/// The figures of a vCenter, which have no name of it.
fn figures(stage: &Stage, output: &Output) -> Value {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    for name in names(stage) {
        assert!(!text.contains(&name), "{name} is in {text}");
    }
    assert!(text.len() < 64 << 10, "{} bytes", text.len());
    assert_eq!(stage.mock.open_sessions(), 0);
    let mut document: Value = serde_json::from_str(text).unwrap();
    assert_eq!(document["schema"], "zroc-probe/1");
    let [vcenter] = document["vcenters"].as_array_mut().unwrap().as_mut_slice() else {
        panic!("{document}");
    };
    vcenter.take()
}

/// Every name, address and reference that the figures could have.
fn names(stage: &Stage) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = stage
        .mock
        .world()
        .vms()
        .into_iter()
        .flat_map(|vm| {
            let disks = vm.instances.into_iter();
            let of_vm = [
                vm.moref,
                vm.name,
                vm.host_id,
                vm.host,
                vm.cluster,
                vm.datacenter,
                vm.folder,
            ];
            disks.chain(of_vm).collect::<Vec<_>>()
        })
        .collect();
    let address = stage.mock.address();
    names.extend([address.ip().to_string(), Options::default().user]);
    names.extend(["example".to_owned(), "vm-".to_owned(), "host-".to_owned()]);
    names.remove("");
    names
}

fn array<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().unwrap()
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap()
}

/// All series of all VMs.
fn series(found: &Value) -> impl Iterator<Item = &Value> {
    let vms = array(found, "vms").iter();
    vms.flat_map(|vm| array(vm, "series"))
}

fn sum<'v>(values: impl Iterator<Item = &'v Value>, name: &str) -> i64 {
    values.map(|value| number(value, name)).sum()
}

fn change_settings(stage: &Stage, change: impl FnOnce(&mut Settings)) {
    let mut settings = stage.mock.settings();
    change(&mut settings);
    stage.mock.set_settings(settings);
}

#[tokio::test]
async fn a_vcenter_as_recorded() {
    let stage = Stage::new(20).await;
    let found = probe(&stage).await;
    assert_eq!(found["ended"], "completed");
    assert!(number(&found, "seconds") >= 180);
    assert!(number(&found, "looks") > 20);
    assert_eq!(found["failed_looks"], serde_json::json!({}));
    assert_eq!(found["api_version"], "8.0.2.0");
    let vms = array(&found, "vms");
    assert_eq!(vms.len(), 8);
    let hosts: BTreeSet<String> = vms.iter().map(|vm| vm["on_hosts"].to_string()).collect();
    assert!(hosts.len() > 2, "{hosts:?}");
    for vm in vms {
        assert_eq!(vm["looks_without_samples"], 0);
        assert_eq!((number(vm, "disks"), array(vm, "series").len()), (2, 6));
        // The mock is 23 s behind at least, and up to 20 s more.
        assert!(
            (23..26).contains(&number(&vm["age_seconds"], "least")),
            "{vm}"
        );
        assert!(
            (23..30).contains(&number(&vm["appears_after_seconds"], "median")),
            "{vm}"
        );
        let stamps = &vm["stamps"];
        assert!(number(stamps, "seen") >= 15, "{stamps}");
        assert_eq!(stamps["most_in_an_answer"], 7);
        for odd in [
            "skipped",
            "late",
            "twice",
            "off_grid",
            "other_intervals",
            "steps_back",
        ] {
            assert_eq!(stamps[odd], 0, "{odd}");
        }
        for aggregate in array(vm, "aggregates") {
            assert_eq!(aggregate["kind"], "absent");
        }
    }
    for odd in ["missing_at_first", "changed", "looks_without"] {
        assert_eq!(sum(series(&found), odd), 0, "{odd}");
    }
    for host in array(&found, "hosts") {
        assert_eq!(host["clock"], "agrees");
        assert!(
            (-60..-20).contains(&number(host, "offset_seconds")),
            "{host}"
        );
    }
    assert_eq!(array(&found, "moves").len(), 0);

    // One login, and nothing that writes.
    let calls = stage.mock.calls();
    assert_eq!(calls["Login"], 1);
    let begin = [
        "Query", "Retrieve", "Continue", "Current", "Create", "Destroy", "Wait",
    ];
    for operation in calls.keys() {
        let is_known = begin.iter().any(|begin| operation.starts_with(begin));
        let is_of_session =
            ["Login", "Logout", "vimServiceVersions.xml"].contains(&operation.as_str());
        assert!(is_known || is_of_session, "{operation}");
    }
    assert!(calls["QueryPerf"] <= 91);
}

#[tokio::test]
async fn late_values_that_are_filled_later() {
    let stage = Stage::new(3).await;
    change_settings(&stage, |settings| settings.late_disk_seconds = 40);
    let found = probe(&stage).await;
    for series in series(&found) {
        if series["disk"] == 1 {
            assert_eq!(series["missing_at_first"], 0, "{series}");
            continue;
        }
        assert!(number(series, "filled") > 5, "{series}");
        assert_eq!(series["lost"], 0, "{series}");
        assert!(number(series, "open") <= 3, "{series}");
        let after = &series["filled_after_seconds"];
        assert!((34..=46).contains(&number(after, "median")), "{series}");
    }
}

#[tokio::test]
async fn values_that_never_come() {
    let stage = Stage::new(2).await;
    stage.mock.add_odd_samples(OddSamples {
        vm: "vm-1001".to_owned(),
        text: "-1".to_owned(),
        every: 3.try_into().unwrap(),
    });
    let found = probe(&stage).await;
    let lost: Vec<i64> = array(&found, "vms")
        .iter()
        .map(|vm| sum(array(vm, "series").iter(), "lost"))
        .collect();
    // Which VM comes first depends on the hosts.
    let mut lost = lost;
    lost.sort_unstable();
    assert!(lost[0] == 0 && lost[1] > 6, "{lost:?}");
    assert_eq!(sum(series(&found), "filled"), 0);
}

#[tokio::test]
async fn a_series_over_all_disks_beside_them() {
    let stage = Stage::new(3).await;
    change_settings(&stage, |settings| settings.aggregate_series = true);
    let found = probe(&stage).await;
    let mut compared = 0;
    for vm in array(&found, "vms") {
        assert_eq!((number(vm, "disks"), array(vm, "series").len()), (2, 9));
        for aggregate in array(vm, "aggregates") {
            assert_eq!(aggregate["kind"], "beside");
            let same = number(aggregate, "equal") + number(aggregate, "rounded");
            assert_eq!(number(aggregate, "compared"), same, "{aggregate}");
            compared += same;
        }
    }
    assert!(compared > 0);
}

#[tokio::test]
async fn a_series_over_all_disks_alone() {
    let mut options = Options::with_vms(3);
    options.world.disks_per_vm = 1;
    let stage = Stage::of(options).await;
    let vms = stage.mock.world().vms();
    let disks: BTreeSet<&String> = vms.iter().flat_map(|vm| &vm.instances).collect();
    for disk in disks {
        let (with, without) = (format!("<instance>{disk}<"), "<instance><");
        let nameless = Effect::replace(&with, without);
        stage.mock.add_fault(FaultRule::on("QueryPerf", nameless));
    }
    let found = probe(&stage).await;
    for vm in array(&found, "vms") {
        assert_eq!((number(vm, "disks"), array(vm, "series").len()), (0, 3));
        for aggregate in array(vm, "aggregates") {
            assert_eq!(aggregate["kind"], "only");
        }
    }
}

#[tokio::test]
async fn a_host_whose_clock_is_wrong() {
    let stage = Stage::new(8).await;
    let vms = stage.mock.world().vms();
    for (host, offset_seconds) in [(&vms[0].host_id, -300), (&vms[1].host_id, 600)] {
        let clock = HostClock {
            host: host.clone(),
            offset_seconds,
        };
        stage.mock.set_host_clock(&clock).unwrap();
    }
    stage.mock.advance_clock(3_600);
    let found = probe(&stage).await;
    let hosts = array(&found, "hosts");
    let of = |clock: &str| -> Vec<&Value> {
        let hosts = hosts.iter();
        hosts.filter(|host| host["clock"] == clock).collect()
    };
    let (behind, ahead) = (of("behind"), of("ahead"));
    let ([behind], [ahead]) = (behind.as_slice(), ahead.as_slice()) else {
        panic!("{hosts:?}");
    };
    assert!(
        (-345..-320).contains(&number(behind, "offset_seconds")),
        "{behind}"
    );
    assert!(
        (555..580).contains(&number(ahead, "offset_seconds")),
        "{ahead}"
    );
    assert!(!of("agrees").is_empty());
    assert_eq!(sum(series(&found), "missing_at_first"), 0);
}

/// The figures when a VM moves to the host of another one meanwhile.
async fn move_meanwhile(stage: &Stage) -> Value {
    let vms = stage.mock.world().vms();
    let other = vms.iter().find(|vm| vm.host_id != vms[0].host_id).unwrap();
    let moving = async {
        stage.mock.called("CurrentTime", 35).await;
        let migrate = Change::Migrate {
            vm: vms[0].moref.clone(),
            host: other.host_id.clone(),
        };
        stage.mock.apply(&migrate).unwrap();
    };
    let (found, ()) = tokio::join!(probe(stage), moving);
    found
}

#[tokio::test]
async fn a_move_that_costs_samples() {
    let stage = Stage::new(3).await;
    change_settings(&stage, |settings| settings.samples_stay_on_hosts = true);
    let found = move_meanwhile(&stage).await;
    let [moved] = array(&found, "moves") else {
        panic!("{found}");
    };
    assert_eq!(
        (number(moved, "stamps_kept"), number(moved, "stamps_reused")),
        (0, 0)
    );
    assert!((1..=3).contains(&number(moved, "slots_lost")), "{moved}");
    assert!(number(moved, "stamp_step_seconds") > 20, "{moved}");
    assert!(number(moved, "looks_without_samples") > 0, "{moved}");
    assert_eq!(moved["listed_before"], serde_json::json!([7, 7, 7]));
    let vm = &array(&found, "vms")[usize::try_from(number(moved, "vm")).unwrap() - 1];
    assert_eq!(
        vm["on_hosts"],
        serde_json::json!([moved["from"], moved["to"]])
    );
}

#[tokio::test]
async fn a_move_that_takes_the_history_along() {
    let stage = Stage::new(3).await;
    let found = move_meanwhile(&stage).await;
    let [moved] = array(&found, "moves") else {
        panic!("{found}");
    };
    assert!(number(moved, "stamps_kept") >= 5, "{moved}");
    assert_eq!(moved["slots_lost"], 0);
    assert_eq!(moved["stamp_step_seconds"], 20);
}
