//! What a source has found: VMs with their samples.

use std::sync::Arc;

use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::inventory::{self, ConnectionState};
use planner_core::plan::bucket::Bucket;
use planner_core::plan::demand::{Demand, Group, SeriesId, Vm, VmIdentity};
use planner_core::plan::grid::Grid;
use planner_core::plan::row::Row;
use planner_core::plan::series::Series;
use planner_core::plan::survey::{NoGrid, Survey};
use planner_core::units::BytesPerSec;

use super::requested_time::RequestedTime;

/// A VM of the source.
#[derive(Debug)]
pub(super) struct FoundVm {
    pub(super) vm: Vm,
    /// The cluster that it is in; empty if that isn't known. So are the next two.
    pub(super) cluster: Arc<str>,
    pub(super) datacenter: Arc<str>,
    pub(super) folder: Arc<str>,
    /// `instanceUuid` of its vCenter.
    pub(super) vcenter_uuid: Option<Arc<str>>,
    /// Why it does not count, unless it is put back.
    pub(super) left_out: Option<&'static str>,
    /// Why it has no samples, if it has none.
    pub(super) idle: Option<&'static str>,
    /// What to look at, although it counts.
    pub(super) flags: Vec<&'static str>,
    /// In the order of its disks; one if there is one for the whole VM.
    pub(super) series: Vec<Samples>,
}

impl FoundVm {
    /// A VM of an inventory, as a whole and without samples.
    pub(super) fn of_inventory(
        vm: &inventory::Vm,
        vcenter: &str,
        vcenter_uuid: Option<&Arc<str>>,
    ) -> Self {
        let host = &vm.placement.host;
        let left_out = if vm.is_template {
            Some("template")
        } else {
            SizingExclusion::of(vm).map(SizingExclusion::as_str)
        };
        let idle = if vm.is_off() {
            Some("powered_off")
        } else {
            let is_reached = vm.connection_state == ConnectionState::Connected;
            (!is_reached).then_some("not_connected")
        };
        Self {
            vm: Vm {
                identity: Arc::new(VmIdentity {
                    vcenter: Some(vcenter.into()),
                    name: Arc::clone(&vm.name),
                    moref: Some(vm.id.as_str().into()),
                }),
                host: (!host.is_empty()).then(|| Arc::clone(host)),
                provisioned: vm.provisioned,
                used: None,
                volumes: vm.disks,
                disks: Vec::new(),
            },
            cluster: Arc::clone(&vm.placement.cluster),
            datacenter: Arc::clone(&vm.placement.datacenter),
            folder: Arc::clone(&vm.folder),
            vcenter_uuid: vcenter_uuid.cloned(),
            left_out,
            idle,
            flags: Vec::new(),
            series: vec![Samples::default()],
        }
    }
}

/// Samples of one series in the order of time, which do not overlap.
#[derive(Debug, Default)]
pub(super) struct Samples(pub(super) Vec<Sample>);

/// What was written in the time from `start` on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Seconds of Unix time.
    pub(super) start: u32,
    pub(super) seconds: u32,
    pub(super) rate: BytesPerSec,
}

impl Sample {
    pub(super) const fn end(self) -> i64 {
        self.start as i64 + self.seconds as i64
    }
}

impl Samples {
    /// Writes the samples to a row of the grid.
    fn write_to(&self, grid: &Grid, row: &mut Row) {
        let first = self
            .0
            .partition_point(|sample| sample.end() <= grid.start_second());
        let inside = self.0.get(first..).unwrap_or_default().iter();
        let inside = inside.take_while(|sample| i64::from(sample.start) < grid.end_second());
        series(inside).write_to(grid, row);
    }

    /// All of them as a plan knows them.
    pub(super) fn series(&self) -> Series {
        series(self.0.iter())
    }
}

fn series<'s>(samples: impl Iterator<Item = &'s Sample>) -> Series {
    let buckets = samples
        .filter_map(|sample| Bucket::new(i64::from(sample.start), sample.end(), sample.rate, None));
    // Samples that overlap were refused when they were read.
    Series::new(buckets.collect()).unwrap_or_default()
}

/// The grid of these VMs' samples in the requested time.
pub(super) fn grid(vms: &[FoundVm], time: RequestedTime) -> Result<Arc<Grid>, NoGrid> {
    let mut survey = Survey::default();
    let samples = vms
        .iter()
        .flat_map(|vm| &vm.series)
        .flat_map(|series| &series.0);
    for sample in samples {
        survey.note(i64::from(sample.start), sample.end());
    }
    let window = match time {
        RequestedTime::All => None,
        RequestedTime::Window(start, end) => Some((start, end)),
        RequestedTime::Last(seconds) => {
            let end = survey.end_second().ok_or(NoGrid::NoSamples)?;
            Some((end - i64::from(seconds), end))
        }
    };
    survey.grid(window).map(Arc::new)
}

/// The demand of these VMs.
pub(super) fn demand(vms: &[FoundVm], grid: Arc<Grid>, groups: Vec<Group>) -> Demand<'_> {
    let place = Arc::clone(&grid);
    let read = move |id: SeriesId, row: &mut Row| {
        let series = vms.get(id.vm).map(|vm| &vm.series);
        if let Some(samples) = series.and_then(|disks| disks.get(id.disk.unwrap_or(0))) {
            samples.write_to(&place, row);
        }
    };
    let known = vms.iter().map(|found| found.vm.clone()).collect();
    Demand::new(grid, known, read).in_groups(groups)
}
