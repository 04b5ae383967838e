//! Samples of disks become statistics of a VM.

use jiff::Timestamp;
use planner_core::counters::DiskCounter::{self, WriteIops, WriteLatency, WriteRate};
use planner_core::disk_stats::{Aggregator, VmDiskStats};
use proptest::prelude::*;

use crate::at;

type Samples = Vec<(Timestamp, Option<i64>)>;

fn every_20_seconds(values: &[i64]) -> Samples {
    (1..)
        .zip(values)
        .map(|(slot, &value)| (at(slot * 20), (value >= 0).then_some(value)))
        .collect()
}

fn stats(series: &[(DiskCounter, &str, Samples)]) -> Option<VmDiskStats> {
    let mut aggregator = Aggregator::new(300);
    for (counter, instance, samples) in series {
        aggregator.push(*counter, instance, samples.iter().copied());
    }
    aggregator.finish()
}

#[test]
fn rates_add_up_over_disks_and_latency_does_not() {
    let stats = stats(&[
        (WriteIops, "scsi0:0", every_20_seconds(&[10, 30])),
        (WriteLatency, "scsi0:0", every_20_seconds(&[4, 6])),
        (WriteIops, "nvme0:0", every_20_seconds(&[100, 100])),
        (WriteRate, "nvme0:0", every_20_seconds(&[1024, 3072])),
        (WriteLatency, "nvme0:0", every_20_seconds(&[1, 1])),
    ])
    .unwrap();
    assert_eq!(stats.write_iops.unwrap().get(), 120.0);
    assert_eq!(stats.write_rate.unwrap().get(), 2048.0);
    assert_eq!(stats.write_latency.unwrap().get(), 3.0);
    assert_eq!(stats.newest_sample, at(40));
}

#[test]
fn the_aggregate_counts_only_where_no_disk_does() {
    let disks_and_aggregate = stats(&[
        (WriteIops, "", every_20_seconds(&[30])),
        (WriteIops, "scsi0:0", every_20_seconds(&[10])),
        (WriteIops, "scsi0:1", every_20_seconds(&[20])),
    ]);
    assert_eq!(disks_and_aggregate.unwrap().write_iops.unwrap().get(), 30.0);

    let aggregate_alone = stats(&[(WriteIops, "", every_20_seconds(&[30]))]);
    assert_eq!(aggregate_alone.unwrap().write_iops.unwrap().get(), 30.0);

    let disks_without_data = stats(&[
        (WriteIops, "scsi0:0", every_20_seconds(&[-1])),
        (WriteIops, "", every_20_seconds(&[30])),
    ]);
    assert_eq!(disks_without_data.unwrap().write_iops.unwrap().get(), 30.0);
}

#[test]
fn the_instance_that_simulators_echo_is_a_disk() {
    let echoed = stats(&[(WriteRate, "*", every_20_seconds(&[512]))]);
    assert_eq!(echoed.unwrap().write_rate.unwrap().get(), 512.0);
}

#[test]
fn missing_values_are_no_data() {
    let holes = stats(&[
        (WriteIops, "scsi0:0", every_20_seconds(&[-1, 50, -1])),
        (WriteRate, "scsi0:0", every_20_seconds(&[-1, -1])),
    ])
    .unwrap();
    assert_eq!(holes.write_iops.unwrap().get(), 50.0);
    assert_eq!(holes.write_rate, None);
    assert_eq!(holes.newest_sample, at(40));

    assert_eq!(
        stats(&[(WriteIops, "scsi0:0", every_20_seconds(&[-1, -1]))]),
        None
    );
    assert_eq!(stats(&[(WriteIops, "scsi0:0", Vec::new())]), None);
    assert_eq!(stats(&[]), None);
}

#[test]
fn only_the_window_counts() {
    let mut values = vec![1_000; 10];
    values.extend([6; 15]);
    let stats = stats(&[(WriteIops, "scsi0:0", every_20_seconds(&values))]).unwrap();
    assert_eq!(stats.write_iops.unwrap().get(), 6.0);
}

#[test]
fn an_aggregator_forgets_the_vm_before() {
    let mut aggregator = Aggregator::new(300);
    aggregator.push(WriteIops, "scsi0:0", every_20_seconds(&[99]));
    assert!(aggregator.finish().is_some());
    assert_eq!(aggregator.finish(), None);
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter(
        disks in prop::collection::vec(prop::collection::vec(0_i64..10_000, 1..20), 1..5),
        seed in any::<u64>(),
    ) {
        let names: Vec<String> = (0..disks.len()).map(|unit| format!("scsi0:{unit}")).collect();
        let in_order: Vec<_> = disks
            .iter()
            .zip(&names)
            .map(|(values, name)| (WriteIops, name.as_str(), every_20_seconds(values)))
            .collect();
        let mut shuffled = in_order.clone();
        shuffled.rotate_left(usize::try_from(seed % 5).unwrap() % disks.len());
        for (_, _, samples) in &mut shuffled {
            samples.extend(samples.clone());
            let turn = usize::try_from(seed % 97).unwrap() % samples.len();
            samples.rotate_left(turn);
        }
        let (expected, found) = (stats(&in_order).unwrap(), stats(&shuffled).unwrap());
        prop_assert_eq!(expected.newest_sample, found.newest_sample);
        let difference = expected.write_iops.unwrap().get() - found.write_iops.unwrap().get();
        prop_assert!(difference.abs() < 1e-6);
    }

    #[test]
    fn an_idle_disk_changes_no_sum(values in prop::collection::vec(0_i64..10_000, 1..15)) {
        let busy = (WriteRate, "scsi0:0", every_20_seconds(&values));
        let idle = (WriteRate, "scsi0:1", every_20_seconds(&vec![0; values.len()]));
        prop_assert_eq!(stats(std::slice::from_ref(&busy)).unwrap().write_rate, stats(&[busy, idle]).unwrap().write_rate);
    }

    #[test]
    fn a_mean_lies_between_the_extremes(values in prop::collection::vec(0_i64..10_000, 1..15)) {
        let mean = stats(&[(WriteIops, "a", every_20_seconds(&values))]).unwrap().write_iops.unwrap().get();
        prop_assert!(mean >= *values.iter().min().unwrap() as f64);
        prop_assert!(mean <= *values.iter().max().unwrap() as f64);
    }
}
