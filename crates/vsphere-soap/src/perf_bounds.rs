//! How long an answer with samples can be, by what was asked for.

use jiff::Timestamp;

use crate::query_perf::{PerfFormat, PerfQuerySpec};

/// Instances of one counter that a single object may have: vSphere allows 256 disks for a VM.
const INSTANCES_OF_ONE: usize = 512;
/// Instances that each object of a query may have besides, on average.
const INSTANCES_OF_EACH: usize = 16;
/// Samples of each series that are accepted whatever was asked for: some servers send all that they keep. That is an hour of
/// real-time samples, so 180 and a few that a clock stamped twice, or about a year of days.
const REAL_TIME_SAMPLES_OF_EACH: usize = 200;
const SAMPLES_OF_EACH: usize = 512;
/// Real-time samples lie this close, in seconds. vCenter may answer with other intervals than it was asked for.
const LEAST_SPACING_SECONDS: i64 = 20;
/// Parts into which a server may split the samples of one object.
const PARTS_OF_OBJECT: usize = 2;

/// Bytes of a short answer, whatever it says.
const BYTES_OF_ANY: usize = 1 << 20;
/// Bytes of an object and of a series, with markup.
const BYTES_OF_OBJECT: usize = 512;
const BYTES_OF_SERIES: usize = 256;

/// What an honest answer does not exceed. A server could otherwise fill memory with objects, series and values that
/// nobody asked for: decoded, they take up to eight times as many bytes as in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PerfBounds {
    pub(crate) objects: usize,
    /// Of all objects together.
    pub(crate) series: usize,
    /// Of each series.
    pub(crate) samples: usize,
    pub(crate) body_bytes: usize,
}

impl PerfBounds {
    /// For an answer whose query is unknown.
    pub(crate) const NONE: Self = Self {
        objects: usize::MAX,
        series: usize::MAX,
        samples: usize::MAX,
        body_bytes: usize::MAX,
    };

    pub(crate) fn of(specs: &[PerfQuerySpec<'_>]) -> Self {
        let samples = specs.iter().map(samples).max().unwrap_or(0);
        let (mut of_one, mut of_each) = (0_usize, 0_usize);
        for spec in specs {
            let (one, each) = series(spec);
            of_one = of_one.max(one);
            of_each = of_each.saturating_add(each);
        }
        let series = of_one.saturating_add(of_each);
        let objects = specs.len().saturating_mul(PARTS_OF_OBJECT);
        let is_csv = specs.iter().all(|spec| spec.format == PerfFormat::Csv);
        let (bytes_of_time, bytes_of_value) = bytes_of_sample(is_csv);
        let of_objects = samples
            .saturating_mul(bytes_of_time)
            .saturating_add(BYTES_OF_OBJECT)
            .saturating_mul(objects);
        let of_series = samples
            .saturating_mul(bytes_of_value)
            .saturating_add(BYTES_OF_SERIES)
            .saturating_mul(series);
        Self {
            objects,
            series,
            samples,
            body_bytes: BYTES_OF_ANY
                .saturating_add(of_objects)
                .saturating_add(of_series),
        }
    }
}

/// Bytes of a time, and of a value: `20,2026-05-05T18:41:00.000000+00:00,` and `42949672950,`, or each in elements of its own.
const fn bytes_of_sample(is_csv: bool) -> (usize, usize) {
    if is_csv { (48, 12) } else { (128, 32) }
}

/// Samples of each series that the answer to a query may have.
fn samples(spec: &PerfQuerySpec<'_>) -> usize {
    let is_real_time = spec.interval_id_seconds.map(i64::from) == Some(LEAST_SPACING_SECONDS);
    let whatever_was_asked = if is_real_time {
        REAL_TIME_SAMPLES_OF_EACH
    } else {
        SAMPLES_OF_EACH
    };
    samples_asked(spec).unwrap_or(0).max(whatever_was_asked)
}

/// Samples that a query asks for, of each series; `None` if it does not say.
fn samples_asked(spec: &PerfQuerySpec<'_>) -> Option<usize> {
    let most = spec
        .max_sample
        .map(|most| usize::try_from(most).unwrap_or(usize::MAX));
    let in_range = spec.start_time.zip(spec.end_time).map(in_range);
    match (most, in_range) {
        (Some(most), Some(in_range)) => Some(most.max(in_range)),
        (one, other) => one.or(other),
    }
}

fn in_range((start, end): (Timestamp, Timestamp)) -> usize {
    let seconds = end.as_second().saturating_sub(start.as_second()).max(0);
    // Both ends may be included.
    usize::try_from(seconds / LEAST_SPACING_SECONDS + 2).unwrap_or(usize::MAX)
}

/// Series that an object may have at most, and those that each may have on average.
fn series(spec: &PerfQuerySpec<'_>) -> (usize, usize) {
    if spec.metric_ids.is_empty() {
        // All there are.
        return (usize::MAX, usize::MAX);
    }
    let of_all_instances = spec
        .metric_ids
        .iter()
        .filter(|metric| &*metric.instance == "*");
    let of_all_instances = of_all_instances.count();
    let of_one_instance = spec.metric_ids.len() - of_all_instances;
    (
        of_all_instances.saturating_mul(INSTANCES_OF_ONE),
        of_all_instances
            .saturating_mul(INSTANCES_OF_EACH)
            .saturating_add(of_one_instance),
    )
}
