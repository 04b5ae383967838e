//! No sample is not zero: what is absent, what stands in for it, and that bytes are neither lost nor made.

use planner_core::plan::bucket::Bucket;
use planner_core::plan::demand::Demand;
use planner_core::plan::grid::{Grid, Span};
use planner_core::plan::row::Row;
use planner_core::plan::series::{Overlap, Series};
use planner_core::plan::sum::{Sum, SumBuilder};
use planner_core::plan::whole::{NoSamples, Plan};
use proptest::prelude::*;
use std::sync::Arc;

use super::{
    MONDAY, assert_close, demand, grid, megabit, plain, plain_on, plan, rate, rates, rpo_of,
    series, vm,
};

fn sum_of(bucket_seconds: i64, vms: &[Vec<Option<f64>>]) -> Sum {
    let grid = grid(bucket_seconds, vms[0].len());
    let mut sum = SumBuilder::new(Arc::clone(&grid));
    let mut row = Row::default();
    for rates in vms {
        series(bucket_seconds, rates).write_to(&grid, &mut row);
        sum.add(&row);
    }
    sum.finish()
}

fn sum_rates(sum: &Sum) -> Vec<f64> {
    sum.rates()
        .map(planner_core::units::BytesPerSec::get)
        .collect()
}

/// An absent VM counts with its own mean while those present carry at least half of the mean rate.
#[test]
fn an_absent_vm_counts_with_its_own_mean() {
    let large = vec![Some(6e6), Some(2e6), None, Some(4e6)];
    let small = vec![Some(1e6), None, Some(3e6), Some(2e6)];
    let sum = sum_of(20, &[large, small]);
    // The means are 4 and 2 MB/s: the small VM alone carries a third.
    assert_eq!(sum.present(), [true, true, false, true]);
    assert_eq!(sum_rates(&sum), [7e6, 4e6, 6e6, 6e6]);
    assert_close(sum.share_present(), 0.75, 1e-12);
    assert_close(sum.share_filled(), 2.0 / 17.0, 1e-12);
}

#[test]
fn half_of_the_mean_rate_is_enough() {
    let sum = sum_of(20, &[vec![Some(3e6), None], vec![Some(3e6), Some(3e6)]]);
    assert_eq!(sum.present(), [true, true]);
    let sum = sum_of(20, &[vec![Some(3e6), None], vec![Some(2.9e6), Some(2.9e6)]]);
    assert_eq!(sum.present(), [true, false]);
}

#[test]
fn idle_vms_are_present_and_write_nothing() {
    let sum = sum_of(20, &[vec![Some(0.0), None, Some(0.0)]]);
    assert_eq!(sum.present(), [true, false, true]);
    let sum = sum_of(20, &[vec![None, Some(5e6)], vec![Some(0.0), Some(0.0)]]);
    assert_eq!(sum.present(), [false, true]);
}

/// A gap is left out of quantiles; in the backlog it counts with the mean.
#[test]
fn a_gap_is_not_quiet() {
    let runs = [(Some(30e6), 50), (None, 100), (Some(30e6), 50)];
    let plan = plan(20, &runs, &plain_on(200.0, 10.0));
    assert_eq!(plan.coverage.covered.get(), 2_000.0);
    assert_close(plan.coverage.share_present, 0.5, 1e-12);
    assert_eq!(plan.coverage.share_filled, 0.0);
    let lowest = plan
        .wan
        .quantiles
        .iter()
        .map(|quantile| megabit(quantile.rate));
    assert_eq!(lowest.fold(f64::INFINITY, f64::min), 240.0);
    // With zeros in the gap the backlog would be gone after it.
    assert_close(rpo_of(&plan).final_backlog.get(), 5e6 * 4_000.0, 1e-9);
}

#[test]
fn a_vm_without_samples_is_left_out_and_named() {
    let vms = [vec![Some(1e6), Some(1e6)], vec![None, None]];
    let plan = Plan::compute(&demand(20, &vms), &plain()).unwrap();
    assert_eq!(plan.coverage.share_present, 1.0);
    assert_eq!(plan.vms.len(), 1);
    let left_out: Vec<&str> = plan.no_samples.iter().map(|vm| &*vm.name).collect();
    assert_eq!(left_out, ["vm-1"]);
    let none = Plan::compute(&demand(20, &vms[1..]), &plain());
    assert_eq!(none, Err(NoSamples));
}

