//! Journals per VM and together.

use planner_core::plan::assumptions::{Compression, Growth, History, Inputs};
use planner_core::plan::whole::Plan;
use planner_core::units::{DataAmount, Gib};
use proptest::prelude::*;

use super::{Run, assert_close, demand, plain, plan, rates, seconds};

const MIB: f64 = 1_048_576.0;

fn gib(amount: DataAmount) -> f64 {
    Gib::from(amount).get()
}

fn inputs(hours: f64) -> Inputs {
    let mut inputs = plain();
    inputs.journal.history = History::new(seconds(hours * 3_600.0)).unwrap();
    inputs
}

/// J1: two hours at 20 MiB/s in a day at 1 MiB/s.
const BUSY_HOURS: [Run; 3] = [(Some(MIB), 48), (Some(20.0 * MIB), 24), (Some(MIB), 216)];

#[test]
fn the_largest_window_decides() {
    let plan = plan(300, &BUSY_HOURS, &inputs(4.0));
    let journal = plan.vms[0].journal.unwrap();
    assert_eq!(journal.written.get(), 158_544_691_200.0);
    assert_eq!(gib(journal.size), 147.656_25);
    assert!(!journal.is_over_limit && !journal.is_extrapolated);
    assert_close(gib(plan.journals.joint_peak), 147.656_25, 1e-12);
    assert_close(plan.journals.peak_rate.get(), 20.0 * MIB, 1e-12);
    assert_eq!(plan.recovery_storage.scratch, plan.journals.joint_peak);
}

/// J2: 8 GiB at least (Zerto 4.5 U4 help, "`ManageJournal`").
#[test]
fn a_journal_is_never_below_the_floor() {
    let plan = plan(300, &[(Some(0.05 * MIB), 288)], &inputs(24.0));
    let journal = plan.vms[0].journal.unwrap();
    assert_close(gib(journal.written), 4.218_75, 1e-12);
    assert_eq!(gib(journal.size), 8.0);
    assert!(!journal.is_extrapolated);
    assert_close(gib(plan.journals.joint_peak), 4.218_75, 1e-12);
    assert_eq!(gib(plan.journals.sum), 8.0);
}

/// Compression comes before the floor, and the limit after it.
#[test]
fn compression_comes_before_the_floor_and_the_limit() {
    let with = |share: f64, limit: f64| {
        let mut inputs = inputs(4.0);
        inputs.journal.compression = Compression::new(share).unwrap();
        inputs.journal.limit = DataAmount::from(Gib::new(limit).unwrap());
        plan(300, &BUSY_HOURS, &inputs).vms[0].journal.unwrap()
    };
    let large = with(0.5, 70.0);
    assert_close(gib(large.size), 73.828_125, 1e-12);
    assert!(large.is_over_limit, "flagged, not cut");
    assert!(!with(0.5, 73.828_125).is_over_limit);
    let small = with(0.99, 7.0);
    assert_eq!(gib(small.size), 8.0);
    assert!(small.is_over_limit);
    // 9 GiB written at 50 %: the floor applies to what is left, not before.
    let nine = [(Some(9.0 * 1_024.0 * MIB / 3_600.0), 12), (Some(0.0), 276)];
    let mut halved = inputs(1.0);
    halved.journal.compression = Compression::new(0.5).unwrap();
    assert_eq!(
        gib(plan(300, &nine, &halved).vms[0].journal.unwrap().size),
        8.0
    );
}

#[test]
fn a_history_longer_than_the_data_is_extrapolated() {
    let gap = [(Some(2.0 * MIB), 100), (None, 88), (Some(2.0 * MIB), 100)];
    let plan = plan(300, &gap, &inputs(48.0));
    let journal = plan.vms[0].journal.unwrap();
    assert!(journal.is_extrapolated && plan.journals.is_extrapolated);
    assert_close(gib(journal.written), 2.0 * 172_800.0 / 1_024.0, 1e-12);
    assert_close(
        gib(plan.journals.joint_peak),
        2.0 * 172_800.0 / 1_024.0,
        1e-12,
    );
    assert_eq!(plan.journals.unknown_vms, 0);
}

/// Up to 20 % of the largest window may be absent: the mean stands in for it.
#[test]
fn too_much_absence_makes_a_journal_unknown() {
    let with_gap = |buckets: usize| {
        let runs = [(Some(MIB), 12), (None, buckets), (Some(MIB), 36 - buckets)];
        plan(300, &runs, &inputs(4.0))
    };
    let filled = with_gap(9);
    assert_close(
        gib(filled.vms[0].journal.unwrap().written),
        14_400.0 / 1_024.0,
        1e-12,
    );
    let unknown = with_gap(10);
    assert_eq!(unknown.vms[0].journal, None);
    assert_eq!(unknown.journals.unknown_vms, 1);
    assert_eq!(unknown.journals.sum, DataAmount::new(0.0).unwrap());
}

/// A history as long as the data has one window, to which the same rule applies.
#[test]
fn a_history_as_long_as_the_data_may_be_unknown() {
    let with_gap = |buckets: usize| {
        let runs = [(Some(MIB), 10), (None, buckets), (Some(MIB), 38 - buckets)];
        plan(300, &runs, &inputs(4.0)).vms[0].journal
    };
    let filled = with_gap(9).unwrap();
    assert!(!filled.is_extrapolated);
    assert_close(gib(filled.written), 14_400.0 / 1_024.0, 1e-12);
    assert_eq!(with_gap(10), None);
}

/// VMs that are busy at different times hold less together than the sum of their sizes.
#[test]
fn the_joint_peak_is_below_the_sum() {
    let morning = rates(&[(Some(10.0 * MIB), 72), (Some(0.0), 216)]);
    let evening = rates(&[(Some(0.0), 216), (Some(10.0 * MIB), 72)]);
    let mut inputs = inputs(6.0);
    let once = Plan::compute(&demand(300, &[morning.clone(), evening.clone()]), &inputs).unwrap();
    assert_close(
        gib(once.journals.joint_peak),
        6.0 * 3_600.0 * 10.0 / 1_024.0,
        1e-12,
    );
    assert_close(
        gib(once.journals.sum),
        2.0 * 6.0 * 3_600.0 * 10.0 / 1_024.0,
        1e-12,
    );
    inputs.assumptions.growth = Growth::new(0.21, 6.0).unwrap();
    let grown = Plan::compute(&demand(300, &[morning, evening]), &inputs).unwrap();
    assert_close(
        grown.journals.sum.get(),
        1.1 * once.journals.sum.get(),
        1e-9,
    );
    assert_close(
        grown.journals.joint_peak.get(),
        1.1 * once.journals.joint_peak.get(),
        1e-9,
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Windows begin at any second, also within buckets.
    #[test]
    fn windows_slide(values in prop::collection::vec(0_u32..1_000, 24..60), bucket in 300_i64..900) {
        let hours = 1.0;
        let values: Vec<Option<f64>> = values.into_iter().map(|value| Some(f64::from(value) * MIB)).collect();
        let plan = Plan::compute(&demand(bucket, std::slice::from_ref(&values)), &inputs(hours)).unwrap();
        let length = usize::try_from(bucket).unwrap();
        let mut written = vec![0.0];
        for second in 0..values.len() * length {
            written.push(written[second] + values[second / length].unwrap());
        }
        let largest = written.windows(3_601).map(|window| window[3_600] - window[0]);
        let largest = largest.fold(0.0, f64::max);
        prop_assert!((plan.vms[0].journal.unwrap().written.get() - largest).abs() <= 1e-9 * largest);
    }
}
