//! One VM whose samples are handed to accumulators.

use planner_core::collection::accumulators::{Accumulators, Look, Measures};
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::{SampleBuffer, SampleTime};
use planner_core::collection::source::Source;
use planner_core::inventory::VmId;
use planner_core::io_stats::VmIoStats;

use crate::{at, up};

pub(crate) const IOPS: DiskCounter = DiskCounter::WRITES[0];
pub(crate) const RATE: DiskCounter = DiskCounter::WRITES[1];
pub(crate) const LATENCY: DiskCounter = DiskCounter::WRITES[2];

/// A series: counter, instance, and values. A negative value means a sample without data.
pub(crate) type Series<'s> = (DiskCounter, &'s str, &'s [i64]);

pub(crate) fn vm() -> VmId {
    VmId::new("vm-1")
}

pub(crate) fn accumulators(measures: Measures) -> Accumulators {
    Accumulators::new(Source::Realtime, 300, measures)
}

pub(crate) fn ingest_at(
    accumulators: &mut Accumulators,
    times: &[i64],
    series: &[Series<'_>],
    now: i64,
) -> bool {
    let mut buffer = SampleBuffer::default();
    let mut samples = buffer.begin(sample_times(times, 20));
    for (counter, instance, values) in series {
        let values = values.iter().map(|&value| (value >= 0).then_some(value));
        samples.push(*counter, instance, values);
    }
    accumulators.ingest(&vm(), &samples, look(now), |_, _| {})
}

/// An answer that came at once.
pub(crate) fn look(at: i64) -> Look<'static> {
    Look {
        asked: up(at),
        answered: up(at),
        host: None,
    }
}

pub(crate) fn sample_times(
    times: &[i64],
    interval_seconds: u32,
) -> impl Iterator<Item = SampleTime> {
    times.iter().map(move |&second| SampleTime {
        at: at(second),
        interval_seconds,
    })
}

/// The statistics of these series, with a sample every 20 seconds from second 20 on.
pub(crate) fn stats(series: &[Series<'_>]) -> Option<VmIoStats> {
    let length = series
        .iter()
        .map(|(_, _, values)| values.len())
        .max()
        .unwrap_or(0);
    let times: Vec<i64> = (1..=i64::try_from(length).unwrap())
        .map(|slot| slot * 20)
        .collect();
    let now = times.last().copied().unwrap_or(0) + 23;
    let mut accumulators = accumulators(Measures::default());
    ingest_at(&mut accumulators, &times, series, now);
    accumulators.stats(&vm(), up(now))
}

pub(crate) fn written(accumulators: &Accumulators, now: i64) -> u64 {
    accumulators
        .stats(&vm(), up(now))
        .unwrap()
        .write
        .total
        .unwrap()
        .get()
}
