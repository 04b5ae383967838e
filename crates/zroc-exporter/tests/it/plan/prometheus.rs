//! A Prometheus as the source. Real servers are asked by `cargo xtask peers`; this one knows the queries that a plan asks.

mod fake;
mod refusals;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use self::fake::{Fake, POLL, Written};
use super::{MONDAY, Stage, assert_close};

/// Polls of the whole time.
const POLLS: usize = 120;

/// A VM that writes a lot in one hour, one that always writes a little, and one whose total begins again.
fn three() -> Vec<Written> {
    let burst = (0..POLLS).map(|poll| if (40..70).contains(&poll) { 40e6 } else { 1e5 });
    let steady = (0..POLLS).map(|_| 2e6);
    let again = (0..POLLS).map(|poll| if poll % 7 == 0 { 9e6 } else { 3e6 });
    vec![
        Written::new("vm-1", "sql01", burst),
        Written::new("vm-2", "web01", steady),
        Written::new("vm-3", "file01", again).restarted_at(80),
    ]
}

fn arguments<'a>(from: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let all = ["--from", from, "--start", START, "--end", END];
    let link = ["--link", "200Mbit", "--history", "1h"];
    [&all[..], &link, more].concat()
}

/// Monday, and the end of the last poll.
const START: &str = "2024-01-01T00:00:00Z";
const END: &str = "2024-01-01T02:00:00Z";

fn by_moref<'p>(plan: &'p Value, list: &str) -> BTreeMap<&'p str, &'p Value> {
    let vms = plan.pointer(list).unwrap().as_array().unwrap();
    vms.iter()
        .map(|vm| (vm["moref"].as_str().unwrap(), vm))
        .collect()
}

#[test]
fn what_the_server_adds_up_is_what_the_series_say() {
    let fake = Fake::start(three());
    let from = fake.source();
    let stage = Stage::new();
    let added = stage.plan(&arguments(&from, &[]));
    let asked_to_add = fake.asked();
    let read = stage.plan(&arguments(&from, &["--read-series"]));
    for figure in [
        "/wan/quantiles/0/megabit_per_second",
        "/wan/quantiles/3/megabit_per_second",
        "/wan/recommended_megabit_per_second",
        "/links_for_rpo/0/megabit_per_second",
        "/links_for_rpo/0/critical_interval/bytes",
        "/rpo/worst_seconds",
        "/rpo/largest_backlog_bytes",
        "/journal/sum_gib",
        "/journal/joint_peak_gib",
        "/recovery_storage/provisioned_gib",
        "/window/hours_covered",
        "/window/share_present",
        "/curve/20/worst_seconds",
    ] {
        assert_close(
            added.pointer(figure).unwrap(),
            read.pointer(figure).unwrap().as_f64().unwrap(),
        );
    }
    assert_eq!(added["sentence"], read["sentence"]);
    let (of_added, of_read) = (by_moref(&added, "/vm_table"), by_moref(&read, "/vm_table"));
    assert_eq!(of_added.len(), 3);
    for (moref, vm) in &of_read {
        for figure in [
            "mean_megabyte_per_second",
            "gib_per_day",
            "share",
            "coverage",
        ] {
            assert_close(&of_added[moref][figure], vm[figure].as_f64().unwrap());
        }
        assert!(vm["quantile_megabyte_per_second"].is_object());
        assert_eq!(of_added[moref]["quantile_megabyte_per_second"], Value::Null);
    }
    // The largest 20 s sample is in no step of a minute.
    assert_close(&of_added["vm-1"]["peak_megabyte_per_second"], 120.0);
    let causes = "/links_for_rpo/0/critical_interval/vms";
    let (of_added, of_read) = (by_moref(&added, causes), by_moref(&read, causes));
    assert_eq!(of_added.len(), 3);
    for (moref, cause) in of_read {
        for figure in ["bytes", "share", "link_without_megabit_per_second"] {
            assert_close(&of_added[moref][figure], cause[figure].as_f64().unwrap());
        }
    }
    let journals = (
        by_moref(&added, "/journal/vms"),
        by_moref(&read, "/journal/vms"),
    );
    for (moref, journal) in journals.1 {
        assert_close(
            &journals.0[moref]["written_gib"],
            journal["written_gib"].as_f64().unwrap(),
        );
    }
    // Only VMs that the server cannot add up are read, and the largest causes.
    assert!(
        asked_to_add
            .iter()
            .any(|query| query.starts_with("sum(clamp_min("))
    );
    for forbidden in ["rate(", "increase(", "quantile"] {
        assert!(asked_to_add.iter().all(|query| !query.contains(forbidden)));
    }
}

