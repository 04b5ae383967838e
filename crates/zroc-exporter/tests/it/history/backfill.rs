//! What a history lacks at the start is read from vCenter.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Settings};
use planner_core::vm_state::VmState;
use rustix::process::Signal;
use tempfile::TempDir;

use super::{
    SLOT, WINDOW, assert_true, assert_whole, at, keeping, kept, kept_buckets, newest, of_vcenter,
    saved, vcenter,
};
use crate::exporter::Exporter;
use crate::metrics_page::MetricsPage;
use crate::staging::{Variables, running, settings as reaching, state};

const READ: &str = "the history has what vCenter still had of the past";
const GIVEN_UP: &str = "not all that vCenter still had of the past was read";

const HOUR: i64 = 3_600;

/// How many samples of a VM an hour has. Only a reader of the past asks for as many.
const SAMPLES_OF_AN_HOUR: &str = "180";

/// Settings that keep a history in a folder and read what it lacks.
fn filling(mock: &MockVcenter, folder: &Path) -> Variables {
    let mut settings = keeping(mock, folder);
    settings.retain(|(name, _)| *name != "POLL_INTERVAL");
    settings.extend([
        ("POLL_INTERVAL", "1".to_owned()),
        ("HISTORY_BACKFILL", "true".to_owned()),
    ]);
    settings
}

/// A vCenter that spoils queries about the past hour.
async fn spoiling(effect: Effect, times: Option<u32>) -> MockVcenter {
    let mock = vcenter(20).await;
    // No other number in a query is this one.
    mock.set_settings(Settings {
        counter_id_shift: 10_000,
        ..mock.settings()
    });
    let mut rule = FaultRule::on("QueryPerf", effect).object(SAMPLES_OF_AN_HOUR);
    rule.times = times;
    mock.add_fault(rule);
    mock
}

/// A process that reads the past hour and ends. Returns its last page.
async fn fill(settings: &Variables) -> MetricsPage {
    let exporter = Exporter::start(settings).await;
    exporter.logged_when(|line| line.contains(READ)).await;
    let page = saved(&exporter).await;
    exporter.end(Signal::TERM).await;
    page
}

#[tokio::test]
async fn after_the_start_the_history_has_the_past_hour_and_totals_have_none_of_it() {
    let mock = vcenter(20).await;
    let root = TempDir::new().unwrap();
    let page = fill(&filling(&mock, root.path())).await;
    let until = newest(&page);
    let kept = kept(&of_vcenter(root.path()));
    assert_true(&mock, &kept);
    assert_whole(&mock, &kept, until - HOUR, until);

    for vm in running(&mock) {
        let total = page.labelled("vcenter_vm_disk_write_bytes_total", "vm_moref", &vm.moref);
        let late = kept
            .iter()
            .filter(|((of, stamp), _)| *of == vm.moref && *stamp > until - HOUR / 2);
        let late: u64 = late.map(|(_, bytes)| bytes).sum();
        assert!(
            total.unwrap() <= late as f64,
            "{} {total:?} {late}",
            vm.moref
        );
    }
}

/// What an earlier process had stays, and what came meanwhile is read.
#[tokio::test]
async fn a_restart_fills_what_was_missed_and_nothing_twice() {
    let mock = vcenter(20).await;
    let root = TempDir::new().unwrap();
    let settings = filling(&mock, root.path());
    let first = newest(&fill(&settings).await);
    mock.advance_clock(HOUR / 2);
    let second = newest(&fill(&settings).await);
    let kept = kept(&of_vcenter(root.path()));
    assert_true(&mock, &kept);
    assert_whole(&mock, &kept, first - HOUR, second);

    // Nothing is missing now.
    mock.advance_clock(WINDOW / 2);
    mock.reset_calls();
    let exporter = Exporter::start(&settings).await;
    saved(&exporter).await;
    let page = exporter.page_after_cycles(2).await;
    assert!(!exporter.log().contains(READ), "{}", exporter.log());
    assert_eq!(queries(&page), page.value("vcenter_collector_cycles_total"));
}

fn queries(page: &MetricsPage) -> Option<f64> {
    page.labelled("vcenter_collector_batches_total", "outcome", "ok")
}

