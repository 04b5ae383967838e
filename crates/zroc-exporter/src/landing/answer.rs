//! The first thing to read: which vCenters are read.

use planner_core::vm_state::VmState;
use tokio::time::Instant;

use super::grid::{count, name};
use crate::status::{self, Course, VcenterStatus};

/// A sentence names at most this many vCenters.
const MOST_NAMES: usize = 3;

/// Which vCenters are read.
#[derive(Debug)]
pub(super) struct Answer {
    /// The class of the block: how urgent it is.
    pub(super) class: &'static str,
    pub(super) tag: String,
    pub(super) verdict: String,
    pub(super) next: String,
}

impl Answer {
    pub(super) fn new(vcenters: &[VcenterStatus], now: Instant) -> Self {
        let of = |course: Course| {
            let all = vcenters.iter().filter(move |it| it.course(now) == course);
            all.map(name).collect::<Vec<_>>()
        };
        let groups = [
            (of(Course::Failing), "is not read", "are not read"),
            (of(Course::Stale), "is overdue", "are overdue"),
            (of(Course::Partly), "is read in part", "are read in part"),
            (of(Course::Ok), "is read", "are read"),
            (of(Course::Starting), "is starting", "are starting"),
        ];
        let [failing, stale, partly, ok, _] = groups.each_ref().map(|(names, ..)| names.len());
        let parts = groups.iter().filter(|(names, ..)| !names.is_empty());
        let parts = parts.map(|(all, one, several)| {
            let verb = if all.len() == 1 { one } else { several };
            format!("{} {verb}", names(all))
        });
        let parts: Vec<String> = parts.collect();
        let all = vcenters.len();
        let (class, tag) = if failing > 0 {
            (
                "over",
                format!("{failing} of {} not read", vcenters_of(all)),
            )
        } else if stale + partly > 0 {
            let some = stale + partly;
            (
                "warn",
                format!("{some} of {} not read as a whole", vcenters_of(all)),
            )
        } else if ok == all && all > 0 {
            ("met", "everything is read".to_owned())
        } else {
            ("none", "the first cycle has not ended yet".to_owned())
        };
        Self {
            class,
            tag,
            verdict: format!("{}.", parts.join("; ")),
            next: next(vcenters),
        }
    }
}

fn vcenters_of(all: usize) -> String {
    match all {
        1 => "1 vCenter".to_owned(),
        several => format!("{several} vCenters"),
    }
}

/// How many VMs have values.
fn next(vcenters: &[VcenterStatus]) -> String {
    let reports = vcenters.iter().filter_map(|it| it.report.as_deref());
    let sampled: usize = reports.map(|it| status::count(it, VmState::Sampled)).sum();
    let running: usize = vcenters.iter().filter_map(running).sum();
    if vcenters.iter().all(|it| it.snapshot().is_none()) {
        return "Nothing is known of the VMs yet.".to_owned();
    }
    format!(
        "{} of {} running VMs have values of the latest cycle.",
        count(sampled),
        count(running)
    )
}

/// How many VMs run and are chosen; `None` while that is not known.
pub(super) fn running(vcenter: &VcenterStatus) -> Option<usize> {
    let vms = vcenter.snapshot()?.inventory().vms().iter();
    Some(vms.filter(|vm| vm.is_running()).count())
}

/// The first few of these names.
pub(super) fn names(all: &[String]) -> String {
    let more = all.len().saturating_sub(MOST_NAMES);
    let mut shown: Vec<String> = all.iter().take(MOST_NAMES).cloned().collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    match shown.pop() {
        Some(only) if shown.is_empty() => only,
        Some(end) => format!("{} and {end}", shown.join(", ")),
        None => String::new(),
    }
}
