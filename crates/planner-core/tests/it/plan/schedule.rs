//! Links that change by time of day.

use jiff::civil::{Time, time};
use jiff::tz::TimeZone;
use planner_core::plan::assumptions::{Inputs, OneOrMore};
use planner_core::plan::link::{DailyRate, Link, LinkError};
use planner_core::plan::whole::Plan;
use planner_core::units::BytesPerSec;
use proptest::prelude::*;

use super::brute_force::{BruteForce, by_second};
use super::links::bursty;
use super::{
    assert_close, demand, from_megabit, megabit, plain_on, plan, rate, rpo_of, seconds, worst,
};

fn daily(from: Time, to: Time, rate: BytesPerSec) -> DailyRate {
    DailyRate { from, to, rate }
}

fn at(hour: i8, minute: i8) -> Time {
    time(hour, minute, 0, 0)
}

/// Inputs for a link of `base` Mbit/s that is another one at times.
fn with_schedule(base: f64, schedule: Vec<DailyRate>, rpo: f64) -> Inputs {
    let mut inputs = plain_on(base, rpo);
    inputs.assumptions.link = Some(Link::new(from_megabit(base), schedule).unwrap());
    inputs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_schedule_agrees_with_a_brute_force_simulation(
        rates in bursty(),
        base in 8_u32..60,
        other in 8_u32..60,
        from in 0_i8..10,
        minutes in 1_i8..20,
    ) {
        let (base, other) = (f64::from(base) * 1e6, f64::from(other) * 1e6);
        let schedule = vec![daily(at(0, from), at(0, from + minutes), rate(other))];
        let holds = |second: usize| {
            let minute = (second / 60) % 1_440;
            (usize::try_from(from).unwrap()..usize::try_from(from + minutes).unwrap()).contains(&minute)
        };
        let link = |second: usize| if holds(second) { other } else { base };
        let force = BruteForce::run(&by_second(20, &rates), link);
        let vms = [rates.iter().map(|rate| Some(*rate)).collect()];
        let inputs = with_schedule(base * 8.0 / 1e6, schedule, 30.0);
        let plan = Plan::compute(&demand(20, &vms), &inputs).unwrap();
        let rpo = rpo_of(&plan);
        prop_assert!((rpo.largest_backlog.get() - force.largest_backlog()).abs() <= 1.0);
        let over = force.seconds_over(30.0) as f64;
        prop_assert!((rpo.over_target.get() - over).abs() <= 20.0, "{} and {over}", rpo.over_target.get());
        if let Some(sustained) = rpo.sustained() {
            // A byte from within a second may be the one that waits longest.
            let worst = force.worst(|_| true);
            prop_assert!(sustained.worst.get() >= worst - 1e-3);
            prop_assert!(sustained.worst.get() <= worst + 1.0);
        }
    }

    /// On the base link that is found there is no episode; on a slower one there is.
    #[test]
    fn the_base_link_keeps_the_rpo(rates in bursty(), other in 1_u32..60, rpo in 1_u32..120) {
        let schedule = || vec![daily(at(0, 2), at(0, 6), rate(f64::from(other) * 1e6))];
        let vms = [rates.iter().map(|rate| Some(*rate)).collect()];
        let on = |base: f64| {
            let inputs = with_schedule(base, schedule(), f64::from(rpo));
            Plan::compute(&demand(20, &vms), &inputs).unwrap()
        };
        let first = on(100.0);
        let Some(base) = first.answers.links_for_rpo[0].base_link else {
            let fast = on(1e8);
            prop_assert!(rpo_of(&fast).sustained().is_none_or(|fast| !fast.episodes.is_empty()));
            return Ok(());
        };
        prop_assume!(base.get() > 1e3);
        let kept = on(megabit(base) * (1.0 + 1e-9));
        if let Some(kept) = rpo_of(&kept).sustained() {
            prop_assert!(kept.worst.get() <= f64::from(rpo) + 1e-4, "{kept:?}");
        }
        let missed = on(megabit(base) * 0.98);
        let missed = rpo_of(&missed).sustained();
        prop_assert!(missed.is_none_or(|missed| missed.worst.get() > f64::from(rpo)), "{missed:?}");
    }
}

#[test]
fn a_link_that_can_not_be_is_refused() {
    let (slow, fast) = (rate(1e6), rate(9e6));
    let zero = rate(0.0);
    assert_eq!(Link::new(zero, vec![]), Err(LinkError::Zero));
    let never = vec![daily(at(1, 0), at(2, 0), zero)];
    assert_eq!(Link::new(slow, never), Err(LinkError::Zero));
    let no_time = vec![daily(at(1, 0), at(1, 0), fast)];
    assert_eq!(
        Link::new(slow, no_time),
        Err(LinkError::EqualEnds { from: at(1, 0) })
    );
    for (from, to) in [
        (at(23, 0), at(1, 0)),
        (at(5, 0), at(7, 0)),
        (at(21, 0), at(23, 0)),
        (at(4, 0), at(23, 30)),
    ] {
        let overlap = vec![daily(at(22, 0), at(6, 0), fast), daily(from, to, slow)];
        assert!(
            matches!(Link::new(slow, overlap), Err(LinkError::Overlap { .. })),
            "{from}"
        );
    }
    let touching = vec![
        daily(at(22, 0), at(6, 0), fast),
        daily(at(6, 0), at(22, 0), slow),
    ];
    assert!(Link::new(slow, touching).is_ok());
}

