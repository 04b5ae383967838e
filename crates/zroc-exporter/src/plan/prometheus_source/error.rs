//! Why a Prometheus gives no samples.

use planner_core::plan::survey::NoGrid;
use planner_core::plan::whole::NoSamples;

use crate::http_client::CallError;

/// Why a Prometheus gives no samples.
#[derive(Debug, thiserror::Error)]
pub enum PrometheusError {
    /// There is no answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer is not one to a query.
    #[error("it answers {status}: {said}")]
    Status {
        /// Status of HTTP.
        status: u16,
        /// The beginning of the body.
        said: String,
    },
    /// It refuses a query.
    #[error("it refuses a query: {kind}: {said}")]
    Refused {
        /// `errorType`.
        kind: String,
        /// `error`.
        said: String,
    },
    /// The answer is not as it should be.
    #[error("its answer cannot be read")]
    Answer(#[from] serde_json::Error),
    /// Nothing says how often totals change.
    #[error(
        "it has no vcenter_collector_poll_interval_seconds in that time: make it scrape zroc-exporter, choose another time by \
         --last or by --start and --end, or give the poll interval by --bucket"
    )]
    NoInterval,
    /// Nothing says which VMs there are.
    #[error("it has no vcenter_vm_info in that time, so it knows no VM of zroc-exporter")]
    NoVms,
    /// No total grows.
    #[error(
        "vcenter_vm_disk_write_bytes_total of {vms} VMs does not grow in that time: that is a fault of the data, or nothing was \
         written at all"
    )]
    StandsStill {
        /// How many VMs have samples.
        vms: usize,
    },
    /// There is no time with samples.
    #[error(transparent)]
    NoGrid(#[from] NoGrid),
    /// No VM has samples.
    #[error(transparent)]
    NoSamples(#[from] NoSamples),
    /// There is too much.
    #[error("there are more than {most} samples: choose fewer VMs or a shorter time")]
    TooMany {
        /// The bound.
        most: usize,
    },
}
