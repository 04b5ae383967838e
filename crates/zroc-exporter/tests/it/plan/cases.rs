//! Worked figures, from a CSV file to the JSON.

use std::fmt::Write as _;

use super::{BURST, Stage, assert_close, csv, plain, stage};

#[test]
fn one_burst_on_a_link() {
    let plan = plain(20, &BURST, &["--link", "200Mbit", "--rpo", "300s"]);
    let rpo = &plan["rpo"];
    assert_close(&rpo["largest_backlog_bytes"], 9e9);
    assert_close(&rpo["worst_seconds"], 360.0);
    assert_close(&rpo["seconds_behind"], 960.0);
    assert_close(&rpo["share_behind"], 0.4);
    assert_close(&rpo["seconds_over_target"], 160.0);
    assert_eq!(rpo["episodes"][0]["start"], "2024-01-01T00:10:00Z");
    assert_eq!(rpo["episodes"][0]["end"], "2024-01-01T00:26:00Z");
}

#[test]
fn links_for_rpos() {
    let rpos = ["0s", "10s", "120s", "6m", "600s"];
    let more: Vec<&str> = rpos.iter().flat_map(|rpo| ["--rpo", rpo]).collect();
    let plan = plain(20, &BURST, &more);
    let expected = [
        320.0,
        314.754_098_360_655_75,
        266.666_666_666_666_63,
        200.0,
        160.0,
    ];
    for (place, expected) in expected.into_iter().enumerate() {
        assert_close(
            &plan["links_for_rpo"][place]["megabit_per_second"],
            expected,
        );
    }
    assert_close(&plan["wan"]["recommended_megabit_per_second"], 320.0);
    assert_eq!(plan["wan"]["recommended_for"], "rpo");
    let critical = &plan["links_for_rpo"][1]["critical_interval"];
    assert_close(&critical["bytes"], 24e9);
    assert_eq!(critical["start"], "2024-01-01T00:10:00Z");
    assert_eq!(critical["end"], "2024-01-01T00:20:00Z");
    assert_close(&critical["vms"][0]["bytes"], 24e9);
}

#[test]
fn a_link_below_the_mean_never_catches_up() {
    let runs = [(Some(20e6), 1), (Some(40e6), 1)].repeat(90);
    let plan = plain(20, &runs, &["--link", "200Mbit"]);
    let rpo = &plan["rpo"];
    assert_eq!(rpo["sustained"], false);
    assert_close(&rpo["final_backlog_bytes"], 18.1e9);
    assert_close(&rpo["backlog_growth_bytes_per_hour"], 18e9);
    for unknown in ["worst_seconds", "share_behind", "episodes", "worst_per_day"] {
        assert!(rpo[unknown].is_null(), "{unknown}");
    }
    assert!(
        plan["sentence"]
            .as_str()
            .unwrap()
            .ends_with("Your 200 Mbit/s never catches up: what waits grows by 18 GB an hour.")
    );
}

#[test]
fn writes_as_fast_as_the_link_do_not_wait() {
    let plan = plain(20, &[(Some(25e6), 100)], &["--link", "25MB/s"]);
    assert_close(&plan["rpo"]["largest_backlog_bytes"], 0.0);
    assert_close(&plan["rpo"]["worst_seconds"], 0.0);
}

#[test]
fn compression_and_overhead_count_in_the_backlog() {
    let stage = stage(20, &BURST);
    let flags = [
        "--from",
        "w.csv",
        "--link",
        "160Mbit",
        "--compression",
        "0.5",
        "--overhead",
        "0.1",
    ];
    let plan = stage.plan(&flags);
    assert_close(&plan["rpo"]["largest_backlog_bytes"], 1.2e9);
    assert_close(&plan["rpo"]["worst_seconds"], 60.0);
    let defaults = stage.plan(&["--from", "w.csv"]);
    assert_close(
        &defaults["wan"]["quantiles"][3]["megabit_per_second"],
        40.0 * 0.5 * 1.05 * 8.0,
    );
}

#[test]
fn the_buffer_of_four_vras() {
    let flags = [
        "--vra-memory",
        "3GiB",
        "--vra-count",
        "4",
        "--link",
        "200Mbit",
    ];
    let plan = plain(20, &BURST, &flags);
    assert_close(
        &plan["link_for_vra_buffer_megabit_per_second"],
        193.717_895_168,
    );
    assert_close(&plan["vra"]["buffer_bytes"], 9_471_157_862.4);
    assert_eq!(plan["vra"]["bitmap_sync_likely"], false);
}

