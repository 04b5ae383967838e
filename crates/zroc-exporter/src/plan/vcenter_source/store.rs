//! Samples by VM and disk, from the finest resolution to the coarsest.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use planner_core::collection::samples::VmSamples;
use planner_core::inventory::{Vm, VmId};
use planner_core::units::BytesPerSec;

use crate::plan::found::{FoundVm, Sample, Samples};

/// All samples so far.
#[derive(Debug, Default)]
pub(super) struct Store {
    vms: HashMap<Box<str>, Vec<Series>>,
    /// VMs whose query failed.
    missed: BTreeSet<VmId>,
}

/// The samples of a disk; of the whole VM if the name is empty.
#[derive(Debug)]
struct Series {
    disk: Arc<str>,
    samples: Vec<Sample>,
    /// Those of the resolution that is being read. They lie before the others.
    coarser: Vec<Sample>,
}

impl Series {
    /// Adds what no finer sample covers, and no earlier one of the same resolution.
    fn add(&mut self, start: i64, end: i64, rate: BytesPerSec) {
        let finer = self.samples.first();
        let end = finer.map_or(end, |finer| end.min(i64::from(finer.start)));
        let newest = self.coarser.last();
        let start = newest.map_or(start, |newest| start.max(newest.end()));
        if let (Ok(start), Ok(seconds @ 1..)) = (u32::try_from(start), u32::try_from(end - start)) {
            self.coarser.push(Sample {
                start,
                seconds,
                rate,
            });
        }
    }

    fn finish_resolution(&mut self) {
        self.coarser.append(&mut self.samples);
        self.samples = std::mem::take(&mut self.coarser);
    }
}

impl Store {
    pub(super) fn is_empty(&self) -> bool {
        self.vms.is_empty()
    }

    /// Notes the samples of a VM. A stamp is the end of its interval.
    pub(super) fn add(&mut self, moref: &str, samples: &VmSamples<'_>) {
        for (disk, rates) in samples.write_rates() {
            let mut rates = rates.peekable();
            if rates.peek().is_none() {
                continue;
            }
            let known = self.vms.entry(moref.into()).or_default();
            let has_disks = known.iter().any(|series| !series.disk.is_empty());
            if disk.is_empty() && has_disks {
                // The whole VM would count its disks again.
                continue;
            }
            let place = known.iter().position(|series| *series.disk == *disk);
            let place = place.unwrap_or_else(|| {
                known.push(Series {
                    disk: disk.into(),
                    samples: Vec::new(),
                    coarser: Vec::new(),
                });
                known.len() - 1
            });
            let Some(series) = known.get_mut(place) else {
                continue;
            };
            for (time, rate) in rates {
                let end = time.at.as_second();
                let start = end - i64::from(time.interval_seconds);
                series.add(start, end, rate);
            }
        }
    }

    /// What comes from now on is coarser.
    pub(super) fn finish_resolution(&mut self) {
        for series in self.vms.values_mut().flatten() {
            series.finish_resolution();
        }
    }

    /// Notes VMs whose query failed.
    pub(super) fn note_missed(&mut self, vms: impl Iterator<Item = VmId>) {
        self.missed.extend(vms);
    }

    /// A VM of the inventory with its samples.
    pub(super) fn take(
        &mut self,
        vm: &Vm,
        vcenter: &str,
        vcenter_uuid: Option<&Arc<str>>,
    ) -> FoundVm {
        let mut series = self.vms.remove(vm.id.as_str()).unwrap_or_default();
        if series.iter().any(|it| !it.disk.is_empty()) {
            series.retain(|it| !it.disk.is_empty());
        }
        series.sort_by(|one, other| one.disk.cmp(&other.disk));
        let disks = series.iter().map(|it| Arc::clone(&it.disk));
        let disks = disks.filter(|disk| !disk.is_empty()).collect();
        let mut found = FoundVm::of_inventory(vm, vcenter, vcenter_uuid);
        found.vm.disks = disks;
        if series.is_empty() {
            let is_missed = self.missed.contains(&vm.id);
            let idle = found.idle.or(is_missed.then_some("not_answered"));
            found.left_out = found.left_out.or(idle);
        } else {
            found.series = series.into_iter().map(|it| Samples(it.samples)).collect();
        }
        found
    }
}
