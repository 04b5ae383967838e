//! `zroc-exporter collect`: one cycle, through the real binary.

use std::collections::BTreeSet;
use std::process::{Output, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use mock_vcenter::{Change, Effect, FaultRule, MockVcenter, VmTruth};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use crate::collection::mean_and_sum;
use crate::exporter::{END_WITHIN, Exporter, PATIENCE, command};
use crate::metrics_page::{Labels, MetricsPage};
use crate::several_vcenters::{File, mocks, right};
use crate::staging::{labels, odd_mock, running, settings, true_labels};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const THROUGHPUT: &str = "vcenter_vm_disk_write_throughput_mbps";

pub(crate) fn collecting(
    mock: &MockVcenter,
    flags: &[&str],
    more: &[(&'static str, &str)],
) -> Command {
    let mut settings = settings(mock, more);
    if !more.iter().any(|(name, _)| *name == "BATCH_DELAY") {
        settings.retain(|(name, _)| *name != "BATCH_DELAY");
    }
    let mut command = command(&settings);
    command.arg("collect").args(flags);
    command
}

pub(crate) async fn collect(
    mock: &MockVcenter,
    flags: &[&str],
    more: &[(&'static str, &str)],
) -> Output {
    collecting(mock, flags, more).output().await.unwrap()
}

pub(crate) fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// What a command prints that must succeed and say nothing else.
pub(crate) async fn printed(
    mock: &MockVcenter,
    flags: &[&str],
    more: &[(&'static str, &str)],
) -> String {
    let output = collect(mock, flags, more).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(output.stderr.is_empty(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

async fn json(mock: &MockVcenter, more: &[(&'static str, &str)]) -> Value {
    serde_json::from_str(&printed(mock, &["--format", "json"], more).await).unwrap()
}

/// The lines about VMs: the families that begin so, with what is said of them.
fn of_vms(page: &str) -> String {
    let is_of_vm = |line: &&str| {
        let name = line
            .trim_start_matches("# HELP ")
            .trim_start_matches("# TYPE ");
        name.starts_with("vcenter_vm") || name.starts_with("vcenter_virtual_disk")
    };
    page.split_inclusive('\n').filter(is_of_vm).collect()
}

#[tokio::test]
async fn the_page_is_that_of_the_exporter() {
    let mock = odd_mock(30, 1_000).await;
    let more = [
        ("POLL_INTERVAL", "3600"),
        ("COLLECT_READS", "true"),
        ("PER_DISK_METRICS", "true"),
    ];
    for (format, accept) in [
        ("prometheus", "text/plain"),
        ("openmetrics", "application/openmetrics-text"),
    ] {
        let mut is_compared = false;
        // A new sample may come between the two.
        for _ in 0..5 {
            let exporter = Exporter::start(&settings(&mock, &more)).await;
            exporter.first_cycle().await;
            let page = exporter.get_with("/metrics", &[("Accept", accept)]).await;
            let collected = printed(&mock, &["--format", format], &more).await;
            exporter.end(Signal::TERM).await;
            let newest = |page: &str| {
                let mut lines = page.lines();
                let name = "vcenter_collector_newest_sample_timestamp_seconds ";
                lines
                    .find(|line| line.starts_with(name))
                    .unwrap()
                    .to_owned()
            };
            if newest(page.text()) == newest(&collected) {
                assert!(of_vms(&collected).lines().count() > 400);
                assert_eq!(of_vms(&collected), of_vms(page.text()));
                assert_eq!(collected.ends_with("# EOF\n"), format == "openmetrics");
                is_compared = true;
                break;
            }
        }
        assert!(is_compared, "each time a new sample came in between");
    }
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn json_and_csv_are_the_truth_with_every_name_as_it_is() {
    let mock = odd_mock(20, 1_000).await;
    let vm = running(&mock).remove(0);
    for name in ["a\"b\\c\nd,e;f", "=cmd()", "µ ☃ {x=\"y\"} # EOF"] {
        let object = vm.moref.clone();
        let name = name.to_owned();
        mock.apply(&Change::Rename { object, name }).unwrap();
        let found = json(&mock, &[]).await;
        let vcenter = &found["vcenters"][0];
        assert_eq!(vcenter["up"], true);
        assert_eq!(vcenter["error"], Value::Null);
        let vms = vcenter["vms"].as_array().unwrap();
        assert_eq!(vms.len(), mock.world().vms().len());
        for vm in running(&mock).iter().filter(|vm| vm.sampled) {
            let row = vms.iter().find(|row| row["vm_moref"] == *vm.moref).unwrap();
            assert_row(&mock, vm, row);
        }
        let text = printed(&mock, &["--format", "csv"], &[]).await;
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        let header = csv.headers().unwrap().clone();
        let place = |name: &str| header.iter().position(|it| it == name).unwrap();
        let rows: Vec<_> = csv.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), vms.len());
        for row in vms {
            let moref = row["vm_moref"].as_str().unwrap();
            let record = rows.iter().find(|it| it[place("vm_moref")] == *moref);
            let record = record.unwrap();
            let name = record[place("vm_name")].trim_start_matches('\'');
            assert_eq!(
                name,
                row["vm_name"].as_str().unwrap().trim_start_matches('\'')
            );
            assert!(!record[place("vm_name")].starts_with('='));
            let iops = record[place(IOPS)].parse::<f64>().ok();
            assert_eq!(iops.is_some(), row[IOPS].is_number(), "{moref}");
        }
    }
    let page = MetricsPage::parse(&printed(&mock, &[], &[]).await);
    let found: BTreeSet<Labels> = labels(&page, "vcenter_vm_disk_provisioned_gb");
    assert!(found.is_subset(&true_labels(&mock)));
}

fn assert_row(mock: &MockVcenter, vm: &VmTruth, row: &Value) {
    assert_eq!(row["vm_name"], *vm.name);
    assert_eq!(row["folder"], *vm.folder);
    assert_eq!(row["state"], "sampled");
    let newest: Timestamp = row["newest_sample"].as_str().unwrap().parse().unwrap();
    let (_, iops) = mean_and_sum(mock, vm, "virtualDisk.numberWriteAveraged.average", newest);
    let (_, kib) = mean_and_sum(mock, vm, "virtualDisk.write.average", newest);
    for (name, expected) in [(IOPS, iops), (THROUGHPUT, kib / 1_024.0)] {
        let found = row[name].as_f64().unwrap();
        assert!(
            (found - expected).abs() < 1e-6,
            "{name}: {found} {expected}"
        );
    }
}

#[tokio::test]
async fn disks_and_reads_are_there_if_they_are_measured() {
    let mock = MockVcenter::with_vms(4).await.unwrap();
    let more = [("COLLECT_READS", "true"), ("PER_DISK_METRICS", "true")];
    let found = json(&mock, &more).await;
    let vms = found["vcenters"][0]["vms"].as_array().unwrap();
    let disks = |vm: &VmTruth| vm.instances.iter().cloned().collect::<BTreeSet<_>>();
    for vm in running(&mock) {
        let row = vms.iter().find(|row| row["vm_moref"] == *vm.moref).unwrap();
        assert!(row["vcenter_vm_disk_read_iops"].is_number());
        let found = row["disks"].as_array().unwrap().iter();
        let found: BTreeSet<String> = found
            .map(|disk| {
                assert!(disk["vcenter_virtual_disk_write_bytes_total"].is_u64());
                disk["disk"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(found, disks(&vm));
    }
    let text = printed(&mock, &["--format", "csv"], &more).await;
    let rows = csv::Reader::from_reader(text.as_bytes()).into_records();
    let all: usize = running(&mock).iter().map(|vm| vm.instances.len()).sum();
    assert_eq!(rows.count(), 4 + all);
    let plain = printed(&mock, &["--format", "csv"], &[]).await;
    assert!(!plain.contains("read_iops") && !plain.contains("virtual_disk"));
}

#[tokio::test]
async fn a_dead_vcenter_ends_with_1_and_the_others_are_printed() {
    let [dead, well] = mocks().await;
    dead.add_fault(FaultRule::on("*", Effect::CloseConnection));
    let file = File::new(&[right("dead", &dead), right("well", &well)]);
    let path = file.path().display().to_string();
    let collect = |format: &'static str| {
        let mut command = command(&[("ZROC_CONFIG", path.clone())]);
        command.args(["collect", "--format", format]).output()
    };
    let output = collect("prometheus").await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("no values from dead: "),
        "{}",
        said(&output)
    );
    let page = MetricsPage::parse(std::str::from_utf8(&output.stdout).unwrap());
    for (name, up, vms) in [("dead", 0.0, 0), ("well", 1.0, 6)] {
        assert_eq!(page.labelled("vcenter_up", "vcenter", name), Some(up));
        let series = page.series(IOPS).iter();
        let of_it = series.filter(|(labels, _)| labels["vcenter"] == name);
        assert_eq!(of_it.count(), vms, "{name}");
    }
    let output = collect("json").await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [of_dead, of_well] = [0, 1].map(|place| &found["vcenters"][place]);
    assert_eq!(
        (&of_dead["name"], &of_dead["up"]),
        (&"dead".into(), &false.into())
    );
    assert!(of_dead["error"].is_string() && of_dead["vms"].as_array().unwrap().is_empty());
    assert_eq!(of_well["vms"].as_array().unwrap().len(), 6);
    dead.clear_faults();
    assert_eq!(collect("csv").await.unwrap().status.code(), Some(0));
    assert_eq!((dead.open_sessions(), well.open_sessions()), (0, 0));
}

#[tokio::test]
async fn vms_that_fail_are_said_and_cost_the_others_nothing() {
    let mock = MockVcenter::with_vms(6).await.unwrap();
    let fault = Effect::status(503, "text/html", "<html/>");
    mock.add_fault(FaultRule::on("QueryPerf", fault).times(1));
    let output = collect(&mock, &[], &[("BATCH_SIZE", "1")]).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    mock.add_fault(FaultRule::on("QueryPerf", Effect::CloseConnection));
    let output = collect(&mock, &[], &[]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("QueryPerf"), "{}", said(&output));
}

#[tokio::test]
async fn there_is_no_pause_unless_it_is_set_and_totals_stay_alone() {
    let mock = MockVcenter::with_vms(200).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state").display().to_string();
    // With the usual pause of half a second it would take longer than anybody waits.
    let more = [("BATCH_SIZE", "1"), ("STATE_FILE", &state)];
    let collected = tokio::time::timeout(PATIENCE, printed(&mock, &[], &more)).await;
    assert!(collected.unwrap().contains(IOPS));
    assert_eq!(mock.calls_of("QueryPerf"), 200);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_is_written_as_a_whole() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page").display().to_string();
    let nothing = printed(&mock, &["--output", &file], &[]).await;
    assert!(nothing.is_empty());
    assert!(std::fs::read_to_string(&file).unwrap().contains(IOPS));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let absent = folder.path().join("a/b").display().to_string();
    let output = collect(&mock, &["--output", &absent], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains(&absent), "{}", said(&output));
}

#[tokio::test]
async fn who_closes_the_pipe_is_left_in_peace() {
    let mock = MockVcenter::with_vms(400).await.unwrap();
    for format in ["prometheus", "json", "csv"] {
        let mut command = collecting(&mock, &["--format", format], &[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 10]).await.unwrap();
        drop(stdout);
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(output.stderr.is_empty(), "{}", said(&output));
    }
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn settings_that_cannot_be_end_with_2() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    for (flags, more, word) in [
        (&[][..], &[("VCENTER_PORT", "0")][..], "VCENTER_PORT"),
        (&["--format", "xml"], &[], "xml"),
        (&["--no-such-flag"], &[], "--no-such-flag"),
    ] {
        let output = collect(&mock, flags, more).await;
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(word), "{}", said(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(mock.calls_of("Login"), 0);
}

#[tokio::test]
async fn a_signal_ends_it_with_a_logout_and_without_a_page() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let forever = Effect::Delay(Duration::from_secs(600));
    mock.add_fault(FaultRule::on("QueryPerf", forever));
    let mut command = collecting(&mock, &[], &[]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    mock.called("QueryPerf", 1).await;
    let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let ended = tokio::time::timeout(END_WITHIN, child.wait_with_output()).await;
    let output = ended.unwrap().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("a signal"), "{}", said(&output));
    assert!(output.stdout.is_empty());
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn a_login_that_is_not_answered_ends_with_the_time_for_a_call() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let never = Effect::Delay(Duration::from_secs(3_600));
    mock.add_fault(FaultRule::on("Login", never));
    let silent = [("VCENTER_REQUEST_TIMEOUT", "1"), ("CYCLE_TIMEOUT", "20")];
    let output = collect(&mock, &[], &silent).await;
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    // Not the deadline of the cycle.
    assert!(said.contains("no complete answer within 1s"), "{said}");
    assert!(said.contains("raise VCENTER_REQUEST_TIMEOUT"), "{said}");
}
