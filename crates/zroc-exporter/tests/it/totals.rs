//! The total of a VM is the integral of what the mock vCenter says that it writes, however the cycles fall.

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{VmTruth, World, WorldOptions};
use planner_core::collection::accumulators::{Measures, Meters};
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::{SampleTime, VmSamples};
use planner_core::collection::source::Source;
use planner_core::inventory::VmId;
use planner_core::units::Bytes;
use proptest::prelude::*;

const WRITE_RATE: DiskCounter = DiskCounter::WRITES[1];

/// One cycle's answer: what comes of the samples that are there.
#[derive(Debug, Clone)]
struct Cycle {
    seconds_since_the_one_before: i64,
    /// How much further back than asked for the answer reaches.
    seconds_earlier: i64,
    is_doubled: bool,
    /// The places of samples in an answer, in any order; those beyond its end are passed over.
    order: Vec<usize>,
}

fn cycle() -> impl Strategy<Value = Cycle> {
    let places: Vec<usize> = (0..2 * (3_600 + 400) / 20).collect();
    let order = Just(places).prop_shuffle();
    (1_i64..3_500, 0_i64..300, any::<bool>(), order).prop_map(
        |(seconds_since_the_one_before, seconds_earlier, is_doubled, order)| Cycle {
            seconds_since_the_one_before,
            seconds_earlier,
            is_doubled,
            order,
        },
    )
}

/// The samples stamped after `start` and up to `newest`.
fn answer(world: &World, vm: &VmTruth, cycle: &Cycle, start: i64, newest: i64) -> VmSamples {
    let mut stamps: Vec<i64> = (start.div_euclid(20) + 1..=newest.div_euclid(20))
        .map(|slot| slot * 20)
        .collect();
    if cycle.is_doubled {
        stamps.extend_from_within(..);
    }
    let order = cycle.order.iter();
    let slots: Vec<i64> = order
        .filter_map(|place| stamps.get(*place).copied())
        .collect();
    let mut samples = VmSamples::default();
    samples.begin(slots.iter().map(|&at| SampleTime {
        at,
        interval_seconds: 20,
    }));
    for disk in &vm.instances {
        let value = |at: &i64| {
            world.sample(
                &vm.moref,
                disk,
                WRITE_RATE.full_name(),
                Timestamp::from_second(*at).unwrap(),
            )
        };
        samples.push(WRITE_RATE, disk, slots.iter().map(value));
    }
    samples
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_total_is_the_integral_of_the_workload(
        seed in any::<u64>(),
        cycles in prop::collection::vec(cycle(), 2..20),
    ) {
        let world = World::new(WorldOptions { vms: 1, seed, ..WorldOptions::default() });
        let truth = world.vms().into_iter().next().unwrap();
        let vm = VmId::new(&truth.moref);
        let mut meters = Meters::new(Source::Realtime, 300, Measures::default());
        let mut now = Timestamp::from_second(1_780_000_000).unwrap();
        let (mut oldest, mut newest) = (None, now);
        for cycle in cycles {
            now += SignedDuration::from_secs(cycle.seconds_since_the_one_before);
            let range = meters.range(&vm, now);
            newest = now - SignedDuration::from_secs(23);
            let earlier = if oldest.is_some() { cycle.seconds_earlier } else { 0 };
            let start = range.start.as_second() - earlier;
            let samples = answer(&world, &truth, &cycle, start, newest.as_second());
            meters.absorb(&vm, &samples, now);
            oldest.get_or_insert(range.start);
        }
        let total = meters.stats(&vm, now).and_then(|stats| stats.write.total).map(Bytes::get);
        let oldest = Timestamp::from_second(oldest.unwrap().as_second().div_euclid(20) * 20).unwrap();
        prop_assert_eq!(total, world.bytes_written(&truth.moref, oldest, newest));
    }
}
