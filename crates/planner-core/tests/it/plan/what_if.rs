//! Other assumptions, and changes since an earlier plan.

use std::collections::BTreeMap;

use planner_core::plan::assumptions::{Compression, Growth, Overhead, Scenario};
use planner_core::plan::drift::{Change, changes};
use proptest::prelude::*;

use super::links::bursty;
use super::{assert_close, link, plain, plain_on, plan, rpo_of, worst};

#[test]
fn a_scenario_is_a_plan_with_other_assumptions() {
    let mut inputs = plain_on(200.0, 10.0);
    let mut faster = inputs.assumptions.clone();
    faster.link = Some(link(500.0));
    let mut smaller = inputs.assumptions.clone();
    smaller.compression = Compression::new(0.6).unwrap();
    inputs.scenarios = [
        Some(Scenario {
            name: "faster".to_owned(),
            assumptions: faster,
        }),
        Some(Scenario {
            name: "smaller".to_owned(),
            assumptions: smaller.clone(),
        }),
    ];
    let with_scenarios = plan(20, &super::BURST, &inputs);
    let [(_, faster), (name, smaller_answers)] = &with_scenarios.scenarios[..] else {
        panic!("two scenarios");
    };
    assert_eq!(
        faster
            .rpo
            .as_ref()
            .unwrap()
            .sustained()
            .unwrap()
            .worst
            .get(),
        0.0
    );
    assert_eq!(name, "smaller");
    let mut other = plain();
    other.assumptions = smaller;
    assert_eq!(&plan(20, &super::BURST, &other).answers, smaller_answers);
    assert_close(worst(&with_scenarios), 360.0, 1e-9);
}

/// Growth counts in all rates and in no size.
#[test]
fn growth_counts_in_every_rate() {
    let mut inputs = plain_on(400.0, 10.0);
    let now = plan(20, &super::BURST, &inputs);
    inputs.assumptions.growth = Growth::new(1.0, 12.0).unwrap();
    let later = plan(20, &super::BURST, &inputs);
    let pairs = [
        (
            now.wan.quantiles[3].rate.get(),
            later.wan.quantiles[3].rate.get(),
        ),
        (
            now.answers.links_for_rpo[0].link.get(),
            later.answers.links_for_rpo[0].link.get(),
        ),
        (now.vms[0].mean.get(), later.vms[0].mean.get()),
        (
            now.vms[0].peak.unwrap().get(),
            later.vms[0].peak.unwrap().get(),
        ),
        (now.vms[0].per_day.get(), later.vms[0].per_day.get()),
        (now.journals.peak_rate.get(), later.journals.peak_rate.get()),
        (
            now.rules_of_thumb.change_per_day.get(),
            later.rules_of_thumb.change_per_day.get(),
        ),
    ];
    for (now, later) in pairs {
        assert_close(later, 2.0 * now, 1e-9);
    }
    assert_eq!(
        (
            now.recovery_storage.provisioned,
            later.recovery_storage.provisioned
        ),
        (None, None)
    );
    assert_close(rpo_of(&later).largest_backlog.get(), 30e6 * 600.0, 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Compression, overhead and growth act on the rate alone: a plan of scaled writes is the same.
    #[test]
    fn assumptions_scale_the_rate(rates in bursty(), compression in 0_u32..99, overhead in 0_u32..100) {
        let (compression, overhead) = (f64::from(compression) / 100.0, f64::from(overhead) / 100.0);
        let factor = (1.0 - compression) * (1.0 + overhead);
        let runs = |factor: f64| rates.iter().map(|rate| (Some(rate * factor), 1)).collect::<Vec<_>>();
        let mut inputs = plain_on(100.0, 30.0);
        let scaled = plan(20, &runs(factor), &inputs);
        inputs.assumptions.compression = Compression::new(compression).unwrap();
        inputs.assumptions.overhead = Overhead::new(overhead).unwrap();
        let assumed = plan(20, &runs(1.0), &inputs);
        let close = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs().max(1.0) * 1e3;
        prop_assert!(close(super::link_for_rpo(&scaled), super::link_for_rpo(&assumed)));
        let (scaled, assumed) = (rpo_of(&scaled), rpo_of(&assumed));
        prop_assert!(close(scaled.largest_backlog.get(), assumed.largest_backlog.get()));
        prop_assert!((scaled.behind.get() - assumed.behind.get()).abs() < 1e-3);
    }
}

#[test]
fn figures_that_changed_are_listed_by_path() {
    let figures = |figures: &[(&str, f64)]| -> BTreeMap<String, f64> {
        figures
            .iter()
            .map(|(path, value)| ((*path).to_owned(), *value))
            .collect()
    };
    let was = figures(&[
        ("gone", 1.0),
        ("link", 314.0),
        ("same", 7.0),
        ("rounded", 1.0),
    ]);
    let now = figures(&[
        ("link", 320.0),
        ("new", 0.0),
        ("same", 7.0),
        ("rounded", 1.0 + 1e-12),
    ]);
    let change = |figure: &str, was, now| Change {
        figure: figure.to_owned(),
        was,
        now,
    };
    assert_eq!(
        changes(&was, &now),
        [
            change("gone", Some(1.0), None),
            change("link", Some(314.0), Some(320.0)),
            change("new", None, Some(0.0)),
        ]
    );
}