#[test]
fn a_vm_known_to_be_off_wrote_nothing() {
    let bucket = Bucket::new(MONDAY + 60, MONDAY + 80, rate(4e6), None).unwrap();
    let off = Series::new(vec![bucket])
        .unwrap()
        .idle_between(MONDAY, MONDAY + 100);
    let mut row = Row::default();
    off.write_to(&grid(20, 6), &mut row);
    let zero = Some(rate(0.0));
    assert_eq!(row.rates(), [zero, zero, zero, Some(rate(4e6)), zero, None]);
}

#[test]
fn excluded_time_counts_as_time_without_samples() {
    let runs = [(Some(1e6), 90), (Some(90e6), 30), (Some(1e6), 60)];
    let mut inputs = plain();
    let moment = |second| jiff::Timestamp::from_second(MONDAY + second).unwrap();
    inputs.excluded = vec![Span {
        start: moment(1_800),
        end: moment(2_400),
    }];
    let without = plan(20, &runs, &inputs);
    assert_eq!(megabit(without.wan.quantiles[3].rate), 8.0);
    assert_eq!(without.coverage.covered.get(), 3_000.0);
    // A bucket that is touched does not count either.
    inputs.excluded = vec![Span {
        start: moment(1_819),
        end: moment(2_381),
    }];
    assert_eq!(plan(20, &runs, &inputs).coverage.covered.get(), 3_000.0);
    inputs.excluded = vec![Span {
        start: moment(1_820),
        end: moment(2_380),
    }];
    assert_eq!(plan(20, &runs, &inputs).coverage.covered.get(), 3_040.0);
}

/// The peak of an excluded bucket is nobody's peak.
#[test]
fn excluded_time_has_no_peak() {
    let bucket = |start, mean, peak| {
        let start = MONDAY + start;
        Bucket::new(start, start + 300, rate(mean), Some(rate(peak))).unwrap()
    };
    let series = Series::new(vec![bucket(0, 1e6, 3e6), bucket(300, 5e6, 90e6)]).unwrap();
    let demand = Demand::of_series(grid(300, 2), vec![(vm("vm"), vec![series])]);
    let mut inputs = plain();
    inputs.excluded = vec![Span {
        start: jiff::Timestamp::from_second(MONDAY + 300).unwrap(),
        end: jiff::Timestamp::from_second(MONDAY + 600).unwrap(),
    }];
    let plan = Plan::compute(&demand, &inputs).unwrap();
    assert_eq!(plan.vms[0].peak, Some(rate(3e6)));
    assert_eq!(plan.vms[0].mean, rate(1e6));
}

#[test]
fn overlapping_samples_are_refused() {
    let bucket = |start, end| Bucket::new(MONDAY + start, MONDAY + end, rate(1.0), None).unwrap();
    let twice = Series::new(vec![bucket(0, 20), bucket(40, 60), bucket(0, 20)]);
    assert_eq!(twice, Err(Overlap { second: MONDAY }));
    let beside = Series::new(vec![bucket(20, 40), bucket(0, 20)]);
    assert!(beside.is_ok());
    assert_eq!(Bucket::new(5, 5, rate(1.0), None), None);
}

#[test]
fn a_stamp_is_the_end_of_its_interval() {
    let stamped = Bucket::stamped(MONDAY + 40, 20, rate(7.0)).unwrap();
    let mut row = Row::default();
    let stamped = Series::new(vec![stamped]).unwrap();
    stamped.write_to(&grid(20, 3), &mut row);
    assert_eq!(row.rates(), [None, Some(rate(7.0)), None]);
}

/// Two disks of a VM: the absent one counts with its own mean.
#[test]
fn an_absent_disk_counts_with_its_own_mean() {
    let mut with_disks = vm("with-disks");
    with_disks.disks = vec!["scsi0:0".into(), "scsi0:1".into()];
    let all = series(20, &rates(&[(Some(3e6), 4)]));
    let gap = series(20, &[Some(1e6), None, None, Some(3e6)]);
    let demand = Demand::of_series(grid(20, 4), vec![(with_disks, vec![all, gap])]);
    let plan = Plan::compute(&demand, &plain()).unwrap();
    assert_close(plan.vms[0].mean.get(), 5e6, 1e-12);
    assert_eq!(plan.vms[0].peak, Some(rate(6e6)));
    assert_close(plan.coverage.share_filled, 0.2, 1e-12);
}

/// A sample of `length` seconds after a gap of some.
fn samples() -> impl Strategy<Value = Vec<(i64, i64, u32)>> {
    prop::collection::vec((0_i64..50, 1_i64..90, 0_u32..50_000_000), 1..40)
}

