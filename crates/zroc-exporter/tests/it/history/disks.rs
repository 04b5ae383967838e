//! Disks that are full, and folders that go away.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use tempfile::TempDir;

use super::{
    SAVED, SLOT, WINDOW, assert_true, assert_whole, keeping, kept, newest, of_vcenter, saved,
    vcenter,
};
use crate::exporter::Exporter;

/// Lets files have this length at most.
fn limit(exporter: Pid, bytes: Option<u64>) {
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(Some(exporter), Resource::Fsize, limit).unwrap();
}

/// The history cannot be written from when `spoil` is done until `heal` is. Collection continues, and afterwards files
/// have what came meanwhile too.
async fn heals(spoil: fn(&Path, Pid), heal: fn(&Path, Pid), reason: &str) {
    let mock = vcenter(20).await;
    let parent = TempDir::new().unwrap();
    let root = parent.path().join("history");
    fs::create_dir(&root).unwrap();
    let exporter = Exporter::start(&keeping(&mock, &root)).await;
    let before = newest(&saved(&exporter).await);
    spoil(&root, exporter.pid());
    mock.advance_clock(SLOT);
    let is_said = |line: &str| line.contains("the history is kept in memory only");
    let said = exporter
        .logged_when(|line| is_said(line) && line.contains(reason))
        .await;
    let mut page = exporter.page_after_cycles(2).await;
    while newest(&page) == before {
        page = exporter.page_after_cycles(1).await;
    }
    assert_eq!(page.value("vcenter_up"), Some(1.0));
    let not_since = page.value(SAVED).unwrap();
    page = exporter.page_after_cycles(3).await;
    assert_eq!(page.value(SAVED), Some(not_since), "{said}");
    let times = exporter
        .log()
        .lines()
        .filter(|line| is_said(line) && line.contains(reason))
        .count();
    assert_eq!(times, 1, "{}", exporter.log());

    heal(&root, exporter.pid());
    exporter
        .logged_when(|line| line.contains("the history is kept in files again"))
        .await;
    let after = newest(&saved(&exporter).await);
    exporter.end(Signal::KILL).await;
    let kept = kept(&of_vcenter(&root));
    assert_true(&mock, &kept);
    assert!(after > before);
    assert_whole(&mock, &kept, before - WINDOW, after);
}

#[tokio::test]
async fn a_limit_of_file_sizes_costs_nothing_once_it_is_lifted() {
    heals(
        |_, exporter| limit(exporter, Some(0)),
        |_, exporter| limit(exporter, None),
        "raise the limit of file sizes",
    )
    .await;
}

#[tokio::test]
async fn a_folder_that_is_removed_is_made_again_when_that_is_possible() {
    heals(
        |root, _| {
            let elsewhere = root.with_extension("elsewhere");
            fs::rename(root, elsewhere).unwrap();
        },
        |root, _| fs::create_dir(root).unwrap(),
        "the folder must exist",
    )
    .await;
}

#[tokio::test]
async fn a_file_in_place_of_the_folder_stops_nothing() {
    heals(
        |root, _| {
            let elsewhere = root.with_extension("elsewhere");
            fs::rename(root, elsewhere).unwrap();
            fs::write(root, "").unwrap();
        },
        |root, _| {
            fs::remove_file(root).unwrap();
            fs::create_dir(root).unwrap();
        },
        "is a file and must be a folder",
    )
    .await;
}

/// What is appended to a file without a name would be lost.
#[tokio::test]
async fn a_file_that_somebody_removed_is_written_again() {
    let mock = vcenter(20).await;
    let root = TempDir::new().unwrap();
    let exporter = Exporter::start(&keeping(&mock, root.path())).await;
    let before = newest(&saved(&exporter).await);
    for hour in super::hours(&of_vcenter(root.path())) {
        fs::remove_file(hour).unwrap();
    }
    mock.advance_clock(SLOT);
    let mut after = before;
    while after == before {
        after = newest(&saved(&exporter).await);
    }
    exporter.end(Signal::KILL).await;
    let kept = kept(&of_vcenter(root.path()));
    assert_true(&mock, &kept);
    let hour = after - after.rem_euclid(3_600);
    assert_whole(&mock, &kept, hour.max(before - WINDOW), after);
}

/// The oldest samples go first, and the page says how often.
#[tokio::test]
async fn memory_is_bounded_and_files_with_it() {
    let mock = vcenter(100).await;
    let root = TempDir::new().unwrap();
    let mut settings = keeping(&mock, root.path());
    settings.extend([
        ("HISTORY_MAX_BYTES", "64KiB".to_owned()),
        ("PERF_INTERVAL_ID", "3600".to_owned()),
    ]);
    let mut dropped = None;
    for _ in 0..3 {
        let exporter = Exporter::start(&settings).await;
        saved(&exporter).await;
        let page = exporter.page_after_cycles(1).await;
        let bytes = page.value("vcenter_collector_history_bytes").unwrap();
        assert!(bytes <= 65_536.0, "{bytes}");
        dropped = page.value("vcenter_collector_history_hours_dropped_total");
        exporter.end(Signal::TERM).await;
        let folder = of_vcenter(root.path());
        let files = super::hours(&folder).into_iter();
        let on_disk: u64 = files.map(|file| file.metadata().unwrap().len()).sum();
        assert!(on_disk < 3 << 16, "{on_disk}");
        mock.advance_clock(3_600);
    }
    assert!(dropped > Some(0.0), "{dropped:?}");
}
