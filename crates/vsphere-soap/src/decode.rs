//! Reads response bodies, without doing any I/O.
//!
//! [`Client`](crate::Client) uses these functions itself. On their own they serve recorded traffic,
//! fuzzing and benchmarks. Each takes the whole decompressed body of one answer.

mod custom_fields;
mod devices;
mod envelope;
mod faults;
mod performance;
mod properties;
mod query_perf;
mod session;
mod updates;

pub(crate) use envelope::as_fault;
pub(crate) use faults::without_text;
pub(crate) use properties::leading_token;
pub(crate) use query_perf::query_perf_within;

pub use envelope::{Refusal, fault, void};
pub use performance::{available_metrics, perf_counters, provider_summary, query_options};
pub use properties::{fetch, retrieve_properties};
pub use query_perf::query_perf;
pub use session::{create_container_view, current_time, login, service_content, service_versions};
pub use updates::{create_filter, create_property_collector, update_set};