#[test]
fn quantiles_are_observed_rates_and_units_are_not_mixed_up() {
    let runs = [
        (Some(1_048_576.0), 94),
        (Some(10_485_760.0), 4),
        (Some(104_857_600.0), 2),
    ];
    let plan = plain(300, &runs, &["--quantile", "50,94,95,98,99,100"]);
    let quantiles = plan["wan"]["quantiles"].as_array().unwrap();
    let expected = [
        8.388_608, 8.388_608, 83.886_08, 83.886_08, 838.860_8, 838.860_8,
    ];
    for (quantile, megabit) in quantiles.iter().zip(expected) {
        assert_close(&quantile["megabit_per_second"], megabit);
        assert_close(&quantile["megabyte_per_second"], megabit / 8.0);
    }
    assert_eq!(quantiles.len(), 6);
    let vm = &plan["vm_table"][0];
    assert_close(&vm["quantile_megabyte_per_second"]["95"], 10.485_76);
    assert_close(&vm["peak_megabyte_per_second"], 104.857_6);
}

#[test]
fn the_quantile_of_a_sum_is_not_the_sum_of_quantiles() {
    let stage = Stage::new();
    let one = [(Some(50e6), 5), (Some(0.0), 95)];
    let other = [(Some(0.0), 5), (Some(50e6), 5), (Some(0.0), 90)];
    stage.write("w.csv", csv(300, &[("a", &one), ("b", &other)]));
    let flags = ["--from", "w.csv", "--compression", "0", "--overhead", "0"];
    let plan = stage.plan(&flags);
    assert_close(&plan["wan"]["quantiles"][0]["megabit_per_second"], 400.0);
    assert_close(&plan["wan"]["quantiles"][3]["megabit_per_second"], 400.0);
}

#[test]
fn the_least_link_is_5_megabit() {
    let stage = stage(20, &[(Some(100_000.0), 10)]);
    let plan = stage.plan(&["--from", "w.csv", "--overhead", "0.1"]);
    assert_close(&plan["wan"]["quantiles"][3]["megabit_per_second"], 0.44);
    assert_close(&plan["wan"]["recommended_megabit_per_second"], 5.0);
    assert_eq!(plan["wan"]["recommended_for"], "floor");
    let text = plan["sentence"].as_str().unwrap();
    assert!(
        text.contains("5 Mbit/s (0.625 MB/s), the least that Zerto takes"),
        "{text}"
    );
}

#[test]
fn journals_hold_the_largest_window() {
    let runs = [
        (Some(1_048_576.0), 48),
        (Some(20_971_520.0), 24),
        (Some(1_048_576.0), 216),
    ];
    let plan = plain(300, &runs, &["--history", "4h"]);
    let journal = &plan["journal"]["vms"][0];
    assert_close(&journal["written_gib"], 147.656_25);
    assert_close(&journal["journal_gib"], 147.656_25);
    assert_eq!(journal["over_limit"], false);
    assert_close(&plan["journal"]["history_seconds"], 14_400.0);
    let tight = plain(
        300,
        &runs,
        &["--history", "4h", "--journal-limit", "147GiB"],
    );
    assert_eq!(tight["journal"]["vms"][0]["over_limit"], true);
    assert_close(&tight["journal"]["vms"][0]["journal_gib"], 147.656_25);
}

#[test]
fn a_journal_is_8_gib_at_least() {
    let plan = plain(300, &[(Some(52_428.8), 288)], &[]);
    assert_close(&plan["journal"]["vms"][0]["written_gib"], 4.218_75);
    assert_close(&plan["journal"]["sum_gib"], 8.0);
}

#[test]
fn the_first_copy_while_writes_continue() {
    let stage = Stage::new();
    let mut text = "time,vm,used_gib,write_bytes_per_second\n".to_owned();
    for place in 0..10 {
        let _ = writeln!(
            text,
            "{},a,{},25000000",
            1_704_067_200 + place * 20,
            9e12 / 1_073_741_824.0
        );
    }
    stage.write("w.csv", text);
    let flags = [
        "--from",
        "w.csv",
        "--compression",
        "0",
        "--overhead",
        "0",
        "--link",
        "1Gbit",
    ];
    let sync = &stage.plan(&flags)["initial_sync"];
    assert_close(&sync["lower_seconds"], 72_000.0);
    assert_close(&sync["upper_seconds"], 90_000.0);
    assert_eq!(sync["size_is"], "used");
}

#[test]
fn the_busiest_hour_slides() {
    let runs = [
        (Some(5e6), 180),
        (Some(25e6), 12),
        (Some(60e6), 6),
        (Some(5e6), 90),
    ];
    let window = &plain(600, &runs, &[])["window"];
    assert_close(&window["busiest_hour"]["megabit_per_second"], 480.0);
    assert_eq!(window["busiest_hour"]["start"], "2024-01-02T08:00:00Z");
    assert_close(&window["hours_covered"], 48.0);
    assert_eq!(window["verdict"], "short");
    assert_eq!(window["complete_days"], 2);
    assert_close(&window["chance_of_a_higher_day"], 1.0 / 3.0);
    assert_eq!(window["weekdays_seen"], serde_json::json!(["mon", "tue"]));
}

