//! The inventory and workload behind the server: the truth that clients are to find.

mod alteration;
mod apply;
mod attribute;
mod chance;
mod change;
mod denials;
mod disk;
mod kind;
mod moment;
mod name;
mod object;
mod oddity;
mod options;
mod random;
mod relations;
mod rights;
mod series;
mod service;
mod snapshot;
mod span;
mod topology;
mod truth;
mod vm;
mod workload;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;

pub(crate) use self::attribute::ATTRIBUTES;
pub(crate) use self::chance::{draw, fraction};
pub use self::change::{Change, ChangeError, PowerState};
pub(crate) use self::disk::{Backing, Bus, Disk};
pub(crate) use self::kind::Kind;
pub(crate) use self::moment::Moment;
pub(crate) use self::name::decoded;
pub(crate) use self::object::{NodeId, Object};
pub(crate) use self::oddity::Oddity;
pub use self::options::WorldOptions;
pub use self::rights::{Denial, DenyRule};
pub(crate) use self::series::{Aggregate, Series, boot_time};
pub(crate) use self::snapshot::Snapshot;
pub(crate) use self::span::Span;
pub(crate) use self::topology::Node;
pub use self::truth::{BackingTruth, VmTruth};
pub(crate) use self::vm::Vm;
pub(crate) use self::workload::SAMPLE_SECONDS;

/// A seeded inventory with a deterministic load, and what changes have made of it.
#[derive(Debug)]
pub struct World {
    current: RwLock<Arc<Snapshot>>,
}

impl World {
    /// Builds the world of some options.
    pub fn new(options: WorldOptions) -> Self {
        Self {
            current: RwLock::new(Arc::new(Snapshot::new(options))),
        }
    }

    /// The truth about every virtual machine there is now, ordinary ones first.
    pub fn vms(&self) -> Vec<VmTruth> {
        let world = self.snapshot();
        world
            .vm_indices()
            .filter_map(|index| world.vm(index))
            .map(|vm| world.truth(&vm))
            .collect()
    }

    /// The 20 s sample of a disk stamped `at`, a multiple of 20 s. `counter` is
    /// `group.name.rollup`. `None` where the server leaves it out or sends -1.
    pub fn sample(
        &self,
        vm_moref: &str,
        instance: &str,
        counter: &str,
        at: Timestamp,
    ) -> Option<i64> {
        self.snapshot()
            .one_series(vm_moref, instance, counter)?
            .sample(at.as_second())
    }

    /// The roll-up of the 20 s samples in `(end - interval_seconds, end]`, rounded as the server
    /// sends it: the mean, the sum or the last one, as the counter's roll-up type says. Statistics
    /// levels play no part here.
    pub fn rollup(
        &self,
        vm_moref: &str,
        instance: &str,
        counter: &str,
        end: Timestamp,
        interval_seconds: i64,
    ) -> Option<i64> {
        self.snapshot()
            .one_series(vm_moref, instance, counter)?
            .rollup(end.as_second(), interval_seconds)
    }

    /// What a machine wrote according to its 20 s samples stamped in `(after, until]`: KiB per
    /// second times 1024 times 20, summed over its disks. Samples that the server sends as -1 or
    /// leaves out are skipped; those of removed disks and of earlier runs count as far as they
    /// could be queried at the time. `None` if there is no such machine.
    pub fn bytes_written(&self, vm_moref: &str, after: Timestamp, until: Timestamp) -> Option<u64> {
        self.snapshot()
            .bytes_written(vm_moref, None, after.as_second(), until.as_second())
    }

    /// [`World::bytes_written`] of one disk, by its performance instance.
    pub fn disk_bytes_written(
        &self,
        vm_moref: &str,
        instance: &str,
        after: Timestamp,
        until: Timestamp,
    ) -> Option<u64> {
        let (after, until) = (after.as_second(), until.as_second());
        self.snapshot()
            .bytes_written(vm_moref, Some(instance), after, until)
    }

    /// The world as it is now; it stays so for who holds it.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the world. What is held elsewhere is copied first, and only then.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut Snapshot) -> T) -> T {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        act(Arc::make_mut(&mut current))
    }
}
