//! The mock as a client sees it: raw requests over TLS, answers compared with the world's truth.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod binary;
mod changes;
mod client;
mod control;
mod fault_rules;
mod follower;
mod http;
mod limits;
mod network_faults;
mod properties;
mod query_perf;
mod retrieval;
mod rights;
mod rollups;
mod script;
mod sessions;
mod settings;
mod updates;
mod wrong_samples;
