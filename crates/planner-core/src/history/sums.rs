//! What many VMs wrote together in an hour, sample by sample: kept for longer than the samples of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::amounts;
use super::damage::Damage;
use super::slots::Slots;
use super::table::{Builder, Head, Kind, Table};
use super::varint::{self, Bytes};

/// What the names of blocks of clusters begin with.
const CLUSTER: &str = "cluster/";

/// Whose writes are added up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All VMs of the vCenter that a sizing counts.
    Vcenter,
    /// Those of a cluster.
    Cluster(Arc<str>),
}

impl Scope {
    /// The name of its block.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Vcenter => String::new(),
            Self::Cluster(name) => format!("{CLUSTER}{name}"),
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        match name.strip_prefix(CLUSTER) {
            Some(cluster) => Some(Self::Cluster(Arc::from(cluster))),
            None => name.is_empty().then_some(Self::Vcenter),
        }
    }
}

/// A sum with what it lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sum {
    /// What VMs wrote. A slot is present if any VM is.
    pub(super) observed: Slots,
    /// By slot: what the VMs that are absent write in other slots of the hour, on average.
    pub(super) missing: Slots,
    /// What all VMs write in a slot on average.
    pub(super) mean: u64,
}

impl Sum {
    fn new(slots: usize) -> Self {
        let mut missing = Slots::new(slots);
        (0..slots).for_each(|slot| missing.add(slot, 0));
        Self {
            observed: Slots::new(slots),
            missing,
            mean: 0,
        }
    }

    fn add(&mut self, vm: &Slots) {
        let present = vm.present();
        let mean = vm.total().checked_div(present as u64).unwrap_or(0);
        self.mean = self.mean.saturating_add(mean);
        self.observed.add_all(vm);
        if present < vm.len() {
            let absent = vm.is_present().iter().enumerate();
            for (slot, _) in absent.filter(|(_, is_present)| !**is_present) {
                self.missing.add(slot, mean);
            }
        }
    }

    /// The bytes of a slot with those that are filled in; `None` where the VMs that are present write less than half of
    /// what all do on average.
    pub(super) fn bytes(&self, slot: usize) -> Option<u64> {
        let is_present = self.observed.is_present().get(slot).copied();
        let observed = self.observed.amounts().get(slot).copied()?;
        let missing = self.missing.amounts().get(slot).copied()?;
        let carries_half = missing <= self.mean / 2;
        (is_present == Some(true) && carries_half).then(|| observed.saturating_add(missing))
    }

    fn put(&self, out: &mut Vec<u8>) {
        varint::put(self.mean, out);
        let mut observed = Vec::new();
        amounts::put(&self.observed, 1, &mut observed);
        varint::put(observed.len() as u64, out);
        out.extend(observed);
        amounts::put(&self.missing, 1, out);
    }

    pub(super) fn read(block: &[u8], slots: usize) -> Result<Self, Damage> {
        let mut bytes = Bytes::new(block);
        let mut sum = Self::new(slots);
        sum.mean = bytes.number()?;
        let length = bytes.length()?;
        amounts::read(bytes.take(length)?, 1, &mut sum.observed)?;
        amounts::read(bytes.rest(), 1, &mut sum.missing)?;
        Ok(sum)
    }
}

/// The sums of an hour in the making.
#[derive(Debug)]
pub(super) struct Sums {
    slots: usize,
    all: Sum,
    clusters: BTreeMap<Arc<str>, Sum>,
}

impl Sums {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            slots,
            all: Sum::new(slots),
            clusters: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, vm: &Slots, cluster: Option<&Arc<str>>) {
        self.all.add(vm);
        let Some(name) = cluster.filter(|name| !name.is_empty()) else {
            return;
        };
        if !self.clusters.contains_key(name) {
            self.clusters.insert(Arc::clone(name), Sum::new(self.slots));
        }
        if let Some(sum) = self.clusters.get_mut(name) {
            sum.add(vm);
        }
    }

    pub(super) fn finish(self, hour: u32, slot_seconds: u32) -> Table {
        let head = Head {
            kind: Kind::Sums,
            hour,
            slot_seconds,
            unit: 1,
        };
        let mut table = Builder::new(head, 0);
        table.put(&Scope::Vcenter.name(), |block| self.all.put(block));
        for (name, sum) in self.clusters {
            table.put(&Scope::Cluster(name).name(), |block| sum.put(block));
        }
        table.finish()
    }
}
