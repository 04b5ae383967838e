//! Flags: what they accept, and what they refuse.

use super::{BURST, Stage, assert_close, plain, stage};

#[test]
fn inputs_that_cannot_be_end_with_2_and_a_word() {
    let stage = stage(20, &BURST);
    for (flags, word) in [
        (&["--link", "0Mbit"][..], "0 sends nothing"),
        (&["--link", "300"], "300Mbit"),
        (&["--link", "300Mb/s"], "300Mbit"),
        (
            &["--link-at", "22:00-06:00=1Gbit"],
            "--link-at needs --link",
        ),
        (
            &["--link", "1Gbit", "--link-at", "06:00-06:00=1Gbit"],
            "no length",
        ),
        (
            &[
                "--link",
                "1Gbit",
                "--link-at",
                "22:00-06:00=1Gbit",
                "--link-at",
                "05:00-07:00=1Gbit",
            ],
            "two rates",
        ),
        (&["--rpo", "10"], "10s"),
        (&["--met", "0"], "percentage"),
        (&["--met", "101"], "percentage"),
        (&["--compression", "1"], "compression"),
        (&["--compression", "50"], "compression"),
        (&["--compression", "NaN"], "compression"),
        (&["--overhead", "1.1"], "overhead"),
        (&["--usable-share", "0"], "usable-share is above 0"),
        (&["--growth", "0.3"], "come together"),
        (&["--months", "3"], "come together"),
        (&["--growth", "-1", "--months", "3"], "growth"),
        (&["--history", "59m"], "--history"),
        (&["--history", "31d"], "--history"),
        (&["--journal-compression", "1"], "--journal-compression"),
        (&["--recovery-hosts", "0"], "--recovery-hosts"),
        (&["--vra-memory", "3GiB"], "come together"),
        (&["--vra-memory", "500MiB", "--vra-count", "4"], "563MiB"),
        (&["--time-zone", "Mars/Base"], "Mars/Base"),
        (&["--quantile", "95,95"], "twice"),
        (&["--start", "0"], "come together"),
        (&["--start", "100", "--end", "50"], "before --end"),
        (
            &["--last", "1h", "--start", "0", "--end", "50"],
            "one of both",
        ),
        (&["--exclude-time", "100/50"], "earlier one first"),
        (&["--bucket", "0s"], "--bucket"),
        (&["--require-hours", "NaN"], "--require-hours"),
        (&["--scenario", "link=500Mbit"], "NAME:WORD=VALUE"),
        (&["--scenario", "a:speed=1Gbit"], "not one of"),
        (&["--scenario", "a:link=1Gbit,link=2Gbit"], "twice"),
        (
            &["--scenario", "a:rpo=1s", "--scenario", "a:rpo=2s"],
            "same name",
        ),
        (
            &[
                "--scenario",
                "a:rpo=1s",
                "--scenario",
                "b:rpo=2s",
                "--scenario",
                "c:rpo=2s",
            ],
            "more than twice",
        ),
        (&["--exclude-disk", "sql"], "scsi0:2"),
        (&["--include-vms", "a,,b"], "not empty"),
        (&["--format", "pdf"], "pdf"),
        (&["--no-such-flag"], "--no-such-flag"),
    ] {
        let all = [&["--from", "w.csv"], flags].concat();
        let said = stage.refused(2, &all);
        assert!(said.contains(word), "{flags:?}: {said}");
    }
}

#[test]
fn flags_that_a_source_does_not_have_are_refused() {
    const PROMETHEUS: &str = "prometheus:http://127.0.0.1:1";
    let stage = stage(20, &BURST);
    for (flags, word) in [
        (
            &["--from", "exporter:http://localhost:9272"][..],
            "not supported yet",
        ),
        (&["--from", "w.csv", "--read-series"], "prometheus:URL"),
        (
            &["--from", "w.csv", "--http-config", "x.yml"],
            "prometheus:URL",
        ),
        (
            &["--from", PROMETHEUS, "--exclude-disk", "a:scsi0:0"],
            "series of disks",
        ),
        (
            &["--from", PROMETHEUS, "--exclude-time", "0/3600"],
            "--read-series",
        ),
    ] {
        let said = stage.refused(2, flags);
        assert!(said.contains(word), "{flags:?}: {said}");
    }
}

#[test]
fn the_last_of_two_values_counts() {
    let flags = [
        "--link", "1Mbit", "--link", "200Mbit", "--met", "90", "--met", "100,99",
    ];
    let plan = plain(20, &BURST, &flags);
    assert_close(&plan["rpo"]["link_megabit_per_second"], 200.0);
    assert_eq!(plan["links_for_rpo"].as_array().unwrap().len(), 2);
    assert_close(&plan["links_for_rpo"][1]["met_percent"], 99.0);
    assert!(plan["links_for_rpo"][1]["critical_interval"].is_null());
}

#[test]
fn every_input_says_where_it_comes_from() {
    let inputs = &plain(20, &BURST, &["--rpo", "10s"])["inputs"];
    assert_eq!(inputs["rpo_seconds"]["from"], "given");
    assert_eq!(inputs["compression"]["from"], "given");
    assert_eq!(inputs["met_percent"]["from"], "default");
    assert_close(&inputs["usable_share"]["value"], 1.0);
    assert!(inputs["link_megabit_per_second"]["value"].is_null());
    assert_close(&inputs["history_seconds"]["value"], 86_400.0);
}

#[test]
fn too_little_is_written_and_ends_with_3() {
    let stage = stage(20, &BURST);
    let output = stage.run(&["--from", "w.csv", "--require-hours", "24"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .starts_with("For an RPO of 10 s you need ")
    );
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("cover 0.67 h") && said.contains("24 h"),
        "{said}"
    );
    stage.text(&["--from", "w.csv", "--require-hours", "0.6"]);
}

#[test]
fn nothing_but_the_result_is_on_standard_output() {
    let stage = stage(20, &BURST);
    let output = stage.run(&["--from", "w.csv", "--output", "plan.txt"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    let file = std::fs::read_to_string(stage.path("plan.txt")).unwrap();
    assert_eq!(file, stage.text(&["--from", "w.csv"]));
    assert_eq!(std::fs::read_dir(stage.0.path()).unwrap().count(), 2);
    let said = stage.refused(1, &["--from", "w.csv", "--output", "absent/plan.txt"]);
    assert!(said.contains("absent/plan.txt"), "{said}");
}

#[test]
fn help_names_every_flag() {
    let stage = Stage::new();
    let help = stage.text(&["--help"]);
    for flag in [
        "--from",
        "--last",
        "--start",
        "--end",
        "--include-vms",
        "--exclude-vms",
        "--include-clusters",
        "--vm-list",
        "--count",
        "--groups",
        "--exclude-disk",
        "--exclude-time",
        "--link",
        "--link-at",
        "--time-zone",
        "--rpo",
        "--met",
        "--compression",
        "--overhead",
        "--usable-share",
        "--growth",
        "--months",
        "--quantile",
        "--history",
        "--journal-compression",
        "--journal-limit",
        "--recovery-hosts",
        "--vra-memory",
        "--vra-count",
        "--scenario",
        "--bucket",
        "--read-series",
        "--http-config",
        "--require-hours",
        "--format",
        "--output",
        "--compare",
    ] {
        assert!(help.contains(flag), "{flag}");
    }
}
