//! Groups on a shared link.

use planner_core::plan::demand::{Demand, Group, Priority};
use planner_core::plan::groups::GroupFigures;
use planner_core::plan::whole::Plan;
use planner_core::units::Seconds;
use proptest::prelude::*;

use super::brute_force::{BruteForce, by_second};
use super::links::bursty;
use super::{BURST, assert_close, demand, megabit, plain, plain_on, rates, seconds};
use planner_core::plan::assumptions::History;

fn group(name: &str, priority: Priority, members: &[usize]) -> Group {
    Group {
        name: name.into(),
        priority,
        history: None,
        rpo: None,
        members: members.to_vec(),
    }
}

fn get(time: Option<Seconds>) -> f64 {
    time.unwrap().get()
}

fn add(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one + other)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn shared_links_agree_with_a_brute_force_simulation(
        high in bursty(), medium in bursty(), low in bursty(), megabytes in 20_u32..80,
    ) {
        let buckets = high.len().min(medium.len()).min(low.len());
        let link = f64::from(megabytes) * 1e6;
        let of = |rates: &[f64]| by_second(20, &rates[..buckets]);
        let (high, medium, low) = (of(&high), of(&medium), of(&low));
        let all = add(&add(&high, &medium), &low);
        prop_assume!(all.iter().sum::<f64>() <= link * all.len() as f64);
        let vms: Vec<Vec<Option<f64>>> = [&high, &medium, &low]
            .map(|rates| rates.iter().step_by(20).map(|rate| Some(*rate)).collect()).to_vec();
        let demand = demand(20, &vms).in_groups(vec![
            group("low", Priority::Low, &[2]),
            group("high", Priority::High, &[0]),
        ]);
        let plan = Plan::compute(&demand, &plain_on(link * 8.0 / 1e6, 10.0)).unwrap();
        let [of_low, of_high, of_none] = &plan.groups[..] else { panic!("three groups") };
        prop_assert_eq!(&*of_none.name, "(none)");
        let fifo = BruteForce::run(&all, |_| link);
        let first = BruteForce::run(&high, |_| link);
        let left = first.leftover(|_| link);
        let second = BruteForce::run(&medium, &left);
        let third = BruteForce::run(&low, second.leftover(&left));
        for (figures, rates, strict) in
            [(of_high, &high, &first), (of_none, &medium, &second), (of_low, &low, &third)]
        {
            let writes = |second: usize| rates[second] > 0.0;
            prop_assert!((get(figures.rpo_fifo) - fifo.worst(writes)).abs() < 1e-3);
            let alone = BruteForce::run(rates, |_| link);
            prop_assert!((get(figures.rpo_alone) - alone.worst(writes)).abs() < 1e-3);
            // A second of the brute force has one rate for what is left of the link.
            let worst = strict.worst(writes);
            prop_assert!((get(figures.rpo_strict_priority) - worst).abs() <= 2.0, "{figures:?} and {worst}");
        }
        let shares: f64 = plan.groups.iter().map(|group| group.link_share).sum();
        prop_assert!((shares - 1.0).abs() < 1e-9 || all.iter().sum::<f64>() == 0.0);
    }
}

fn of(name: &str, plan: &Plan) -> GroupFigures {
    let mut groups = plan.groups.iter();
    groups.find(|group| &*group.name == name).unwrap().clone()
}

/// Two VMs with the same burst of 40 MB/s for 600 s on 400 Mbit/s.
fn two_vms() -> Demand<'static> {
    demand(20, &[rates(&BURST), rates(&BURST)])
}