/// From 22:00 to 06:00 the link is fast: a burst at 23:50 needs no time, one at noon does.
#[test]
fn a_time_over_midnight_holds_on_both_sides() {
    let night = || vec![daily(at(22, 0), at(6, 0), from_megabit(400.0))];
    let on = |first: usize| {
        let runs = [
            (Some(0.0), first),
            (Some(40e6), 30),
            (Some(0.0), 8_640 - 30 - first),
        ];
        plan(20, &runs, &with_schedule(200.0, night(), 10.0))
    };
    assert_eq!(worst(&on(4_290)), 0.0);
    assert_eq!(worst(&on(4_320 + 1_050)), 0.0);
    assert_close(worst(&on(2_160)), 360.0, 1e-9);
    // From 05:50 on: half of the burst before six, then 200 Mbit/s.
    let end_of_night = on(1_065);
    assert_close(
        rpo_of(&end_of_night).largest_backlog.get(),
        15e6 * 300.0,
        1e-9,
    );
    assert_close(worst(&end_of_night), 180.0, 1e-6);
}

/// Central European time moves on 31 March 2024 from 02:00 to 03:00 and on 27 October back.
#[test]
fn times_of_day_are_civil_times() {
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    // Minutes of the day that hold 400 Mbit/s, found by what 40 MB/s leaves behind within each 5 minutes.
    let fast_seconds = |first_second: i64| {
        let buckets = 288 * 2;
        let start = first_second - super::MONDAY;
        let mut edges = vec![super::MONDAY + start];
        edges.extend((1..=buckets).map(|place| super::MONDAY + start + place * 300));
        let all = edges.windows(2).map(|ends| {
            planner_core::plan::bucket::Bucket::new(ends[0], ends[1], rate(50e6), None).unwrap()
        });
        let series = planner_core::plan::series::Series::new(all.collect()).unwrap();
        let grid = std::sync::Arc::new(planner_core::plan::grid::Grid::new(edges).unwrap());
        let demand = planner_core::plan::demand::Demand::of_series(
            grid,
            vec![(super::vm("vm"), vec![series])],
        );
        let mut inputs = with_schedule(
            200.0,
            vec![daily(at(1, 30), at(3, 30), from_megabit(400.0))],
            10.0,
        );
        inputs.time_zone = zone.clone();
        let plan = Plan::compute(&demand, &inputs).unwrap();
        // 25 MB/s are missing at all times but the fast ones.
        (172_800.0 * 25e6 - rpo_of(&plan).final_backlog.get()) / 25e6
    };
    // 30 March 2024, 00:00 CET: two hours on that day, one on the next, which has no time between two and three.
    assert_close(fast_seconds(1_711_753_200), 3.0 * 3_600.0, 1e-9);
    // 26 October 2024, 00:00 CEST: two hours, then three, because two o'clock comes twice.
    assert_close(fast_seconds(1_729_893_600), 5.0 * 3_600.0, 1e-9);
    // Two ordinary days.
    assert_close(fast_seconds(1_704_063_600), 4.0 * 3_600.0, 1e-9);
}

/// The mean of the link counts with its schedule.
#[test]
fn a_fast_night_sustains_a_slow_day() {
    let night = vec![daily(at(18, 0), at(6, 0), from_megabit(400.0))];
    let steady = [(Some(30e6), 4_320)];
    assert!(
        rpo_of(&plan(20, &steady, &plain_on(160.0, 10.0)))
            .sustained()
            .is_none()
    );
    let plan = plan(20, &steady, &with_schedule(160.0, night, 10.0));
    assert!(rpo_of(&plan).sustained().is_some());
    assert_close(rpo_of(&plan).largest_backlog.get(), 10e6 * 43_200.0, 1e-9);
}

/// Links for an RPO are constant; the base link takes the schedule into account.
#[test]
fn a_schedule_changes_the_base_link_only() {
    let fast = vec![daily(at(0, 5), at(0, 25), from_megabit(320.0))];
    let mut inputs = with_schedule(100.0, fast, 10.0);
    inputs.assumptions.rpos = OneOrMore::new(seconds(10.0), vec![seconds(360.0)]);
    let plan = plan(20, &super::BURST, &inputs);
    let links = &plan.answers.links_for_rpo;
    assert_close(megabit(links[0].link), 314.754_098_360_655_75, 1e-9);
    assert!(links[0].base_link.unwrap().get() < 1e3, "{links:?}");
    assert_eq!(
        super::plan(20, &super::BURST, &plain_on(100.0, 10.0))
            .answers
            .links_for_rpo[0]
            .base_link,
        None
    );
}

/// What the schedule sets is too slow for any base.
#[test]
fn no_base_link_helps_against_a_slow_time() {
    let slow = vec![daily(at(0, 0), at(12, 0), from_megabit(50.0))];
    let plan = plan(20, &super::BURST, &with_schedule(1_000.0, slow, 10.0));
    assert_eq!(plan.answers.links_for_rpo[0].base_link, None);
}
