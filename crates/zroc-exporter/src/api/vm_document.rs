//! A VM: what it is, what became of it in the latest cycle, and its values.

use std::collections::HashMap;

use planner_core::collection::reason::Reason;
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::inventory::{PowerState, Vm};
use planner_core::io_stats::{DiskStats, VmIoStats};
use planner_core::snapshot::{Snapshot, SnapshotVm};
use planner_core::units::Bytes;
use planner_core::vm_state::{NoDataReason, VmState};
use serde::Serialize;
use utoipa::ToSchema;

use super::io_values::IoValues;
use super::words::{reason_schema, state_schema};
use crate::advice;

/// A VM.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Vm)]
pub struct VmDocument {
    /// The name by which the settings know its vCenter.
    vcenter: String,
    /// Its managed object reference. Only together with the vCenter does it identify the VM.
    moref: String,
    /// Its display name; empty if it cannot be read.
    name: String,
    /// Name of the cluster, or of a standalone host.
    cluster: String,
    host: String,
    datacenter: String,
    /// Names of the folders from the datacenter down, joined by `/`.
    folder: String,
    /// `powered_on`, `powered_off` or `suspended`; null if it is not known.
    power_state: Option<&'static str>,
    /// `connected`, `disconnected`, `orphaned`, `inaccessible` or `invalid`.
    connection_state: &'static str,
    is_template: bool,
    /// The extension that manages it.
    managed_by: Option<String>,
    /// Number of virtual disks.
    virtual_disks: Option<u32>,
    /// Capacity of the virtual disks.
    provisioned_bytes: Option<u64>,
    /// Why it does not count in a sizing: `zerto_appliance`, `cluster_services` or `placeholder`.
    not_sized: Option<&'static str>,
    /// What became of it in the latest cycle.
    #[schema(schema_with = state_schema)]
    state: &'static str,
    /// Why it has no fresh values; null if it has some, or if none are wanted.
    reason: Option<ReasonDocument>,
    /// Its values: fresh ones in the state `sampled`, or for a while the last known ones.
    values: Option<Values>,
}

/// Why a VM has no fresh values.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
struct ReasonDocument {
    /// One of a fixed set of words, to which releases may add.
    #[schema(schema_with = reason_schema)]
    kind: &'static str,
    /// vSphere's name of the operation that failed, if one did.
    operation: Option<&'static str>,
    /// What happened, for people.
    sentence: String,
}

/// What the VM did.
#[derive(Debug, Serialize, ToSchema)]
struct Values {
    /// Stamp of the newest sample, in vCenter's Unix time.
    newest_sample_timestamp_seconds: i64,
    write: IoValues,
    /// Null unless reads are collected.
    read: Option<IoValues>,
}

/// A VM with its disks and custom attributes.
#[derive(Debug, Serialize, ToSchema)]
pub struct VmDetails {
    vm: VmDocument,
    /// Its disks, as far as they are measured or known.
    disks: Vec<Disk>,
    /// The custom attributes that are asked for.
    custom_attributes: Vec<Attribute>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Disk {
    /// vSphere's instance, such as `scsi0:0`.
    instance: String,
    /// Null if it is not known, as without `PER_DISK_METRICS`; a text in it is empty if vCenter does not say it.
    place: Option<DiskPlace>,
    /// Null if it is not measured.
    write: Option<IoValues>,
    /// Null unless reads are collected.
    read: Option<IoValues>,
}

/// What a disk lies on.
#[derive(Debug, Serialize, ToSchema)]
struct DiskPlace {
    datastore: String,
    is_thin: Option<bool>,
    mode: String,
    sharing: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct Attribute {
    name: String,
    value: String,
}

/// Why VMs of a snapshot failed, found by reference.
pub(super) struct Reasons<'s>(HashMap<&'s str, &'s Reason>);

impl<'s> Reasons<'s> {
    pub(super) fn of(snapshot: &'s Snapshot) -> Self {
        let reasons = snapshot.reasons();
        Self(
            reasons
                .map(|(row, reason)| (row.vm.id.as_str(), reason))
                .collect(),
        )
    }