#[test]
fn the_two_ends_of_what_a_link_does_to_groups() {
    let demand = two_vms().in_groups(vec![
        group("first", Priority::High, &[0]),
        group("last", Priority::Low, &[1]),
    ]);
    let plan = Plan::compute(&demand, &plain_on(400.0, 10.0)).unwrap();
    let (first, last) = (of("first", &plan), of("last", &plan));
    assert_eq!(first.rpo_alone, Some(seconds(0.0)));
    assert_close(get(first.rpo_fifo), 360.0, 1e-9);
    assert_eq!(first.rpo_strict_priority, Some(seconds(0.0)));
    // What is left is 10 MB/s for 600 s, then 50: 24 GB take 960 s from the start of the burst. Then the first byte that is
    // sent at 50 MB/s has waited 600 - 150 s.
    assert_close(get(last.rpo_strict_priority), 450.0, 1e-6);
    assert_close(first.link_share, 0.5, 1e-12);
    assert_close(megabit(first.link_alone), 314.754_098_360_655_75, 1e-9);
}

/// A VM in two groups counts once in each and twice on the link.
#[test]
fn a_vm_in_two_groups_is_sent_twice() {
    let groups = |names: &[&str]| {
        names
            .iter()
            .map(|name| group(name, Priority::Medium, &[0, 0]))
            .collect::<Vec<_>>()
    };
    let burst = || demand(20, &[rates(&BURST)]);
    let once = Plan::compute(&burst().in_groups(groups(&["one"])), &plain()).unwrap();
    let twice = Plan::compute(&burst().in_groups(groups(&["one", "other"])), &plain()).unwrap();
    let links = [&once, &twice].map(|plan| plan.answers.links_for_rpo[0].link.get());
    assert_close(links[1], 2.0 * links[0], 1e-9);
    assert_close(of("one", &twice).link_share, 0.5, 1e-12);
    assert_eq!(of("one", &twice).link_alone, of("one", &once).link_alone);
    assert_eq!(of("one", &twice).vms, 1);
    assert_eq!(twice.journals, once.journals);
    let critical = twice.answers.links_for_rpo[0]
        .critical_interval
        .as_ref()
        .unwrap();
    assert_close(critical.causes[0].bytes.get(), critical.bytes.get(), 1e-9);
}

/// A group that outgrows its turn starves those below it, not those above.
#[test]
fn groups_that_never_catch_up_have_no_rpo() {
    let demand = demand(
        20,
        &[rates(&[(Some(10e6), 50)]), rates(&[(Some(20e6), 50)])],
    )
    .in_groups(vec![
        group("high", Priority::High, &[0]),
        group("low", Priority::Low, &[1]),
    ]);
    let plan = Plan::compute(&demand, &plain_on(200.0, 10.0)).unwrap();
    let (high, low) = (of("high", &plan), of("low", &plan));
    assert_eq!((high.rpo_fifo, low.rpo_fifo), (None, None));
    assert_eq!(
        (high.rpo_strict_priority, low.rpo_strict_priority),
        (Some(seconds(0.0)), None)
    );
    assert_eq!(
        (high.rpo_alone, low.rpo_alone),
        (Some(seconds(0.0)), Some(seconds(0.0)))
    );
}

#[test]
fn a_group_has_its_own_rpo_and_history() {
    let mut patient = group("patient", Priority::Medium, &[0]);
    patient.rpo = Some(seconds(360.0));
    patient.history = Some(History::new(seconds(3_600.0)).unwrap());
    let short = rates(&[(Some(40e6), 180), (Some(0.0), 180)]);
    let demand = demand(20, &[short.clone(), short]).in_groups(vec![patient]);
    let plan = Plan::compute(&demand, &plain()).unwrap();
    let patient = of("patient", &plan);
    assert_eq!(patient.rpo_target, Some(seconds(360.0)));
    assert_close(patient.link_alone.get(), 40e6 * 3_600.0 / 3_960.0, 1e-9);
    assert_close(patient.journal.get(), 144e9, 1e-9);
    assert!(!plan.vms[0].journal.unwrap().is_extrapolated);
    assert!(plan.vms[1].journal.unwrap().is_extrapolated);
    assert_eq!(patient.rpo_alone, None);
}

#[test]
fn without_groups_there_are_none() {
    assert_eq!(Plan::compute(&two_vms(), &plain()).unwrap().groups, []);
}
