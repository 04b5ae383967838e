//! The crate seen from outside: decoders on fixtures, the client against servers.

mod cookies;
mod decoding;
mod exchange;
mod faults;
mod hostile_input;
mod observation;
mod performance;
mod properties;
mod server;
mod session;
mod trust;
