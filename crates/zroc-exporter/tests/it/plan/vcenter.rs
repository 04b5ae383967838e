//! Plans straight from a vCenter: the mock, whose workload is known.

use std::fmt::Write as _;
use std::process::Output;

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{Effect, FaultRule, MockVcenter, Settings, VmTruth};
use serde_json::Value;

use super::{Stage, assert_close};
use crate::exporter::{PATIENCE, command};
use crate::staging::{odd_mock, running, settings};

const RATE: &str = "virtualDisk.write.average";

async fn run(mock: &MockVcenter, flags: &[&str], more: &[(&'static str, &str)]) -> Output {
    let mut settings = settings(mock, more);
    if !more.iter().any(|(name, _)| *name == "BATCH_DELAY") {
        settings.retain(|(name, _)| *name != "BATCH_DELAY");
    }
    let mut command = command(&settings);
    command.arg("plan").args(flags).output().await.unwrap()
}

async fn plan(mock: &MockVcenter, flags: &[&str]) -> Value {
    let flags = [flags, &["--format", "json"]].concat();
    let output = run(mock, &flags, &[]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.is_empty(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at + SignedDuration::from_secs(seconds)
}

/// The mock's own workload as a CSV file: the samples of each disk with their starts.
fn workload(mock: &MockVcenter, vms: &[VmTruth], start: Timestamp, end: Timestamp) -> String {
    let mut text = "time,vm,moref,disk,host,write_bytes_per_second\n".to_owned();
    for vm in vms {
        for disk in &vm.instances {
            let mut at = start;
            while at < end {
                let stamp = after(at, 20);
                if let Some(kib) = mock.world().sample(&vm.moref, disk, RATE, stamp) {
                    let (name, moref, host) = (&vm.name, &vm.moref, &vm.host);
                    let _ = writeln!(
                        text,
                        "{at},\"{name}\",{moref},{disk},{host},{}",
                        kib * 1_024
                    );
                }
                at = stamp;
            }
        }
    }
    text
}

/// Compares all numbers of two documents.
fn assert_same(actual: &Value, expected: &Value, path: &str) {
    match (actual, expected) {
        (Value::Object(actual), Value::Object(expected)) => {
            for (name, expected) in expected {
                let is_of_source = ["vcenter", "provisioned_gib"].contains(&&**name);
                if !is_of_source {
                    assert_same(&actual[name], expected, &format!("{path}.{name}"));
                }
            }
        }
        (Value::Array(actual), Value::Array(expected)) => {
            assert_eq!(actual.len(), expected.len(), "{path}");
            for (place, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                assert_same(actual, expected, &format!("{path}[{place}]"));
            }
        }
        (Value::Number(_), Value::Number(number)) => assert_close(actual, number.as_f64().unwrap()),
        _ => assert_eq!(actual, expected, "{path}"),
    }
}

/// The VMs of a document by reference.
fn sorted(mut list: Value) -> Value {
    if let Some(vms) = list.as_array_mut() {
        vms.sort_by_key(|vm| (vm["moref"].to_string(), vm["disk"].to_string()));
    }
    list
}

#[tokio::test]
async fn the_plan_is_that_of_the_workload() {
    let mock = MockVcenter::with_vms(12).await.unwrap();
    let flags = [
        "--link",
        "100Mbit",
        "--history",
        "1h",
        "--rpo",
        "10s",
        "--rpo",
        "5m",
        "--met",
        "100,95",
    ];
    let found = plan(&mock, &flags).await;
    assert_eq!(found["vms"]["chosen"], 12);
    let (start, end) = (
        time(&found["window"]["start"]),
        time(&found["window"]["end"]),
    );
    assert_eq!(end.duration_since(start).as_secs(), 3_600);

    let stage = Stage::new();
    let vms = running(&mock);
    stage.write("w.csv", workload(&mock, &vms, start, end));
    let (start_text, end_text) = (start.to_string(), end.to_string());
    let window = [
        "--from",
        "w.csv",
        "--start",
        &start_text,
        "--end",
        &end_text,
    ];
    let expected = stage.plan(&[&window[..], &flags].concat());
    for part in ["window", "wan", "rpo", "curve", "rules_of_thumb"] {
        assert_same(&found[part], &expected[part], part);
    }
    for part in [
        "/vm_table",
        "/journal/vms",
        "/links_for_rpo/0/critical_interval/vms",
    ] {
        let of = |plan: &Value| sorted(plan.pointer(part).unwrap().clone());
        assert_same(&of(&found), &of(&expected), part);
    }
    let links = |plan: &Value| plan["links_for_rpo"].as_array().unwrap().clone();
    for (found, expected) in links(&found).iter().zip(links(&expected)) {
        assert_close(
            &found["megabit_per_second"],
            expected["megabit_per_second"].as_f64().unwrap(),
        );
    }

    // And by hand, without any code of the plan.
    let stamps = (1..=180).map(|place| after(start, place * 20));
    let sum = |at: Timestamp| {
        let disks = vms
            .iter()
            .flat_map(|vm| vm.instances.iter().map(move |disk| (vm, disk)));
        let kib = disks.map(|(vm, disk)| mock.world().sample(&vm.moref, disk, RATE, at).unwrap());
        kib.sum::<i64>()
    };
    let peak = stamps.map(sum).max().unwrap();
    let megabit = |kib: i64| kib as f64 * 1_024.0 * 0.5 * 1.05 * 8.0 / 1e6;
    let highest = found["wan"]["quantiles"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert_close(&highest["megabit_per_second"], megabit(peak));
    let bytes: u64 = vms
        .iter()
        .map(|vm| mock.world().bytes_written(&vm.moref, start, end).unwrap())
        .sum();
    let held = found["journal"]["joint_peak_gib"].as_f64().unwrap() * 1_073_741_824.0;
    assert!(
        (held - bytes as f64).abs() < 1e-6 * bytes as f64,
        "{held} {bytes}"
    );
    let capacity: u64 = vms.iter().flat_map(|vm| &vm.capacity_bytes).sum();
    assert_close(
        &found["recovery_storage"]["provisioned_gib"],
        capacity as f64 / 1_073_741_824.0,
    );
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn a_day_has_roll_ups_before_the_last_hour() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let flags = ["--last", "1d", "--history", "1h"];
    // At level 1 there are none, which is said.
    let output = run(&mock, &[&flags[..], &["--format", "json"]].concat(), &[]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("virtualDisk.write per disk at 300 s"),
        "{said}"
    );
    let short: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_close(&short["window"]["hours_covered"], 1.0);

    mock.set_settings(Settings {
        statistics_level: 2,
        ..Settings::default()
    });
    let found = plan(&mock, &flags).await;
    let resolutions = found["window"]["resolutions"].as_array().unwrap();
    let hours = |bucket: f64| {
        let of = resolutions
            .iter()
            .filter(|it| it["bucket_seconds"] == bucket);
        of.map(|it| it["hours"].as_f64().unwrap()).sum::<f64>()
    };
    // What the hour leaves of the roll-up before it may be 20 s long too.
    let finest_hours = hours(20.0);
    assert!(
        (1.0..1.0 + 21.0 / 3_600.0).contains(&finest_hours),
        "{finest_hours}"
    );
    assert!(hours(300.0) > 22.8, "{resolutions:?}");
    assert_eq!(found["links_for_rpo"][0]["is_lower_bound"], true);
    let (start, end) = (
        time(&found["window"]["start"]),
        time(&found["window"]["end"]),
    );
    for vm in found["vm_table"].as_array().unwrap() {
        let moref = vm["moref"].as_str().unwrap();
        let bytes = mock.world().bytes_written(moref, start, end).unwrap();
        let mean = bytes as f64 / end.duration_since(start).as_secs_f64() / 1e6;
        let found = vm["mean_megabyte_per_second"].as_f64().unwrap();
        // Roll-ups are whole KiB per second.
        assert!(
            (found - mean).abs() <= 0.01 * mean + 0.002,
            "{found} instead of {mean}"
        );
        assert!(vm["coverage"].as_f64().unwrap() > 0.99);
    }
}

#[tokio::test]
async fn no_pause_between_queries_unless_it_is_set() {
    let mock = MockVcenter::with_vms(200).await.unwrap();
    // With the usual pause of half a second it would take longer than anybody waits.
    let asked = tokio::time::timeout(PATIENCE, run(&mock, &[], &[("BATCH_SIZE", "1")]));
    assert_eq!(asked.await.unwrap().status.code(), Some(0));
    assert_eq!(mock.calls_of("QueryPerf"), 200);
}

#[tokio::test]
async fn only_chosen_vms_are_asked() {
    let mock = odd_mock(20, 1_000).await;
    let vm = running(&mock).remove(3);
    mock.reset_calls();
    let found = plan(&mock, &["--include-vms", &vm.name]).await;
    assert_eq!(found["vms"]["chosen"], 1);
    assert_eq!(found["vm_table"][0]["moref"], *vm.moref);
    assert_eq!(mock.calls_of("QueryPerf"), 1);
    let all = plan(&mock, &[]).await;
    let left_out = all["vms"]["not_counted"].as_array().unwrap();
    let reasons: Vec<&str> = left_out
        .iter()
        .map(|it| it["reason"].as_str().unwrap())
        .collect();
    assert!(
        reasons.contains(&"template") && reasons.contains(&"powered_off"),
        "{reasons:?}"
    );
    let filters = [("EXCLUDE_VMS", "*"), ("INCLUDE_VMS", vm.name.as_str())];
    let excluded = run(&mock, &["--format", "json"], &filters);
    assert_eq!(excluded.await.status.code(), Some(1));
}

#[tokio::test]
async fn a_vcenter_that_refuses_ends_with_1_and_a_word() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let wrong = run(&mock, &[], &[("VCENTER_PASSWORD", "wrong")]).await;
    assert_eq!(wrong.status.code(), Some(1));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(
        said.contains("check VCENTER_USER") && !said.contains("wrong"),
        "{said}"
    );
    assert!(wrong.stdout.is_empty());

    mock.add_fault(FaultRule::on(
        "QueryPerf",
        Effect::status(503, "text/html", "<html/>"),
    ));
    let failed = run(&mock, &[], &[]).await;
    assert_eq!(failed.status.code(), Some(1));
    let said = String::from_utf8(failed.stderr).unwrap();
    assert!(said.contains("QueryPerf"), "{said}");
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn settings_and_times_that_cannot_be_end_with_2() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    for (flags, more, word) in [
        (&[][..], &[("VCENTER_PORT", "0")][..], "VCENTER_PORT"),
        (&["--last", "31d"], &[], "30d"),
        (&["--start", "0", "--end", "20"], &[], "--last"),
        (&["--bucket", "20s"], &[], "--bucket"),
    ] {
        let output = run(&mock, flags, more).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(word), "{said}");
    }
}
