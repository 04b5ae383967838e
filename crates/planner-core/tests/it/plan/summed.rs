//! Sums that a server has made: the plan is the same as that of the series, as far as sums say.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use planner_core::plan::assumptions::{Assumptions, History, Inputs};
use planner_core::plan::bucket::Bucket;
use planner_core::plan::demand::{Demand, Vm, VmIdentity};
use planner_core::plan::grid::Grid;
use planner_core::plan::link::Link;
use planner_core::plan::series::Series;
use planner_core::plan::summed::{Summed, SummedPart, SummedVm};
use planner_core::plan::whole::Plan;
use planner_core::units::DataAmount;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{MONDAY, from_megabit, rate, seconds};

const STEP: u32 = 300;

fn vm(number: usize) -> Vm {
    Vm {
        identity: Arc::new(VmIdentity {
            vcenter: None,
            name: format!("vm-{number}").into(),
            moref: None,
        }),
        host: None,
        provisioned: None,
        used: None,
        volumes: None,
        disks: Vec::new(),
    }
}

fn series(rates: impl Iterator<Item = f64>) -> Series {
    let buckets = (1..).zip(rates).filter_map(|(end, bytes_per_second)| {
        Bucket::stamped(MONDAY + end * i64::from(STEP), STEP, rate(bytes_per_second))
    });
    Series::new(buckets.collect()).unwrap()
}

fn inputs() -> Inputs {
    let mut inputs = Inputs {
        assumptions: Assumptions {
            link: Some(Link::new(from_megabit(40.0), Vec::new()).unwrap()),
            ..Assumptions::default()
        },
        ..Inputs::default()
    };
    inputs.journal.history = History::new(seconds(3_600.0)).unwrap();
    inputs
}

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1.0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sums_give_the_plan_of_the_series(rates in vec(vec(0.0..9e6, 30), 2..6)) {
        let count = rates.len();
        let all: Vec<Series> = rates.iter().map(|rates| series(rates.iter().copied())).collect();
        let (length, buckets) = (NonZeroU32::new(STEP).unwrap(), NonZeroUsize::new(30).unwrap());
        let grid = Arc::new(Grid::uniform(MONDAY, length, buckets).unwrap());
        let vms = (0..count).map(vm).zip(all.iter().map(|series| vec![series.clone()]));
        let demand = Demand::of_series(Arc::clone(&grid), vms.collect());
        let inputs = inputs();
        let whole = Plan::compute(&demand, &inputs).unwrap();

        let sum = (0..30).map(|bucket| rates.iter().map(|rates| rates[bucket]).sum::<f64>());
        let history = inputs.journal.history;
        let known = all.iter().map(|series| SummedVm::of_series(series, &grid, history));
        let interval = whole.answers.links_for_rpo[0].critical_interval.as_ref().unwrap();
        let edges = (interval.span.start.as_second(), interval.span.end.as_second());
        let written = |series: &Series| series.written_between(edges.0, edges.1);
        let causes: Vec<(usize, DataAmount)> = all.iter().map(written).enumerate().collect();
        let sums_alone = Demand::new(Arc::clone(&grid), (0..count).map(vm).collect(), |_, _| {});
        let mut summed = Summed {
            demand: &demand,
            parts: vec![SummedPart { group: None, series: series(sum) }],
            vms: known.collect(),
            causes: BTreeMap::from([(edges, causes)]),
        };
        let of_sums = Plan::compute_summed(&summed, &inputs).unwrap();
        prop_assert!(is_close(
            of_sums.answers.links_for_rpo[0].link.get(),
            whole.answers.links_for_rpo[0].link.get()
        ));
        let waits = |plan: &Plan| plan.answers.rpo.as_ref().unwrap().largest_backlog.get();
        prop_assert!(is_close(waits(&of_sums), waits(&whole)));
        prop_assert!(is_close(of_sums.journals.sum.get(), whole.journals.sum.get()));
        prop_assert!(is_close(of_sums.journals.joint_peak.get(), whole.journals.joint_peak.get()));
        prop_assert_eq!(of_sums.coverage.share_present, whole.coverage.share_present);
        for (one, other) in of_sums.vms.iter().zip(&whole.vms) {
            prop_assert!(is_close(one.mean.get(), other.mean.get()));
            prop_assert!(is_close(one.share, other.share));
            prop_assert_eq!(one.coverage, other.coverage);
            prop_assert_eq!(one.peak, other.peak);
            prop_assert!(one.quantiles.is_empty() && !other.quantiles.is_empty());
        }
        let causes = |plan: &Plan| {
            let interval = plan.answers.links_for_rpo[0].critical_interval.clone();
            interval.unwrap().causes
        };
        prop_assert_eq!(causes(&of_sums).len(), count);
        for (one, other) in causes(&of_sums).iter().zip(causes(&whole)) {
            prop_assert_eq!(&one.vm.name, &other.vm.name);
            prop_assert!(is_close(one.bytes.get(), other.bytes.get()));
            let (one, other) = (one.link_without.unwrap(), other.link_without.unwrap());
            prop_assert!(is_close(one.get(), other.get()));
        }
        // Without series nobody knows what link would do without a cause.
        summed.demand = &sums_alone;
        let alone = Plan::compute_summed(&summed, &inputs).unwrap();
        prop_assert!(causes(&alone).iter().all(|cause| cause.link_without.is_none()));
    }
}

#[test]
fn a_vm_without_samples_is_named_and_one_with_too_few_has_no_journal() {
    let all = series((0..30).map(|_| 1e6));
    let (length, buckets) = (
        NonZeroU32::new(STEP).unwrap(),
        NonZeroUsize::new(30).unwrap(),
    );
    let grid = Arc::new(Grid::uniform(MONDAY, length, buckets).unwrap());
    let demand = Demand::new(Arc::clone(&grid), (0..3).map(vm).collect(), |_, _| {});
    let history = inputs().journal.history;
    let known = SummedVm::of_series(&all, &grid, history).unwrap();
    let half = SummedVm {
        covered: seconds(known.covered.get() / 2.0),
        ..known
    };
    let summed = Summed {
        demand: &demand,
        parts: vec![SummedPart {
            group: None,
            series: all,
        }],
        vms: vec![Some(known), None, Some(half)],
        causes: BTreeMap::new(),
    };
    let plan = Plan::compute_summed(&summed, &inputs()).unwrap();
    assert_eq!(&*plan.no_samples[0].name, "vm-1");
    assert_eq!(plan.vms.len(), 2);
    assert!(plan.vms[0].journal.is_some() && plan.vms[1].journal.is_none());
    assert_eq!(plan.journals.unknown_vms, 1);
    assert_eq!(plan.coverage.share_present, 0.75);
    let none = Summed {
        vms: vec![None, None, None],
        ..summed
    };
    assert!(Plan::compute_summed(&none, &inputs()).is_err());
}