#[test]
fn a_missing_row_is_no_zero() {
    let gap = plain(20, &[(Some(8e6), 10), (None, 10), (Some(8e6), 10)], &[]);
    let zeros = plain(
        20,
        &[(Some(8e6), 10), (Some(0.0), 10), (Some(8e6), 10)],
        &[],
    );
    assert_close(&gap["vm_table"][0]["mean_megabyte_per_second"], 8.0);
    assert_close(
        &zeros["vm_table"][0]["mean_megabyte_per_second"],
        8.0 * 2.0 / 3.0,
    );
    assert_close(&gap["vm_table"][0]["coverage"], 2.0 / 3.0);
    assert_close(&gap["window"]["share_present"], 2.0 / 3.0);
    assert_close(&gap["window"]["hours_covered"], 400.0 / 3_600.0);
    assert_close(&zeros["window"]["hours_covered"], 600.0 / 3_600.0);
}

#[test]
fn coarse_rows_give_a_lower_bound() {
    let plan = plain(60, &[(Some(30e6), 10)], &["--rpo", "10s", "--rpo", "60s"]);
    let links = &plan["links_for_rpo"];
    assert_eq!(links[0]["is_lower_bound"], true);
    assert!(links[0]["upper_megabit_per_second"].is_null());
    assert_eq!(links[1]["is_lower_bound"], false);
    assert!(plan["sentence"].as_str().unwrap().contains("at least"));
    let fine = plain(20, &[(Some(30e6), 10)], &["--rpo", "10s"]);
    assert_eq!(fine["links_for_rpo"][0]["is_lower_bound"], false);
}

#[test]
fn growth_counts_in_all_but_sizes() {
    let plan = plain(20, &BURST, &["--growth", "0.44", "--months", "6"]);
    assert_close(
        &plan["wan"]["quantiles"][3]["megabit_per_second"],
        320.0 * 1.2,
    );
}

#[test]
fn a_link_that_changes_by_time_of_day() {
    // The burst is at 00:10 UTC, which is 01:10 in Berlin.
    let at = ["--link", "100Mbit", "--link-at", "01:00-02:00=1Gbit"];
    let berlin = plain(
        20,
        &BURST,
        &[&at[..], &["--time-zone", "Europe/Berlin"]].concat(),
    );
    assert_close(&berlin["rpo"]["worst_seconds"], 0.0);
    let utc = plain(20, &BURST, &at);
    assert!(utc["rpo"]["worst_seconds"].as_f64().unwrap() > 600.0);
    assert_eq!(utc["rpo"]["schedule"][0]["from"], "01:00:00");
    assert!(!utc["links_for_rpo"][0]["base_link_megabit_per_second"].is_null());
}

#[test]
fn a_part_of_the_link_is_usable() {
    let plan = plain(20, &BURST, &["--rpo", "0s", "--usable-share", "0.8"]);
    assert_close(&plan["links_for_rpo"][0]["megabit_per_second"], 400.0);
}

#[test]
fn scenarios_answer_beside_the_base() {
    let flags = [
        "--link",
        "200Mbit",
        "--scenario",
        "fast:link=400Mbit",
        "--scenario",
        "packed:compression=0.5,rpo=0s",
    ];
    let plan = plain(20, &BURST, &flags);
    let [fast, packed] = &plan["scenarios"].as_array().unwrap()[..] else {
        panic!("two scenarios");
    };
    assert_eq!(fast["name"], "fast");
    assert_close(&fast["rpo"]["worst_seconds"], 0.0);
    assert_close(&fast["inputs"]["link_megabit_per_second"]["value"], 400.0);
    assert_close(&packed["links_for_rpo"][0]["megabit_per_second"], 160.0);
    assert_close(&packed["rpo"]["link_megabit_per_second"], 200.0);
    assert_eq!(packed["inputs"]["compression"]["from"], "given");
    assert_eq!(fast["inputs"]["met_percent"]["from"], "default");
}

#[test]
fn excluded_time_does_not_count() {
    let during = "2024-01-01T00:10:00Z/2024-01-01T00:20:00Z";
    let plan = plain(20, &BURST, &["--exclude-time", during]);
    assert_close(&plan["wan"]["quantiles"][3]["megabit_per_second"], 0.0);
    assert_close(&plan["window"]["hours_covered"], 0.5);
    assert_eq!(plan["inputs"]["exclude_time"]["from"], "given");
}

#[test]
fn the_time_to_plan_for_can_be_chosen() {
    let window = [
        "--start",
        "2024-01-01T00:10:00Z",
        "--end",
        "2024-01-01T00:20:00Z",
    ];
    let plan = plain(20, &BURST, &window);
    assert_close(&plan["vm_table"][0]["mean_megabyte_per_second"], 40.0);
    let last = plain(20, &BURST, &["--last", "30m"]);
    assert_close(&last["vm_table"][0]["mean_megabyte_per_second"], 40.0 / 3.0);
}
