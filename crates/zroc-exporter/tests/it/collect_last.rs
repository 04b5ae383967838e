//! `zroc-exporter collect --last`: what was, as the mock's own workload says.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{Change, Effect, FaultRule, HostClock, MockVcenter, VmTruth};
use tokio::io::AsyncReadExt as _;

use crate::collect::{collect, collecting, printed, said};
use crate::exporter::command;
use crate::metrics_page::{Labels, labels};
use crate::several_vcenters::{File, mocks, right};
use crate::staging::{labels_of, odd_mock, running};

const IOPS: &str = "vcenter_vm_disk_write_iops";
const THROUGHPUT: &str = "vcenter_vm_disk_write_throughput_mbps";
const LATENCY: &str = "vcenter_vm_disk_write_latency_ms";
const PEAK: &str = "vcenter_vm_disk_write_peak_bytes_per_second";
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";
const HOUR: [&str; 4] = ["--format", "openmetrics", "--last", "1h"];
/// Polls of a minute, means of five.
const MINUTE: [(&str, &str); 1] = [("POLL_INTERVAL", "60")];

/// Values by their time in milliseconds of Unix time.
type Series = BTreeMap<i64, f64>;

/// A page with times.
#[derive(Debug, Default)]
struct History(BTreeMap<(String, Labels), Series>);

impl History {
    /// Reads a page, whose families and series must each be beside each other, with times that grow.
    fn parse(text: &str) -> Self {
        let mut history = Self::default();
        let mut families = BTreeSet::new();
        let mut family = String::new();
        let mut latest: Option<((String, Labels), i64)> = None;
        let body = text.strip_suffix("# EOF\n").unwrap();
        for line in body.lines() {
            if let Some(metadata) = line.strip_prefix("# HELP ") {
                metadata.split(' ').next().unwrap().clone_into(&mut family);
                assert!(families.insert(family.clone()), "{family} comes twice");
                continue;
            }
            if line.starts_with("# TYPE ") {
                continue;
            }
            assert!(line.starts_with(&family), "{line}");
            let (name, rest) = line.split_at(line.find('{').unwrap());
            let (labels, rest) = labels(rest.strip_prefix('{').unwrap());
            let (value, time) = rest.trim().split_once(' ').unwrap();
            let millis = millis(time);
            let series = (name.to_owned(), labels);
            let points = history.0.entry(series.clone()).or_default();
            match &latest {
                Some((before, at)) if *before == series => assert!(*at < millis, "{line}"),
                _ => assert!(points.is_empty(), "{line}"),
            }
            points.insert(millis, value.parse().unwrap());
            latest = Some((series, millis));
        }
        history
    }

    /// The series of a VM, or of its disk.
    fn of(&self, name: &str, labels: &[(&str, &str)]) -> &Series {
        let is_wanted = |known: &Labels| {
            let mut wanted = labels.iter();
            wanted.all(|(name, value)| known.get(*name).is_some_and(|it| it == value))
        };
        let mut all = self
            .0
            .iter()
            .filter(|((it, known), _)| it == name && is_wanted(known));
        let (found, more) = (all.next(), all.next());
        assert!(more.is_none(), "{name} {labels:?} is there twice");
        found.unwrap_or_else(|| panic!("no {name} {labels:?}")).1
    }

    fn vm(&self, name: &str, vm: &VmTruth) -> &Series {
        self.of(name, &[("vm_moref", &vm.moref)])
    }
}

/// Seconds, with a fraction of three digits or none.
fn millis(time: &str) -> i64 {
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, "000"));
    assert_eq!(fraction.len(), 3, "{time}");
    seconds.parse::<i64>().unwrap() * 1_000 + fraction.parse::<i64>().unwrap()
}

fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap()
}

/// The samples of a disk in the five minutes that end at a moment.
fn samples(mock: &MockVcenter, vm: &VmTruth, disk: &str, counter: &str, at: Timestamp) -> Vec<f64> {
    let newest = at.as_second().div_euclid(20) * 20;
    let stamps = (0..16).map(|back| newest - 20 * back);
    let inside = stamps.filter(|stamp| *stamp > at.as_second() - 300);
    let values = inside.filter_map(|stamp| {
        let stamp = Timestamp::from_second(stamp).unwrap();
        mock.world().sample(&vm.moref, disk, counter, stamp)
    });
    values
        .filter(|value| *value >= 0)
        .map(|value| value as f64)
        .collect()
}

/// Each disk's mean in the five minutes that end at a moment.
fn means(mock: &MockVcenter, vm: &VmTruth, counter: &str, at: Timestamp) -> Vec<f64> {
    let of_disk = |disk: &String| {
        let samples = samples(mock, vm, disk, counter, at);
        samples.iter().sum::<f64>() / samples.len() as f64
    };
    vm.instances.iter().map(of_disk).collect()
}

