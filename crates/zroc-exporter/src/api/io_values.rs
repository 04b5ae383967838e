//! What was written or read, as `/metrics` has it.

use planner_core::io_stats::IoStats;
use planner_core::units::{Bytes, BytesPerSec, Iops, LatencyMillis, LatencySeconds, MibPerSec};
use serde::Serialize;
use utoipa::ToSchema;

/// What was written, or what was read. The means are those of the window that ends with the newest sample.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IoValues {
    /// Operations per second, summed over the disks.
    iops: Option<f64>,
    /// Throughput in units of 1,048,576 bytes per second, summed over the disks.
    throughput_mib_per_second: Option<f64>,
    /// Latency in milliseconds, mean over the disks.
    latency_milliseconds: Option<f64>,
    /// Latency in seconds, mean weighted by the number of operations.
    weighted_latency_seconds: Option<f64>,
    /// The largest single sample of the rate.
    peak_bytes_per_second: Option<f64>,
    /// All bytes since counting began.
    total_bytes: Option<u64>,
}

impl From<&IoStats> for IoValues {
    fn from(stats: &IoStats) -> Self {
        Self {
            iops: stats.iops.map(Iops::get),
            throughput_mib_per_second: stats.rate.map(|rate| MibPerSec::from(rate).get()),
            latency_milliseconds: stats.latency.map(LatencyMillis::get),
            weighted_latency_seconds: stats
                .weighted_latency
                .map(|latency| LatencySeconds::from(latency).get()),
            peak_bytes_per_second: stats.peak_rate.map(|rate| BytesPerSec::from(rate).get()),
            total_bytes: stats.total.map(Bytes::get),
        }
    }
}
