//! The RPO on a link: episodes, days, and what happens after the data.

use planner_core::plan::bucket::Bucket;
use proptest::prelude::*;

use super::brute_force::{BruteForce, by_second};
use super::links::bursty;
use super::{MONDAY, assert_close, demand, plain_on, plan, rate, rpo_of, seconds, worst};
use planner_core::plan::assumptions::OneOrMore;
use planner_core::plan::demand::Demand;
use planner_core::plan::series::Series;
use planner_core::plan::whole::Plan;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_queue_agrees_with_a_brute_force_simulation(rates in bursty(), megabytes in 1_u32..50, target in 0_u32..300) {
        let link = f64::from(megabytes) * 1e6;
        let force = BruteForce::run(&by_second(20, &rates), |_| link);
        let rates = rates.iter().map(|rate| Some(*rate)).collect();
        let inputs = plain_on(link * 8.0 / 1e6, f64::from(target));
        let plan = Plan::compute(&demand(20, &[rates]), &inputs).unwrap();
        let rpo = rpo_of(&plan);
        prop_assert!((rpo.largest_backlog.get() - force.largest_backlog()).abs() <= 1.0);
        let over = force.seconds_over(f64::from(target)) as f64;
        // The brute force looks at the ends of seconds. Each of the bursts may differ by one at either end.
        prop_assert!((rpo.over_target.get() - over).abs() <= 20.0, "{} and {over}", rpo.over_target.get());
        if let Some(sustained) = rpo.sustained() {
            prop_assert!((sustained.worst.get() - force.worst(|_| true)).abs() < 1e-3);
            let of_days = sustained.worst_per_day.iter().map(|day| day.worst).max();
            prop_assert_eq!(of_days, Some(sustained.worst));
            let worst_episode = sustained.episodes.iter().map(|episode| episode.worst).max();
            prop_assert!(worst_episode.is_none_or(|episode| episode == sustained.worst));
        }
    }
}

/// A burst at the end: its ages and its episode include what happens after the data, its seconds do not.
#[test]
fn ages_include_what_is_sent_after_the_data() {
    let plan = plan(
        20,
        &[(Some(0.0), 60), (Some(40e6), 30)],
        &plain_on(200.0, 300.0),
    );
    let rpo = rpo_of(&plan);
    assert_close(worst(&plan), 360.0, 1e-9);
    assert_close(rpo.behind.get(), 600.0, 1e-9);
    assert_eq!(rpo.over_target.get(), 0.0);
    assert_close(rpo.final_backlog.get(), 9e9, 1e-9);
    let episode = rpo.sustained().unwrap().episodes[0];
    assert_eq!(
        episode
            .span
            .end
            .duration_since(plan.coverage.window.end)
            .as_secs(),
        360
    );
}

/// Two bursts of which one misses the target; a third that touches the second belongs to it.
#[test]
fn an_episode_lasts_while_something_waits() {
    let burst = |buckets| (Some(50e6), buckets);
    let pause = |buckets| (Some(0.0), buckets);
    let runs = [burst(1), pause(10), burst(3), pause(2), burst(3), pause(30)];
    let plan = plan(20, &runs, &plain_on(200.0, 50.0));
    let episodes = &rpo_of(&plan).sustained().unwrap().episodes;
    let [episode] = episodes[..] else {
        panic!("{episodes:?}")
    };
    let start = plan.coverage.window.start;
    assert_eq!(episode.span.start.duration_since(start).as_secs(), 220);
    // 6 buckets of 1 GB each at 25 MB/s take 240 s.
    assert_eq!(episode.span.end.duration_since(start).as_secs(), 460);
    assert_close(episode.worst.get(), 80.0, 1e-9);
}

/// Each day has its own worst age. A queue over midnight counts on both days.
#[test]
fn days_end_at_midnight() {
    // 23:50, for 10 minutes; the queue is empty at 00:06.
    let quiet = (Some(0.0), 4_290);
    let next_day = (Some(0.0), 4_320);
    let plan = plan(
        20,
        &[quiet, (Some(40e6), 30), next_day],
        &plain_on(200.0, 300.0),
    );
    let days = &rpo_of(&plan).sustained().unwrap().worst_per_day;
    let worst: Vec<(String, f64)> = days
        .iter()
        .map(|day| (day.day.to_string(), day.worst.get()))
        .collect();
    assert_eq!(worst.len(), 2, "{worst:?}");
    assert_eq!(worst[0].0, "2024-01-01");
    assert_close(worst[0].1, 225.0, 1e-6);
    assert_close(worst[1].1, 360.0, 1e-6);
}

/// The day after the data appears if something still waits on it.
#[test]
fn a_day_after_the_data_counts_while_something_waits() {
    let runs = [(Some(0.0), 4_290), (Some(40e6), 30)];
    let waits = plan(20, &runs, &plain_on(200.0, 300.0));
    assert_eq!(rpo_of(&waits).sustained().unwrap().worst_per_day.len(), 2);
    let sent = plan(20, &runs, &plain_on(400.0, 300.0));
    assert_eq!(rpo_of(&sent).sustained().unwrap().worst_per_day.len(), 1);
}

/// Buckets of different lengths in one window.
#[test]
fn coarse_and_fine_buckets_share_a_window() {
    let coarse = (0..12).map(|place| (MONDAY + place * 300, 300, 1e6));
    let fine = (0..180).map(|place| {
        (
            MONDAY + 3_600 + place * 20,
            20,
            if place < 30 { 40e6 } else { 0.0 },
        )
    });
    let all = coarse.chain(fine).map(|(start, length, value)| {
        Bucket::new(start, start + length, rate(value), None).unwrap()
    });
    let mut edges: Vec<i64> = (0..12).map(|place| MONDAY + place * 300).collect();
    edges.extend((0..=180).map(|place| MONDAY + 3_600 + place * 20));
    let grid = std::sync::Arc::new(planner_core::plan::grid::Grid::new(edges).unwrap());
    let series = Series::new(all.collect()).unwrap();
    let demand = Demand::of_series(grid, vec![(super::vm("vm"), vec![series])]);
    let mut inputs = plain_on(200.0, 10.0);
    inputs.assumptions.rpos = OneOrMore::new(seconds(10.0), vec![seconds(360.0)]);
    let plan = Plan::compute(&demand, &inputs).unwrap();
    assert_close(worst(&plan), 360.0, 1e-9);
    assert!(plan.answers.links_for_rpo[0].is_lower_bound);
    assert!(!plan.answers.links_for_rpo[1].is_lower_bound);
    let resolutions = plan.coverage.resolutions.iter();
    let resolutions: Vec<(f64, f64)> = resolutions
        .map(|found| (found.bucket.get(), found.covered.get()))
        .collect();
    assert_eq!(resolutions, [(20.0, 3_600.0), (300.0, 3_600.0)]);
    // Weighted by time: 50 % of it is at 1 MB/s, 41.7 % at 0.
    assert_eq!(plan.wan.quantiles[0].rate, rate(40e6));
    assert_close(plan.wan.quantiles[0].above_per_day.get(), 0.0, 1e-12);
}
