//! Links for RPOs: the closed form against bisection, and what can't be otherwise.

use planner_core::plan::assumptions::{Inputs, OneOrMore, UsableShare};
use planner_core::plan::whole::Plan;
use planner_core::units::BytesPerSec;
use proptest::prelude::*;

use super::brute_force::{BruteForce, by_second};
use super::{
    assert_close, demand, link_for_rpo, megabit, percent, plain, plain_on, plan, rpo_of, seconds,
    worst,
};

/// Bursty rates in bytes per second: many buckets are quiet or equal.
pub(super) fn bursty() -> impl Strategy<Value = Vec<f64>> {
    let megabytes = prop_oneof![3 => Just(0_u32), 3 => 0_u32..5, 2 => 5_u32..60];
    prop::collection::vec(megabytes.prop_map(|rate| f64::from(rate) * 1e6), 2..40)
}

fn plan_of(bucket_seconds: i64, rates: &[f64], inputs: &Inputs) -> Plan {
    let rates = rates.iter().map(|rate| Some(*rate)).collect();
    Plan::compute(&demand(bucket_seconds, &[rates]), inputs).unwrap()
}

/// The largest delay on a constant link, from the backlog at the ends of seconds.
fn worst_by_force(by_second: &[f64], link: f64) -> f64 {
    BruteForce::run(by_second, |_| link).largest_backlog() / link
}

