//! Which VMs there are, and what is known of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::plan::demand::{Vm, VmIdentity};
use planner_core::units::{Bytes, DataAmount, Gib};

use super::error::PrometheusError;
use super::period::Period;
use super::query::{self, Series};
use crate::http_client::HttpClient;
use crate::plan::found::{FoundVm, Samples};

/// vCenter, empty without the label, and reference.
type Key = (String, String);

/// The VMs of the period, ordered by name, without samples.
pub(super) async fn read(
    server: &HttpClient,
    period: Period,
) -> Result<Vec<FoundVm>, PrometheusError> {
    let seconds = period.seconds();
    let all = format!(
        "max by (vcenter, vm_moref, vm_name, cluster, host, datacenter) (last_over_time(vcenter_vm_info[{seconds}s]))"
    );
    let mut vms = BTreeMap::new();
    // Those that have moved are where they are now.
    for query in [all.as_str(), "vcenter_vm_info"] {
        for series in query::at(server, query, period.end).await? {
            if let Some(key) = key(&series) {
                let vm = vm(&series);
                vms.insert(key, vm);
            }
        }
    }
    if vms.is_empty() {
        return Err(PrometheusError::NoVms);
    }
    let sizes = format!(
        "max by (vcenter, vm_moref) (last_over_time(vcenter_vm_disk_provisioned_gb[{seconds}s]))"
    );
    for series in query::at(server, &sizes, period.end).await? {
        let size = series.points.first().and_then(|point| bytes(point.value));
        if let Some(vm) = key(&series).and_then(|key| vms.get_mut(&key)) {
            vm.vm.provisioned = size;
        }
    }
    let not_sized = format!(
        "max by (vcenter, vm_moref, reason) (last_over_time(vcenter_collector_vm_not_sized[{seconds}s]))"
    );
    for series in query::at(server, &not_sized, period.end).await? {
        let reason = series.label("reason");
        let mut reasons = SizingExclusion::ALL
            .into_iter()
            .map(SizingExclusion::as_str);
        let reason = reasons.find(|known| *known == reason);
        if let Some(vm) = key(&series).and_then(|key| vms.get_mut(&key)) {
            vm.left_out = vm.left_out.or(reason);
        }
    }
    let mut vms: Vec<FoundVm> = vms.into_values().collect();
    vms.sort_by(|one, other| one.vm.identity.name.cmp(&other.vm.identity.name));
    Ok(vms)
}

/// Which VM a series is about. `None` if it does not say so.
fn key(series: &Series) -> Option<Key> {
    let moref = series.label("vm_moref");
    (!moref.is_empty()).then(|| (series.label("vcenter").to_owned(), moref.to_owned()))
}

fn vm(series: &Series) -> FoundVm {
    let known = |name| {
        Some(series.label(name))
            .filter(|text| !text.is_empty())
            .map(Arc::from)
    };
    let place = |name| known(name).unwrap_or_default();
    let name: Arc<str> = series.label("vm_name").into();
    FoundVm {
        left_out: SizingExclusion::of_name(&name).map(SizingExclusion::as_str),
        vm: Vm {
            identity: Arc::new(VmIdentity {
                vcenter: known("vcenter"),
                name,
                moref: known("vm_moref"),
            }),
            host: known("host"),
            provisioned: None,
            used: None,
            volumes: None,
            disks: Vec::new(),
        },
        cluster: place("cluster"),
        datacenter: place("datacenter"),
        folder: Arc::default(),
        vcenter_uuid: None,
        idle: None,
        flags: Vec::new(),
        series: vec![Samples::default()],
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 0, and an absurd size saturates"
)]
fn bytes(gib: f64) -> Option<Bytes> {
    let size = DataAmount::from(Gib::new(gib)?);
    Some(Bytes::new(size.get() as u64))
}
