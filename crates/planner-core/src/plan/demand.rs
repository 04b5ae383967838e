//! Whose writes a plan is about, and where to read them.

use std::fmt;
use std::sync::Arc;

use super::assumptions::History;
use super::grid::Grid;
use super::row::Row;
use super::series::Series;
use crate::units::{Bytes, Seconds};

/// How reports name a VM.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VmIdentity {
    /// The name of its vCenter, if one is known.
    pub vcenter: Option<Arc<str>>,
    /// The VM's name.
    pub name: Arc<str>,
    /// Its managed object reference, if one is known.
    pub moref: Option<Arc<str>>,
}

/// A VM that is to be protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vm {
    /// How reports name it.
    pub identity: Arc<VmIdentity>,
    /// The host that it runs on, if that is known.
    pub host: Option<Arc<str>>,
    /// Size of its disks.
    pub provisioned: Option<Bytes>,
    /// What it uses of them.
    pub used: Option<Bytes>,
    /// Number of its disks.
    pub volumes: Option<u32>,
    /// Disks that have a series of their own. Empty if there is one series for the whole VM.
    pub disks: Vec<Arc<str>>,
}

/// Which series to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesId {
    /// Place in [`Demand::vms`].
    pub vm: usize,
    /// Place in [`Vm::disks`]; `None` for the series of the whole VM.
    pub disk: Option<usize>,
}

/// Which of two groups a link serves first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Before all others.
    High,
    /// Before low.
    #[default]
    Medium,
    /// After all others.
    Low,
}

/// VMs that are replicated and recovered together, such as a VPG of Zerto.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What the user calls it.
    pub name: Arc<str>,
    /// When a link serves it.
    pub priority: Priority,
    /// How far back its journals reach, if not as far as all.
    pub history: Option<History>,
    /// Its RPO, if not that of all.
    pub rpo: Option<Seconds>,
    /// Places in [`Demand::vms`]. A VM counts once in a group, however often it is named.
    pub members: Vec<usize>,
}

/// Reads a series into a row with one rate per bucket of the demand's grid.
type Read<'a> = Box<dyn Fn(SeriesId, &mut Row) + Send + Sync + 'a>;

/// What is to be protected and what it writes.
pub struct Demand<'a> {
    grid: Arc<Grid>,
    vms: Vec<Vm>,
    groups: Vec<Group>,
    read: Read<'a>,
}

impl fmt::Debug for Demand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demand")
            .field("grid", &self.grid)
            .field("vms", &self.vms)
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

impl<'a> Demand<'a> {
    /// VMs whose series are read when they are needed, at most a few times each. `read` gets an empty row
    /// that is as long as the grid.
    pub fn new(
        grid: Arc<Grid>,
        vms: Vec<Vm>,
        read: impl Fn(SeriesId, &mut Row) + Send + Sync + 'a,
    ) -> Self {
        Self {
            grid,
            vms,
            groups: Vec::new(),
            read: Box::new(read),
        }
    }

    /// VMs with their series in memory, in the order of their disks, one for a VM without disks.
    pub fn of_series(grid: Arc<Grid>, vms: Vec<(Vm, Vec<Series>)>) -> Self {
        let (vms, series): (Vec<Vm>, Vec<Vec<Series>>) = vms.into_iter().unzip();
        let place = Arc::clone(&grid);
        Self::new(grid, vms, move |id, row| {
            let series = series.get(id.vm);
            if let Some(series) = series.and_then(|disks| disks.get(id.disk.unwrap_or(0))) {
                series.write_to(&place, row);
            }
        })
    }

    /// The same VMs in groups.
    #[must_use]
    pub fn in_groups(mut self, groups: Vec<Group>) -> Self {
        self.groups = groups;
        self
    }

    /// The buckets that rows have.
    pub fn grid(&self) -> &Arc<Grid> {
        &self.grid
    }

    /// The VMs.
    pub fn vms(&self) -> &[Vm] {
        &self.vms
    }

    /// The groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The series of a VM.
    pub(crate) fn series_of(&self, vm: usize) -> impl Iterator<Item = SeriesId> + use<> {
        let disks = self.vms.get(vm).map_or(0, |vm| vm.disks.len());
        let whole = (disks == 0).then_some(SeriesId { vm, disk: None });
        let disks = (0..disks).map(move |disk| SeriesId {
            vm,
            disk: Some(disk),
        });
        whole.into_iter().chain(disks)
    }

    pub(crate) fn read(&self, id: SeriesId, row: &mut Row) {
        row.reset(self.grid.len());
        (self.read)(id, row);
        row.fit(self.grid.len());
    }
}