    /// The kind of the reason for which a VM has no fresh values.
    pub(super) fn kind(&self, row: SnapshotVm<'_>) -> Option<&'static str> {
        match row.state {
            VmState::NoData => Some(NoDataReason::of(row.vm).as_str()),
            VmState::NoPermission | VmState::Failed | VmState::Quarantined => {
                let said = self.0.get(row.vm.id.as_str());
                Some(said.map_or("no_permission", |reason| reason.kind()))
            }
            _ => None,
        }
    }

    fn document(&self, row: SnapshotVm<'_>) -> Option<ReasonDocument> {
        let kind = self.kind(row)?;
        let said = self.0.get(row.vm.id.as_str()).copied();
        let sentence = match (row.state, said) {
            (VmState::NoData, _) => advice::without_data(NoDataReason::of(row.vm)).to_owned(),
            (_, Some(reason)) => advice::sentence(reason),
            (_, None) => "the account may not read its state".to_owned(),
        };
        let operation = match said {
            Some(Reason::Failed(failure)) => failure.operation,
            _ => None,
        };
        Some(ReasonDocument {
            kind,
            operation,
            sentence,
        })
    }
}

impl VmDocument {
    pub(super) fn of(vcenter: &str, row: SnapshotVm<'_>, reasons: &Reasons<'_>) -> Self {
        let vm = row.vm;
        Self {
            vcenter: vcenter.to_owned(),
            moref: vm.id.as_str().to_owned(),
            name: vm.name.to_string(),
            cluster: vm.placement.cluster.to_string(),
            host: vm.placement.host.to_string(),
            datacenter: vm.placement.datacenter.to_string(),
            folder: vm.folder.to_string(),
            power_state: vm.power_state.map(power_state),
            connection_state: vm.connection_state.as_str(),
            is_template: vm.is_template,
            managed_by: vm.managed_by.as_deref().map(str::to_owned),
            virtual_disks: vm.disks,
            provisioned_bytes: vm.provisioned.map(Bytes::get),
            not_sized: SizingExclusion::of(vm).map(SizingExclusion::as_str),
            state: row.state.as_str(),
            reason: reasons.document(row),
            values: values(row).map(Values::from),
        }
    }

    /// Bytes of the texts that vCenter gives: what an answer is bounded by.
    pub(super) fn text_bytes(&self) -> usize {
        let texts = [
            &self.vcenter,
            &self.moref,
            &self.name,
            &self.cluster,
            &self.host,
            &self.datacenter,
            &self.folder,
        ];
        let texts: usize = texts.iter().map(|text| text.len()).sum();
        let reason = self.reason.as_ref().map_or(0, |it| it.sentence.len());
        texts + reason + self.managed_by.as_ref().map_or(0, String::len)
    }
}

impl VmDetails {
    pub(super) fn of(vcenter: &str, row: SnapshotVm<'_>, reasons: &Reasons<'_>) -> Self {
        let details = row.vm.details.as_deref();
        let attributes = details.into_iter().flat_map(|it| &it.attributes);
        Self {
            vm: VmDocument::of(vcenter, row, reasons),
            disks: disks(row.vm, values(row)),
            custom_attributes: attributes
                .map(|attribute| Attribute {
                    name: attribute.name.to_string(),
                    value: attribute.value.to_string(),
                })
                .collect(),
        }
    }
}

/// The values that `/metrics` has of it too.
fn values(row: SnapshotVm<'_>) -> Option<&VmIoStats> {
    row.stats.filter(|_| row.vm.is_running())
}

/// Measured disks in the order of their instances, then those that are only known.
fn disks(vm: &Vm, stats: Option<&VmIoStats>) -> Vec<Disk> {
    let measured = stats.map_or(&[][..], VmIoStats::disks);
    let known = vm.details.as_deref().map_or(&[][..], |it| &it.disks);
    let place = |instance: &str| {
        let disk = known.iter().find(|disk| &*disk.instance == instance)?;
        Some(DiskPlace {
            datastore: disk.datastore.to_string(),
            is_thin: disk.is_thin,
            mode: disk.mode.to_string(),
            sharing: disk.sharing.to_string(),
        })
    };
    let disk = |instance: &str, stats: Option<&DiskStats>| Disk {
        instance: instance.to_owned(),
        place: place(instance),
        write: stats.map(|stats| IoValues::from(&stats.write)),
        read: stats.and_then(|it| it.read.as_ref()).map(IoValues::from),
    };
    let is_measured = |instance: &str| measured.iter().any(|disk| &*disk.instance == instance);
    let others = known.iter().filter(|it| !is_measured(&it.instance));
    let others = others.map(|it| disk(&it.instance, None));
    let measured = measured.iter().map(|it| disk(&it.instance, Some(it)));
    measured.chain(others).collect()
}

fn power_state(state: PowerState) -> &'static str {
    match state {
        PowerState::PoweredOn => "powered_on",
        PowerState::PoweredOff => "powered_off",
        PowerState::Suspended => "suspended",
    }
}

impl From<&VmIoStats> for Values {
    fn from(stats: &VmIoStats) -> Self {
        Self {
            newest_sample_timestamp_seconds: stats.newest_sample.as_second(),
            write: IoValues::from(&stats.write),
            read: stats.read().map(IoValues::from),
        }
    }
}
