//! The exporter: settings, the collection loop, the metrics page and the HTTP server.
//!
//! The library exists for the binary and its tests. What is worth reusing is in `vsphere-soap` and `planner-core`.

pub mod about;
pub mod advice;
pub mod api;
mod ask;
mod bounded_read;
pub mod check;
pub mod cli;
pub mod collect;
pub mod collector;
pub mod cycle_message;
pub mod error_chain;
pub mod exposition;
pub mod filter_message;
mod fleet;
pub mod healthcheck;
pub mod history_folder;
pub mod http;
mod http_client;
pub mod landing;
mod limited_read;
mod once;
mod past;
pub mod plan;
mod printable;
mod progress;
pub mod publication;
pub mod publisher;
mod reload;
pub mod reload_requests;
mod result_file;
pub mod self_metrics;
pub mod serve;
pub mod settings;
pub mod signals;
mod spreadsheet;
pub mod state_file;
pub mod status;
pub mod task;
pub mod telemetry;
pub mod totals_file;
pub mod vcenter;
pub mod version;
