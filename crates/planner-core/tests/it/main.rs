//! planner-core through its public face.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::float_cmp, reason = "the values compared are exact in binary")]

mod accumulator_model;
mod accumulator_properties;
mod accumulators;
mod collection;
mod collection_model;
mod collection_refusals;
mod collection_totals;
mod counters;
mod details;
mod entities;
mod filter;
mod folders;
mod governor_hosts;
mod governor_model;
mod governor_properties;
mod governor_quarantine;
mod governor_search;
mod governor_sizes;
mod history;
mod host_clocks;
mod lateness;
mod lateness_model;
mod names_and_units;
mod past;
mod plan;
mod plausibility;
mod probe;
mod respelled_disks;
mod restart;
mod sizing_exclusion;
mod snapshot;
mod source;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::reason::Reason;
use planner_core::inventory::FullReadStamp;
use planner_core::uptime::Uptime;
use planner_core::vcenter_time::VcenterTime;

/// A moment by vCenter's clock, given in seconds of Unix time.
fn at(second: i64) -> VcenterTime {
    VcenterTime::from_second(second)
}

/// A moment by our own clock, given in seconds since the process began.
fn up(second: i64) -> Uptime {
    Uptime::new(Duration::from_secs(u64::try_from(second).unwrap()))
}

/// A full read of the inventory.
fn full_read(number: u64) -> FullReadStamp {
    FullReadStamp {
        number,
        at: Timestamp::UNIX_EPOCH,
    }
}

/// A reason that is different for each number of seconds.
fn reason(seconds: u64) -> Arc<Reason> {
    Arc::new(Reason::Deadline {
        limit: Duration::from_secs(seconds),
    })
}
