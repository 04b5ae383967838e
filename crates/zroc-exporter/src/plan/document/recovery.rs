//! Journals, storage, the first copy and VRAs.

use planner_core::plan::recovery::{self, SizeIs};
use planner_core::plan::whole::Plan;
use planner_core::units::{DataAmount, Gib, MegabytePerSec, Seconds};
use serde::Serialize;

use super::vms::Named;

fn gib(amount: DataAmount) -> f64 {
    Gib::from(amount).get()
}

#[derive(Debug, Serialize)]
pub(super) struct Journal {
    history_seconds: f64,
    unknown_vms: u64,
    sum_gib: f64,
    joint_peak_gib: f64,
    joint_peak_extrapolated: bool,
    megabyte_per_second_peak: f64,
    iops_peak: Option<f64>,
    vms: Vec<VmJournal>,
}

#[derive(Debug, Serialize)]
struct VmJournal {
    #[serde(flatten)]
    vm: Named,
    written_gib: Option<f64>,
    journal_gib: Option<f64>,
    extrapolated: Option<bool>,
    over_limit: Option<bool>,
}

impl Journal {
    pub(super) fn new(plan: &Plan) -> Self {
        let journals = &plan.journals;
        let vms = plan.vms.iter().map(|vm| VmJournal {
            vm: Named::new(&vm.vm),
            written_gib: vm.journal.map(|journal| gib(journal.written)),
            journal_gib: vm.journal.map(|journal| gib(journal.size)),
            extrapolated: vm.journal.map(|journal| journal.is_extrapolated),
            over_limit: vm.journal.map(|journal| journal.is_over_limit),
        });
        Self {
            history_seconds: journals.history.get(),
            unknown_vms: journals.unknown_vms,
            sum_gib: gib(journals.sum),
            joint_peak_gib: gib(journals.joint_peak),
            joint_peak_extrapolated: journals.is_extrapolated,
            megabyte_per_second_peak: MegabytePerSec::from(journals.peak_rate).get(),
            iops_peak: None,
            vms: vms.collect(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct RecoveryStorage {
    provisioned_gib: Option<f64>,
    vms_of_unknown_size: u64,
    used_gib: Option<f64>,
    scratch_gib: f64,
}

impl RecoveryStorage {
    pub(super) fn new(plan: &Plan) -> Self {
        let storage = &plan.recovery_storage;
        Self {
            provisioned_gib: storage.provisioned.map(gib),
            vms_of_unknown_size: storage.vms_of_unknown_size,
            used_gib: storage.used.map(gib),
            scratch_gib: gib(storage.scratch),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct InitialSync {
    size_gib: f64,
    size_is: &'static str,
    lower_seconds: f64,
    upper_seconds: Option<f64>,
    trace_seconds: Option<f64>,
}

impl InitialSync {
    pub(super) fn new(sync: &recovery::InitialSync) -> Self {
        Self {
            size_gib: gib(sync.size),
            size_is: match sync.size_is {
                SizeIs::Used => "used",
                SizeIs::Provisioned => "provisioned",
            },
            lower_seconds: sync.lower.get(),
            upper_seconds: sync.upper.map(Seconds::get),
            trace_seconds: sync.trace.map(Seconds::get),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Vra {
    volumes: u64,
    recovery_hosts: u32,
    needed_for_volumes: u64,
    buffer_bytes: Option<f64>,
    bitmap_sync_likely: Option<bool>,
    protected_hosts: Vec<ProtectedHost>,
}

#[derive(Debug, Serialize)]
struct ProtectedHost {
    host: String,
    peak_megabyte_per_second: f64,
}

impl Vra {
    pub(super) fn new(plan: &Plan) -> Self {
        let vras = &plan.vras;
        let hosts = vras.protected_hosts.iter().map(|host| ProtectedHost {
            host: host.host.to_string(),
            peak_megabyte_per_second: MegabytePerSec::from(host.peak).get(),
        });
        Self {
            volumes: vras.volumes,
            recovery_hosts: vras.recovery_hosts.get(),
            needed_for_volumes: vras.needed_for_volumes,
            buffer_bytes: vras.buffer.map(DataAmount::get),
            bitmap_sync_likely: vras.bitmap_sync_likely,
            protected_hosts: hosts.collect(),
        }
    }
}
