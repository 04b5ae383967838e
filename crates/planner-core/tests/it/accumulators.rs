//! Samples become statistics, each sample once.

use planner_core::collection::accumulators::{Accumulators, Measures};
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::SampleBuffer;
use planner_core::collection::source::Source;
use planner_core::inventory::entities::Entities;
use planner_core::inventory::filter::Filter;

use crate::accumulator_model::{
    IOPS, LATENCY, RATE, Series, accumulators, ingest_at, sample_times, stats, vm, written,
};
use crate::{at, full_read};

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

#[test]
fn a_slot_that_lacks_a_disk_does_not_pull_the_sum_down() {
    let hole = stats(&[(IOPS, "scsi0:0", &[10, 30]), (IOPS, "scsi0:1", &[100, -1])]).unwrap();
    assert_eq!(hole.write.iops.unwrap().get(), 110.0);
}

#[test]
fn only_the_window_counts_for_means_and_everything_for_the_total() {
    let values: Vec<i64> = std::iter::repeat_n(1_000, 10).chain([6; 15]).collect();
    let stats = stats(&[(RATE, "scsi0:0", &values)]).unwrap();
    assert_eq!(stats.write.rate.unwrap().get(), 6.0);
    assert_eq!(stats.write.peak_rate.unwrap().get(), 6.0);
    assert_eq!(
        stats.write.total.unwrap().get(),
        (10 * 1_000 + 15 * 6) * 1_024 * 20
    );
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
    let stats = accumulators.stats(&vm(), at(103)).unwrap();
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
    assert!(!ingest_at(
        &mut accumulators,
        &[20],
        &[(RATE, "scsi0:0", &[1])],
        60
    ));
    assert!(accumulators.stats(&vm(), at(140)).is_some());
    assert_eq!(accumulators.stats(&vm(), at(141)), None);
}

#[test]
fn a_clock_that_was_set_back_does_not_stop_counting() {
    let mut accumulators = accumulators(Measures::default());
    ingest_at(
        &mut accumulators,
        &[7_180, 7_200],
        &[(RATE, "scsi0:0", &[5, 5])],
        7_223,
    );
    let first = Accumulators::new(Source::Realtime, 300, Measures::default());
    assert_eq!(
        accumulators.range(&vm(), at(3_600)),
        first.range(&vm(), at(3_600))
    );
    assert!(ingest_at(
        &mut accumulators,
        &[3_560, 3_580],
        &[(RATE, "scsi0:0", &[7, 7])],
        3_600
    ));
    let stats = accumulators.stats(&vm(), at(3_600)).unwrap();
    assert_eq!(
        (stats.write.rate.unwrap().get(), stats.newest_sample),
        (7.0, at(3_580))
    );
    assert_eq!(written(&accumulators, 3_600), 24 * 1_024 * 20);
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
    let stats = accumulators.stats(&vm(), at(63)).unwrap();
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
    accumulators.ingest(&vm(), &samples, at(700), |_, _| {});
    let stats = accumulators.stats(&vm(), at(700)).unwrap();
    assert_eq!(
        (stats.write.rate.unwrap().get(), stats.write.peak_rate),
        (20.0, None)
    );
    assert_eq!(stats.write.total.unwrap().get(), 30 * 1_024 * 300);
}

#[test]
fn vms_that_are_gone_are_forgotten() {
    let mut accumulators = accumulators(Measures::default());
    ingest_at(&mut accumulators, &[20], &[(RATE, "scsi0:0", &[1])], 43);
    accumulators.keep_only(&Entities::new().resolve(&Filter::default(), full_read(1)));
    assert_eq!(accumulators.stats(&vm(), at(43)), None);
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
            .stats(&vm(), at(now))
            .unwrap()
            .write
            .rate
            .unwrap()
            .get(),
        2.0
    );
}

#[test]
fn samples_ahead_of_the_clock_are_counted_once_and_only_when_due() {
    let mut accumulators = accumulators(Measures::default());
    let times: Vec<i64> = (1..=30).map(|slot| slot * 20).collect();
    let rates = vec![1; times.len()];
    for now in (320..=620).step_by(20) {
        ingest_at(&mut accumulators, &times, &[(RATE, "scsi0:0", &rates)], now);
        let counted = times.iter().filter(|at| **at <= now + 60).count() as u64;
        assert_eq!(
            written(&accumulators, now),
            counted * 20 * 1_024,
            "at {now}"
        );
    }
    assert!(!ingest_at(
        &mut accumulators,
        &times,
        &[(RATE, "scsi0:0", &rates)],
        640
    ));
}

#[test]
fn values_from_before_the_clock_was_set_back_are_not_fresh() {
    let mut accumulators = accumulators(Measures::default());
    ingest_at(
        &mut accumulators,
        &[4_000],
        &[(RATE, "scsi0:0", &[1])],
        4_020,
    );
    assert!(accumulators.stats(&vm(), at(4_020)).is_some());
    assert!(accumulators.stats(&vm(), at(1_000)).is_none());
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
        assert!(accumulators.stats(&vm(), at(now)).is_some(), "at {now}");
    }
    assert!(accumulators.stats(&vm(), at(1_060)).is_none());
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
    accumulators.ingest(&vm(), &samples, at(99_980), |_, _| {});
    let stats = accumulators.stats(&vm(), at(99_980));
    assert_eq!(stats.and_then(|stats| stats.write.rate), None);
}
