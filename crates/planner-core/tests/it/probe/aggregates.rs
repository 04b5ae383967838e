//! Series over all disks of a VM.

use planner_core::collection::counters::DiskCounter;
use planner_core::probe::{AggregateKind, Findings};

use super::{probe, rate, series, spread, stamps, value, vm};

/// A VM of two disks with what is over both of them.
fn with_aggregate(counter: DiskCounter, whole: impl Fn(i64) -> i64) -> Findings {
    probe(|now| {
        let stamps = stamps(now, 7);
        let of = |instance, value: &dyn Fn(i64) -> i64| {
            series(counter, instance, &stamps, |it| Some(value(it)))
        };
        vm(
            &stamps,
            vec![of("scsi0:0", &value), of("", &whole), of("scsi0:1", &value)],
        )
    })
}

#[test]
fn what_is_over_all_disks_is_compared_with_their_sum() {
    let [iops, rate, latency] = DiskCounter::WRITES;
    let exact = with_aggregate(rate, |stamp| 2 * value(stamp));
    let found = &exact.vms[0].aggregates[0];
    assert_eq!(found.kind, AggregateKind::Beside);
    assert_eq!((found.compared, found.equal, found.rounded), (16, 16, 0));
    assert_eq!(found.percent_of_sum, Some(spread(100, 100, 100)));
    let whole = exact.vms[0].series.last().unwrap();
    assert_eq!((whole.disk, exact.vms[0].disks), (None, 2));

    let rounded = with_aggregate(iops, |stamp| 2 * value(stamp) - 1);
    let found = &rounded.vms[0].aggregates[0];
    assert_eq!((found.equal, found.rounded), (0, 16));
    let double = with_aggregate(iops, |stamp| 4 * value(stamp) + 100);
    let found = &double.vms[0].aggregates[0];
    assert_eq!((found.compared, found.equal, found.rounded), (16, 0, 0));
    let latencies = with_aggregate(latency, |stamp| 2 * value(stamp));
    let found = &latencies.vms[0].aggregates[0];
    assert_eq!((found.kind, found.compared), (AggregateKind::Beside, 0));
}

#[test]
fn idle_disks_prove_nothing_and_a_vm_may_have_no_disk_series() {
    let found = probe(|now| {
        let stamps = stamps(now, 7);
        let idle = |instance| rate(instance, &stamps, |_| Some(0));
        vm(&stamps, vec![idle(""), idle("scsi0:0")])
    });
    assert_eq!(found.vms[0].aggregates[0].compared, 0);
    let found = probe(|now| {
        let stamps = stamps(now, 7);
        let whole = rate("", &stamps, |it| Some(value(it)));
        vm(&stamps, vec![whole])
    });
    assert_eq!(found.vms[0].aggregates[0].kind, AggregateKind::Only);
    assert_eq!(found.vms[0].disks, 0);
}
