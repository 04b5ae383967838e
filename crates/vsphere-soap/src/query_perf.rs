//! Queries for performance samples, and the samples.

use std::sync::Arc;

use jiff::Timestamp;

use crate::moref::MoRef;

/// A query for the samples of one object.
#[derive(Debug, Clone)]
pub struct PerfQuerySpec<'a> {
    /// The object.
    pub entity: &'a MoRef,
    /// From when on, by the server's clock. Real-time answers include this instant, historical ones
    /// do not.
    pub start_time: Option<Timestamp>,
    /// Until when, inclusive, by the server's clock.
    pub end_time: Option<Timestamp>,
    /// The number of newest samples. Ignored by the server for historical intervals.
    pub max_sample: Option<u32>,
    /// Counters and their instances. None: all there are.
    pub metric_ids: &'a [PerfMetricId],
    /// 20 for real-time samples, else the period of a historical interval.
    pub interval_id_seconds: Option<i32>,
    /// How to send the samples.
    pub format: PerfFormat,
}

/// How samples are sent. What comes back is read alike; CSV is about a fifth of the size for more
/// than a few samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PerfFormat {
    /// One element per sample.
    Normal,
    /// One list per series.
    Csv,
}

impl PerfFormat {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Csv => "csv",
        }
    }
}

/// A counter of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PerfMetricId {
    /// [`PerfCounterInfo::key`](crate::PerfCounterInfo::key) of the counter.
    pub counter_id: i32,
    /// A name such as `scsi0:0`, the empty string for the aggregate, or, in queries, `*` for all
    /// instances and the aggregate.
    pub instance: Arc<str>,
}

/// The samples of one object. Objects without any data are left out of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerfEntityMetrics {
    /// The object.
    pub entity: MoRef,
    /// When the samples of all series were taken, ascending on a vCenter. Shared between objects of
    /// one answer that have the same.
    pub sample_info: Arc<[PerfSampleInfo]>,
    pub(crate) series: Vec<SeriesEnd>,
    /// The values of all series, one series after the other.
    pub(crate) values: Vec<i64>,
}

/// What is known of a series beside its values, and where these end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeriesEnd {
    pub(crate) counter_id: i32,
    pub(crate) instance: Arc<str>,
    pub(crate) end: usize,
}

impl PerfEntityMetrics {
    /// The series, in no useful order.
    pub fn series(&self) -> impl ExactSizeIterator<Item = PerfMetricSeries<'_>> {
        let mut start = 0;
        self.series.iter().map(move |series| {
            let values = self.values.get(start..series.end).unwrap_or_default();
            start = series.end;
            PerfMetricSeries {
                counter_id: series.counter_id,
                instance: &series.instance,
                values,
                sample_info: &self.sample_info,
            }
        })
    }
}

/// When a sample was taken, and over which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerfSampleInfo {
    /// The end of the time that the sample covers, by the server's clock.
    pub timestamp: Timestamp,
    /// Length of that time. The server may answer with another interval than asked for.
    pub interval_seconds: i32,
}

/// The values of one counter of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerfMetricSeries<'e> {
    /// [`PerfCounterInfo::key`](crate::PerfCounterInfo::key) of the counter.
    pub counter_id: i32,
    /// A name such as `scsi0:0`, or the empty string for the aggregate.
    pub instance: &'e str,
    values: &'e [i64],
    sample_info: &'e [PerfSampleInfo],
}

impl<'e> PerfMetricSeries<'e> {
    /// The values, in the unit of the counter, aligned with
    /// [`sample_info`](PerfEntityMetrics::sample_info). `None` where the server has no value, which
    /// it writes as a negative number, and where what it wrote is no integer of 64 bits.
    pub fn values(self) -> impl ExactSizeIterator<Item = Option<i64>> + 'e {
        self.values
            .iter()
            .map(|value| (*value >= 0).then_some(*value))
    }

    /// The values with their times. Ends with the shorter list: answers with fewer values than
    /// times occur.
    pub fn samples(self) -> impl Iterator<Item = (Timestamp, Option<i64>)> + 'e {
        let times = self.sample_info.iter().map(|info| info.timestamp);
        times.zip(self.values())
    }
}
