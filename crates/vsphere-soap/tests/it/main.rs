//! The crate seen from outside: decoders on fixtures, the client against servers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod certificates;
mod connect_failures;
mod cookies;
mod dead_connections;
mod decoding;
mod errors;
mod examples;
mod exchange;
mod failed_logins;
mod faults;
mod foreign_handles;
mod hostile_input;
mod live_updates;
mod lockout;
mod logging;
mod login_limit;
mod no_progress;
mod observation;
mod perf_reply;
mod performance;
mod properties;
mod read_ahead;
mod repeats;
mod secrets_by_content;
mod server;
mod session;
mod tls_server;
mod trust;
mod updates;
mod watcher;