fn bisect(mut low: f64, mut high: f64, suffices: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if suffices(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_closed_form_agrees_with_bisection(rates in bursty(), bucket in 1_i64..60, rpo in 0_u32..900) {
        let rpo = f64::from(rpo);
        let plan = plan_of(bucket, &rates, &plain_on(80.0, rpo));
        let closed = plan.answers.links_for_rpo[0].link.get();
        let by_second = by_second(usize::try_from(bucket).unwrap(), &rates);
        let largest = rates.iter().copied().fold(0.0, f64::max);
        if largest == 0.0 {
            prop_assert_eq!(closed, 0.0);
            prop_assert_eq!(&plan.answers.links_for_rpo[0].critical_interval, &None);
            return Ok(());
        }
        let found = bisect(0.0, largest, |link| worst_by_force(&by_second, link) <= rpo + 1e-9);
        prop_assert!((closed - found).abs() <= 1e-8 * found, "{closed} by the closed form, {found} by bisection");
    }

    /// The critical interval gives the link, and no earlier start or later end gives as much.
    #[test]
    fn the_critical_interval_gives_the_link(rates in bursty(), rpo in 0_u32..900) {
        let rpo = f64::from(rpo);
        let plan = plan_of(20, &rates, &plain_on(80.0, rpo));
        let link = &plan.answers.links_for_rpo[0];
        let Some(critical) = &link.critical_interval else { return Ok(()); };
        let length = critical.span.end.duration_since(critical.span.start).as_secs_f64();
        prop_assert!((critical.bytes.get() / (length + rpo) - link.link.get()).abs() <= 1e-8 * link.link.get());
        let start = plan.coverage.window.start;
        let place = |at: jiff::Timestamp| usize::try_from(at.duration_since(start).as_secs() / 20).unwrap();
        let (first, last) = (place(critical.span.start), place(critical.span.end));
        for s in 0..rates.len() {
            for t in s + 1..=rates.len() {
                let bytes: f64 = rates[s..t].iter().map(|rate| rate * 20.0).sum();
                let slope = bytes / ((t - s) as f64 * 20.0 + rpo);
                let ties = (slope - link.link.get()).abs() <= 1e-12 * link.link.get();
                prop_assert!(!ties || s > first || (s == first && t <= last), "{s}..{t} before {first}..{last}");
            }
        }
    }

    #[test]
    fn a_faster_link_and_a_longer_rpo_never_hurt(rates in bursty(), megabit in 1_u32..400, rpo in 0_u32..600) {
        let (speed, rpo) = (f64::from(megabit), f64::from(rpo));
        let slow = plan_of(20, &rates, &plain_on(speed, rpo));
        let fast = plan_of(20, &rates, &plain_on(speed * 1.1, rpo));
        let patient = plan_of(20, &rates, &plain_on(speed, rpo + 10.0));
        let (slow_rpo, fast_rpo) = (rpo_of(&slow), rpo_of(&fast));
        prop_assert!(fast_rpo.largest_backlog <= slow_rpo.largest_backlog);
        prop_assert!(fast_rpo.behind.get() <= slow_rpo.behind.get() + 1e-6);
        prop_assert!(fast_rpo.over_target.get() <= slow_rpo.over_target.get() + 1e-6);
        prop_assert!(rpo_of(&patient).over_target <= slow_rpo.over_target);
        if let (Some(slow), Some(fast)) = (slow_rpo.sustained(), fast_rpo.sustained()) {
            prop_assert!(fast.worst.get() <= slow.worst.get() + 1e-6);
        }
        prop_assert!(link_for_rpo(&patient) <= link_for_rpo(&slow) * (1.0 + 1e-9));
    }

    /// On the link for an RPO there is no episode, and on a slower one there is.
    #[test]
    fn the_link_for_an_rpo_keeps_it_and_no_slower_one_does(rates in bursty(), rpo in 1_u32..600) {
        let rpo = f64::from(rpo);
        let needed = link_for_rpo(&plan_of(20, &rates, &plain_on(1.0, rpo)));
        prop_assume!(needed > 0.0);
        let on = |link: f64| plan_of(20, &rates, &plain_on(link, rpo));
        let kept = on(needed);
        let Some(sustained) = rpo_of(&kept).sustained() else { return Ok(()); };
        prop_assert_eq!(&sustained.episodes, &[]);
        prop_assert!((sustained.worst.get() - rpo).abs() < 1e-5 * rpo);
        let missed = on(needed * 0.99);
        if let Some(sustained) = rpo_of(&missed).sustained() {
            prop_assert!(!sustained.episodes.is_empty());
        }
    }

    /// At most 1 - q of the bytes are late on the link for a percentage, and more are on a slower one.
    #[test]
    fn a_percentage_of_the_bytes_meets_the_rpo(rates in bursty(), rpo in 0_u32..300, met in 50_u32..100) {
        let (rpo, met) = (f64::from(rpo), f64::from(met));
        prop_assume!(rates.iter().any(|rate| *rate > 0.0));
        let mut inputs = plain_on(80.0, rpo);
        inputs.assumptions.mets = OneOrMore::new(percent(met), vec![percent(100.0)]);
        let plan = plan_of(20, &rates, &inputs);
        let [some, all] = &plan.answers.links_for_rpo[..] else { panic!("two links") };
        prop_assert!(some.link <= all.link);
        prop_assert_eq!(&some.critical_interval, &None);
        let by_second = by_second(20, &rates);
        let late = |link: f64| BruteForce::run(&by_second, |_| link).late_share(rpo);
        let allowed = 1.0 - met / 100.0;
        // The brute force looks at one byte a second.
        let step = by_second.iter().copied().fold(0.0, f64::max) * 3.0 * rates.len() as f64 / by_second.iter().sum::<f64>();
        if some.link.get() > 1e5 {
            prop_assert!(late(some.link.get() * 1.001) <= allowed + step, "{}", late(some.link.get()));
            prop_assert!(late(some.link.get() * 0.999) >= allowed - step, "{}", late(some.link.get() * 0.999));
        }
    }
}

/// One bucket of 20 s in a day of quiet writes: nobody buys for it.
#[test]
fn a_single_burst_does_not_decide_below_a_hundred_percent() {
    let runs = [(Some(1e6), 2_000), (Some(100e6), 1), (Some(1e6), 2_319)];
    let mut inputs = plain_on(100.0, 0.0);
    inputs.assumptions.mets = OneOrMore::new(percent(100.0), vec![percent(99.0), percent(50.0)]);
    let plan = plan(20, &runs, &inputs);
    let links: Vec<f64> = plan
        .answers
        .links_for_rpo
        .iter()
        .map(|link| megabit(link.link))
        .collect();
    assert_close(links[0], 800.0, 1e-9);
    assert!(links[1] < 800.0 && links[1] > 8.0, "{links:?}");
    assert!(links[2] < links[1], "{links:?}");
}

/// A constant rate ties everywhere: the earliest start and the latest end win.
#[test]
fn ties_take_the_earliest_start_and_the_latest_end() {
    let runs = [
        (Some(0.0), 3),
        (Some(0.1e6), 7),
        (Some(0.0), 3),
        (Some(0.1e6), 7),
    ];
    let plan = plan(20, &runs, &plain_on(8.0, 0.0));
    let critical = plan.answers.links_for_rpo[0]
        .critical_interval
        .as_ref()
        .unwrap();
    let start = plan.coverage.window.start;
    assert_eq!(critical.span.start.duration_since(start).as_secs(), 60);
    assert_eq!(critical.span.end.duration_since(start).as_secs(), 200);
}

#[test]
fn no_writes_need_no_link() {
    let plan = plan(20, &[(Some(0.0), 50)], &plain_on(8.0, 10.0));
    let link = &plan.answers.links_for_rpo[0];
    assert_eq!(
        (link.link, &link.critical_interval),
        (BytesPerSec::new(0.0).unwrap(), &None)
    );
    assert_eq!(plan.answers.curve, []);
    assert_eq!(worst(&plan), 0.0);
}

/// A link of which 70 % can be used has to be larger by that; the bytes on it stay the same.
#[test]
fn links_are_nominal() {
    let mut inputs = plain_on(200.0 / 0.7, 360.0);
    inputs.assumptions.usable_share = UsableShare::new(0.7).unwrap();
    let plan = plan(20, &super::BURST, &inputs);
    assert_close(link_for_rpo(&plan), 200.0 / 0.7, 1e-9);
    assert_close(worst(&plan), 360.0, 1e-9);
    let critical = plan.answers.links_for_rpo[0]
        .critical_interval
        .as_ref()
        .unwrap();
    assert_close(critical.bytes.get(), 24e9, 1e-9);
    let last = plan.answers.curve.last().unwrap();
    assert_close(megabit(last.link), 320.0 / 0.7, 1e-9);
    assert_eq!(last.worst, seconds(0.0));
}

/// The curve goes from the mean to the largest rate, and agrees with the simulation.
#[test]
fn the_curve_agrees_with_the_simulation() {
    let curve = plan(20, &super::BURST, &plain()).answers.curve;
    assert_eq!(curve.len(), 48);
    assert_close(megabit(curve[0].link), 80.0, 1e-9);
    for point in curve.iter().step_by(9) {
        let simulated = plan(20, &super::BURST, &plain_on(megabit(point.link), 10.0));
        assert_close(worst(&simulated), point.worst.get(), 1e-6);
    }
    assert!(
        curve.is_sorted_by(
            |slower, faster| slower.link < faster.link && slower.worst >= faster.worst
        )
    );
}
