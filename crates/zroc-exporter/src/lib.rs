//! The exporter: settings, the collection loop, the metrics page and the HTTP server.
//!
//! The library exists for the binary and its tests. What is worth reusing is in `vsphere-soap` and `planner-core`.

pub mod advice;
pub mod cli;
pub mod collector;
pub mod error_chain;
pub mod exposition;
pub mod healthcheck;
pub mod http;
mod process_metrics;
pub mod publication;
mod regular_file;
pub mod schedule;
pub mod self_metrics;
pub mod serve;
pub mod settings;
pub mod shutdown;
pub mod state_file;
pub mod status;
pub mod telemetry;
pub mod vcenter;
pub mod web_config;
