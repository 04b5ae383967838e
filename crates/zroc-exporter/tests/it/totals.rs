//! The total of a VM is the integral of what the mock vCenter says that it writes, however the cycles fall.

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{World, WorldOptions};
use planner_core::counters::DiskCounter;
use planner_core::inventory::VmId;
use planner_core::meters::{MeterOptions, Meters};
use planner_core::samples::{SampleTime, VmSamples};
use planner_core::source::Source;
use planner_core::units::Bytes;
use proptest::prelude::*;

const WRITE_RATE: DiskCounter = DiskCounter::WRITES[1];

/// One answer: the samples stamped from `first` to `newest`, turned round and perhaps given twice.
fn answer(
    world: &World,
    vm: &str,
    disks: &[String],
    first: i64,
    newest: i64,
    turn: usize,
    twice: bool,
) -> VmSamples {
    let mut slots: Vec<i64> = (first.div_euclid(20) + 1..=newest.div_euclid(20))
        .map(|slot| slot * 20)
        .collect();
    if twice {
        slots.extend(slots.clone());
    }
    let middle = turn % slots.len().max(1);
    slots.rotate_left(middle);
    let mut samples = VmSamples::default();
    samples.begin(slots.iter().map(|&at| SampleTime {
        at,
        interval_seconds: 20,
    }));
    for disk in disks {
        let value = |at: &i64| {
            world.sample(
                vm,
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
        cycles in prop::collection::vec((1_i64..3_500, 0_usize..40, any::<bool>(), 0_i64..300), 2..20),
    ) {
        let world = World::new(WorldOptions { vms: 1, seed, ..WorldOptions::default() });
        let truth = world.vms().into_iter().next().unwrap();
        let vm = VmId::new(&truth.moref);
        let mut meters = Meters::new(Source::Realtime, 300, MeterOptions::default());
        let mut now = Timestamp::from_second(1_780_000_000).unwrap();
        let (mut oldest, mut newest) = (None, now);
        for (gap, turn, twice, earlier) in cycles {
            now += SignedDuration::from_secs(gap);
            let range = meters.range(&vm, now);
            newest = now - SignedDuration::from_secs(23);
            let earlier = if oldest.is_some() { earlier } else { 0 };
            let first = range.start.as_second() - earlier;
            let samples = answer(&world, &truth.moref, &truth.instances, first, newest.as_second(), turn, twice);
            meters.absorb(&vm, &samples, now);
            oldest.get_or_insert(range.start);
        }
        let total = meters.stats(&vm, now).and_then(|stats| stats.write.total).map(Bytes::get);
        let oldest = Timestamp::from_second(oldest.unwrap().as_second().div_euclid(20) * 20).unwrap();
        prop_assert_eq!(total, world.bytes_written(&truth.moref, oldest, newest));
    }
}