fn build(samples: &[(i64, i64, u32)]) -> Vec<Bucket> {
    let mut now = MONDAY;
    let buckets = samples.iter().map(|(gap, length, value)| {
        let start = now + gap;
        now = start + length;
        Bucket::new(start, now, rate(f64::from(*value)), None).unwrap()
    });
    buckets.collect()
}

fn bytes(samples: &[(i64, i64, u32)]) -> f64 {
    samples
        .iter()
        .map(|(_, length, value)| *length as f64 * f64::from(*value))
        .sum()
}

/// A grid of buckets of different lengths that the samples fit into.
fn odd_grid(samples: &[(i64, i64, u32)], lengths: &[i64]) -> Arc<Grid> {
    let until: i64 = samples.iter().map(|(gap, length, _)| gap + length).sum();
    let mut edges = vec![MONDAY];
    for length in lengths.iter().cycle() {
        edges.push(edges.last().unwrap() + length);
        if edges.last().unwrap() - MONDAY >= until {
            return Arc::new(Grid::new(edges).unwrap());
        }
    }
    unreachable!("lengths repeat")
}

fn one_vm(grid: &Arc<Grid>, buckets: Vec<Bucket>) -> Demand<'static> {
    let series = Series::new(buckets).unwrap();
    Demand::of_series(Arc::clone(grid), vec![(vm("vm"), vec![series])])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever the grid, the bytes of samples are those that a gapless copy of them would have.
    #[test]
    fn bytes_are_conserved_on_any_grid(
        samples in samples(),
        lengths in prop::collection::vec(1_i64..120, 1..5),
    ) {
        let grid = odd_grid(&samples, &lengths);
        let plan = Plan::compute(&one_vm(&grid, build(&samples)), &plain()).unwrap();
        let covered: f64 = samples.iter().map(|(_, length, _)| *length as f64).sum();
        let seconds = plan.coverage.share_present * (grid.end_second() - grid.start_second()) as f64;
        prop_assert!((seconds - covered).abs() < 1e-6);
        prop_assert!((plan.vms[0].mean.get() * covered - bytes(&samples)).abs() <= 1e-9 * bytes(&samples));
    }

    /// The rate of a sample that is split into two is the same in both.
    #[test]
    fn any_split_into_blocks_gives_the_same_plan(
        samples in samples(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let whole = build(&samples);
        let mut starts: Vec<(i64, i64, u32)> = samples.clone();
        for cut in cuts {
            let place = cut.index(starts.len());
            let (gap, length, value) = starts[place];
            if length > 1 {
                let first = length / 2;
                starts.splice(place..=place, [(gap, first, value), (0, length - first, value)]);
            }
        }
        let mut blocks = build(&starts);
        blocks.reverse();
        let grid = odd_grid(&samples, &[20]);
        let inputs = plain_on(100.0, 30.0);
        let one = Plan::compute(&one_vm(&grid, whole), &inputs).unwrap();
        let other = Plan::compute(&one_vm(&grid, blocks), &inputs).unwrap();
        prop_assert!((one.vms[0].mean.get() - other.vms[0].mean.get()).abs() <= 1e-9 * one.vms[0].mean.get());
        prop_assert_eq!(one.coverage.covered, other.coverage.covered);
        let links = [&one, &other].map(|plan| plan.answers.links_for_rpo[0].link.get());
        prop_assert!((links[0] - links[1]).abs() <= 1e-9 * links[0]);
        let backlogs = [&one, &other].map(|plan| rpo_of(plan).largest_backlog.get());
        prop_assert!((backlogs[0] - backlogs[1]).abs() <= 1e-6 * backlogs[0].max(1.0));
    }

    /// A sum does not depend on the order in which series are added.
    #[test]
    fn the_order_of_vms_does_not_matter(
        vms in prop::collection::vec(prop::collection::vec(prop::option::of(0_u32..1_000_000), 12), 1..8),
    ) {
        let rates = |vms: &[Vec<Option<u32>>]| -> Vec<Vec<Option<f64>>> {
            vms.iter().map(|vm| vm.iter().map(|rate| rate.map(f64::from)).collect()).collect()
        };
        let forwards = sum_of(20, &rates(&vms));
        let reversed: Vec<_> = vms.into_iter().rev().collect();
        let backwards = sum_of(20, &rates(&reversed));
        prop_assert_eq!(forwards.present(), backwards.present());
        for (one, other) in sum_rates(&forwards).into_iter().zip(sum_rates(&backwards)) {
            prop_assert!((one - other).abs() <= 1e-6);
        }
    }
}
