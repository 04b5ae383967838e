//! Worked cases: inputs and figures that were calculated by hand.

use planner_core::plan::assumptions::{Compression, OneOrMore, Overhead, VraBuffer};
use planner_core::plan::percent::Percent;
use planner_core::plan::wan::RecommendedFor;
use planner_core::plan::whole::Plan;
use planner_core::units::{DataAmount, Gib};

use super::{
    BURST, assert_close, demand, link_for_rpo, megabit, percent, plain, plain_on, plan, rates,
    rpo_of, seconds, worst,
};

const MIB: f64 = 1_048_576.0;

fn quantiles(plan: &Plan) -> Vec<f64> {
    let quantiles = plan.wan.quantiles.iter();
    quantiles.map(|quantile| megabit(quantile.rate)).collect()
}

fn percents(values: &[f64]) -> OneOrMore<Percent> {
    let more = values[1..].iter().copied().map(percent).collect();
    OneOrMore::new(percent(values[0]), more)
}

/// U2: 312.8 MiB/s at 50 % compression.
#[test]
fn mebibytes_become_megabits() {
    let mut inputs = plain();
    inputs.assumptions.compression = Compression::new(0.5).unwrap();
    let plan = plan(20, &[(Some(327_994_572.8), 180)], &inputs);
    assert_close(quantiles(&plan)[3], 1_311.978_291_2, 1e-9);
}

/// Q1: both sides of each step of 94, 4 and 2 buckets.
#[test]
fn a_quantile_is_an_observed_rate() {
    let runs = [
        (Some(MIB), 94),
        (Some(10.0 * MIB), 4),
        (Some(100.0 * MIB), 2),
    ];
    let mut inputs = plain();
    inputs.quantiles = percents(&[50.0, 94.0, 95.0, 98.0, 99.0, 100.0]);
    let expected = [
        8.388_608, 8.388_608, 83.886_08, 83.886_08, 838.860_8, 838.860_8,
    ];
    for (actual, expected) in quantiles(&plan(300, &runs, &inputs))
        .into_iter()
        .zip(expected)
    {
        assert_close(actual, expected, 1e-9);
    }
}

#[test]
fn a_quantile_with_a_fraction_takes_the_rank_that_it_names() {
    let runs = [(Some(1e6), 999), (Some(2e6), 1)];
    let mut inputs = plain();
    inputs.quantiles = percents(&[99.9, 99.91]);
    assert_eq!(quantiles(&plan(20, &runs, &inputs)), [8.0, 16.0]);
}

/// A VM's quantiles agree with those of a plan of that VM alone, in buckets of one length and of several.
#[test]
fn quantiles_of_a_vm_are_those_of_its_own_plan() {
    let values = (0..200_u32).map(|place| (Some(f64::from(place * 7_919 % 97) * 1e5), 1));
    let runs: Vec<_> = values.chain([(None, 13)]).collect();
    let mut inputs = plain();
    inputs.quantiles = percents(&[50.0, 95.0, 99.5, 100.0, 0.1]);
    let plan = plan(20, &runs, &inputs);
    let of_vm = plan.vms[0]
        .quantiles
        .iter()
        .map(|(percent, rate)| (*percent, *rate));
    let of_sum = plan
        .wan
        .quantiles
        .iter()
        .map(|quantile| (quantile.percent, quantile.rate));
    assert_eq!(of_vm.collect::<Vec<_>>(), of_sum.collect::<Vec<_>>());
    assert_eq!(plan.vms[0].quantiles.len(), 5);
}

/// Q2: two bursts that don't meet.
#[test]
fn the_quantile_of_a_sum_is_not_the_sum_of_quantiles() {
    let one = rates(&[(Some(50e6), 5), (Some(0.0), 95)]);
    let other = rates(&[(Some(0.0), 5), (Some(50e6), 5), (Some(0.0), 90)]);
    let mut inputs = plain();
    inputs.quantiles = percents(&[90.0, 95.0, 100.0]);
    let plan = Plan::compute(&demand(300, &[one, other]), &inputs).unwrap();
    assert_eq!(quantiles(&plan), [0.0, 400.0, 400.0]);
    let of_vms = plan.vms.iter().map(|vm| megabit(vm.quantiles[1].1));
    assert_eq!(of_vms.collect::<Vec<_>>(), [0.0, 0.0]);
}

/// Q4: 0.44 Mbit/s of need, 5 Mbit/s at least (Zerto 4.5 U4 help, "WAN Sizing").
#[test]
fn only_the_recommendation_has_a_floor() {
    let mut inputs = plain();
    inputs.assumptions.compression = Compression::new(0.5).unwrap();
    inputs.assumptions.overhead = Overhead::new(0.1).unwrap();
    inputs.assumptions.rpos = OneOrMore::new(seconds(0.0), Vec::new());
    let steady = |rate| plan(20, &[(Some(rate), 180)], &inputs);
    let small = steady(100_000.0);
    assert_close(quantiles(&small)[0], 0.44, 1e-9);
    assert_close(link_for_rpo(&small), 0.44, 1e-9);
    assert_eq!(megabit(small.wan.recommended), 5.0);
    assert_eq!(small.wan.recommended_for, RecommendedFor::Floor);
    // 9 Mbit/s written are 4.95 on the wire: the floor is compared with what is sent.
    assert_eq!(steady(9e6 / 8.0).wan.recommended_for, RecommendedFor::Floor);
    let large = steady(10e6 / 8.0);
    assert_close(megabit(large.wan.recommended), 5.5, 1e-9);
    assert_eq!(large.wan.recommended_for, RecommendedFor::Rpo);
}