/// The largest sum of the disks at one stamp in these five minutes.
fn peak(mock: &MockVcenter, vm: &VmTruth, at: Timestamp) -> f64 {
    let rows: Vec<Vec<f64>> = vm
        .instances
        .iter()
        .map(|disk| samples(mock, vm, disk, "virtualDisk.write.average", at))
        .collect();
    let sums = (0..rows[0].len()).map(|place| rows.iter().map(|row| row[place]).sum::<f64>());
    1_024.0 * sums.fold(0.0, f64::max)
}

fn assert_close(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= 1e-6 * expected.abs().max(1.0),
        "{what}: {found} instead of {expected}"
    );
}

#[tokio::test]
async fn every_value_is_the_truth_of_its_moment() {
    let mock = odd_mock(6, 1_000).await;
    let before = mock.now();
    let history = History::parse(&printed(&mock, &HOUR, &MINUTE).await);
    let after = mock.now();
    let sampled: Vec<VmTruth> = running(&mock).into_iter().filter(|vm| vm.sampled).collect();
    assert!(sampled.len() > 6);
    for vm in &sampled {
        let iops = history.vm(IOPS, vm);
        let (first, last) = (iops.keys().next().unwrap(), iops.keys().last().unwrap());
        // Whole windows only: from five minutes after the oldest sample to the newest one.
        let reach = moment(*first).duration_since(before).as_secs();
        assert!((-3_345..=-3_180).contains(&reach), "{reach}");
        assert!(after.duration_since(moment(*last)).as_secs() < 120);
        assert!(moment(*last) <= after);
        let steps: BTreeSet<i64> = (*first..=*last).step_by(60_000).collect();
        assert_eq!(iops.keys().copied().collect::<BTreeSet<_>>(), steps);
        assert!(steps.iter().all(|millis| millis % 60_000 == 0));
        let total = history.vm(TOTAL, vm);
        assert_eq!(total.len(), iops.len());
        for (millis, found) in iops {
            let at = moment(*millis);
            let what = format!("{} ({}) at {at}", vm.name, vm.moref);
            let of = |counter| means(&mock, vm, counter, at);
            let sum = |means: Vec<f64>| means.iter().sum::<f64>();
            assert_close(
                *found,
                sum(of("virtualDisk.numberWriteAveraged.average")),
                &what,
            );
            let kib = sum(of("virtualDisk.write.average"));
            assert_close(history.vm(THROUGHPUT, vm)[millis], kib / 1_024.0, &what);
            let latencies = of("virtualDisk.totalWriteLatency.average");
            let latency = sum(latencies) / vm.instances.len() as f64;
            assert_close(history.vm(LATENCY, vm)[millis], latency, &what);
            assert_close(history.vm(PEAK, vm)[millis], peak(&mock, vm, at), &what);
            let written = mock.world().bytes_written(&vm.moref, moment(*first), at);
            let grown = total[millis] - total[first];
            assert_close(grown, written.unwrap() as f64, &what);
        }
        let labelled: Vec<(String, String)> = labels_of(vm).into_iter().collect();
        let labels: Vec<(&str, &str)> = labelled.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(history.of(THROUGHPUT, &labels).len(), iops.len());
        let info = history.vm("vcenter_vm_info", vm);
        assert!(info.len() == iops.len() && info.values().all(|value| *value == 1.0));
    }
    assert_eq!(mock.open_sessions(), 0);
}

#[tokio::test]
async fn disks_and_reads_are_there_if_they_are_measured() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let more = [
        MINUTE[0],
        ("COLLECT_READS", "true"),
        ("PER_DISK_METRICS", "true"),
    ];
    let history = History::parse(&printed(&mock, &HOUR, &more).await);
    for vm in running(&mock) {
        assert!(history.vm("vcenter_vm_disk_read_iops", &vm).len() > 50);
        for disk in &vm.instances {
            let labels = [("vm_moref", &*vm.moref), ("disk", &**disk)];
            let total = history.of("vcenter_virtual_disk_write_bytes_total", &labels);
            let (first, last) = (total.keys().next().unwrap(), total.keys().last().unwrap());
            let (start, end) = (moment(*first), moment(*last));
            let written = mock.world().disk_bytes_written(&vm.moref, disk, start, end);
            assert_close(total[last] - total[first], written.unwrap() as f64, disk);
        }
    }
    let plain = printed(&mock, &HOUR, &MINUTE).await;
    assert!(!plain.contains("_read_") && !plain.contains("virtual_disk"));
}

