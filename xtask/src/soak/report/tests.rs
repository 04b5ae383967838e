//! Verdicts, and the points of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Point, Report, points};
use crate::process::Holdings;
use crate::soak::control::Sessions;
use crate::soak::judgement::Unexplained;
use crate::soak::watch::Sample;

fn point(resident_bytes: u64) -> Point {
    Point {
        minute: 1.0,
        resident_bytes,
        open_files: 20,
        threads: 4,
        mock_resident_bytes: 1,
    }
}

/// What a long run should be like.
fn flawless() -> Report {
    Report {
        seed: 1,
        vms: 10,
        minutes: 60,
        cycles: 1_000,
        failed_cycles: 10,
        lost_cycles: 10,
        skipped_ticks: 0,
        dropped_lines: 7,
        missing_lines: 7,
        highest_total: 1e12,
        missing_metrics: Vec::new(),
        changes: 5,
        by_kind: BTreeMap::new(),
        unexplained: Vec::new(),
        most_sessions: 1,
        sessions_after_exit: 0,
        points: vec![point(900), point(1_000), point(1_000), point(1_049)],
        peak_resident_bytes: 2_000,
        scrapes: 100,
        failed_scrapes: Vec::new(),
        slowest_scrape_seconds: 0.1,
        panics: 0,
        odd_lines: Vec::new(),
        exit_seconds: 5.0,
    }
}

fn unexplained(sampled: u64) -> Unexplained {
    Unexplained {
        end: String::new(),
        sampled,
        reason: String::new(),
        after: String::new(),
    }
}

/// The texts of what is not as it should be.
fn unmet(spoil: impl FnOnce(&mut Report)) -> Vec<String> {
    let mut report = flawless();
    spoil(&mut report);
    let verdicts = report.verdicts().into_iter();
    verdicts.filter(|it| !it.0).map(|it| it.1).collect()
}

#[test]
fn a_flawless_run_meets_every_verdict() {
    assert_eq!(unmet(|_| {}), [""; 0]);
}

#[test]
fn each_flaw_fails_its_own_verdict() {
    type Spoil = fn(&mut Report);
    let flaws: [(Spoil, &str); 15] = [
        (|it| it.cycles = 0, "0 cycles were lost"),
        (
            |it| it.unexplained = vec![unexplained(0)],
            "1 cycles were lost",
        ),
        (
            |it| it.unexplained = vec![unexplained(3); 11],
            "11 cycles missed",
        ),
        (|it| it.most_sessions = 2, "at most 2 sessions"),
        (|it| it.sessions_after_exit = 1, "1 sessions after the end"),
        (
            |it| it.points[3].resident_bytes = 1_051,
            "memory at the end",
        ),
        (|it| it.points[3].open_files = 25, "20 open files, then 25"),
        (|it| it.scrapes = 0, "0 scrapes failed"),
        (
            |it| it.failed_scrapes.push(String::new()),
            "1 scrapes failed",
        ),
        (|it| it.panics = 1, "1 panics"),
        (
            |it| it.odd_lines.push(String::new()),
            "0 panics, 1 lines in the log",
        ),
        (|it| it.exit_seconds = 5.1, "the end took 5.1 s"),
        (
            |it| it.missing_lines = 6,
            "7 lines of the log were dropped, which says 6",
        ),
        (
            |it| it.highest_total = 2e13,
            "the VM that wrote most is said to have written 20000 GB",
        ),
        (
            |it| it.missing_metrics = vec![String::new()],
            "1 metrics did not show",
        ),
    ];
    for (spoil, expected) in flaws {
        let unmet = unmet(spoil);
        assert_eq!(unmet.len(), 1, "{expected}: {unmet:?}");
        assert!(unmet[0].starts_with(expected), "{unmet:?}");
    }
}

#[test]
fn one_cycle_in_a_hundred_may_miss_vms_for_no_known_reason() {
    assert_eq!(
        unmet(|it| it.unexplained = vec![unexplained(3); 10]),
        [""; 0]
    );
}

#[test]
fn a_short_run_may_still_settle() {
    let doubled = |report: &mut Report| {
        report.minutes = 5;
        report.points[3].resident_bytes = 1_500;
    };
    assert_eq!(unmet(doubled), [""; 0]);
}

#[test]
fn a_run_without_points_is_not_passed() {
    assert_eq!(
        unmet(|it| it.points.clear()),
        ["the run was too short to be judged"]
    );
}

#[test]
fn points_are_medians_of_the_twelfth_before_them() {
    let sample = |second: u64| {
        let holdings = Holdings {
            resident_bytes: second,
            threads: 4,
            open_files: 20,
        };
        Sample {
            at: Duration::from_secs(second),
            exporter: holdings,
            mock: holdings,
            sessions: Sessions { open: 1, most: 1 },
        }
    };
    let samples: Vec<Sample> = (1..=120).map(sample).collect();
    let points = points(&samples, Duration::from_secs(120));
    let medians: Vec<u64> = points.iter().map(|it| it.resident_bytes).collect();
    assert_eq!(medians, [6, 15, 55, 115]);
}
