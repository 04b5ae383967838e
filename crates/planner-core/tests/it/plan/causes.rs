//! Who causes the link that an RPO needs.

use planner_core::plan::assumptions::{Compression, OneOrMore, Scenario, UsableShare};
use planner_core::plan::causes::Cause;
use planner_core::plan::demand::Demand;
use planner_core::plan::whole::Plan;
use proptest::prelude::*;

use super::{assert_close, demand, grid, megabit, plain, rates, seconds, series, vm};

fn causes(plan: &Plan) -> &[Cause] {
    let interval = plan.answers.links_for_rpo[0].critical_interval.as_ref();
    &interval.unwrap().causes
}

#[test]
fn the_vm_with_the_burst_comes_first() {
    let steady = rates(&[(Some(5e6), 120)]);
    let bursting = rates(&[(Some(0.0), 30), (Some(40e6), 30), (Some(0.0), 60)]);
    let mut inputs = plain();
    inputs.assumptions.compression = Compression::new(0.5).unwrap();
    inputs.assumptions.usable_share = UsableShare::new(0.5).unwrap();
    let plan = Plan::compute(&demand(20, &[steady.clone(), bursting]), &inputs).unwrap();
    let found = causes(&plan);
    assert_eq!(&*found[0].vm.name, "vm-1");
    assert_close(found[0].bytes.get(), 12e9, 1e-9);
    assert_close(found[0].share, 40.0 / 45.0, 1e-9);
    // Without it there are 2.5 MB/s over the whole data, of which half of a link is used.
    let alone = Plan::compute(&demand(20, &[steady]), &inputs).unwrap();
    assert_eq!(
        found[0].link_without,
        Some(alone.answers.links_for_rpo[0].link)
    );
    assert_close(found[1].bytes.get(), 1.5e9, 1e-9);
}

#[test]
fn disks_are_causes_of_their_own() {
    let mut with_disks = vm("db");
    with_disks.disks = vec!["scsi0:0".into(), "scsi0:1".into()];
    let system = series(20, &rates(&[(Some(1e6), 60)]));
    let data = series(
        20,
        &rates(&[(Some(0.0), 20), (Some(30e6), 20), (Some(0.0), 20)]),
    );
    let demand = Demand::of_series(grid(20, 60), vec![(with_disks, vec![system, data])]);
    let plan = Plan::compute(&demand, &plain()).unwrap();
    let disks: Vec<&str> = causes(&plan)
        .iter()
        .filter_map(|cause| cause.disk.as_deref())
        .collect();
    assert_eq!(disks, ["scsi0:1", "scsi0:0"]);
    assert_close(causes(&plan)[0].bytes.get(), 12e9, 1e-9);
}

#[test]
fn links_without_are_known_of_the_ten_largest() {
    let vms: Vec<_> = (1..=12)
        .map(|place| rates(&[(Some(f64::from(place) * 1e6), 30)]))
        .collect();
    let plan = Plan::compute(&demand(20, &vms), &plain()).unwrap();
    let known = causes(&plan)
        .iter()
        .map(|cause| cause.link_without.is_some());
    assert_eq!(
        known.collect::<Vec<_>>(),
        [[true; 10].as_slice(), &[false; 2]].concat()
    );
    let all = plan.answers.links_for_rpo[0].link;
    let without = causes(&plan)[0].link_without.unwrap();
    assert_close(megabit(all) / megabit(without), 78.0 / 66.0, 1e-9);
}

#[test]
fn scenarios_have_causes_too() {
    let mut inputs = plain();
    let mut assumptions = inputs.assumptions.clone();
    assumptions.rpos = OneOrMore::new(seconds(60.0), Vec::new());
    inputs.scenarios[0] = Some(Scenario {
        name: "patient".to_owned(),
        assumptions,
    });
    let plan = Plan::compute(&demand(20, &[rates(&super::BURST)]), &inputs).unwrap();
    let (name, answers) = &plan.scenarios[0];
    assert_eq!(name, "patient");
    let interval = answers.links_for_rpo[0].critical_interval.as_ref().unwrap();
    assert_eq!(interval.causes.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Causes add up to the interval, with absent samples too, and a link without a VM is that of a plan without it.
    #[test]
    fn causes_add_up_and_links_without_are_plans_without(
        vms in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.8, 0_u32..50), 30), 2..6,
        ),
        rpo in 0_u32..120,
    ) {
        let vms: Vec<Vec<Option<f64>>> = vms.into_iter()
            .map(|vm| vm.into_iter().map(|rate| rate.map(|rate| f64::from(rate) * 1e6)).collect())
            .collect();
        let mut inputs = plain();
        inputs.assumptions.rpos = OneOrMore::new(seconds(f64::from(rpo)), Vec::new());
        let Ok(plan) = Plan::compute(&demand(20, &vms), &inputs) else { return Ok(()) };
        let Some(interval) = &plan.answers.links_for_rpo[0].critical_interval else { return Ok(()) };
        let sum: f64 = interval.causes.iter().map(|cause| cause.bytes.get()).sum();
        prop_assert!((sum - interval.bytes.get()).abs() <= 1e-9 * sum);
        let sorted = interval.causes.is_sorted_by(|one, other| one.bytes >= other.bytes);
        prop_assert!(sorted);
        for cause in &interval.causes {
            let place: usize = cause.vm.name.trim_start_matches("vm-").parse().unwrap();
            let mut rest = vms.clone();
            rest.remove(place);
            let expected = Plan::compute(&demand(20, &rest), &inputs)
                .map_or(0.0, |plan| plan.answers.links_for_rpo[0].link.get());
            let actual = cause.link_without.unwrap().get();
            prop_assert!((actual - expected).abs() <= 1e-8 * expected.max(1e3), "{actual} and {expected}");
        }
    }
}