#[tokio::test]
async fn nothing_is_read_where_that_is_switched_off() {
    let mock = vcenter(20).await;
    let root = TempDir::new().unwrap();
    let mut settings = filling(&mock, root.path());
    settings.push(("HISTORY_BACKFILL", "false".to_owned()));
    let exporter = Exporter::start(&settings).await;
    let until = newest(&saved(&exporter).await);
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(queries(&page), page.value("vcenter_collector_cycles_total"));
    exporter.end(Signal::TERM).await;
    let kept = kept(&of_vcenter(root.path()));
    assert_true(&mock, &kept);
    // A process may read a minute more.
    assert!(kept.keys().all(|(_, stamp)| *stamp > until - 2 * WINDOW));
}

/// Without a folder the page has a plan's worth of history too.
#[tokio::test]
async fn a_history_in_memory_is_filled() {
    let mock = vcenter(5).await;
    let settings = reaching(&mock, &[("HISTORY_BACKFILL", "true")]);
    let exporter = Exporter::start(&settings).await;
    exporter.logged_when(|line| line.contains(READ)).await;
    let page = exporter.page_after_cycles(2).await;
    let oldest = page.value("vcenter_collector_history_oldest_timestamp_seconds");
    assert!(
        oldest.unwrap() <= (newest(&page) - HOUR) as f64,
        "{oldest:?}"
    );
}

/// Hours before the past one are filled with means where vCenter keeps what disks write.
#[tokio::test]
async fn roll_ups_fill_the_hours_before() {
    let mock = vcenter(5).await;
    mock.set_settings(Settings {
        statistics_level: 2,
        ..mock.settings()
    });
    let root = TempDir::new().unwrap();
    let exporter = Exporter::start(&filling(&mock, root.path())).await;
    let is_of_means = |line: &str| line.contains(READ) && line.contains("\"interval_seconds\":300");
    exporter.logged_when(is_of_means).await;
    let until = newest(&saved(&exporter).await);
    exporter.end(Signal::TERM).await;

    let mut lengths: BTreeMap<i64, usize> = BTreeMap::new();
    for ((vm, (start, end)), bytes) in kept_buckets(&of_vcenter(root.path())) {
        let truth = mock.world().bytes_written(&vm, at(start), at(end)).unwrap();
        let length = end - start;
        // A mean is a whole number of KiB per second, for each disk.
        let rounding = if length == SLOT {
            0
        } else {
            1_024 * length.unsigned_abs() * 8
        };
        assert!(
            truth.abs_diff(bytes) <= rounding,
            "{vm} {start} {end}: {bytes} {truth}"
        );
        if end <= until - 3 * HOUR && end > until - 22 * HOUR {
            assert_eq!(length, 300, "{vm} {start}");
        }
        *lengths.entry(length).or_default() += 1;
    }
    let vms = running(&mock).len();
    assert!(lengths[&300] >= 20 * 12 * vms, "{lengths:?}");
    assert!(lengths[&SLOT] >= 179 * vms, "{lengths:?}");
}

/// A vCenter that refuses to show the past, or never does, costs no cycle anything.
#[tokio::test]
async fn trouble_with_the_past_costs_collection_nothing() {
    let forever = Effect::Delay(Duration::from_secs(HOUR.unsigned_abs()));
    for effect in [Effect::fault("SystemError"), forever] {
        let mock = spoiling(effect, None).await;
        let root = TempDir::new().unwrap();
        let exporter = Exporter::start(&filling(&mock, root.path())).await;
        exporter.logged_when(|line| line.contains(GIVEN_UP)).await;
        mock.advance_clock(SLOT);
        let page = saved(&exporter).await;
        let log = exporter.log();
        assert_eq!(log.matches(GIVEN_UP).count(), 1, "{log}");
        assert!(!log.contains(READ), "{log}");
        assert!(!log.contains("cycle failed"), "{log}");
        assert_eq!(page.value("vcenter_up"), Some(1.0));
        let sampled = state(&page, VmState::Sampled.as_str());
        assert_eq!(sampled, running(&mock).len() as f64);
        assert!(queries(&page) >= page.value("vcenter_collector_cycles_total"));
        let until = newest(&page);
        exporter.end(Signal::TERM).await;
        let kept = kept(&of_vcenter(root.path()));
        assert_true(&mock, &kept);
        assert_whole(&mock, &kept, until - WINDOW, until);
    }
}

/// What comes late because of a single failure is read all the same.
#[tokio::test]
async fn what_failed_once_is_read_after_the_next_cycle() {
    let mock = spoiling(Effect::NotAuthenticated, Some(1)).await;
    let root = TempDir::new().unwrap();
    let until = newest(&fill(&filling(&mock, root.path())).await);
    let kept = kept(&of_vcenter(root.path()));
    assert_true(&mock, &kept);
    assert_whole(&mock, &kept, until - HOUR, until);
}
