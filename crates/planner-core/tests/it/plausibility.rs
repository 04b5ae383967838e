//! Values that no disk can reach are treated as missing, and are counted once.

use planner_core::collection::accumulators::Measures;
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::plausibility::{
    MOST_BYTES, MOST_IOPS, MOST_KIB_PER_SECOND, MOST_LATENCY_MILLIS,
};
use planner_core::collection::tally::RefusalReason;
use planner_core::collection::totals::{Totals, VmTotals};
use planner_core::units::Bytes;

use crate::accumulator_model::{IOPS, LATENCY, RATE, accumulators, ingest_at, vm};
use crate::{at, up};

const BOUNDS: [(DiskCounter, u32); 3] = [
    (IOPS, MOST_IOPS),
    (RATE, MOST_KIB_PER_SECOND),
    (LATENCY, MOST_LATENCY_MILLIS),
];

#[test]
fn a_value_beyond_its_bound_is_no_data_and_is_refused_once() {
    for (counter, most) in BOUNDS {
        let most = i64::from(most);
        for absurd in [most + 1, 2 * most, (1 << 32) - 1, i64::MAX - 1, i64::MAX] {
            let mut accumulators = accumulators(Measures::default());
            let series: &[_] = &[
                (IOPS, "scsi0:0", &[10, 10, 10][..]),
                (RATE, "scsi0:0", &[20, 20, 20]),
                (LATENCY, "scsi0:0", &[30, 30, 30]),
                (counter, "scsi0:1", &[1, absurd, 1]),
            ];
            for now in [63, 80] {
                ingest_at(&mut accumulators, &[20, 40, 60], series, now);
            }
            let write = accumulators.stats(&vm(), up(80)).unwrap().write;
            assert!(write.iops.unwrap().get() <= 11.0);
            assert!(write.rate.unwrap().get() <= 21.0 && write.peak_rate.unwrap().get() <= 21.0);
            assert!(write.latency.unwrap().get() <= 30.0);
            assert!(write.total.unwrap().get() <= (60 + 2) * 20 * 1_024);
            let tally = accumulators.take_tally();
            assert_eq!(tally.refused(RefusalReason::Implausible), 1, "{absurd}");
            assert_eq!(tally.missing, 0);
            let [refusal] = &tally.first_refusals[..] else {
                panic!("{:?}", tally.first_refusals);
            };
            assert_eq!(
                (
                    &refusal.vm,
                    &*refusal.instance,
                    refusal.counter,
                    refusal.value
                ),
                (&vm(), "scsi0:1", Some(counter), absurd)
            );
        }
    }
}

#[test]
fn a_value_at_its_bound_counts_as_it_is() {
    let mut accumulators = accumulators(Measures::default());
    let bounds = BOUNDS.map(|(_, most)| [i64::from(most)]);
    let series: Vec<_> = BOUNDS
        .iter()
        .zip(&bounds)
        .map(|((counter, _), value)| (*counter, "scsi0:0", &value[..]))
        .collect();
    ingest_at(&mut accumulators, &[20], &series, 23);
    let write = accumulators.stats(&vm(), up(23)).unwrap().write;
    assert_eq!(write.iops.unwrap().get(), f64::from(MOST_IOPS));
    assert_eq!(write.rate.unwrap().get(), f64::from(MOST_KIB_PER_SECOND));
    assert_eq!(write.latency.unwrap().get(), f64::from(MOST_LATENCY_MILLIS));
    assert_eq!(
        accumulators
            .take_tally()
            .refused(RefusalReason::Implausible),
        0
    );
}

/// The log says it once for each VM, however many of its values are absurd; the count has them all.
#[test]
fn refusals_of_a_vm_are_reported_once() {
    let mut accumulators = accumulators(Measures::default());
    for cycle in 1..=5 {
        let times = [cycle * 20];
        let absurd = (RATE, "scsi0:0", &[i64::MAX][..]);
        let good = (IOPS, "scsi0:0", &[1][..]);
        ingest_at(&mut accumulators, &times, &[absurd, good], cycle * 20 + 3);
    }
    let tally = accumulators.take_tally();
    assert_eq!(tally.refused(RefusalReason::Implausible), 5);
    assert_eq!(tally.first_refusals.len(), 1);
}

#[test]
fn totals_that_no_disk_reaches_are_recognised() {
    let of = |bytes| Totals {
        write: Some(Bytes::new(bytes)),
        read: None,
    };
    let vm = |all: u64, disk: u64| VmTotals {
        open: Vec::new(),
        vm: vm(),
        newest_sample: at(20),
        all_disks: of(all),
        disks: vec![("scsi0:0".into(), of(disk))],
    };
    assert!(vm(MOST_BYTES, MOST_BYTES).is_plausible());
    assert!(!vm(MOST_BYTES + 1, 0).is_plausible());
    assert!(!vm(0, u64::MAX).is_plausible());
}
