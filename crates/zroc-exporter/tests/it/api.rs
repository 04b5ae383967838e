//! `/api/v1`: documents for programs, held against their own description.

mod pages;
mod tags;

use std::sync::LazyLock;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use serde_json::{Value, json};
use zroc_exporter::http::openapi;

use crate::exporter::{Answer, Exporter};
use crate::metrics_page::MetricsPage;
use crate::staging::{deployed, odd_mock, settings};

/// Long enough that a test sees one cycle.
const ONE_CYCLE: (&str, &str) = ("POLL_INTERVAL", "3600");

/// The description, with nothing allowed in an answer that it does not name.
static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| {
    fn close(schema: &mut Value) {
        match schema {
            Value::Object(map) => {
                if map.contains_key("properties") {
                    map.insert("additionalProperties".to_owned(), false.into());
                }
                map.values_mut().for_each(close);
            }
            Value::Array(all) => all.iter_mut().for_each(close),
            _ => {}
        }
    }
    let mut description: Value = serde_json::from_str(&openapi()).unwrap();
    close(&mut description["components"]);
    description
});

/// Checks an answer against the description of what its path answers with this code.
fn assert_as_described(path: &str, answer: &Answer) {
    let code = answer.status.as_str();
    let content = &DESCRIPTION["paths"][path]["get"]["responses"][code]["content"];
    let mut schema = content["application/json"]["schema"].clone();
    assert!(schema.is_object(), "{path} {code} is not described");
    schema["components"] = DESCRIPTION["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let body = answer.json();
    let problems: Vec<String> = validator
        .iter_errors(&body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{path}: {problems:#?}\n{body:#}");
    let kind = answer.headers["content-type"].to_str().unwrap();
    assert!(kind.starts_with("application/json"), "{kind}");
}

async fn data(exporter: &Exporter, path: &str) -> Value {
    let answer = exporter.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let mut body = answer.json();
    assert_eq!(body["status"], "success", "{path}");
    body["data"].take()
}

/// All pages of a query, with this many VMs on each.
async fn all_pages(exporter: &Exporter, query: &str, limit: usize) -> Vec<Value> {
    let (mut vms, mut next) = (Vec::new(), String::new());
    loop {
        let page = data(exporter, &format!("/api/v1/vms?limit={limit}{query}{next}")).await;
        let on_page = page["vms"].as_array().unwrap();
        assert!(on_page.len() <= limit);
        vms.extend(on_page.iter().cloned());
        let Some(token) = page["next"].as_str() else {
            assert_eq!(page["total"], vms.len());
            return vms;
        };
        next = format!("&next={token}");
    }
}

#[test]
fn the_description_is_committed() {
    let committed = deployed("docs/openapi.json");
    assert!(
        committed == openapi(),
        "docs/openapi.json is not what the program says; put this into it:\n{}",
        openapi()
    );
}

#[tokio::test]
async fn every_answer_is_as_described() {
    let mock = odd_mock(40, 100).await;
    let more = [
        ONE_CYCLE,
        ("PER_DISK_METRICS", "true"),
        ("COLLECT_READS", "true"),
        ("CUSTOM_ATTRIBUTES", "Owner"),
    ];
    let exporter = Exporter::start(&settings(&mock, &more)).await;
    assert_as_described("/api/v1/status", &exporter.get("/api/v1/status").await);
    assert_as_described("/api/v1/vms", &exporter.get("/api/v1/vms").await);
    exporter.first_cycle().await;

    assert_as_described("/api/v1/status", &exporter.get("/api/v1/status").await);
    let list = exporter.get("/api/v1/vms?limit=1000").await;
    assert_as_described("/api/v1/vms", &list);
    let vms = list.json()["data"]["vms"].as_array().unwrap().clone();
    assert!(vms.len() > 40, "{}", vms.len());
    let of_one = "/api/v1/vms/{vcenter}/{moref}";
    for vm in &vms {
        let (vcenter, moref) = (
            vm["vcenter"].as_str().unwrap(),
            vm["moref"].as_str().unwrap(),
        );
        let answer = exporter
            .get(&format!("/api/v1/vms/{vcenter}/{moref}"))
            .await;
        assert_as_described(of_one, &answer);
        assert_eq!(answer.json()["data"]["vm"], *vm);
    }
    let vcenter = vms[0]["vcenter"].as_str().unwrap();
    for nowhere in [
        format!("/api/v1/vms/{vcenter}/vm-0"),
        "/api/v1/vms/nowhere/vm-1".to_owned(),
    ] {
        let answer = exporter.get(&nowhere).await;
        assert_eq!(answer.status, 404);
        assert_eq!(answer.json()["errorType"], "not_found");
        assert_as_described(of_one, &answer);
    }
    let document = exporter.get("/api/v1/openapi.json").await;
    assert_eq!(document.text(), openapi());
    let nowhere = exporter.get("/api/v2/status").await;
    assert_eq!(
        (nowhere.status.as_u16(), &nowhere.json()["status"]),
        (404, &json!("error"))
    );
}

/// The families of `/metrics` whose values the API has, each with the path to it.
const SAME: [(&str, &str); 12] = [
    ("vcenter_vm_disk_write_iops", "/write/iops"),
    (
        "vcenter_vm_disk_write_throughput_mbps",
        "/write/throughput_mib_per_second",
    ),
    (
        "vcenter_vm_disk_write_latency_ms",
        "/write/latency_milliseconds",
    ),
    (
        "vcenter_vm_disk_write_latency_seconds",
        "/write/weighted_latency_seconds",
    ),
    (
        "vcenter_vm_disk_write_peak_bytes_per_second",
        "/write/peak_bytes_per_second",
    ),
    ("vcenter_vm_disk_write_bytes_total", "/write/total_bytes"),
    ("vcenter_vm_disk_read_iops", "/read/iops"),
    (
        "vcenter_vm_disk_read_throughput_mbps",
        "/read/throughput_mib_per_second",
    ),
    (
        "vcenter_vm_disk_read_latency_ms",
        "/read/latency_milliseconds",
    ),
    (
        "vcenter_vm_disk_read_latency_seconds",
        "/read/weighted_latency_seconds",
    ),
    (
        "vcenter_vm_disk_read_peak_bytes_per_second",
        "/read/peak_bytes_per_second",
    ),
    ("vcenter_vm_disk_read_bytes_total", "/read/total_bytes"),
];

fn assert_same_numbers(vm: &Value, page: &MetricsPage) {
    let moref = vm["moref"].as_str().unwrap();
    for (family, path) in SAME {
        let ours = vm["values"].pointer(path).and_then(Value::as_f64);
        assert_eq!(ours, page.vm(family, moref), "{moref} {family}");
    }
}

#[tokio::test]
async fn the_numbers_are_those_of_the_metrics() {
    let mock = odd_mock(25, 100).await;
    let more = [ONE_CYCLE, ("COLLECT_READS", "true")];
    let exporter = Exporter::start(&settings(&mock, &more)).await;
    exporter.first_cycle().await;
    let page = exporter.page().await;
    let vms = all_pages(&exporter, "", 1_000).await;
    for vm in &vms {
        assert_same_numbers(vm, &page);
    }
    let with_values = vms.iter().filter(|vm| !vm["values"].is_null()).count();
    assert_eq!(with_values, page.series("vcenter_vm_disk_write_iops").len());

    let status = data(&exporter, "/api/v1/status").await;
    let vcenter = &status["vcenters"][0];
    let mut all = 0;
    for (state, count) in vcenter["vms"]["by_state"].as_object().unwrap() {
        let metric = page.labelled("vcenter_collector_vms", "state", state);
        assert_eq!(metric, count.as_f64(), "{state}");
        let listed = all_pages(&exporter, &format!("&state={state}"), 1_000).await;
        assert_eq!(listed.len() as u64, count.as_u64().unwrap(), "{state}");
        assert!(listed.iter().all(|vm| vm["state"] == *state));
        all += listed.len();
    }
    assert_eq!(all, vms.len());
    for (reason, count) in vcenter["vms"]["without_data"].as_object().unwrap() {
        let query = format!("&state=no_data&reason={reason}");
        let listed = all_pages(&exporter, &query, 1_000).await;
        assert_eq!(listed.len() as u64, count.as_u64().unwrap(), "{reason}");
        for vm in listed {
            assert_eq!(vm["reason"]["kind"], *reason);
            assert!(vm["reason"]["sentence"].as_str().unwrap().contains(' '));
        }
    }
    let newest = page.value("vcenter_collector_newest_sample_timestamp_seconds");
    assert_eq!(
        vcenter["cycle"]["newest_sample_timestamp_seconds"].as_f64(),
        newest
    );
    let ended = page.value("vcenter_collector_last_collection_timestamp_seconds");
    assert_eq!(
        vcenter["last_success"]["ended_timestamp_seconds"].as_f64(),
        ended
    );
}

#[tokio::test]
async fn disks_are_those_of_the_metrics() {
    let mock = MockVcenter::with_vms(6).await.unwrap();
    let more = [ONE_CYCLE, ("PER_DISK_METRICS", "true")];
    let exporter = Exporter::collecting(&mock, &more).await;
    let page = exporter.page().await;
    let all = page.series("vcenter_virtual_disk_write_iops");
    let mut disks = 0;
    for vm in all_pages(&exporter, "", 1_000).await {
        let (vcenter, moref) = (
            vm["vcenter"].as_str().unwrap(),
            vm["moref"].as_str().unwrap(),
        );
        let details = data(&exporter, &format!("/api/v1/vms/{vcenter}/{moref}")).await;
        for disk in details["disks"].as_array().unwrap() {
            let is_it = |labels: &crate::metrics_page::Labels| {
                labels["vm_moref"] == moref && labels["disk"] == disk["instance"].as_str().unwrap()
            };
            let metric = all.iter().find(|(labels, _)| is_it(labels)).unwrap().1;
            assert_eq!(disk["write"]["iops"].as_f64(), Some(metric));
            assert!(!disk["place"]["datastore"].as_str().unwrap().is_empty());
            disks += 1;
        }
    }
    assert_eq!(disks, all.len());
}

#[tokio::test]
async fn the_status_says_what_went_wrong_and_what_to_do() {
    let mock = MockVcenter::start(Options::with_vms(3)).await.unwrap();
    mock.add_fault(FaultRule::on("Login", Effect::fault("InvalidLogin")));
    let exporter = Exporter::start(&settings(&mock, &[ONE_CYCLE])).await;
    let starting = data(&exporter, "/api/v1/status").await;
    assert!(["starting", "failing"].contains(&starting["vcenters"][0]["state"].as_str().unwrap()));
    let health = exporter.first_cycle().await;
    let answer = exporter.get("/api/v1/status").await;
    assert_as_described("/api/v1/status", &answer);
    let vcenter = &answer.json()["data"]["vcenters"][0];
    assert_eq!(vcenter["state"], "failing");
    assert_eq!(vcenter["vms"], Value::Null);
    let [trouble] = &vcenter["troubles"].as_array().unwrap()[..] else {
        panic!("{vcenter}");
    };
    assert_eq!(
        (&trouble["kind"], &trouble["operation"]),
        (&json!("invalid_login"), &json!("Login"))
    );
    let (sentence, cure) = (
        trouble["sentence"].as_str().unwrap(),
        trouble["cure"].as_str().unwrap(),
    );
    assert!(cure.contains("VCENTER_USER"), "{cure}");
    assert_eq!(health["last_error"], format!("{sentence}; {cure}"));
    let empty = data(&exporter, "/api/v1/vms").await;
    assert_eq!(empty, json!({"vms": [], "total": 0, "next": null}));
}
