//! Plans from what the running exporter keeps.

mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

use axum::http::Method;
use jiff::Timestamp;
use mock_vcenter::{MockVcenter, Options};
use serde_json::Value;
use tempfile::TempDir;

use crate::exporter::Exporter;
use crate::staging::{newest_sample, running, settings};

/// Seconds of a sample.
const SLOT: i64 = 20;

/// An exporter with a history.
struct Stage {
    mock: MockVcenter,
    exporter: Exporter,
    folder: TempDir,
    /// The stamp of the newest sample that the history had at first.
    newest: i64,
}

impl Stage {
    async fn start(options: Options) -> Self {
        // No hour ends while a test looks.
        let of_hour = Timestamp::now().as_second().rem_euclid(3_600);
        let options = Options {
            clock_offset_seconds: 1_800 - of_hour,
            ..options
        };
        Self::with(MockVcenter::start(options).await.unwrap()).await
    }

    async fn with(mock: MockVcenter) -> Self {
        let folder = TempDir::new().unwrap();
        let exporter = Exporter::start(&settings(&mock, &[])).await;
        let newest = newest_sample(&exporter.page_after_cycles(1).await).as_second();
        Self {
            mock,
            exporter,
            folder,
            newest,
        }
    }

    /// What all VMs wrote in the 5 minutes before the newest sample, as a file.
    fn write_truth(&self) {
        let mut csv = "time,vm,moref,write_bytes_per_second\n".to_owned();
        for vm in running(&self.mock) {
            for end in (self.newest - 280..=self.newest).step_by(20) {
                let at = |second| Timestamp::from_second(second).unwrap();
                let world = self.mock.world();
                let bytes = world.bytes_written(&vm.moref, at(end - SLOT), at(end));
                let rate = bytes.unwrap() as f64 / SLOT as f64;
                let _ = writeln!(csv, "{},vm,{},{rate}", end - SLOT, vm.moref);
            }
        }
        std::fs::write(self.folder.path().join("truth.csv"), csv).unwrap();
    }

    /// These 5 minutes as parameters.
    fn window(&self) -> String {
        format!("start={}&end={}", self.newest - 300, self.newest)
    }

