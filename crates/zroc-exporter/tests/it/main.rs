//! The exporter through its public face: settings, pages, HTTP, and the real binary against the mock vCenter.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![allow(clippy::float_cmp, reason = "the values compared are exact in binary")]

mod advice;
mod api;
mod blocked;
mod check;
mod clocks_and_restarts;
mod collect;
mod collect_last;
mod collection;
mod config_command;
mod connections;
mod corpus;
mod counters;
mod cycle_message;
mod documents;
mod end_to_end;
mod endings;
mod endless_inventory;
mod exit_codes;
mod exporter;
mod exposition;
mod fault_matrix;
mod filter_message;
mod followed_inventory;
mod frozen_inventory;
mod habits;
mod history;
mod http;
mod http_clients;
mod identities;
mod info_metrics;
mod inventory;
mod landing_page;
mod last_errors;
mod lifecycle;
mod lockout;
mod log_reader;
mod metrics_page;
mod odd_text;
mod plan;
mod planner;
mod private_memory;
mod probe;
mod rates;
mod refusals;
mod refused_settings;
mod reliability;
mod reload;
mod schedule;
mod secrets;
mod sessions;
mod settings;
mod settings_file;
mod settings_layers;
mod several_vcenters;
mod silence;
mod slow_hosts;
mod staging;
mod totals;
mod translation;
mod trust;
mod web_config;
mod web_config_files;
