//! What one VM did: the samples of its disks as far as they are remembered, and its totals.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::cell::Cell;
use super::counters::{Direction, Quantity};
use super::disk::Disk;
use super::epoch::Known;
use super::inherited::Inherited;
use super::refusals::RefusalReasons;
use super::rules::Rules;
use super::source::Source;
use super::timeline::{second, time};
use super::totals::{OpenSamples, Totals, VmTotals};
use super::window::{self, Row};
use crate::inventory::VmId;
use crate::io_stats::{DiskStats, IoStats, VmIoStats};
use crate::units::Bytes;
use crate::uptime::Uptime;

/// The samples of a VM, and what they add up to.
///
/// A value that is remembered has been counted, so no further mark is needed: samples up to `closed` count no more, newer
/// ones count if no value is remembered of them.
#[derive(Debug)]
pub(super) struct VmAccumulator {
    /// The stamps remembered, ascending. VMs of the same cycle mostly share them.
    pub(super) stamps: Arc<[u32]>,
    /// In the order of their instances.
    pub(super) disks: Vec<Disk>,
    /// For each disk, each way that is measured, and each stamp.
    pub(super) cells: Box<[Cell]>,
    /// Of all disks together.
    pub(super) totals: Totals,
    pub(super) host: Option<Arc<str>>,
    /// Samples up to this stamp count no more.
    pub(super) closed: u32,
    /// A series that comes later counts from this stamp on.
    pub(super) baseline: u32,
    /// The newest stamp of the VM's first answer, or of those that an earlier process had, as long as the same clock stamps.
    pub(super) free_until: u32,
    /// When counting began.
    pub(super) baseline_at: Uptime,
    /// When the query was asked that brought the newest stamp.
    pub(super) moved_at: Uptime,
    /// Whether anything was counted, be it by an earlier process.
    pub(super) has_counted: bool,
    /// Gaps before this stamp lack no samples, because the VM was off.
    pub(super) on_since: u32,
    /// Whether the VM was off since the newest stamp.
    pub(super) was_off: bool,
    pub(super) reported: RefusalReasons,
    /// Samples up to `closed` that an earlier process still waited for.
    pub(super) inherited: Option<Box<Inherited>>,
}

impl VmAccumulator {
    pub(super) fn new() -> Self {
        Self {
            stamps: Arc::default(),
            disks: Vec::new(),
            cells: Box::default(),
            totals: Totals::default(),
            host: None,
            closed: 0,
            baseline: 0,
            free_until: 0,
            baseline_at: Uptime::START,
            moved_at: Uptime::START,
            has_counted: false,
            on_since: 0,
            was_off: false,
            reported: RefusalReasons::default(),
            inherited: None,
        }
    }

    /// Continues from the totals of a process that ended `away` before this one began.
    pub(super) fn restored(totals: VmTotals, away: Duration, rules: Rules) -> Self {
        let newest = second(totals.newest_sample);
        let mut restored = Self {
            totals: totals.all_disks,
            closed: newest,
            baseline: newest,
            free_until: newest,
            baseline_at: Uptime::START.earlier_by(away),
            moved_at: Uptime::START.earlier_by(away),
            has_counted: true,
            inherited: Inherited::new(totals.open, newest, rules),
            ..Self::new()
        };
        if !rules.measures.reads {
            restored.totals.read = None;
        }
        if rules.measures.per_disk {
            restored.disks = totals
                .disks
                .into_iter()
                .map(|(instance, totals)| {
                    let mut disk = Disk::new(instance, true);
                    disk.totals = Some(Box::new(totals));
                    disk
                })
                .collect();
            restored.disks.sort_by(|a, b| a.instance.cmp(&b.instance));
        }
        restored
    }

