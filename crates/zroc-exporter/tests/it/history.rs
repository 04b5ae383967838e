//! The history in files: what processes leave there, and what later ones make of it.

mod backfill;
mod damage;
mod disks;
mod folders;
mod kills;
mod settings;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mock_vcenter::{MockVcenter, Options};
use planner_core::history::log::Log;
use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{History, Limits};
use planner_core::plan::row::Row;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::exporter::Exporter;
use crate::metrics_page::MetricsPage;
use crate::staging::{Variables, newest_sample, running, settings as reaching};

const SAVED: &str = "vcenter_collector_history_saved_timestamp_seconds";

/// Seconds of a sample.
const SLOT: i64 = 20;

/// Seconds of `PERF_INTERVAL_ID`, which a process reads when it starts.
const WINDOW: i64 = 300;

/// Bytes by VM and stamp.
type Written = BTreeMap<(String, i64), u64>;

/// A vCenter whose clock shows half past: no hour ends while a test looks.
async fn vcenter(vms: usize) -> MockVcenter {
    let of_hour = Timestamp::now().as_second().rem_euclid(3_600);
    let options = Options {
        clock_offset_seconds: 1_800 - of_hour,
        ..Options::with_vms(vms)
    };
    MockVcenter::start(options).await.unwrap()
}

/// Settings that keep a history in a folder and collect often.
fn keeping(mock: &MockVcenter, folder: &Path) -> Variables {
    let folder = folder.to_str().unwrap();
    reaching(mock, &[("HISTORY_DIR", folder), ("POLL_INTERVAL", "0.1")])
}

/// The folder of the only vCenter.
fn of_vcenter(root: &Path) -> PathBuf {
    let folders = fs::read_dir(root).unwrap();
    let folders: Vec<PathBuf> = folders.map(|entry| entry.unwrap().path()).collect();
    let [folder] = &folders[..] else {
        panic!("{folders:?}");
    };
    folder.clone()
}

/// Files of a folder by name.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect()
}

/// The files of hours, the oldest first.
fn hours(folder: &Path) -> Vec<PathBuf> {
    let files = files(folder).into_iter();
    let hours = files.filter(|(name, _)| name.len() == 11 && name.contains('T'));
    hours.map(|(_, path)| path).collect()
}

/// Bytes by VM and the start and end of what they were written in.
type Buckets = BTreeMap<(String, (i64, i64)), u64>;

/// What the files of a folder hold, as a process that starts reads them. All samples are of 20 s.
fn kept(folder: &Path) -> Written {
    let buckets = kept_buckets(folder).into_iter();
    buckets
        .map(|((vm, (start, end)), bytes)| {
            assert_eq!(end - start, SLOT, "{vm}");
            ((vm, end), bytes)
        })
        .collect()
}

/// The same of samples of any length.
fn kept_buckets(folder: &Path) -> Buckets {
    let mut history = History::new(Limits {
        hours: NonZeroU32::new(1_000).unwrap(),
        roll_up_days: 0,
        bytes: 1 << 30,
    });
    for hour in hours(folder) {
        let log = Log::read(&fs::read(&hour).unwrap()).unwrap();
        assert_eq!(history.restore(log.blocks).unfit, 0, "{}", hour.display());
    }
    let view = history.view();
    let vms = view.vms();
    let all = Part {
        view,
        chosen: Chosen::Vms(vms.clone()),
    };
    let Ok(past) = Past::new(&[all], None) else {
        return Buckets::new();
    };
    let mut written = Buckets::new();
    let mut row = Row::default();
    for (series, vm) in vms.iter().enumerate() {
        past.read(series, &mut row);
        for ((start, end), rate) in past.grid().buckets().zip(row.rates()) {
            let Some(rate) = rate else { continue };
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a few GB"
            )]
            let bytes = (rate.get() * (end - start) as f64).round() as u64;
            written.insert((vm.as_str().to_owned(), (start, end)), bytes);
        }
    }
    written
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Each sample is there as the VM wrote it: not twice, and not in part.
fn assert_true(mock: &MockVcenter, kept: &Written) {
    assert!(!kept.is_empty());
    for ((vm, stamp), bytes) in kept {
        let truth = mock.world().bytes_written(vm, at(stamp - SLOT), at(*stamp));
        assert_eq!(truth, Some(*bytes), "{vm} at {stamp}");
    }
}

