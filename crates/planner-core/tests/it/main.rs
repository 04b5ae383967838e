//! planner-core through its public face.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::float_cmp, reason = "the values compared are exact in binary")]

mod counters;
mod entities;
mod filter;
mod governor;
mod governor_model;
mod governor_properties;
mod hygiene;
mod meters;
mod names_and_units;
mod restart;
mod snapshot;
mod source;

use jiff::Timestamp;

/// A moment, given in seconds of Unix time.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}
