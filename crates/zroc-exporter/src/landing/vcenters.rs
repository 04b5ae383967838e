//! The table of the vCenters.

use planner_core::vm_state::VmState;
use tokio::time::Instant;

use super::answer::running;
use super::grid::{UNKNOWN, count, name, seconds};
use crate::printable::printable;
use crate::status::{self, Course, VcenterStatus};

/// A vCenter.
#[derive(Debug)]
pub(super) struct VcenterRow {
    pub(super) name: String,
    /// Where it was reached; empty before that, or if that is its name.
    pub(super) host: String,
    pub(super) chip: (&'static str, &'static str),
    pub(super) version: String,
    pub(super) last_success: String,
    pub(super) with_values: String,
    pub(super) without: String,
    pub(super) interval: String,
}

impl VcenterRow {
    pub(super) fn of(vcenter: &VcenterStatus, now: Instant) -> Self {
        let about = vcenter.about.as_deref();
        let host = about.map(|about| &*about.host);
        let host = host.filter(|host| *host != vcenter.name.as_str());
        let version = about.map(|about| printable(&about.version));
        let success = vcenter.collection.last_success.as_ref();
        let last_success = success.map(|success| {
            let age = now.saturating_duration_since(success.ended);
            let took = seconds(success.duration.as_secs_f64());
            format!("{} ago, took {took}", seconds(age.as_secs_f64().round()))
        });
        let report = vcenter.report.as_deref();
        let sampled = report.map(|report| status::count(report, VmState::Sampled));
        let without = running(vcenter).zip(sampled);
        let without = without.map(|(running, sampled)| count(running.saturating_sub(sampled)));
        let known = |known: Option<String>| known.unwrap_or_else(|| UNKNOWN.to_owned());
        Self {
            name: name(vcenter),
            host: host.map(printable).unwrap_or_default(),
            chip: chip(vcenter.course(now)),
            version: known(version.filter(|version| !version.is_empty())),
            last_success: known(last_success),
            with_values: known(sampled.filter(|_| vcenter.snapshot().is_some()).map(count)),
            without: known(without),
            interval: seconds(vcenter.poll_interval.as_secs_f64()),
        }
    }
}

/// The class of a state, and its words.
fn chip(course: Course) -> (&'static str, &'static str) {
    match course {
        Course::Starting => ("off", "… first cycle under way"),
        Course::Ok => ("ok", "✓ read"),
        Course::Partly => ("warn", "▲ read in part"),
        Course::Failing => ("bad", "✕ not read"),
        Course::Stale => ("warn", "▲ overdue"),
    }
}
