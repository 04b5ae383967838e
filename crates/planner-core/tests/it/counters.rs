//! Counters are found by name, whatever their ids.

use planner_core::collection::counters::{CounterInfo, DiskCounter, DiskCounters};

const IOPS: DiskCounter = DiskCounter::WRITES[0];
const RATE: DiskCounter = DiskCounter::WRITES[1];
const LATENCY: DiskCounter = DiskCounter::WRITES[2];

fn info(id: i32) -> CounterInfo {
    CounterInfo {
        id,
        per_device_level: Some(3),
    }
}

#[test]
fn ids_are_those_of_this_vcenter() {
    let counters = DiskCounters::resolve(
        &DiskCounter::WRITES,
        [
            ("virtualDisk.totalWriteLatency.average", info(184)),
            ("virtualDisk.read.average", info(181)),
            ("virtualDisk.write.average", info(182)),
            ("virtualDisk.numberWriteAveraged.average", info(180)),
            ("disk.write.average", info(9)),
        ],
    );
    assert_eq!(counters.missing().count(), 0);
    assert_eq!(counters.by_id(182), Some(RATE));
    assert_eq!(counters.by_id(180), Some(IOPS));
    assert_eq!(counters.by_id(181), None);
    assert_eq!(counters.info(LATENCY), Some(info(184)));
}

#[test]
fn a_missing_counter_is_named() {
    let counters = DiskCounters::resolve(
        &DiskCounter::WRITES,
        [("virtualDisk.write.average", info(174))],
    );
    assert_eq!(counters.missing().collect::<Vec<_>>(), [IOPS, LATENCY]);
    assert_eq!(counters.known().len(), 1);
}

#[test]
fn reads_are_resolved_where_they_are_wanted() {
    let both = [DiskCounter::WRITES, DiskCounter::READS].concat();
    let catalogue: Vec<_> = both
        .iter()
        .rev()
        .zip(1..)
        .map(|(it, id)| (it.full_name(), info(id)))
        .collect();
    let counters = DiskCounters::resolve(&both, catalogue);
    let known: Vec<DiskCounter> = counters
        .known()
        .iter()
        .map(|(counter, _)| *counter)
        .collect();
    assert_eq!(known, both);
    assert_eq!(counters.by_id(6), Some(IOPS));
}
