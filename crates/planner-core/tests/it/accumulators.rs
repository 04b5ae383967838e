//! Samples become statistics, each sample once.

use planner_core::collection::accumulators::{Accumulators, Measures};
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::plausibility::MOST_KIB_PER_SECOND;
use planner_core::collection::samples::SampleBuffer;
use planner_core::collection::source::Source;
use planner_core::inventory::entities::Entities;
use planner_core::inventory::filter::Filter;

use crate::accumulator_model::{
    IOPS, LATENCY, RATE, Series, accumulators, ingest_at, look, sample_times, stats, vm, written,
};
use crate::{at, full_read, up};

#[test]
fn rates_add_up_over_disks_and_latency_does_not() {
    let stats = stats(&[
        (IOPS, "scsi0:0", &[10, 30]),
        (LATENCY, "scsi0:0", &[4, 6]),
        (IOPS, "nvme0:0", &[100, 100]),
        (RATE, "nvme0:0", &[1024, 3072]),
        (LATENCY, "nvme0:0", &[1, 1]),
    ])
    .unwrap();
    assert_eq!(stats.write.iops.unwrap().get(), 120.0);
    assert_eq!(stats.write.rate.unwrap().get(), 2048.0);
    assert_eq!(stats.write.peak_rate.unwrap().get(), 3072.0);
    assert_eq!(stats.write.latency.unwrap().get(), 3.0);
    assert_eq!(stats.write.total.unwrap().get(), (1024 + 3072) * 1024 * 20);
    assert_eq!(stats.newest_sample, at(40));
    assert_eq!(stats.read(), None);
    assert!(stats.disks().is_empty());
}

#[test]
fn idle_disks_do_not_dilute_the_weighted_latency() {
    let busy_and_idle = stats(&[
        (IOPS, "scsi0:0", &[100, 300]),
        (LATENCY, "scsi0:0", &[10, 20]),
        (IOPS, "scsi0:1", &[0, 0]),
        (LATENCY, "scsi0:1", &[0, 0]),
    ])
    .unwrap();
    assert_eq!(busy_and_idle.write.latency.unwrap().get(), 7.5);
    assert_eq!(
        busy_and_idle.write.weighted_latency.unwrap().get(),
        (1_000.0 + 6_000.0) / 400.0
    );
    let idle = stats(&[(IOPS, "scsi0:0", &[0, 0]), (LATENCY, "scsi0:0", &[2, 4])]).unwrap();
    assert_eq!(idle.write.weighted_latency.unwrap().get(), 3.0);
}

