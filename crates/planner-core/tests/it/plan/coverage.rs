//! Coverage: verdicts, busy hours, days.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use planner_core::plan::coverage::{Verdict, chance_of_a_higher_day};
use planner_core::plan::whole::Plan;

use super::{assert_close, megabit, plain, plan, seconds};

/// C5.
#[test]
fn the_verdict_follows_the_covered_hours() {
    let verdicts = [
        (0.9, Verdict::Preliminary),
        (23.99, Verdict::Preliminary),
        (24.0, Verdict::Short),
        (167.9, Verdict::Short),
        (168.0, Verdict::Sufficient),
    ];
    for (hours, verdict) in verdicts {
        assert_eq!(Verdict::of(seconds(hours * 3_600.0)), verdict, "{hours} h");
    }
}

/// C2.
#[test]
fn the_chance_of_a_higher_day() {
    assert_eq!(chance_of_a_higher_day(0), None);
    for (days, chance) in [(1, 0.5), (7, 0.125), (30, 1.0 / 31.0)] {
        assert_eq!(chance_of_a_higher_day(days), Some(chance));
    }
}

/// Days are counted by what is covered, not by what lies between first and last.
#[test]
fn gaps_do_not_make_days_complete() {
    let day_and_gap = [(Some(1e6), 288), (None, 1_000), (Some(1e6), 287)];
    let plan = plan(300, &day_and_gap, &plain());
    assert_eq!(plan.coverage.complete_days, 1);
    assert_eq!(plan.coverage.chance_of_a_higher_day, Some(0.5));
    assert_eq!(plan.coverage.verdict, Verdict::Short);
}

fn seconds_into(plan: &Plan, moment: Timestamp) -> i64 {
    moment.duration_since(plan.coverage.window.start).as_secs()
}

/// H1: an hour at 60 MB/s after two at 25.
#[test]
fn the_busiest_hour_slides() {
    let runs = [
        (Some(5e6), 180),
        (Some(25e6), 12),
        (Some(60e6), 6),
        (Some(5e6), 90),
    ];
    let plan = plan(600, &runs, &plain());
    let hour = plan.coverage.busiest_hour.unwrap();
    assert_eq!(seconds_into(&plan, hour.start), 115_200);
    assert_close(megabit(hour.rate), 480.0, 1e-9);
}

/// The first of equally busy hours, and an hour that begins within a bucket.
#[test]
fn the_busiest_hour_may_begin_anywhere() {
    let start = |runs: &[super::Run]| {
        let plan = plan(600, runs, &plain());
        let hour = plan.coverage.busiest_hour.unwrap();
        seconds_into(&plan, hour.start)
    };
    assert_eq!(
        start(&[(Some(0.0), 3), (Some(7.7e6), 20), (Some(0.0), 5)]),
        1_800
    );
    let coarse = plan(
        2_400,
        &[
            (Some(0.0), 1),
            (Some(6e6), 1),
            (Some(3e6), 1),
            (Some(0.0), 1),
        ],
        &plain(),
    );
    let hour = coarse.coverage.busiest_hour.unwrap();
    assert_eq!(seconds_into(&coarse, hour.start), 2_400);
    assert_close(hour.rate.get(), 5e6, 1e-9);
}

#[test]
fn there_is_no_busiest_hour_under_an_hour() {
    assert_eq!(
        plan(20, &[(Some(1e6), 179)], &plain())
            .coverage
            .busiest_hour,
        None
    );
    assert!(
        plan(20, &[(Some(1e6), 180)], &plain())
            .coverage
            .busiest_hour
            .is_some()
    );
    let gap = [(Some(1e6), 100), (None, 200), (Some(1e6), 79)];
    assert_eq!(plan(20, &gap, &plain()).coverage.busiest_hour, None);
}

/// Weekdays are those of the time zone, and only of what was observed.
#[test]
fn weekdays_belong_to_the_time_zone() {
    let runs = [(Some(1e6), 12), (None, 276 + 288), (Some(1e6), 12)];
    let utc = plan(300, &runs, &plain());
    assert_eq!(
        utc.coverage.weekdays_seen,
        [Weekday::Monday, Weekday::Wednesday]
    );
    let mut inputs = plain();
    inputs.time_zone = TimeZone::fixed(jiff::tz::offset(-5));
    let west = plan(300, &runs, &inputs);
    assert_eq!(
        west.coverage.weekdays_seen,
        [Weekday::Tuesday, Weekday::Sunday]
    );
}

/// Minutes above a rate are those with more; a burst is a run with at least as much.
#[test]
fn minutes_and_bursts_of_a_quantile() {
    let calm = |buckets| (Some(1e6), buckets);
    let busy = |buckets| (Some(50e6), buckets);
    // Two bursts 580 s apart count as one, the third comes 600 s after the second.
    let runs = [
        calm(100),
        busy(3),
        calm(29),
        busy(3),
        calm(30),
        busy(3),
        calm(4_152),
    ];
    let plan = plan(20, &runs, &plain());
    let highest = &plan.wan.quantiles[3];
    assert_eq!((highest.bursts, highest.above_per_day.get()), (2, 0.0));
    let lowest = &plan.wan.quantiles[0];
    assert_eq!(megabit(lowest.rate), 8.0);
    assert_close(lowest.above_per_day.get(), 180.0, 1e-9);
    assert_eq!(lowest.bursts, 1);
}