/// All VMs have all samples between two moments.
fn assert_whole(mock: &MockVcenter, kept: &Written, after: i64, until: i64) {
    let vms = running(mock);
    assert!(!vms.is_empty() && after < until);
    for vm in vms {
        let mut stamp = after + SLOT;
        while stamp <= until {
            let sample = (vm.moref.clone(), stamp);
            assert!(kept.contains_key(&sample), "{sample:?}");
            stamp += SLOT;
        }
    }
}

/// The stamp of the newest sample on a page.
fn newest(page: &MetricsPage) -> i64 {
    newest_sample(page).as_second()
}

fn unix_now() -> f64 {
    Timestamp::now().as_millisecond() as f64 / 1e3
}

/// A page all of whose samples are in files by the time it is returned.
async fn saved(exporter: &Exporter) -> MetricsPage {
    let page = exporter.page_after_cycles(1).await;
    let seen = unix_now();
    let mut later = exporter.page_after_cycles(2).await;
    while later.value(SAVED).unwrap() <= seen {
        later = exporter.page_after_cycles(1).await;
    }
    page
}

/// A process that keeps what there is and ends. Returns the stamp of its newest sample.
async fn run_once(settings: &Variables) -> i64 {
    let exporter = Exporter::start(settings).await;
    let page = saved(&exporter).await;
    exporter.end(Signal::TERM).await;
    newest(&page)
}

#[tokio::test]
async fn a_restart_keeps_what_was_there_and_continues() {
    let mock = vcenter(20).await;
    let folder = TempDir::new().unwrap();
    let settings = keeping(&mock, folder.path());
    let first = run_once(&settings).await;
    // Another hour, which the first process has not seen.
    mock.advance_clock(3_600);
    let second = run_once(&settings).await;
    // Some samples are read again.
    mock.advance_clock(WINDOW / 2);
    let third = run_once(&settings).await;

    let files = of_vcenter(folder.path());
    let kept = kept(&files);
    assert_true(&mock, &kept);
    assert_whole(&mock, &kept, first - WINDOW, first);
    assert_whole(&mock, &kept, second - WINDOW, third);
    // A process may read a minute more.
    let gap = first + WINDOW..second - 2 * WINDOW;
    assert!(kept.keys().all(|(_, stamp)| !gap.contains(stamp)));
    let hour = first - WINDOW / 2;
    let exporter = Exporter::start(&settings).await;
    // Files are read beside the first cycles.
    saved(&exporter).await;
    let page = exporter.page_after_cycles(1).await;
    let oldest = page.value("vcenter_collector_history_oldest_timestamp_seconds");
    assert!(oldest.unwrap() <= hour as f64, "{oldest:?}");
    assert!(page.value("vcenter_collector_history_bytes") > Some(0.0));
    assert_eq!(
        page.value("vcenter_collector_history_hours_dropped_total"),
        Some(0.0)
    );
}

/// The file of an hour that is over has what all its samples together became.
#[tokio::test]
async fn an_hour_that_is_over_is_replaced_by_its_blocks() {
    let mock = vcenter(20).await;
    let folder = TempDir::new().unwrap();
    let settings = keeping(&mock, folder.path());
    let first = run_once(&settings).await;
    mock.advance_clock(7_200);
    let second = run_once(&settings).await;
    let files = of_vcenter(folder.path());
    let closed = &hours(&files)[0];
    let log = Log::read(&fs::read(closed).unwrap()).unwrap();
    assert_eq!(
        (log.blocks.len(), log.damage),
        (3, None),
        "samples, means and sums"
    );
    let kept = kept(&files);
    assert_true(&mock, &kept);
    assert_whole(&mock, &kept, first - WINDOW, first);
    assert_whole(&mock, &kept, second - WINDOW, second);
}

/// Names of metrics of the history on the page of an exporter with these settings.
async fn metrics_of_history(more: &[(&'static str, &str)]) -> Vec<String> {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let exporter = Exporter::start(&reaching(&mock, more)).await;
    let page = exporter.page_after_cycles(2).await;
    let of_history = page.names().filter(|name| name.contains("history"));
    of_history.map(str::to_owned).collect()
}

/// A time at which files were saved would be one that falls behind.
#[tokio::test]
async fn without_a_folder_the_history_is_in_memory() {
    let metrics = metrics_of_history(&[]).await;
    assert_eq!(
        metrics,
        [
            "vcenter_collector_history_bytes",
            "vcenter_collector_history_hours_dropped_total",
            "vcenter_collector_history_oldest_timestamp_seconds",
        ]
    );
}

#[tokio::test]
async fn without_hours_there_is_no_history() {
    let metrics = metrics_of_history(&[("HISTORY_HOURS", "0")]).await;
    assert_eq!(metrics, Vec::<String>::new());
}
