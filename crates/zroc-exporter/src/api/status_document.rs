//! How collection goes, and what the latest cycle of each vCenter found.

use std::collections::BTreeMap;

use planner_core::collection::CycleReport;
use planner_core::collection::source::Source;
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::snapshot::Snapshot;
use planner_core::vcenter_time::VcenterTime;
use planner_core::vm_state::{NoDataReason, VmState};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::words::course_schema;
use crate::about::About;
use crate::self_metrics::unix_seconds;
use crate::status::{Success, VcenterStatus};
use crate::version::{REVISION, VERSION};

/// How collection goes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub struct StatusDocument {
    build: Build,
    /// Why the settings could not be read again; null while those that were given are in force.
    last_reload_error: Option<String>,
    /// The vCenters, in the order of the settings.
    vcenters: Vec<Vcenter>,
}

/// Which program answers.
#[derive(Debug, Serialize, ToSchema)]
struct Build {
    version: &'static str,
    /// The commit that it was built from.
    revision: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Vcenter {
    /// The name by which the settings know it: the value of the label `vcenter`.
    name: String,
    /// How collection goes: `starting` until a cycle has ended; `failing` if the latest cycle read no values; `stale` if no
    /// cycle has ended for three intervals; `partly` if something went wrong in the latest cycle; else `ok`.
    #[schema(schema_with = course_schema)]
    state: &'static str,
    /// Whether its certificate is verified.
    tls_verified: bool,
    poll_interval_seconds: f64,
    /// Cycles that have ended.
    cycles: u64,
    /// What it says about itself; null before the first session.
    about: Option<Identity>,
    /// The latest cycle that read values.
    last_success: Option<LastSuccess>,
    /// The latest cycle.
    cycle: Option<Cycle>,
    /// What went wrong in the latest cycle.
    troubles: Vec<Trouble>,
    /// VMs of the inventory by what became of them in the latest cycle; null while no inventory was read.
    vms: Option<VmCounts>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Identity {
    /// Where it was asked.
    host: String,
    instance_uuid: String,
    product: String,
    version: String,
    build: String,
    api_version: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct LastSuccess {
    /// When it ended, in Unix time of the exporter's clock.
    ended_timestamp_seconds: f64,
    duration_seconds: f64,
    /// VMs with fresh values.
    vms: u64,
}

#[derive(Debug, Serialize, ToSchema)]
struct Cycle {
    /// When it first asked for samples, in vCenter's Unix time; null if it ended before.
    began_timestamp_seconds: Option<i64>,
    duration_seconds: f64,
    /// Length of the window that means cover.
    window_seconds: u32,
    /// Where samples come from: `realtime` or `historical`; null before that is settled.
    source: Option<&'static str>,
    /// Stamp of the newest sample, in vCenter's Unix time.
    newest_sample_timestamp_seconds: Option<i64>,
    /// When the inventory was read as a whole.
    inventory_timestamp_seconds: Option<f64>,
    /// Hosts with running VMs of which none had values.
    silent_hosts: u64,
}

/// Something that went wrong.
#[derive(Debug, Serialize, ToSchema)]
struct Trouble {
    /// One of a fixed set of words, to which releases may add.
    kind: &'static str,
    /// vSphere's name of the operation that failed, if one did.
    operation: Option<&'static str>,
    /// What happened, and to which VMs.
    sentence: String,
    /// What the operator can do about it; null where the next cycle is the only remedy.
    cure: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct VmCounts {
    /// All VMs of the inventory.
    all: u64,
    /// VMs by state. Each is in exactly one.
    by_state: BTreeMap<String, u64>,
    /// VMs in the state `no_data` by reason.
    without_data: BTreeMap<String, u64>,
    /// VMs that do not count in a sizing, by reason.
    not_sized: BTreeMap<String, u64>,
}

impl StatusDocument {
    /// What is known of these vCenters now.
    pub fn of(vcenters: &[VcenterStatus], reload_problem: Option<String>, now: Instant) -> Self {
        Self {
            build: Build {
                version: VERSION,
                revision: REVISION,
            },
            last_reload_error: reload_problem,
            vcenters: vcenters.iter().map(|it| Vcenter::of(it, now)).collect(),
        }
    }
}

impl Vcenter {
    fn of(vcenter: &VcenterStatus, now: Instant) -> Self {
        let collection = &vcenter.collection;
        let troubles = collection.troubles.iter().map(|trouble| Trouble {
            kind: trouble.kind,
            operation: trouble.operation,
            sentence: trouble.what.clone(),
            cure: trouble.cure.clone(),
        });
        Self {
            name: vcenter.name.as_str().to_owned(),
            state: vcenter.course(now).as_str(),
            tls_verified: vcenter.tls_verified,
            poll_interval_seconds: vcenter.poll_interval.as_secs_f64(),
            cycles: collection.cycles,
            about: vcenter.about.as_deref().map(Identity::from),
            last_success: collection.last_success.as_ref().map(LastSuccess::from),
            cycle: vcenter.report.as_deref().map(Cycle::from),
            troubles: troubles.collect(),
            vms: vcenter.snapshot().map(VmCounts::from),
        }
    }
}

impl From<&About> for Identity {
    fn from(about: &About) -> Self {
        Self {
            host: about.host.to_string(),
            instance_uuid: about.instance_uuid.to_string(),
            product: about.product.to_string(),
            version: about.version.to_string(),
            build: about.build.to_string(),
            api_version: about.api_version.to_string(),
        }
    }
}

impl From<&Success> for LastSuccess {
    fn from(success: &Success) -> Self {
        Self {
            ended_timestamp_seconds: unix_seconds(success.at),
            duration_seconds: success.duration.as_secs_f64(),
            vms: success.vms as u64,
        }
    }
}

impl From<&CycleReport> for Cycle {
    fn from(report: &CycleReport) -> Self {
        let snapshot = report.snapshot.as_deref();
        let source = report.statistics.as_ref().and_then(|it| it.source);
        let newest = snapshot.and_then(Snapshot::newest_sample);
        let read = snapshot.map(|snapshot| snapshot.inventory().full_read().at);
        Self {
            began_timestamp_seconds: report.began_at.map(VcenterTime::as_second),
            duration_seconds: report.duration.as_secs_f64(),
            window_seconds: report.window_seconds,
            source: source.map(Source::as_str),
            newest_sample_timestamp_seconds: newest.map(VcenterTime::as_second),
            inventory_timestamp_seconds: read.map(unix_seconds),
            silent_hosts: snapshot.map_or(0, |it| it.silent_hosts().len() as u64),
        }
    }
}

impl From<&Snapshot> for VmCounts {
    fn from(snapshot: &Snapshot) -> Self {
        let mut by_state = BTreeMap::new();
        for state in VmState::ALL.iter().copied() {
            by_state.insert(state.as_str().to_owned(), snapshot.count(state) as u64);
        }
        let mut without_data = BTreeMap::new();
        for reason in NoDataReason::ALL.iter().copied() {
            let count = snapshot.count_without_data(reason) as u64;
            without_data.insert(reason.as_str().to_owned(), count);
        }
        let no_exclusion = SizingExclusion::ALL.map(|it| (it.as_str().to_owned(), 0));
        let mut not_sized = BTreeMap::from(no_exclusion);
        for vm in snapshot.inventory().vms() {
            if let Some(exclusion) = SizingExclusion::of(vm) {
                *not_sized.entry(exclusion.as_str().to_owned()).or_default() += 1;
            }
        }
        Self {
            all: snapshot.inventory().vms().len() as u64,
            by_state,
            without_data,
            not_sized,
        }
    }
}
