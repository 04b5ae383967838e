//! All that one collection cycle found, published as a whole.

use std::sync::Arc;

use jiff::Timestamp;

use crate::disk_stats::VmDiskStats;
use crate::inventory::{Inventory, LostContact, PowerState, Vm};

/// A VM without fresh values keeps its last ones for this many cycles.
const MAX_AGE_CYCLES: u8 = 2;

/// What became of a VM in a cycle. Every VM of the inventory is in exactly one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VmState {
    /// It has fresh values.
    Sampled,
    /// It is powered off, suspended or a template, and has no statistics to be asked for.
    PoweredOff,
    /// vCenter had no values for it; [`NoDataReason`] says why.
    NoData,
    /// The account may not read its state or its statistics.
    NoPermission,
    /// The query for it failed.
    Failed,
    /// It makes queries fail, and so is not asked for in every cycle.
    LeftOut,
    /// The operator's filters leave it out.
    Filtered,
}

impl VmState {
    /// All states.
    pub const ALL: [Self; 7] = [
        Self::Sampled,
        Self::PoweredOff,
        Self::NoData,
        Self::NoPermission,
        Self::Failed,
        Self::LeftOut,
        Self::Filtered,
    ];

    /// The value of the label `state`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::PoweredOff => "powered_off",
            Self::NoData => "no_data",
            Self::NoPermission => "no_permission",
            Self::Failed => "failed",
            Self::LeftOut => "left_out",
            Self::Filtered => "filtered",
        }
    }

    fn before_any_answer(vm: &Vm) -> Self {
        match vm.power_state {
            _ if vm.is_filtered => Self::Filtered,
            None if vm.permission_denied => Self::NoPermission,
            _ if vm.template => Self::PoweredOff,
            _ if vm.lost_contact.is_some() => Self::NoData,
            Some(PowerState::PoweredOn) | None => Self::NoData,
            Some(PowerState::PoweredOff | PowerState::Suspended) => Self::PoweredOff,
        }
    }
}

/// Why vCenter has no values for a VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoDataReason {
    /// vCenter has lost touch with the VM, so it was not asked.
    LostContact(LostContact),
    /// The VM's power state is unset or one that we do not know, so it was not asked.
    UnknownState,
    /// It was asked and had no samples: a VM that has just started, or a gap in its host's statistics.
    NoSamples,
}

impl NoDataReason {
    /// All reasons.
    pub const ALL: [Self; 6] = [
        Self::LostContact(LostContact::Disconnected),
        Self::LostContact(LostContact::Orphaned),
        Self::LostContact(LostContact::Inaccessible),
        Self::LostContact(LostContact::Invalid),
        Self::UnknownState,
        Self::NoSamples,
    ];

    /// The value of the label `reason`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LostContact(lost) => lost.as_str(),
            Self::UnknownState => "unknown_state",
            Self::NoSamples => "no_samples",
        }
    }

    fn of(vm: &Vm) -> Self {
        match vm.lost_contact {
            Some(lost) => Self::LostContact(lost),
            None if vm.power_state.is_none() => Self::UnknownState,
            None => Self::NoSamples,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    state: VmState,
    stats: Option<VmDiskStats>,
    age_cycles: u8,
}

impl Row {
    const UNANSWERED: Self = Self {
        state: VmState::NoData,
        stats: None,
        age_cycles: 0,
    };

    /// Makes a row of the cycle before one of this cycle.
    fn begin(&mut self, vm: &Vm) {
        self.state = VmState::before_any_answer(vm);
        if self.age_cycles < MAX_AGE_CYCLES && vm.is_observed() {
            self.age_cycles += 1;
        } else {
            self.stats = None;
        }
    }
}

/// One VM of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SnapshotVm<'s> {
    /// The VM itself.
    pub vm: &'s Vm,
    /// What became of it in this cycle.
    pub state: VmState,
    /// Its values: fresh ones, or for a while the last known ones.
    pub stats: Option<&'s VmDiskStats>,
}

/// The result of a cycle. Immutable.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    inventory: Arc<Inventory>,
    rows: Vec<Row>,
    left_out: Vec<(usize, Arc<str>)>,
}