    /// The plan of the command for what all VMs truly wrote.
    fn planned_by_command(&self, flags: &[String]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_zroc-exporter"))
            .env_clear()
            .current_dir(self.folder.path())
            .args(["plan", "--from", "truth.csv", "--format", "json"])
            .args(flags)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// All numbers of a part of a plan, by their path. Lists of VMs are named by references.
fn numbers(value: &Value, path: &str, found: &mut BTreeMap<String, f64>) {
    match value {
        Value::Number(number) => {
            found.insert(path.to_owned(), number.as_f64().unwrap());
        }
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                let name = value["moref"].as_str();
                let name = name.map_or_else(|| place.to_string(), str::to_owned);
                numbers(value, &format!("{path}/{name}"), found);
            }
        }
        Value::Object(values) => {
            for (name, value) in values {
                numbers(value, &format!("{path}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[tokio::test]
async fn exporter_and_command_give_the_same_figures_for_the_same_inputs() {
    let stage = Stage::start(Options::with_vms(40)).await;
    stage.write_truth();
    for more in [
        "",
        "link=40Mbit&rpo=10s&rpo=5s&met=100,95",
        "link=2Mbit&compression=0.3&overhead=0.1&quantile=50,99.9&history=2h",
        "link=40Mbit&scenario=fast%3Alink%3D1Gbit&growth=0.3&months=18&time-zone=Europe%2FBerlin",
    ] {
        let query = format!("{}&{more}", stage.window());
        let answer = stage
            .exporter
            .get(&format!("/planner/plan.json?{query}"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.headers["content-type"], "application/json");
        let flags = query.split('&').filter(|it| !it.is_empty());
        let flags = flags.map(|it| format!("--{}", it.replace("%3A", ":").replace("%3D", "=")));
        let flags: Vec<String> = flags.map(|it| it.replace("%2F", "/")).collect();
        let by_command = stage.planned_by_command(&flags);
        let by_exporter = answer.json();
        for part in [
            "window",
            "wan",
            "links_for_rpo",
            "rpo",
            "curve",
            "scenarios",
            "journal",
            "rules_of_thumb",
        ] {
            let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
            numbers(&by_exporter[part], part, &mut one);
            numbers(&by_command[part], part, &mut other);
            assert!(!one.is_empty() || matches!(part, "rpo" | "scenarios"));
            assert!(one.keys().eq(other.keys()), "{query}: {part}");
            for (path, figure) in one {
                let expected = other[&path];
                let difference = (figure - expected).abs();
                let is_same = difference <= 1e-9 * expected.abs().max(1e-6);
                assert!(is_same, "{query}: {path}: {figure}, and {expected}");
            }
        }
        assert_eq!(
            by_exporter["window"]["start"],
            by_command["window"]["start"]
        );
        assert_eq!(by_exporter["sentence"], by_command["sentence"]);
    }
}

#[tokio::test]
async fn parameters_choose_vms_and_what_is_left_out_has_its_reason() {
    let stage = Stage::start(Options::with_vms(60).with_oddities()).await;
    let all = stage.exporter.get("/planner/plan.json").await.json();
    let not_counted = all["vms"]["not_counted"].as_array().unwrap();
    let reasons = not_counted.iter().map(|it| it["reason"].as_str().unwrap());
    let reasons: Vec<&str> = reasons.collect();
    assert!(reasons.contains(&"powered_off"), "{reasons:?}");
    let table = all["vm_table"].as_array().unwrap();
    // Each VM is in the sums or left out.
    let named = table.iter().chain(not_counted);
    let named: BTreeSet<&str> = named.map(|it| it["moref"].as_str().unwrap()).collect();
    for vm in running(&stage.mock) {
        assert!(named.contains(&*vm.moref), "{vm:?}");
    }
    let size = table.iter().map(|vm| vm["provisioned_gib"].as_f64());
    assert!(size.flatten().any(|size| size > 0.0));
    let name = table[0]["vm"].as_str().unwrap();
    let query = form_urlencoded::byte_serialize(name.as_bytes());
    let query: String = query.collect();
    let path = format!("/planner/plan.json?include-vms={query}&exclude-vms=no+such+vm");
    let one = stage.exporter.get(&path).await.json();
    let table = one["vm_table"].as_array().unwrap();
    assert!(!table.is_empty() && table.iter().all(|vm| vm["vm"] == name));
    assert_eq!(one["vms"]["unmatched"][0]["entry"], "no such vm");
}

#[tokio::test]
async fn documents_come_in_the_formats_of_the_command() {
    let stage = Stage::start(Options::with_vms(10)).await;
    let csv = stage.exporter.get("/planner/plan.csv?link=10Mbit").await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert!(csv.text().starts_with("vcenter,vm,moref,"));
    assert_eq!(csv.text().lines().count(), running(&stage.mock).len() + 1);
    let xlsx = stage.exporter.get("/planner/plan.xlsx").await;
    assert!(xlsx.body.starts_with(b"PK"));
    let disposition = xlsx.headers["content-disposition"].to_str().unwrap();
    assert_eq!(disposition, "attachment; filename=\"plan.xlsx\"");
    let report = stage.exporter.get("/planner/report?link=10Mbit").await;
    assert_eq!(report.headers["content-type"], "text/html; charset=utf-8");
    let policy = report.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(report.text().contains("Replication plan for"));
    let head = stage
        .exporter
        .send(Method::HEAD, "/planner/plan.csv", &[])
        .await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn a_question_that_has_no_answer_says_why() {
    let stage = Stage::start(Options::with_vms(10)).await;
    for (query, code, said) in [
        ("link=fast", 400, "link: \"fast\" is not"),
        ("growth=0.2", 400, "growth and months come together"),
        ("output=x", 400, "\"output\" is not a parameter"),
        ("include-vms=nobody*", 422, "no VM is chosen"),
        ("start=1&end=1000", 422, "there is no sample in the time"),
    ] {
        let path = format!("/planner/plan.json?{query}");
        let answer = stage.exporter.get(&path).await;
        assert_eq!(answer.status.as_u16(), code, "{query}");
        assert!(answer.text().contains(said), "{query}: {}", answer.text());
    }
    let long = format!("/planner/plan.json?include-vms={}", "x".repeat(9_000));
    assert_eq!(stage.exporter.get(&long).await.status, 414);
    // A time beyond what is kept costs nothing.
    let long = stage
        .exporter
        .get("/planner/plan.json?start=1&end=9999999999")
        .await;
    assert_eq!(long.status, 200, "{}", long.text());
}

#[tokio::test]
async fn without_a_history_there_is_nothing_to_plan_from() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let exporter = Exporter::collecting(&mock, &[("HISTORY_HOURS", "0")]).await;
    let answer = exporter.get("/planner/plan.json").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("set HISTORY_HOURS above 0"));
}
