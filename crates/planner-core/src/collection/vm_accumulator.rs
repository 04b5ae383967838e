//! What one VM and its disks did: the window for the means, and the totals.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::accumulator::Accumulator;
use super::counters::Direction;
use super::samples::{Disks, VmSamples};
use super::source::Source;
use super::totals::{Totals, VmTotals};
use crate::inventory::VmId;
use crate::io_stats::{DiskStats, IoStats, VmIoStats};
use crate::units::Bytes;
use crate::vcenter_time::VcenterTime;

/// What to measure besides the writes of whole VMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measures {
    /// Reads too.
    pub reads: bool,
    /// Each disk too.
    pub per_disk: bool,
}

/// Samples of one VM that were not counted before, and how to count them.
#[derive(Debug)]
pub(super) struct NewSamples<'s> {
    pub(super) samples: &'s VmSamples<'s>,
    /// Their indexes.
    pub(super) indexes: RangeInclusive<usize>,
    /// Samples up to this stamp fill the window only: an earlier process has counted their bytes.
    pub(super) restored_up_to: Option<VcenterTime>,
    pub(super) window_seconds: u32,
}

impl NewSamples<'_> {
    /// Adds them to one accumulator, and reports the bytes that each adds.
    fn add_to(
        &self,
        accumulator: &mut Accumulator,
        direction: Direction,
        disks: Disks,
        mut added: impl FnMut(VcenterTime, Bytes),
    ) {
        for index in self.indexes.clone() {
            let (tick, exact_rate_kib) = self.samples.tick(index, direction, disks);
            let Some(time) = self.samples.times().get(index).filter(|_| tick.has_data()) else {
                continue;
            };
            let is_restored = self.restored_up_to.is_some_and(|up_to| time.at <= up_to);
            let uncounted_rate_kib = if is_restored { 0 } else { exact_rate_kib };
            let bytes = accumulator.add(
                tick,
                uncounted_rate_kib,
                time.interval_seconds,
                self.window_seconds,
            );
            if let Some(bytes) = bytes.filter(|_| !is_restored) {
                added(time.at, bytes);
            }
        }
    }
}

/// The accumulators of one VM.
#[derive(Debug)]
pub(super) struct VmAccumulator {
    write: Accumulator,
    /// `None` if only writes of whole VMs are measured, as by default.
    optional: Option<Box<Optional>>,
}

#[derive(Debug)]
struct Optional {
    read: Option<Accumulator>,
    /// In the order of their instances.
    disks: Vec<DiskAccumulator>,
}

#[derive(Debug)]
struct DiskAccumulator {
    instance: Arc<str>,
    write: Accumulator,
    read: Option<Accumulator>,
}

impl VmAccumulator {
    pub(super) fn new(measures: Measures) -> Self {
        Self {
            write: Accumulator::default(),
            optional: (measures != Measures::default()).then(|| {
                Box::new(Optional {
                    read: measures.reads.then(Accumulator::default),
                    disks: Vec::new(),
                })
            }),
        }
    }

    /// An accumulator that continues from the totals of an earlier process.
    pub(super) fn restored(totals: VmTotals, measures: Measures) -> Self {
        let mut new = Self::new(measures);
        new.write.set_total(totals.all_disks.write);
        if let Some(optional) = &mut new.optional {
            optional.restore(totals, measures);
        }
        new
    }

    /// Adds new samples, and reports the bytes that the VM wrote in each.
    pub(super) fn add(
        &mut self,
        new: &NewSamples<'_>,
        measures: Measures,
        written: impl FnMut(VcenterTime, Bytes),
    ) {
        new.add_to(&mut self.write, Direction::Write, Disks::All, written);
        if let Some(optional) = &mut self.optional {
            optional.add(new, measures);
        }
    }

    /// Empties the windows; the totals stay.
    pub(super) fn forget_windows(&mut self) {
        self.write.forget_window();
        if let Some(optional) = &mut self.optional {
            optional.forget_windows();
        }
    }

    pub(super) fn stats(&self, source: Source, newest_sample: VcenterTime) -> VmIoStats {
        let of = |accumulator: &Accumulator| {
            let mut stats = accumulator.stats();
            // A roll-up is a mean itself: its largest value hides the peak.
            stats.peak_rate = stats.peak_rate.filter(|_| source == Source::Realtime);
            stats
        };
        let Some(optional) = &self.optional else {
            return VmIoStats::new(newest_sample, of(&self.write), None, Vec::new());
        };
        let read: Option<IoStats> = optional.read.as_ref().map(of);
        let disk = |disk: &DiskAccumulator| DiskStats {
            instance: Arc::clone(&disk.instance),
            write: of(&disk.write),
            read: disk.read.as_ref().map(of),
        };
        let disks = optional.disks.iter().map(disk).collect();
        VmIoStats::new(newest_sample, of(&self.write), read, disks)
    }

    pub(super) fn totals(&self, vm: VmId, newest_sample: VcenterTime) -> VmTotals {
        let optional = self.optional.as_deref();
        let read = optional.and_then(|optional| optional.read.as_ref());
        let disks = optional.map_or(&[][..], |optional| &optional.disks);
        VmTotals {
            vm,
            newest_sample,
            all_disks: Totals {
                write: self.write.total(),
                read: read.and_then(Accumulator::total),
            },
            disks: disks.iter().map(DiskAccumulator::totals).collect(),
        }
    }
}

impl Optional {
    fn restore(&mut self, totals: VmTotals, measures: Measures) {
        if let Some(read) = &mut self.read {
            read.set_total(totals.all_disks.read);
        }
        if measures.per_disk {
            for (instance, totals) in totals.disks {
                let disk = self.disk(&instance, measures);
                disk.write.set_total(totals.write);
                if let Some(read) = &mut disk.read {
                    read.set_total(totals.read);
                }
            }
        }
    }

    fn add(&mut self, new: &NewSamples<'_>, measures: Measures) {
        let unreported = |_, _| {};
        if let Some(read) = &mut self.read {
            new.add_to(read, Direction::Read, Disks::All, unreported);
        }
        if !measures.per_disk {
            return;
        }
        for (index, name) in new.samples.disks() {
            let disk = self.disk(name, measures);
            let only = Disks::One(index);
            new.add_to(&mut disk.write, Direction::Write, only, unreported);
            if let Some(read) = &mut disk.read {
                new.add_to(read, Direction::Read, only, unreported);
            }
        }
        self.disks
            .retain(|disk| new.samples.disks().any(|(_, name)| *name == *disk.instance));
    }

    fn disk(&mut self, name: &str, measures: Measures) -> &mut DiskAccumulator {
        let index = self.disks.partition_point(|disk| *disk.instance < *name);
        let is_known = self
            .disks
            .get(index)
            .is_some_and(|disk| *disk.instance == *name);
        if !is_known {
            let disk = DiskAccumulator {
                instance: Arc::from(name),
                write: Accumulator::default(),
                read: measures.reads.then(Accumulator::default),
            };
            self.disks.insert(index, disk);
        }
        &mut self.disks[index]
    }

    fn forget_windows(&mut self) {
        let of_disks = self
            .disks
            .iter_mut()
            .flat_map(|disk| [Some(&mut disk.write), disk.read.as_mut()]);
        let all = of_disks.chain([self.read.as_mut()]);
        all.flatten().for_each(Accumulator::forget_window);
    }
}

impl DiskAccumulator {
    fn totals(&self) -> (Arc<str>, Totals) {
        let totals = Totals {
            write: self.write.total(),
            read: self.read.as_ref().and_then(Accumulator::total),
        };
        (Arc::clone(&self.instance), totals)
    }
}
