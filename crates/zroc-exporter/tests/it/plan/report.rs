//! `--format html`: the report.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};

use super::{BURST, MONDAY, PLAIN, Run, Stage, stage};

fn report(stage: &Stage, flags: &[&str]) -> String {
    let fixed = ["--from", "w.csv", "--format", "html"];
    stage.text(&[&fixed, &PLAIN[..], flags].concat())
}

/// The text between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap().0
}

#[test]
fn it_says_what_the_other_formats_say() {
    let stage = stage(20, &BURST);
    let flags = ["--link", "200Mbit", "--rpo", "10s"];
    let html = report(&stage, &flags);
    let plan = stage.plan(&[&["--from", "w.csv"], &PLAIN[..], &flags].concat());
    let sentence = plan["sentence"].as_str().unwrap();
    let shown = between(&html, "<p class=\"verdict\">", "<dl class=\"so\">");
    let shown = shown.replace("</p>\n<p class=\"verdict next\">", " ");
    let shown = shown.replace(['\u{a0}'], " ");
    let shown = shown.replace("<strong>", "").replace("</strong>", "");
    assert_eq!(shown.trim().trim_end_matches("</p>"), sentence);
    assert!(html.contains("<strong>315\u{a0}Mbit/s (39.4\u{a0}MB/s)</strong>"));
    assert!(html.contains("is too small for an RPO of"));
    // The burst is 40 MB/s, so 320 Mbit/s, which all quantiles above the burst's share show.
    let tiles = between(&html, "<section class=\"tiles\"", "</section>");
    assert!(tiles.contains("320 <small>Mbit/s</small>"), "{tiles}");
    let enough = report(&stage, &["--link", "320Mbit"]);
    assert!(enough.contains("answer met") && enough.contains("is enough for an RPO of"));
    let never = report(&stage, &["--link", "50Mbit"]);
    assert!(never.contains("it never catches up"));
    assert!(!report(&stage, &[]).contains("your link"));
}

#[test]
fn it_is_one_file_that_loads_and_runs_nothing() {
    let html = report(&stage(20, &BURST), &["--link", "200Mbit"]);
    for word in [
        "<script",
        "javascript:",
        " style=",
        "http://",
        "https://",
        "@import",
        "onload",
    ] {
        assert!(!html.contains(word), "{word}");
    }
    let style = between(&html, "<style>", "</style>");
    let hash = BASE64_STANDARD.encode(digest(&SHA256, style.as_bytes()));
    let policy = between(&html, "Content-Security-Policy\" content=\"", "\">");
    let policy = policy.replace("&#39;", "'").replace("&#43;", "+");
    assert_eq!(
        policy,
        format!("default-src 'none'; style-src 'sha256-{hash}'")
    );
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn hostile_names_are_only_names() {
    let long = "x".repeat(1_000);
    let names = [
        "<script>alert(1)</script>",
        "a\"b'c & d",
        "\u{202e}gnp.exe",
        "=1+1",
        "]]></style><b>",
        &long,
    ];
    let mut csv = "time,vm,disk,write_bytes_per_second\n".to_owned();
    for name in names {
        for place in 0..3 {
            let _ = writeln!(
                csv,
                "{},\"{}\",scsi0:0,1000000",
                MONDAY + place * 20,
                name.replace('"', "\"\"")
            );
        }
    }
    let stage = Stage::new();
    stage.write("w.csv", csv);
    let html = report(&stage, &["--link", "200Mbit"]);
    let style = between(&html, "<style>", "</style>").to_owned();
    let body = html.replace(&style, "");
    assert!(!body.contains("<script") && !body.contains("<b>\"") && !body.contains("]]></style>"));
    assert!(body.contains("&#60;script&#62;alert(1)") && body.contains("a&#34;b&#39;c &#38; d"));
    assert!(!body.contains('\u{202e}'));
    assert!(body.contains("\u{fffd}gnp.exe"));
    assert!(html.len() < 200_000, "{} bytes", html.len());
}

#[test]
fn every_demand_can_be_drawn() {
    let day = 24 * 180;
    let cases: [(i64, &[Run]); 6] = [
        (20, &[(Some(1e6), 1)]),
        (20, &[(Some(0.0), 5)]),
        (20, &[(Some(1.0), 1), (None, 50), (Some(1e-3), 1)]),
        (20, &[(Some(5e9), 1), (Some(1.0), 400)]),
        (20, &[(Some(1e6), day), (Some(2e8), 30), (Some(1e6), day)]),
        (86_400, &[(Some(1e6), 30)]),
    ];
    for (bucket_seconds, runs) in cases {
        let stage = stage(bucket_seconds, runs);
        let bucket = format!("{bucket_seconds}s");
        for flags in [
            &[][..],
            &["--link", "20Mbit"],
            &["--link", "100Gbit"],
            &["--link", "1Mbit"],
        ] {
            let html = report(&stage, &[flags, &["--bucket", &bucket]].concat());
            for word in ["NaN", "inf%", "inf ", ">inf<", "-0.0%"] {
                assert!(!html.contains(word), "{runs:?} {flags:?}: {word}");
            }
            assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
        }
    }
}

/// A peak of one sample in two days is in the drawing, at its height.
#[test]
fn no_peak_vanishes() {
    let runs = [(Some(1e6), 5_000), (Some(50e6), 1), (Some(1e6), 3_639)];
    let html = report(&stage(20, &runs), &[]);
    let chart = between(&html, "aria-labelledby=\"time-title", "</figure>");
    let path = between(chart, "<path class=\"band\" d=\"", "\"");
    let heights = path
        .split(['M', 'L'])
        .filter_map(|point| point.trim_end_matches('Z').split_once(' '));
    let highest = heights
        .map(|(_, y)| y.parse::<f64>().unwrap())
        .fold(f64::INFINITY, f64::min);
    // 400 Mbit/s of the 400 that the axis has.
    assert!(chart.contains(">400</text>") && !chart.contains(">500</text>"));
    assert_eq!(highest, 0.0);
}

#[test]
fn what_is_asked_for_beside_has_its_place() {
    let stage = stage(20, &BURST);
    stage.write("groups.csv", "vm,vpg\nvm-0,gold\n");
    stage.write("list.txt", "vm-0\nvm-that-is-gone\n");
    let flags = [
        "--link",
        "200Mbit",
        "--groups",
        "groups.csv",
        "--vm-list",
        "list.txt",
        "--scenario",
        "fast <b>:link=500Mbit",
        "--growth",
        "0.3",
        "--months",
        "18",
    ];
    let html = report(&stage, &flags);
    for text in [
        "<h2>Groups</h2>",
        ">gold<",
        "vm-that-is-gone",
        "fast &#60;b&#62;",
        "growth × 1.482",
        "<dt>months</dt>",
    ] {
        assert!(html.contains(text), "{text}");
    }
}