impl Snapshot {
    /// The VMs that the cycle knew, ordered by id.
    pub fn vms(&self) -> impl Iterator<Item = SnapshotVm<'_>> {
        self.inventory
            .vms()
            .iter()
            .zip(&self.rows)
            .map(|(vm, row)| SnapshotVm {
                vm,
                state: row.state,
                stats: row.stats.as_ref(),
            })
    }

    /// The inventory that the cycle worked on.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// How many VMs are in a state.
    pub fn count(&self, state: VmState) -> usize {
        self.rows.iter().filter(|row| row.state == state).count()
    }

    /// How many VMs are without data for a reason. The reasons add up to the state [`VmState::NoData`].
    pub fn count_without_data(&self, reason: NoDataReason) -> usize {
        let rows = self.inventory.vms().iter().zip(&self.rows);
        rows.filter(|(vm, row)| row.state == VmState::NoData && NoDataReason::of(vm) == reason)
            .count()
    }

    /// Time stamp of the newest fresh sample of any VM, in vCenter's time.
    pub fn newest_sample(&self) -> Option<Timestamp> {
        let fresh = self.rows.iter().filter(|row| row.age_cycles == 0);
        fresh
            .filter_map(|row| row.stats.as_ref().map(|stats| stats.newest_sample))
            .max()
    }

    /// The VMs that are not asked for in every cycle, and why: those left out, and those that the account may not read.
    pub fn left_out(&self) -> impl Iterator<Item = (&Vm, &str)> {
        let vms = self.inventory.vms();
        self.left_out
            .iter()
            .filter_map(|(position, reason)| Some((vms.get(*position)?, &**reason)))
    }

    /// A VM's name with its reference, for people.
    pub fn describe(&self, moref: &str) -> String {
        match self.inventory.get(moref) {
            Some(vm) if !vm.name.is_empty() => format!("{} ({moref})", vm.name),
            _ => moref.to_owned(),
        }
    }

    /// The rows of the VMs of another inventory, as they are here.
    fn rows_of(mut self, inventory: &Inventory) -> Vec<Row> {
        let mut row = |vm: &Vm| {
            let row = self
                .rows
                .get_mut(self.inventory.position(vm.id.as_str())?)?;
            Some(std::mem::replace(row, Row::UNANSWERED))
        };
        let rows = inventory.vms().iter();
        rows.map(|vm| row(vm).unwrap_or(Row::UNANSWERED)).collect()
    }
}

/// Collects what a cycle learns about each VM.
#[derive(Debug)]
pub struct SnapshotBuilder {
    inventory: Arc<Inventory>,
    rows: Vec<Row>,
    left_out: Vec<(usize, Arc<str>)>,
}

impl SnapshotBuilder {
    /// Starts with every VM still unanswered. VMs that run keep their values of `previous` while these are young enough
    /// and no fresh ones come.
    pub fn new(inventory: Arc<Inventory>, previous: Option<Snapshot>) -> Self {
        let mut rows = match previous {
            Some(previous) if Arc::ptr_eq(&previous.inventory, &inventory) => previous.rows,
            Some(previous) => previous.rows_of(&inventory),
            None => vec![Row::UNANSWERED; inventory.vms().len()],
        };
        for (vm, row) in inventory.vms().iter().zip(&mut rows) {
            row.begin(vm);
        }
        Self {
            inventory,
            rows,
            left_out: Vec::new(),
        }
    }

    /// The same for a newer inventory.
    #[must_use]
    pub fn onto(self, inventory: Arc<Inventory>) -> Self {
        if Arc::ptr_eq(&self.inventory, &inventory) {
            return self;
        }
        let unanswered = self.build();
        let mut rows = unanswered.rows_of(&inventory);
        for (vm, row) in inventory.vms().iter().zip(&mut rows) {
            row.state = VmState::before_any_answer(vm);
        }
        Self {
            inventory,
            rows,
            left_out: Vec::new(),
        }
    }

    /// Notes a VM's fresh values. A VM that the inventory does not know is ignored.
    pub fn sampled(&mut self, moref: &str, stats: VmDiskStats) {
        if let Some(row) = self.row(moref) {
            *row = Row {
                state: VmState::Sampled,
                stats: Some(stats),
                age_cycles: 0,
            };
        }
    }

    /// Notes that the query for a VM failed. An earlier success stays.
    pub fn failed(&mut self, moref: &str) {
        if let Some(row) = self.row(moref)
            && row.state != VmState::Sampled
        {
            row.state = VmState::Failed;
        }
    }

    /// Notes that a VM is not asked for in every cycle, because it makes queries fail.
    pub fn left_out(&mut self, moref: &str, reason: Arc<str>) {
        self.not_asked_for(moref, VmState::LeftOut, reason);
    }

    /// Notes that a VM is not asked for in every cycle, because the account may not read its statistics.
    pub fn denied(&mut self, moref: &str, reason: Arc<str>) {
        self.not_asked_for(moref, VmState::NoPermission, reason);
    }

    /// Notes that no VM could be asked for.
    pub fn all_failed(&mut self) {
        for (vm, row) in self.inventory.vms().iter().zip(&mut self.rows) {
            if vm.is_observed() && row.state != VmState::Sampled {
                row.state = VmState::Failed;
            }
        }
    }

    /// Ends the cycle.
    pub fn build(self) -> Snapshot {
        Snapshot {
            inventory: self.inventory,
            rows: self.rows,
            left_out: self.left_out,
        }
    }

    fn not_asked_for(&mut self, moref: &str, state: VmState, reason: Arc<str>) {
        if let Some(position) = self.inventory.position(moref)
            && let Some(row) = self.rows.get_mut(position)
        {
            row.state = state;
            self.left_out.push((position, reason));
        }
    }

    fn row(&mut self, moref: &str) -> Option<&mut Row> {
        let position = self.inventory.position(moref)?;
        self.rows.get_mut(position)
    }
}
