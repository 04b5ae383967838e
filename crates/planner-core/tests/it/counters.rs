//! Counters are found by name, whatever their ids.

use planner_core::counters::{CounterInfo, DiskCounter, DiskCounters};

fn info(id: i32) -> CounterInfo {
    CounterInfo {
        id,
        per_device_level: Some(3),
    }
}

#[test]
fn ids_are_those_of_this_vcenter() {
    let counters = DiskCounters::resolve([
        ("virtualDisk.totalWriteLatency.average", info(184)),
        ("virtualDisk.read.average", info(181)),
        ("virtualDisk.write.average", info(182)),
        ("virtualDisk.numberWriteAveraged.average", info(180)),
        ("disk.write.average", info(9)),
    ]);
    assert_eq!(counters.missing(), []);
    assert_eq!(counters.by_id(182), Some(DiskCounter::WriteRate));
    assert_eq!(counters.by_id(180), Some(DiskCounter::WriteIops));
    assert_eq!(counters.by_id(181), None);
    assert_eq!(counters.info(DiskCounter::WriteLatency), Some(info(184)));
}

#[test]
fn a_missing_counter_is_named() {
    let counters = DiskCounters::resolve([("virtualDisk.write.average", info(174))]);
    assert_eq!(
        counters.missing(),
        [DiskCounter::WriteIops, DiskCounter::WriteLatency]
    );
    assert_eq!(counters.known().len(), 1);
}