#[test]
fn the_series_are_the_rows_of_a_csv_file() {
    let fake = Fake::start(three());
    let stage = Stage::new();
    let read = stage.plan(&arguments(&fake.source(), &["--read-series"]));
    let mut csv = "time,vm,moref,write_bytes_per_second\n".to_owned();
    for vm in three() {
        for (place, bytes) in (0..).zip(vm.counted()) {
            let (at, rate) = (MONDAY + place * POLL, bytes / POLL as f64);
            let _ = writeln!(csv, "{at},{},{},{rate}", vm.name, vm.moref);
        }
    }
    stage.write("w.csv", csv);
    let of_file = stage.plan(&arguments("w.csv", &[]));
    for figure in ["wan", "links_for_rpo", "rpo", "curve", "window"] {
        assert_eq!(
            without_vcenter(&read[figure]),
            without_vcenter(&of_file[figure]),
            "{figure}"
        );
    }
}

/// The fake server has the label `vcenter`; the file does not.
fn without_vcenter(value: &Value) -> String {
    value
        .to_string()
        .replace("\"vcenter\":\"east\"", "\"vcenter\":null")
}

#[test]
fn groups_are_added_up_each_by_itself() {
    let fake = Fake::start(three());
    let from = fake.source();
    let stage = Stage::new();
    stage.write(
        "g.csv",
        "vm,vpg,priority,history\nsql01,gold,high,1h\nweb01,silver,low,\n",
    );
    let more = ["--groups", "g.csv"];
    let added = stage.plan(&arguments(&from, &more));
    let read = stage.plan(&arguments(&from, &[&more[..], &["--read-series"]].concat()));
    let groups = added["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3, "gold, silver and those in none");
    for (added, read) in groups.iter().zip(read["groups"].as_array().unwrap()) {
        assert_eq!(added["name"], read["name"]);
        for (figure, value) in read.as_object().unwrap() {
            if let Some(value) = value.as_f64() {
                assert_close(&added[figure], value);
            }
        }
    }
    stage.write("g.csv", "vm,vpg\nsql01,gold\nsql01,silver\n");
    let said = stage.refused(2, &arguments(&from, &more));
    assert!(said.contains("--read-series"), "{said}");
}

#[test]
fn vms_are_chosen_and_left_out_before_they_are_read() {
    let mut vms = three();
    vms.push(Written::new("vm-4", "Z-VRA-esx01", (0..POLLS).map(|_| 9e9)));
    vms.push(Written::new("vm-5", "old", (0..POLLS).map(|_| 9e9)).not_sized("placeholder"));
    let fake = Fake::start(vms);
    let from = fake.source();
    let stage = Stage::new();
    let plan = stage.plan(&arguments(&from, &["--exclude-vms", "web*"]));
    assert_eq!(plan["vms"]["chosen"], 2);
    let reasons = by_moref(&plan, "/vms/not_counted");
    assert_eq!(reasons["vm-4"]["reason"], "zerto_appliance");
    assert_eq!(reasons["vm-5"]["reason"], "placeholder");
    let mut asked = fake.asked().into_iter();
    assert!(asked.all(|query| !["vm-2", "vm-4", "vm-5"].iter().any(|vm| query.contains(vm))));
    let said = stage.refused(1, &arguments(&from, &["--include-vms", "none*"]));
    assert!(said.contains("no VM is chosen"), "{said}");
    let said = stage.refused(2, &arguments(&from, &["--include-folders", "a*"]));
    assert!(said.contains("no folders"), "{said}");
}
