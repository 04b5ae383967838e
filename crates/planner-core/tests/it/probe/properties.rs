//! Whatever is answered, the arithmetic holds.

use planner_core::collection::counters::{DiskCounter, Quantity};
use planner_core::collection::samples::SampleTime;
use planner_core::probe::{Findings, Look, SeriesLook, Spread, VmLook};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::at;

fn any_counter() -> impl Strategy<Value = DiskCounter> {
    (0..3_usize).prop_map(|place| DiskCounter::WRITES[place])
}

fn any_time() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => 0..400_i64,
        1 => any::<i64>(),
    ]
}

fn any_series() -> impl Strategy<Value = SeriesLook> {
    let value = prop_oneof![4 => 0..100_i64, 1 => any::<i64>()];
    let instance = prop_oneof![Just(""), Just("scsi0:0"), Just("scsi0:1")];
    (any_counter(), instance, vec(option::of(value), 0..6)).prop_map(
        |(counter, instance, values)| SeriesLook {
            counter,
            instance: instance.into(),
            values,
        },
    )
}

fn any_vm() -> impl Strategy<Value = VmLook> {
    let time = (any_time(), any::<u32>()).prop_map(|(stamp, interval_seconds)| SampleTime {
        at: at(stamp),
        interval_seconds,
    });
    (
        option::of(0..3_usize),
        vec(time, 0..6),
        vec(any_series(), 0..6),
    )
        .prop_map(|(host, times, series)| VmLook {
            host,
            times,
            series,
        })
}

fn any_look() -> impl Strategy<Value = Look> {
    (any_time(), vec(any_vm(), 0..3)).prop_map(|(now, vms)| Look { at: at(now), vms })
}

proptest! {
    #[test]
    fn whatever_is_answered_each_missing_slot_has_one_fate(looks in vec(any_look(), 0..12)) {
        let found = Findings::of(&looks);
        for vm in &found.vms {
            for series in &vm.series {
                let fates = series.filled + series.lost + series.open;
                prop_assert_eq!(series.missing_at_first, fates);
                prop_assert!(series.slots >= series.missing_at_first.max(series.changed));
                prop_assert_eq!(series.filled > 0, series.filled_after_seconds.is_some());
            }
            for aggregate in &vm.aggregates {
                prop_assert!(aggregate.compared >= aggregate.equal + aggregate.rounded);
                let is_compared = aggregate.counter.quantity != Quantity::Latency;
                prop_assert!(is_compared || aggregate.compared == 0);
            }
            let disks = vm.series.iter().filter_map(|series| series.disk).max();
            prop_assert_eq!(disks.unwrap_or(0), vm.disks);
        }
        for moved in &found.moves {
            prop_assert_ne!(moved.from, moved.to);
        }
    }

    #[test]
    fn a_spread_is_in_order(numbers in vec(any::<i64>(), 1..20)) {
        let spread = Spread::of(numbers.iter().copied()).unwrap();
        prop_assert!(spread.least <= spread.median && spread.median <= spread.most);
        prop_assert!(numbers.contains(&spread.median));
    }
}