#[test]
fn the_aggregate_counts_only_where_no_disk_does() {
    let iops = |series: &[Series<'_>]| stats(series).unwrap().write.iops.unwrap().get();
    assert_eq!(
        iops(&[
            (IOPS, "", &[30]),
            (IOPS, "scsi0:0", &[10]),
            (IOPS, "scsi0:1", &[20])
        ]),
        30.0
    );
    assert_eq!(iops(&[(IOPS, "", &[30])]), 30.0);
    assert_eq!(iops(&[(IOPS, "scsi0:0", &[-1]), (IOPS, "", &[30])]), 30.0);
}

#[test]
fn the_instance_that_simulators_echo_is_a_disk() {
    assert_eq!(
        stats(&[(RATE, "*", &[512])])
            .unwrap()
            .write
            .rate
            .unwrap()
            .get(),
        512.0
    );
}

#[test]
fn missing_values_are_no_data() {
    let holes = stats(&[
        (IOPS, "scsi0:0", &[-1, 50, -1]),
        (RATE, "scsi0:0", &[-1, -1]),
    ])
    .unwrap();
    assert_eq!(holes.write.iops.unwrap().get(), 50.0);
    assert_eq!(
        (holes.write.rate, holes.write.total, holes.write.peak_rate),
        (None, None, None)
    );
    assert_eq!(holes.newest_sample, at(40));
    assert_eq!(stats(&[(IOPS, "scsi0:0", &[-1, -1])]), None);
    assert_eq!(stats(&[(IOPS, "scsi0:0", &[])]), None);
    assert_eq!(stats(&[]), None);
}

/// Each disk has its own mean, over its own samples.
#[test]
fn a_sample_that_lacks_a_disk_does_not_pull_the_sum_down() {
    let hole = stats(&[(RATE, "scsi0:0", &[10, 30]), (RATE, "scsi0:1", &[100, -1])]).unwrap();
    assert_eq!(hole.write.rate.unwrap().get(), 120.0);
    assert_eq!(hole.write.peak_rate.unwrap().get(), 110.0);
    let hole = stats(&[(IOPS, "scsi0:0", &[10, 30]), (IOPS, "scsi0:1", &[-1, 100])]).unwrap();
    assert_eq!(hole.write.iops.unwrap().get(), 120.0);
    let hole = stats(&[
        (RATE, "scsi0:0", &[10, 20, 30]),
        (RATE, "scsi0:1", &[-1, 100, -1]),
        (RATE, "scsi0:2", &[1, 2, -1]),
    ])
    .unwrap();
    assert_eq!(hole.write.rate.unwrap().get(), 20.0 + 100.0 + 1.5);
}

/// A latency without operations, or of another moment than the operations, says nothing.
#[test]
fn latency_counts_where_operations_are_known_too() {
    let latency = |series: &[Series<'_>]| {
        let write = stats(series).unwrap().write;
        (
            write.latency.unwrap().get(),
            write.weighted_latency.unwrap().get(),
        )
    };
    assert_eq!(
        latency(&[
            (IOPS, "scsi0:0", &[10, -1, 30]),
            (LATENCY, "scsi0:0", &[4, 90, 8])
        ]),
        (6.0, 7.0)
    );
    // Where operations are never known, latency is all there is.
    assert_eq!(latency(&[(LATENCY, "scsi0:0", &[4, 8])]), (6.0, 6.0));
}

/// A window reaches back 300 seconds from the newest sample, and so does a first count.
#[test]
fn samples_before_the_window_do_not_count_at_first() {
    let values: Vec<i64> = std::iter::repeat_n(1_000, 10).chain([6; 15]).collect();
    let stats = stats(&[(RATE, "scsi0:0", &values)]).unwrap();
    assert_eq!(stats.write.rate.unwrap().get(), 6.0);
    assert_eq!(stats.write.peak_rate.unwrap().get(), 6.0);
    assert_eq!(stats.write.total.unwrap().get(), 15 * 6 * 1_024 * 20);
}

#[test]
fn only_the_window_counts_for_means_and_everything_for_the_total() {
    let mut accumulators = accumulators(Measures::default());
    for (number, rates) in [[1_000; 15], [6; 15]].iter().enumerate() {
        let first = 15 * i64::try_from(number).unwrap();
        let times: Vec<i64> = (first + 1..=first + 15).map(|slot| slot * 20).collect();
        let now = times.last().unwrap() + 3;
        ingest_at(&mut accumulators, &times, &[(RATE, "scsi0:0", rates)], now);
    }
    let stats = accumulators.stats(&vm(), up(603)).unwrap();
    assert_eq!(stats.write.rate.unwrap().get(), 6.0);
    assert_eq!(stats.write.peak_rate.unwrap().get(), 6.0);
    assert_eq!(stats.write.total.unwrap().get(), 15 * 1_006 * 1_024 * 20);
}

#[test]
fn the_window_reaches_back_into_earlier_cycles() {
    let mut accumulators = accumulators(Measures::default());
    ingest_at(
        &mut accumulators,
        &[20, 40, 60],
        &[(RATE, "scsi0:0", &[1, 2, 3])],
        83,
    );
    ingest_at(
        &mut accumulators,
        &[60, 80],
        &[(RATE, "scsi0:0", &[3, 4])],
        103,
    );
    let stats = accumulators.stats(&vm(), up(103)).unwrap();
    assert_eq!(stats.write.rate.unwrap().get(), 2.5);
    assert_eq!(written(&accumulators, 103), 10 * 1_024 * 20);
}

#[test]
fn a_cycle_without_new_samples_leaves_values_fresh_for_two_minutes() {
    let mut accumulators = accumulators(Measures::default());
    assert!(ingest_at(
        &mut accumulators,
        &[20],
        &[(RATE, "scsi0:0", &[1])],
        43
    ));
    assert!(ingest_at(
        &mut accumulators,
        &[20],
        &[(RATE, "scsi0:0", &[1])],
        60
    ));
    assert!(accumulators.stats(&vm(), up(163)).is_some());
    assert_eq!(accumulators.stats(&vm(), up(164)), None);
}

#[test]
fn reads_and_single_disks_are_measured_if_wanted() {
    let [_, read_rate, _] = DiskCounter::READS;
    let series: &[Series<'_>] = &[
        (RATE, "scsi0:1", &[3, 5]),
        (read_rate, "scsi0:1", &[30, 50]),
        (RATE, "nvme0:0", &[1, 1]),
        (IOPS, "", &[9, 9]),
    ];
    let mut accumulators = accumulators(Measures {
        reads: true,
        per_disk: true,
    });
    ingest_at(&mut accumulators, &[20, 40], series, 63);
    let stats = accumulators.stats(&vm(), up(63)).unwrap();
    assert_eq!(stats.write.rate.unwrap().get(), 5.0);
    assert_eq!(stats.read().unwrap().total.unwrap().get(), 80 * 1_024 * 20);
    let disks: Vec<_> = stats
        .disks()
        .iter()
        .map(|disk| {
            (
                &*disk.instance,
                disk.write.rate.unwrap().get(),
                disk.read.unwrap().rate.is_some(),
            )
        })
        .collect();
    assert_eq!(disks, [("nvme0:0", 1.0, false), ("scsi0:1", 4.0, true)]);
}

#[test]
fn a_rollup_has_a_total_but_no_peak() {
    let mut accumulators = Accumulators::new(Source::Historical, 300, Measures::default());
    let mut buffer = SampleBuffer::default();
    let mut samples = buffer.begin(sample_times(&[300, 600], 300));
    samples.push(RATE, "scsi0:0", [Some(10), Some(20)]);
    accumulators.ingest(&vm(), &samples, look(700), |_, _| {});
    let stats = accumulators.stats(&vm(), up(700)).unwrap();
    assert_eq!(
        (stats.write.rate.unwrap().get(), stats.write.peak_rate),
        (20.0, None)
    );
    assert_eq!(stats.write.total.unwrap().get(), 30 * 1_024 * 300);
}

#[test]
fn a_rollup_of_absurd_length_does_not_overflow() {
    for interval in [i32::MAX.cast_unsigned(), u32::MAX] {
        let mut accumulators = Accumulators::new(Source::Historical, 300, Measures::default());
        let mut buffer = SampleBuffer::default();
        let mut samples = buffer.begin(sample_times(&[300, 600], interval));
        let most = Some(i64::from(MOST_KIB_PER_SECOND));
        for disk in ["scsi0:0", "scsi0:1"] {
            samples.push(RATE, disk, [most, most]);
        }
        accumulators.ingest(&vm(), &samples, look(700), |_, _| {});
        let write = accumulators.stats(&vm(), up(700)).unwrap().write;
        assert!(write.total.unwrap().get() > 1 << 62, "{write:?}");
    }
}

#[test]
fn vms_that_are_gone_are_forgotten() {
    let mut accumulators = accumulators(Measures::default());
    ingest_at(&mut accumulators, &[20], &[(RATE, "scsi0:0", &[1])], 43);
    accumulators.keep_only(&Entities::new().resolve(&Filter::default(), full_read(1)));
    assert_eq!(accumulators.stats(&vm(), up(43)), None);
}

#[test]
fn time_stamps_far_from_the_epoch_are_taken_as_they_come() {
    let mut accumulators = accumulators(Measures::default());
    let now = 4_000_000_000;
    assert!(ingest_at(
        &mut accumulators,
        &[now - 40, now - 20],
        &[(RATE, "scsi0:0", &[1, 3])],
        now
    ));
    assert_eq!(
        accumulators
            .stats(&vm(), up(now))
            .unwrap()
            .write
            .rate
            .unwrap()
            .get(),
        2.0
    );
}

#[test]
fn samples_that_come_late_are_fresh_while_they_come() {
    let mut accumulators = accumulators(Measures::default());
    for now in [1_000, 1_020, 1_040] {
        let late = now - 200;
        assert!(ingest_at(
            &mut accumulators,
            &[late],
            &[(RATE, "scsi0:0", &[1])],
            now
        ));
        assert!(accumulators.stats(&vm(), up(now)).is_some(), "at {now}");
    }
    assert!(accumulators.stats(&vm(), up(1_161)).is_none());
}

#[test]
fn a_mean_over_hundreds_of_disks_is_over_all_of_them() {
    let names: Vec<String> = (0..300).map(|disk| format!("nvme0:{disk}")).collect();
    let latencies: Vec<Series<'_>> = names
        .iter()
        .map(|name| (LATENCY, name.as_str(), &[2_i64][..]))
        .collect();
    let latency = stats(&latencies).unwrap().write.latency.unwrap();
    assert_eq!(latency.get(), 2.0);
}

#[test]
fn an_absurd_answer_takes_little_memory() {
    let mut buffer = SampleBuffer::default();
    let times: Vec<i64> = (-5_000_i64..5_000)
        .chain([i64::MIN, i64::MAX])
        .map(|step| step.saturating_mul(20))
        .collect();
    let mut samples = buffer.begin(sample_times(&times, 20));
    for series in 0..20_000 {
        samples.push(RATE, "scsi0:0", [Some(i64::MAX); 3]);
        samples.push(RATE, &format!("disk {series}"), [Some(1)]);
    }
    let mut accumulators = accumulators(Measures::default());
    accumulators.ingest(&vm(), &samples, look(99_980), |_, _| {});
    let stats = accumulators.stats(&vm(), up(99_980));
    assert_eq!(stats.and_then(|stats| stats.write.rate), None);
}
