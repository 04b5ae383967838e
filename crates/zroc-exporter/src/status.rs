//! What `/health` and the exporter's own metrics show of one vCenter's cycles so far.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::{CycleReport, VcenterName};
use planner_core::history::View;
use planner_core::snapshot::Snapshot;
use planner_core::vm_state::VmState;
use tokio::time::Instant;

use crate::about::About;
use crate::self_metrics::CollectionMetrics;

/// Something that went wrong in a cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The kind: one of a fixed set of words.
    pub kind: &'static str,
    /// vSphere's name of the operation that failed, if one did.
    pub operation: Option<&'static str>,
    /// What happened, and to which VMs.
    pub what: String,
    /// What the operator can do about it.
    pub cure: Option<String>,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cure {
            Some(cure) => write!(f, "{}; {cure}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// All that went wrong in a cycle, in one line. `None` if nothing did.
pub fn in_one_line(troubles: &[Trouble]) -> Option<String> {
    let all: Vec<String> = troubles.iter().map(ToString::to_string).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The account of one vCenter's cycles so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CollectionStatus {
    /// Cycles finished, with or without success.
    pub cycles: u64,
    /// The latest cycle that succeeded.
    pub last_success: Option<Success>,
    /// What went wrong in the latest cycle: all of it, or some VMs.
    pub troubles: Vec<Trouble>,
    /// Whether the latest cycle read values of VMs, even if not of all.
    pub up: bool,
}

/// What is known of one vCenter.
#[derive(Debug, Clone)]
pub struct VcenterStatus {
    /// The name by which the operator knows it.
    pub name: VcenterName,
    /// Whether its series have the label `vcenter`.
    pub is_labelled: bool,
    /// The account of its cycles.
    pub collection: CollectionStatus,
    /// The report of its latest cycle; `None` before the first one.
    pub report: Option<Arc<CycleReport>>,
    /// What it says about itself; `None` before the first session.
    pub about: Option<Arc<About>>,
    /// What its history has; `None` where none is kept.
    pub history: Option<View>,
    /// Whether its certificate is verified.
    pub tls_verified: bool,
    /// Time between the starts of cycles.
    pub poll_interval: Duration,
    /// Whether custom attributes of its VMs are asked for.
    pub custom_attributes: bool,
    /// What its collector counts.
    pub metrics: CollectionMetrics,
}

/// How collection from a vCenter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// No cycle has ended yet.
    Starting,
    /// The latest cycle read everything.
    Ok,
    /// The latest cycle read values, but something went wrong in it.
    Partly,
    /// The latest cycle read no values.
    Failing,
    /// No cycle has ended for three intervals.
    Stale,
}

impl Course {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Starting,
        Self::Ok,
        Self::Partly,
        Self::Failing,
        Self::Stale,
    ];

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ok => "ok",
            Self::Partly => "partly",
            Self::Failing => "failing",
            Self::Stale => "stale",
        }
    }
}

impl VcenterStatus {
    /// How collection from it goes.
    pub fn course(&self, now: Instant) -> Course {
        let collection = &self.collection;
        if collection.cycles == 0 {
            Course::Starting
        } else if !collection.up {
            Course::Failing
        } else if collection.is_stale(now, self.poll_interval) {
            Course::Stale
        } else if collection.troubles.is_empty() {
            Course::Ok
        } else {
            Course::Partly
        }
    }

    /// The value of the label `vcenter` of its series, if they have it.
    pub fn label(&self) -> Option<&str> {
        self.is_labelled.then(|| self.name.as_str())
    }

    /// What its latest cycle found of every VM; `None` while no inventory was ever read.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.report.as_deref()?.snapshot.as_deref()
    }

    /// The status after one more cycle, which has just ended.
    pub fn take(&mut self, collected: Collected) {
        let Collected {
            report,
            troubles,
            about,
            history,
        } = collected;
        let collection = std::mem::take(&mut self.collection);
        self.collection = collection.after(&report, troubles);
        self.report = Some(report);
        self.about = about;
        self.history = history;
    }
}

/// What the publisher is told.
#[derive(Debug)]
pub enum Update {
    /// A cycle of one vCenter has ended.
    Cycle(Collected),
    /// From now on there are these vCenters, in this order.
    Vcenters(Vec<Listed>),
}

/// A vCenter in a list of all.
#[derive(Debug)]
pub enum Listed {
    /// The publisher knows it already, and keeps what it knows.
    Known(VcenterName),
    /// Nothing that the publisher knows is about it, even if it has a name that another one had.
    New(Box<VcenterStatus>),
}

/// What a collector hands over after a cycle.
#[derive(Debug)]
pub struct Collected {
    /// The report of the cycle.
    pub report: Arc<CycleReport>,
    /// What went wrong in it.
    pub troubles: Vec<Trouble>,
    /// What vCenter says about itself, as far as it was ever asked.
    pub about: Option<Arc<About>>,
    /// What the history has after it; `None` where none is kept.
    pub history: Option<View>,
}

/// A cycle that read values of VMs.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// When it ended, by this machine's clock: for people.
    pub at: Timestamp,
    /// When it ended, by a clock that is never set: for decisions.
    pub ended: Instant,
    /// How long it took.
    pub duration: Duration,
    /// VMs with fresh values.
    pub vms: usize,
}

impl CollectionStatus {
    /// The status after one more cycle, which has just ended. `troubles` are what went wrong in it.
    #[must_use]
    pub fn after(self, report: &CycleReport, troubles: Vec<Trouble>) -> Self {
        let sampled = count(report, VmState::Sampled);
        let up = troubles.is_empty() || sampled > 0;
        let success = up.then(|| Success {
            at: Timestamp::now(),
            ended: Instant::now(),
            duration: report.duration,
            vms: sampled,
        });
        Self {
            cycles: self.cycles + 1,
            last_success: success.or(self.last_success),
            troubles,
            up,
        }
    }

    /// What went wrong in the latest cycle, in one line.
    pub fn last_error(&self) -> Option<String> {
        in_one_line(&self.troubles)
    }

    /// Whether the latest success is missing or older than three intervals.
    pub fn is_stale(&self, now: Instant, poll_interval: Duration) -> bool {
        let age = self
            .last_success
            .as_ref()
            .map(|success| now.saturating_duration_since(success.ended));
        age.is_none_or(|age| age > poll_interval.saturating_mul(3))
    }

    /// Whether operators should look: never collected, stale, or an error in the latest cycle.
    pub fn is_degraded(&self, now: Instant, poll_interval: Duration) -> bool {
        !self.troubles.is_empty() || self.is_stale(now, poll_interval)
    }
}

/// How many VMs are in a state after a cycle.
pub fn count(report: &CycleReport, state: VmState) -> usize {
    report
        .snapshot
        .as_ref()
        .map_or(0, |snapshot| snapshot.count(state))
}
