//! Statistics of arbitrary samples, compared with the waveform that the samples are taken from.

use planner_core::collection::accumulators::Measures;
use planner_core::collection::source::SampleRange;
use proptest::prelude::*;

use crate::accumulator_model::{RATE, Series, accumulators, ingest_at, stats, vm, written};
use crate::{at, up};

/// A waveform: the rate at which a disk writes in a slot of 20 seconds; -1 if the slot has no data.
fn wave(slot: i64, disk: i64) -> i64 {
    let value = (slot * 7_919 + disk * 104_729) % 9_973;
    if value % 11 == 0 { -1 } else { value }
}

fn integral(slots: std::ops::RangeInclusive<i64>, disks: i64) -> u64 {
    let values = slots.flat_map(|slot| (0..disks).map(move |disk| wave(slot, disk)));
    values
        .filter(|value| *value >= 0)
        .map(|value| value.unsigned_abs() * 1_024 * 20)
        .sum()
}

/// One cycle, and which of the samples that exist its answer holds.
#[derive(Debug, Clone)]
struct Cycle {
    seconds_since_last: i64,
    /// How much further back than asked the answer reaches.
    seconds_earlier: i64,
    is_doubled: bool,
    /// The places of samples in an answer, in any order. Places beyond its end are skipped.
    order: Vec<usize>,
}

fn cycle() -> impl Strategy<Value = Cycle> {
    let places: Vec<usize> = (0..2 * (3_600 + 300) / 20).collect();
    let order = Just(places).prop_shuffle();
    (1_i64..3_500, 0_i64..200, any::<bool>(), order).prop_map(
        |(seconds_since_last, seconds_earlier, is_doubled, order)| Cycle {
            seconds_since_last,
            seconds_earlier,
            is_doubled,
            order,
        },
    )
}

impl Cycle {
    /// The slots after `start` up to `newest` in this answer's order.
    fn slots(&self, start: i64, newest: i64) -> Vec<i64> {
        let mut slots: Vec<i64> = (start.div_euclid(20) + 1..=newest).collect();
        if self.is_doubled {
            slots.extend_from_within(..);
        }
        let order = self.order.iter();
        order
            .filter_map(|place| slots.get(*place).copied())
            .collect()
    }
}

proptest! {
    /// Cycles at any distance below an hour, each reading what `Accumulators::range` asks for. Answers are shuffled,
    /// repeat samples, and reach further back than asked.
    #[test]
    fn the_total_is_the_integral_of_the_waveform(
        cycles in prop::collection::vec(cycle(), 1..25),
        disks in 1_i64..4,
    ) {
        let mut accumulators = accumulators(Measures::default());
        let mut now = 1_000_000;
        let mut first = None;
        let mut newest = 0;
        for cycle in cycles {
            now += cycle.seconds_since_last;
            let SampleRange::Newest(samples) = accumulators.range(&vm(), at(now), up(now)) else {
                return Err(TestCaseError::fail("a range of roll-ups"));
            };
            let earlier = if first.is_some() { cycle.seconds_earlier } else { 0 };
            let start = now - 20 * i64::from(samples.get()) - earlier;
            newest = (now - 23).div_euclid(20);
            first.get_or_insert(start.div_euclid(20) + 1);
            let slots = cycle.slots(start, newest);
            let times: Vec<i64> = slots.iter().map(|slot| slot * 20).collect();
            let names: Vec<String> = (0..disks).map(|disk| format!("scsi0:{disk}")).collect();
            let values: Vec<Vec<i64>> =
                (0..disks).map(|disk| slots.iter().map(|&slot| wave(slot, disk)).collect()).collect();
            let series: Vec<Series<'_>> =
                names.iter().zip(&values).map(|(name, values)| (RATE, name.as_str(), values.as_slice())).collect();
            ingest_at(&mut accumulators, &times, &series, now);
        }
        prop_assert_eq!(written(&accumulators, now), integral(first.unwrap()..=newest, disks));
    }

    #[test]
    fn an_idle_disk_changes_no_sum(values in prop::collection::vec(0_i64..10_000, 1..15)) {
        let zeros = vec![0; values.len()];
        let busy = stats(&[(RATE, "scsi0:0", &values)]).unwrap();
        let both = stats(&[(RATE, "scsi0:0", &values), (RATE, "scsi0:1", &zeros)]).unwrap();
        prop_assert_eq!(busy.write.rate, both.write.rate);
        prop_assert_eq!(busy.write.total, both.write.total);
    }

    #[test]
    fn a_mean_lies_between_the_extremes_and_the_peak_is_one(values in prop::collection::vec(0_i64..10_000, 1..15)) {
        let stats = stats(&[(RATE, "a", &values)]).unwrap();
        let (least, most) = (*values.iter().min().unwrap() as f64, *values.iter().max().unwrap() as f64);
        let mean = stats.write.rate.unwrap().get();
        prop_assert!(least <= mean && mean <= most);
        prop_assert_eq!(stats.write.peak_rate.unwrap().get(), most);
    }
}