/// R1: 40 MB/s for 600 s on 25 MB/s.
#[test]
fn a_burst_ages_until_the_queue_is_empty() {
    let plan = plan(20, &BURST, &plain_on(200.0, 300.0));
    let rpo = rpo_of(&plan);
    let sustained = rpo.sustained().unwrap();
    assert_close(rpo.largest_backlog.get(), 9e9, 1e-9);
    assert_close(sustained.worst.get(), 360.0, 1e-9);
    assert_close(rpo.behind.get(), 960.0, 1e-9);
    assert_close(sustained.share_behind, 0.4, 1e-9);
    assert_close(rpo.over_target.get(), 160.0, 1e-6);
    assert_eq!(rpo.final_backlog.get(), 0.0);
    let [episode] = sustained.episodes[..] else {
        panic!("{:?}", sustained.episodes);
    };
    let start = plan.coverage.window.start;
    assert_eq!(episode.span.start.duration_since(start).as_secs(), 600);
    assert_eq!(episode.span.end.duration_since(start).as_secs(), 1_560);
    assert_close(episode.worst.get(), 360.0, 1e-9);
}

/// R1: the age is 112.5 s at 900 s, 225 at 1,200 and 359.625 at 1,559. Data that ends there has seen no more of it.
#[test]
fn the_age_between_the_ends_of_buckets_is_exact() {
    for (target, over) in [
        (112.5, 660.0),
        (225.0, 360.0),
        (300.0, 160.0),
        (359.625, 1.0),
    ] {
        let plan = plan(20, &BURST, &plain_on(200.0, target));
        assert_close(rpo_of(&plan).over_target.get(), over, 1e-5);
    }
}

/// R2: one burst needs `w T / (T + R)`.
#[test]
fn the_link_for_an_rpo_of_a_single_burst() {
    let expected = [
        (0.0, 320.0),
        (10.0, 314.754_098_360_655_75),
        (120.0, 266.666_666_666_666_63),
        (360.0, 200.0),
        (600.0, 160.0),
    ];
    for (rpo, expected) in expected {
        let plan = plan(20, &BURST, &plain_on(200.0, rpo));
        assert_close(link_for_rpo(&plan), expected, 1e-9);
    }
}

/// R4: 20 and 40 MB/s in turn on 25 MB/s.
#[test]
fn a_link_below_the_mean_never_catches_up() {
    let runs: Vec<_> = (0..90)
        .flat_map(|_| [(Some(20e6), 1), (Some(40e6), 1)])
        .collect();
    let plan = plan(20, &runs, &plain_on(200.0, 10.0));
    let rpo = rpo_of(&plan);
    assert_close(rpo.final_backlog.get(), 18.1e9, 1e-9);
    assert_close(rpo.largest_backlog.get(), 18.1e9, 1e-9);
    assert_eq!(rpo.sustained(), None);
    let planner_core::plan::rpo::Outcome::NeverCatchesUp { growth_per_hour } = rpo.outcome else {
        panic!("{rpo:?}");
    };
    assert_close(growth_per_hour.get(), 18e9, 1e-9);
    assert_close(plan.rules_of_thumb.change_per_day.get(), 240.0, 1e-9);
}

/// R6.
#[test]
fn writes_as_fast_as_the_link_leave_nothing_behind() {
    let plan = plan(20, &[(Some(25e6), 100)], &plain_on(200.0, 10.0));
    assert_eq!(rpo_of(&plan).largest_backlog.get(), 0.0);
    assert_eq!(rpo_of(&plan).behind.get(), 0.0);
    assert_eq!(worst(&plan), 0.0);
}

/// R8: four VRAs of 3 GiB (Zerto knowledge base, "VRA Memory Considerations").
#[test]
fn the_link_at_which_the_buffers_never_overflow() {
    let mut inputs = plain_on(190.0, 10.0);
    let memory = DataAmount::from(Gib::new(3.0).unwrap());
    let buffer = VraBuffer::new(memory, 4.try_into().unwrap()).unwrap();
    assert_close(buffer.amount().get(), 9_471_157_862.4, 1e-12);
    inputs.vra_buffer = Some(buffer);
    let too_slow = plan(20, &BURST, &inputs);
    let needed = megabit(too_slow.link_for_vra_buffer.unwrap());
    assert_close(needed, 193.717_895_168, 1e-9);
    assert_eq!(too_slow.vras.bitmap_sync_likely, Some(true));
    inputs.assumptions.link = Some(super::link(needed + 0.001));
    let enough = plan(20, &BURST, &inputs);
    assert_eq!(enough.vras.bitmap_sync_likely, Some(false));
}

/// R11: 40 MB/s become 22 MB/s, and 20 without the overhead, which is all that this link sends.
#[test]
fn compression_and_overhead_count_in_the_backlog() {
    let mut inputs = plain_on(160.0, 10.0);
    inputs.assumptions.compression = Compression::new(0.5).unwrap();
    inputs.assumptions.overhead = Overhead::new(0.1).unwrap();
    let plan = plan(20, &BURST, &inputs);
    assert_close(rpo_of(&plan).largest_backlog.get(), 1.2e9, 1e-9);
    assert_close(worst(&plan), 60.0, 1e-9);
}

/// C1: a block that is rewritten each hour is sent each hour.
#[test]
fn rewrites_are_not_folded() {
    let hour = [(Some(MIB / 20.0), 1), (Some(0.0), 179)];
    let plan = plan(20, &hour.repeat(24), &plain());
    assert_close(plan.vms[0].per_day.get(), 24.0 * MIB, 1e-9);
}