    pub(super) fn known(&self, source: Source) -> Option<Known<'_>> {
        self.has_counted.then(|| Known {
            newest: self.newest(),
            moved_at: self.moved_at,
            // vCenter keeps the roll-ups of a VM wherever it runs.
            host: self.host.as_ref().filter(|_| source == Source::Realtime),
        })
    }

    /// Stamp of the newest sample.
    pub(super) fn newest(&self) -> u32 {
        self.stamps.last().copied().unwrap_or(self.closed)
    }

    /// Whether samples of this process are remembered.
    pub(super) fn has_samples(&self) -> bool {
        !self.stamps.is_empty()
    }

    pub(super) fn stats(&self, rules: Rules) -> VmIoStats {
        self.stats_of(self.window(rules), rules, |direction, only| match only {
            None => self.totals.of(direction),
            Some(place) => self.disks.get(place)?.measured()?.of(direction),
        })
    }

    /// What the samples at these places of the stamps say. `total` is what the VM, or the disk at a place, has done each way.
    pub(super) fn stats_of(
        &self,
        places: Range<usize>,
        rules: Rules,
        total: impl Fn(Direction, Option<usize>) -> Option<Bytes>,
    ) -> VmIoStats {
        let of = |direction, only: Option<usize>| {
            let rows = self.rows(direction, only, places.clone(), rules);
            let mut stats = window::stats(rows, total(direction, only));
            // A roll-up is a mean itself: its largest value hides the peak.
            stats.peak_rate = stats.peak_rate.filter(|_| rules.source == Source::Realtime);
            stats
        };
        let newest = places.end.checked_sub(1);
        let newest = newest.and_then(|place| self.stamps.get(place));
        let newest = time(newest.copied().unwrap_or(self.closed));
        let write = of(Direction::Write, None);
        let reads = rules.measures.reads;
        let read: Option<IoStats> = reads.then(|| of(Direction::Read, None));
        let disks = self.disks.iter().enumerate().filter_map(|(place, disk)| {
            disk.measured()?;
            Some(DiskStats {
                instance: Arc::clone(&disk.instance),
                write: of(Direction::Write, Some(place)),
                read: reads.then(|| of(Direction::Read, Some(place))),
            })
        });
        VmIoStats::new(newest, write, read, disks.collect())
    }

    /// The places of the window's stamps.
    pub(super) fn window(&self, rules: Rules) -> Range<usize> {
        let oldest = self.newest().saturating_sub(rules.window_seconds);
        self.stamps.partition_point(|at| *at <= oldest)..self.stamps.len()
    }

    /// The samples at these places of the stamps, of all disks or of one.
    pub(super) fn rows(
        &self,
        direction: Direction,
        only: Option<usize>,
        places: Range<usize>,
        rules: Rules,
    ) -> impl Iterator<Item = Row<'_>> {
        let ways = rules.directions().len();
        let way = usize::from(direction == Direction::Read);
        let stamps = self.stamps.len();
        let disks = self.disks.iter().enumerate();
        let wanted = disks.filter(move |(place, _)| only.is_none_or(|only| only == *place));
        wanted.filter_map(move |(place, disk)| {
            let first = (place * ways + way) * stamps;
            Some(Row {
                is_of_whole_vm: disk.is_whole_vm(),
                cells: self.cells.get(first + places.start..first + places.end)?,
            })
        })
    }

    /// The samples that may still come, series by series.
    fn open(&self, rules: Rules) -> Vec<OpenSamples> {
        let first = self.stamps.partition_point(|at| *at <= self.closed);
        let inherited = self.inherited.iter().flat_map(|inherited| inherited.open());
        let mut open: Vec<OpenSamples> = inherited.collect();
        let mut rows = self.cells.chunks_exact(self.stamps.len().max(1));
        for disk in &self.disks {
            for direction in rules.directions().iter().copied() {
                let row = rows.next().unwrap_or_default();
                if !disk.budget(direction).has_counted() || self.is_replaced(disk, direction) {
                    continue;
                }
                let cells = self.stamps.iter().zip(row).skip(first);
                let stamps = cells.filter(|(_, cell)| cell.is_open(Quantity::Rate));
                let mut stamps = stamps.map(|(at, _)| *at).peekable();
                if stamps.peek().is_some() {
                    open.push(OpenSamples::new(&disk.instance, direction, stamps));
                }
            }
        }
        open
    }

    /// Whether this is the series of the whole VM and those of its disks count instead.
    fn is_replaced(&self, disk: &Disk, direction: Direction) -> bool {
        let mut disks = self.disks.iter();
        disk.is_whole_vm()
            && disks.any(|disk| !disk.is_whole_vm() && disk.budget(direction).has_counted())
    }

    pub(super) fn totals(&self, vm: VmId, rules: Rules) -> VmTotals {
        let of_disks = self.disks.iter().filter_map(|disk| {
            let totals = disk.measured()?;
            Some((Arc::clone(&disk.instance), *totals))
        });
        VmTotals {
            vm,
            newest_sample: time(self.newest()),
            all_disks: self.totals,
            disks: of_disks.collect(),
            open: self.open(rules),
        }
    }
}
