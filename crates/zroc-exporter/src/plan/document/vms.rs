//! VMs and groups.

use std::collections::BTreeMap;

use planner_core::plan::demand::VmIdentity;
use planner_core::plan::groups::GroupFigures;
use planner_core::plan::percent::Percent;
use planner_core::plan::vm_figures::VmFigures;
use planner_core::units::{BytesPerSec, DataAmount, Gib, MegabitPerSec, MegabytePerSec, Seconds};
use serde::Serialize;
use serde_json::{Value, json};

use crate::plan::naming::Unmatched;

/// A VM as all parts of a document name it.
#[derive(Debug, Serialize)]
pub(super) struct Named {
    vcenter: Option<String>,
    vm: String,
    moref: Option<String>,
}

impl Named {
    pub(super) fn new(vm: &VmIdentity) -> Self {
        Self {
            vcenter: vm.vcenter.as_deref().map(str::to_owned),
            vm: vm.name.to_string(),
            moref: vm.moref.as_deref().map(str::to_owned),
        }
    }
}

pub(super) fn with_reason(vm: &VmIdentity, reason: &str) -> Value {
    json!({
        "vcenter": vm.vcenter.as_deref(),
        "vm": &*vm.name,
        "moref": vm.moref.as_deref(),
        "reason": reason,
    })
}

pub(super) fn unmatched(unmatched: &Unmatched) -> Value {
    json!({"entry": unmatched.entry, "from": unmatched.from, "reason": unmatched.reason})
}

#[derive(Debug, Serialize)]
pub(super) struct VmRow {
    #[serde(flatten)]
    vm: Named,
    mean_megabyte_per_second: f64,
    quantile_megabyte_per_second: Option<BTreeMap<String, f64>>,
    peak_megabyte_per_second: Option<f64>,
    gib_per_day: f64,
    share: f64,
    provisioned_gib: Option<f64>,
    disks: Option<u32>,
    coverage: f64,
}

impl VmRow {
    pub(super) fn new(vm: &VmFigures) -> Self {
        let megabyte = |rate: BytesPerSec| MegabytePerSec::from(rate).get();
        let quantile =
            |(percent, rate): &(Percent, BytesPerSec)| (percent.get().to_string(), megabyte(*rate));
        Self {
            vm: Named::new(&vm.vm),
            mean_megabyte_per_second: megabyte(vm.mean),
            quantile_megabyte_per_second: (!vm.quantiles.is_empty())
                .then(|| vm.quantiles.iter().map(quantile).collect()),
            peak_megabyte_per_second: vm.peak.map(megabyte),
            gib_per_day: Gib::from(vm.per_day).get(),
            share: vm.share,
            provisioned_gib: vm.provisioned.map(Gib::from).map(Gib::get),
            disks: vm.volumes,
            coverage: vm.coverage,
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Group {
    name: String,
    vms: u64,
    rpo_target_seconds: Option<f64>,
    link_share: f64,
    link_alone_megabit_per_second: f64,
    rpo_alone_seconds: Option<f64>,
    rpo_fifo_seconds: Option<f64>,
    rpo_strict_priority_seconds: Option<f64>,
    journal_gib: f64,
}

impl Group {
    pub(super) fn new(group: &GroupFigures) -> Self {
        let gib = |amount: DataAmount| Gib::from(amount).get();
        Self {
            name: group.name.to_string(),
            vms: group.vms,
            rpo_target_seconds: group.rpo_target.map(Seconds::get),
            link_share: group.link_share,
            link_alone_megabit_per_second: MegabitPerSec::from(group.link_alone).get(),
            rpo_alone_seconds: group.rpo_alone.map(Seconds::get),
            rpo_fifo_seconds: group.rpo_fifo.map(Seconds::get),
            rpo_strict_priority_seconds: group.rpo_strict_priority.map(Seconds::get),
            journal_gib: gib(group.journal),
        }
    }
}
