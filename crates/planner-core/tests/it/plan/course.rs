//! What charts are drawn from: columns, ages and the hours of the week.

use std::num::NonZeroUsize;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use planner_core::plan::course::Column;
use planner_core::plan::grid::Span;
use planner_core::plan::whole::Plan;
use planner_core::units::BytesPerSec;
use proptest::prelude::*;

use super::links::bursty;
use super::{
    BURST, assert_close, demand, from_megabit, megabit, plain, plain_on, plan, rpo_of, seconds,
    worst,
};

fn columns(plan: &Plan, count: usize) -> Vec<Column> {
    let count = NonZeroUsize::new(count).unwrap();
    plan.course.columns(plan.course.span(), count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever their number, columns have the highest rate, the largest backlog and all bytes.
    #[test]
    fn columns_lose_neither_peaks_nor_bytes(rates in bursty(), count in 1_usize..200, megabytes in 1_u32..50) {
        let rates: Vec<Option<f64>> = rates.iter().map(|rate| Some(*rate)).collect();
        let inputs = plain_on(f64::from(megabytes) * 8.0, 10.0);
        let plan = Plan::compute(&demand(20, &[rates]), &inputs).unwrap();
        let columns = columns(&plan, count);
        prop_assert_eq!(columns.len(), count);
        let bands: Vec<_> = columns.iter().map(|column| column.rate.unwrap()).collect();
        let highest = bands.iter().map(|band| band.high).max().unwrap();
        prop_assert_eq!(highest, plan.course.highest());
        prop_assert!(bands.iter().all(|band| band.low.get() <= band.mean.get() * (1.0 + 1e-9)));
        prop_assert!(bands.iter().all(|band| band.mean.get() <= band.high.get() * (1.0 + 1e-9)));
        let mean = bands.iter().map(|band| band.mean.get()).sum::<f64>() / count as f64;
        let exact = plan.course.mean().get();
        prop_assert!((mean - exact).abs() <= 1e-6 * exact.max(1.0), "{} and {}", mean, exact);
        let most = columns.iter().filter_map(|column| column.waiting).max().unwrap();
        let expected = rpo_of(&plan).largest_backlog.get();
        prop_assert!((most.get() - expected).abs() <= 1e-6 * expected.max(1.0));
    }

    /// The oldest byte of the ages is the worst RPO.
    #[test]
    fn ages_reach_the_worst_rpo(rates in bursty(), megabytes in 1_u32..50) {
        let rates: Vec<Option<f64>> = rates.iter().map(|rate| Some(*rate)).collect();
        let plan = Plan::compute(&demand(20, &[rates]), &plain_on(f64::from(megabytes) * 8.0, 10.0)).unwrap();
        if let Some(sustained) = rpo_of(&plan).sustained() {
            let data = plan.course.span();
            let end = data.end + SignedDuration::from_secs(1_000_000);
            let ages = plan.course.ages(Span { end, ..data });
            let oldest = ages.iter().map(|age| age.age.get()).fold(0.0, f64::max);
            prop_assert!((oldest - sustained.worst.get()).abs() < 1e-6);
            prop_assert!(ages.is_sorted_by_key(|age| age.at));
        }
    }
}

#[test]
fn absent_time_and_time_outside_of_the_data_have_no_rate() {
    let runs = [(Some(1e6), 10), (None, 10), (Some(3e6), 10)];
    let plan = plan(20, &runs, &plain());
    let rates = |columns: Vec<Column>| -> Vec<Option<f64>> {
        let rates = columns.into_iter().map(|column| column.rate);
        rates
            .map(|rate| rate.map(|rate| rate.mean.get() / 1e6))
            .collect()
    };
    assert_eq!(rates(columns(&plan, 3)), [Some(1.0), None, Some(3.0)]);
    let data = plan.course.span();
    let around = Span {
        start: data.start - SignedDuration::from_secs(200),
        end: data.start + SignedDuration::from_secs(200),
    };
    let halves = plan.course.columns(around, NonZeroUsize::new(2).unwrap());
    assert_eq!(rates(halves), [None, Some(1.0)]);
}

#[test]
fn other_links_are_answered_as_the_plan_answers() {
    let plan = plan(20, &BURST, &plain_on(200.0, 10.0));
    let assumptions = plain_on(200.0, 10.0).assumptions;
    let asked = plan.answers.links_for_rpo[0].link;
    assert_eq!(plan.course.link_for(seconds(10.0), &assumptions), asked);
    let on_link = plan.course.worst_on(from_megabit(200.0), &assumptions);
    assert_close(on_link.unwrap().get(), worst(&plan), 1e-9);
    let mean = megabit(plan.course.mean());
    assert_eq!(
        plan.course
            .worst_on(from_megabit(mean * 0.99), &assumptions),
        None
    );
    let nothing = BytesPerSec::new(0.0).unwrap();
    assert_eq!(plan.course.worst_on(nothing, &assumptions), None);
}

/// From Monday 00:00 UTC on, which is 01:00 in Berlin: an hour of 10 MB/s at 02:00 UTC on each of two days.
#[test]
fn a_week_is_in_civil_time_and_marks_late_hours() {
    let day = [
        (Some(1e6), 360),
        (Some(10e6), 180),
        (Some(1e6), 24 * 180 - 540),
    ];
    let two_days = [day, day].concat();
    let inputs = plain_on(40.0, 10.0);
    let plan = plan(20, &two_days, &inputs);
    let berlin = TimeZone::fixed(jiff::tz::offset(1));
    for (time_zone, hour) in [(TimeZone::UTC, 2), (berlin, 3)] {
        let week = plan.course.week(&time_zone).unwrap();
        let mean =
            |day: usize, hour: usize| week.days()[day][hour].mean.map(|mean| mean.get() / 1e6);
        assert_eq!(mean(0, hour), Some(10.0));
        assert_eq!(mean(1, hour), Some(10.0));
        assert_eq!(mean(0, hour + 1), Some(1.0));
        assert_eq!(mean(3, hour), None);
        let is_late = |hour: usize| week.days()[0][hour].is_late;
        assert!(!is_late(hour - 1) && is_late(hour) && is_late(hour + 1));
        assert!(!is_late(hour + 5));
    }
    let short = super::plan(20, &BURST, &inputs);
    assert!(short.course.week(&TimeZone::UTC).is_none());
    assert_eq!(
        short.course.ages(Span {
            end: short.course.span().start,
            ..short.course.span()
        }),
        []
    );
    let without_link = super::plan(20, &BURST, &plain());
    assert!(
        columns(&without_link, 4)
            .iter()
            .all(|column| column.waiting.is_none())
    );
}
