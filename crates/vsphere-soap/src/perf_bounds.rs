//! How long an answer with samples can be, by what was asked for.

use jiff::Timestamp;

use crate::query_perf::PerfQuerySpec;

/// Instances of one counter that a single object may have: vSphere allows 256 disks for a VM.
const INSTANCES_OF_ONE: usize = 512;
/// Instances that each object of a query may have besides, on average.
const INSTANCES_OF_EACH: usize = 16;
/// Samples of each series that are accepted whatever was asked for: some servers send all that they keep, which is 180
/// real-time samples or about a year of days.
const SAMPLES_OF_EACH: usize = 512;
/// Real-time samples lie this close, in seconds. vCenter may answer with other intervals than it was asked for.
const LEAST_SPACING_SECONDS: i64 = 20;

/// Bytes of a short answer, whatever it says.
const BYTES_OF_ANY: usize = 1 << 20;
/// Bytes of an object, of a time, of a series, and of a value, each with its markup in the longer of the two formats.
const BYTES_OF_OBJECT: usize = 512;
const BYTES_OF_TIME: usize = 128;
const BYTES_OF_SERIES: usize = 256;
const BYTES_OF_VALUE: usize = 32;

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
        let samples_asked = specs.iter().map(samples).max().unwrap_or(0);
        let (mut of_one, mut of_each) = (0_usize, 0_usize);
        for spec in specs {
            let (one, each) = series(spec);
            of_one = of_one.max(one);
            of_each = of_each.saturating_add(each);
        }
        let series = of_one.saturating_add(of_each);
        let objects = specs.len();
        let of_objects = samples_asked
            .saturating_mul(BYTES_OF_TIME)
            .saturating_add(BYTES_OF_OBJECT)
            .saturating_mul(objects);
        let of_series = samples_asked
            .saturating_mul(BYTES_OF_VALUE)
            .saturating_add(BYTES_OF_SERIES)
            .saturating_mul(series);
        Self {
            objects,
            series,
            samples: samples_asked.max(SAMPLES_OF_EACH),
            body_bytes: BYTES_OF_ANY
                .saturating_add(of_objects)
                .saturating_add(of_series),
        }
    }
}

/// Samples that a query asks for, of each series.
fn samples(spec: &PerfQuerySpec<'_>) -> usize {
    let most = spec
        .max_sample
        .map(|most| usize::try_from(most).unwrap_or(usize::MAX));
    let in_range = spec.start_time.zip(spec.end_time).map(in_range);
    match (most, in_range) {
        (Some(most), Some(in_range)) => most.max(in_range),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => SAMPLES_OF_EACH,
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