#[tokio::test]
async fn times_are_multiples_of_the_interval_within_what_is_asked_for() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let vm = running(&mock).remove(0);
    let less = ["--format", "openmetrics", "--last", "20m"];
    let before = mock.now();
    let more = [("POLL_INTERVAL", "90.5"), ("PERF_INTERVAL_ID", "60")];
    let history = History::parse(&printed(&mock, &less, &more).await);
    let times: Vec<i64> = history.vm(IOPS, &vm).keys().copied().collect();
    assert!((12..=14).contains(&times.len()), "{times:?}");
    assert!(times.iter().all(|millis| millis % 90_500 == 0), "{times:?}");
    let earliest = before - SignedDuration::from_mins(20);
    assert!(times.iter().all(|millis| moment(*millis) > earliest));
}

#[tokio::test]
async fn a_dead_vcenter_ends_with_1_and_the_past_of_the_others_is_there() {
    let [dead, well] = mocks().await;
    dead.add_fault(FaultRule::on("*", Effect::CloseConnection));
    let vm = running(&well).remove(0);
    let hostile = "a\"b\\c\nd} 1 2".to_owned();
    let object = vm.moref.clone();
    well.apply(&Change::Rename {
        object,
        name: hostile.clone(),
    })
    .unwrap();
    let file = File::new(&[right("dead", &dead), right("well \\\"1\\\"", &well)]);
    let path = file.path().display().to_string();
    let mut command = command(&[("ZROC_CONFIG", path), ("POLL_INTERVAL", "60".to_owned())]);
    let output = command.arg("collect").args(HOUR).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("no values from dead: "),
        "{}",
        said(&output)
    );
    let history = History::parse(std::str::from_utf8(&output.stdout).unwrap());
    let labels = [("vcenter", "well \"1\""), ("vm_name", &*hostile)];
    assert!(history.of(IOPS, &labels).len() > 50);
    let lasting = [("vcenter", "well \"1\""), ("vm_moref", &*vm.moref)];
    assert!(history.of(TOTAL, &lasting).len() > 50);
    assert_eq!((dead.open_sessions(), well.open_sessions()), (0, 0));
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_said_and_nothing_lies_in_the_future() {
    let mock = MockVcenter::with_vms(4).await.unwrap();
    let host = running(&mock)[0].host_id.clone();
    let offset_seconds = 600;
    mock.set_host_clock(&HostClock {
        host,
        offset_seconds,
    })
    .unwrap();
    mock.advance_clock(7_200);
    let output = collect(&mock, &HOUR, &MINUTE).await;
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("the clock of the host"),
        "{}",
        said(&output)
    );
    let history = History::parse(std::str::from_utf8(&output.stdout).unwrap());
    let mut times = history.0.values().flat_map(|series| series.keys());
    assert!(times.all(|millis| moment(*millis) <= mock.now()));
}

#[tokio::test]
async fn what_cannot_be_read_back_ends_with_2_and_a_word() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    let openmetrics = ["--format", "openmetrics", "--last"];
    for (flags, more, word) in [
        (vec!["--last", "1h"], &[][..], "--format openmetrics"),
        (
            vec!["--last", "1h", "--format", "json"],
            &[],
            "--format openmetrics",
        ),
        ([&openmetrics[..], &["61m"]].concat(), &[], "1h at most"),
        ([&openmetrics[..], &["0s"]].concat(), &[], "--last"),
        ([&openmetrics[..], &["1.5s"]].concat(), &[], "--last"),
        ([&openmetrics[..], &["soon"]].concat(), &[], "soon"),
        (
            HOUR.to_vec(),
            &[("PERF_SOURCE", "historical")],
            "PERF_SOURCE",
        ),
        (
            HOUR.to_vec(),
            &[("PERF_INTERVAL_ID", "7200")],
            "PERF_INTERVAL_ID",
        ),
    ] {
        let output = collect(&mock, &flags, more).await;
        assert_eq!(
            output.status.code(),
            Some(2),
            "{flags:?}: {}",
            said(&output)
        );
        assert!(said(&output).contains(word), "{}", said(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(mock.calls_of("Login"), 0);
}

#[tokio::test]
async fn a_past_without_any_moment_ends_with_1_and_a_word() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    // Midnight is no moment of the past hour.
    let seconds = mock.now().as_second().rem_euclid(86_400);
    mock.set_clock_offset(43_200 - seconds);
    let output = collect(&mock, &HOUR, &[("POLL_INTERVAL", "86400")]).await;
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("POLL_INTERVAL"), "{}", said(&output));
    assert_eq!(output.stdout, b"# EOF\n");
}

#[tokio::test]
async fn who_closes_the_pipe_is_left_in_peace() {
    let mock = MockVcenter::with_vms(20).await.unwrap();
    let mut command = collecting(&mock, &HOUR, &MINUTE);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).await.unwrap();
    drop(stdout);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty(), "{}", said(&output));
}
