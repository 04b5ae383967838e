//! What coarse buckets hide, and by how much at most.

use planner_core::plan::assumptions::OneOrMore;
use planner_core::plan::bucket::Bucket;
use planner_core::plan::demand::Demand;
use planner_core::plan::series::Series;
use planner_core::plan::whole::Plan;
use proptest::prelude::*;

use super::{
    MONDAY, Run, assert_close, demand, grid, plain_on, plan, rate, rpo_of, seconds, vm, worst,
};

/// Each three rates of 20 s as a bucket of 60 s, with its peak if `with_peaks`.
fn coarse(fine: &[f64], with_peaks: bool) -> Demand<'static> {
    let buckets = (0..).zip(fine.chunks(3)).map(|(place, rates)| {
        let start = MONDAY + place * 60;
        let mean = rates.iter().sum::<f64>() / 3.0;
        let peak = rates.iter().copied().fold(0.0, f64::max);
        Bucket::new(
            start,
            start + 60,
            rate(mean),
            with_peaks.then(|| rate(peak)),
        )
        .unwrap()
    });
    let series = Series::new(buckets.collect()).unwrap();
    Demand::of_series(grid(60, fine.len() / 3), vec![(vm("vm"), vec![series])])
}

/// R10: 90 MB/s for 20 s each minute on 30 MB/s.
#[test]
fn a_minute_hides_a_burst_and_its_peak_bounds_it() {
    let fine: Vec<Run> = [(Some(0.0), 1), (Some(90e6), 1), (Some(0.0), 1)].repeat(10);
    let exact = plan(20, &fine, &plain_on(240.0, 10.0));
    assert_close(worst(&exact), 40.0, 1e-9);
    assert_close(rpo_of(&exact).largest_backlog.get(), 1.2e9, 1e-9);
    assert!(!exact.answers.links_for_rpo[0].is_lower_bound);
    assert_eq!(exact.answers.links_for_rpo[0].upper, None);
    assert_eq!(rpo_of(&exact).sustained().unwrap().worst_upper, None);

    let rates: Vec<f64> = [0.0, 90e6, 0.0].repeat(10);
    let hidden = Plan::compute(&coarse(&rates, true), &plain_on(240.0, 10.0)).unwrap();
    assert_eq!(worst(&hidden), 0.0);
    assert_eq!(rpo_of(&hidden).largest_backlog.get(), 0.0);
    // 2 x (90 - 30) x 30 / 90 x 60 s are 2.4 GB, which 30 MB/s send in 80 s.
    assert_close(
        rpo_of(&hidden)
            .sustained()
            .unwrap()
            .worst_upper
            .unwrap()
            .get(),
        80.0,
        1e-9,
    );
    let link = &hidden.answers.links_for_rpo[0];
    assert!(link.is_lower_bound);
    assert_close(link.upper.unwrap().get(), 240e6, 1e-9);
}

#[test]
fn without_peaks_there_is_no_upper_bound() {
    let rates: Vec<f64> = [0.0, 90e6, 0.0].repeat(10);
    let plan = Plan::compute(&coarse(&rates, false), &plain_on(240.0, 10.0)).unwrap();
    assert!(plan.answers.links_for_rpo[0].is_lower_bound);
    assert_eq!(plan.answers.links_for_rpo[0].upper, None);
    assert_eq!(rpo_of(&plan).sustained().unwrap().worst_upper, None);
}

#[test]
fn an_rpo_of_a_bucket_is_known() {
    let rates: Vec<f64> = [0.0, 90e6, 0.0].repeat(10);
    let mut inputs = plain_on(240.0, 59.0);
    inputs.assumptions.rpos = OneOrMore::new(seconds(59.0), vec![seconds(60.0), seconds(0.0)]);
    let plan = Plan::compute(&coarse(&rates, true), &inputs).unwrap();
    let links = plan.answers.links_for_rpo.iter();
    let links: Vec<(bool, bool)> = links
        .map(|link| (link.is_lower_bound, link.upper.is_some()))
        .collect();
    assert_eq!(links, [(true, true), (false, false), (true, false)]);
}

/// Samples that are coarser than the grid hide as much as coarse buckets.
#[test]
fn a_fine_grid_does_not_make_samples_fine() {
    let bucket = Bucket::new(MONDAY, MONDAY + 300, rate(5e6), Some(rate(9e6))).unwrap();
    let series = Series::new(vec![bucket]).unwrap();
    let demand = Demand::of_series(grid(20, 15), vec![(vm("vm"), vec![series])]);
    let plan = Plan::compute(&demand, &plain_on(80.0, 10.0)).unwrap();
    assert!(plan.answers.links_for_rpo[0].is_lower_bound);
    assert_eq!(plan.answers.links_for_rpo[0].upper, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The exact link lies between what coarse buckets give and the upper bound.
    #[test]
    fn the_bounds_hold(values in prop::collection::vec(0_u32..90, 30), megabytes in 1_u32..90, rpo in 1_u32..60) {
        let rates: Vec<f64> = values.iter().map(|value| f64::from(*value) * 1e6).collect();
        prop_assume!(rates.iter().any(|rate| *rate > 0.0));
        let inputs = plain_on(f64::from(megabytes) * 8.0, f64::from(rpo));
        let with_gaps = rates.iter().map(|rate| Some(*rate)).collect();
        let fine = Plan::compute(&demand(20, &[with_gaps]), &inputs).unwrap();
        let coarse = Plan::compute(&coarse(&rates, true), &inputs).unwrap();
        let (exact, bounds) = (&fine.answers.links_for_rpo[0], &coarse.answers.links_for_rpo[0]);
        prop_assert!(bounds.link.get() <= exact.link.get() * (1.0 + 1e-9));
        let upper = bounds.upper.unwrap();
        prop_assert!(exact.link.get() <= upper.get() * (1.0 + 1e-9), "{exact:?} and {bounds:?}");
        if let (Some(exact), Some(bounds)) = (rpo_of(&fine).sustained(), rpo_of(&coarse).sustained()) {
            prop_assert!(bounds.worst.get() <= exact.worst.get() + 1e-6);
            prop_assert!(exact.worst.get() <= bounds.worst_upper.unwrap().get() + 1e-6);
        }
    }
}
