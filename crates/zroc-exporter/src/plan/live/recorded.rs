//! What the collectors have published: the VMs of all vCenters, and what they wrote.

use std::collections::HashMap;
use std::sync::Arc;

use planner_core::history::View;
use planner_core::history::past::{Chosen, Part, Past};
use planner_core::inventory::VmId;
use planner_core::plan::survey::NoGrid;

use super::no_plan::NoPlan;
use crate::plan::found::FoundVm;
use crate::plan::requested_time::RequestedTime;
use crate::status::VcenterStatus;

/// The histories of the vCenters by their names.
#[derive(Debug)]
pub(super) struct Recorded {
    views: HashMap<Arc<str>, View>,
}

impl Recorded {
    /// The histories, and the VMs that are collected from.
    pub(super) fn of(vcenters: &[VcenterStatus]) -> Result<(Self, Vec<FoundVm>), NoPlan> {
        let mut views = HashMap::new();
        let mut found = Vec::new();
        let mut is_any_kept = false;
        for vcenter in vcenters {
            let Some(view) = &vcenter.history else {
                continue;
            };
            is_any_kept = true;
            let report = vcenter.report.as_deref();
            let Some(snapshot) = report.and_then(|report| report.snapshot.as_deref()) else {
                continue;
            };
            let name: Arc<str> = vcenter.name.as_str().into();
            let about = vcenter.about.as_ref();
            let uuid = about.map(|about| Arc::from(&*about.instance_uuid));
            let vms = snapshot.inventory().vms().iter();
            let vms = vms.filter(|vm| !vm.is_filtered);
            found.extend(vms.map(|vm| FoundVm::of_inventory(vm, &name, uuid.as_ref())));
            views.insert(name, view.clone());
        }
        match (is_any_kept, views.is_empty()) {
            (false, _) => Err(NoPlan::HistoryIsOff),
            (true, true) => Err(NoPlan::NothingYet),
            (true, false) => Ok((Self { views }, found)),
        }
    }

    /// The past of these VMs in the requested time, and the number of the series of each.
    pub(super) fn past(
        &self,
        vms: &[FoundVm],
        time: RequestedTime,
    ) -> Result<(Past, Vec<usize>), NoGrid> {
        let mut chosen: Vec<(&View, Vec<VmId>)> = Vec::new();
        let mut parts: HashMap<&str, usize> = HashMap::new();
        let mut places = Vec::new();
        for vm in vms {
            let identity = &vm.vm.identity;
            let vcenter = identity.vcenter.as_deref().unwrap_or_default();
            let Some(view) = self.views.get(vcenter) else {
                // Each VM was found with its vCenter.
                continue;
            };
            let part = *parts.entry(vcenter).or_insert_with(|| {
                chosen.push((view, Vec::new()));
                chosen.len() - 1
            });
            if let Some((_, ids)) = chosen.get_mut(part) {
                places.push((part, ids.len()));
                ids.push(VmId::new(identity.moref.as_deref().unwrap_or_default()));
            }
        }
        let mut before = Vec::new();
        let mut count = 0;
        for (_, ids) in &chosen {
            before.push(count);
            count += ids.len();
        }
        let series = places.into_iter();
        let series = series.map(|(part, place)| before.get(part).copied().unwrap_or(0) + place);
        let parts: Vec<Part> = chosen
            .into_iter()
            .map(|(view, ids)| Part {
                view: view.clone(),
                chosen: Chosen::Vms(ids),
            })
            .collect();
        Ok((within(&parts, time)?, series.collect()))
    }
}

/// What lies in the requested time, and not more: nothing is known before the first sample and after the last.
fn within(parts: &[Part], time: RequestedTime) -> Result<Past, NoGrid> {
    let all = Past::new(parts, None)?;
    let (first, last) = (all.grid().start_second(), all.grid().end_second());
    let (start, end) = match time {
        RequestedTime::All => return Ok(all),
        RequestedTime::Last(seconds) => (last.saturating_sub(i64::from(seconds)), last),
        RequestedTime::Window(start, end) => (start, end.min(last)),
    };
    let start = start.max(first);
    if start >= end {
        return Err(NoGrid::NoSamples);
    }
    Past::new(parts, Some((start, end)))
}
