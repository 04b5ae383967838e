//! Reads every sample of every VM once: what to ask for next, and what the answers add up to.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::Timestamp;

use crate::by_vm::ByVm;
use crate::counters::Direction;
use crate::disk_stats::{OneDiskStats, VmDiskStats};
use crate::inventory::{Inventory, VmId};
use crate::meter::Meter;
use crate::samples::{Disks, SampleTime, VmSamples};
use crate::source::{QueryRange, Source};
use crate::units::Bytes;

/// What to measure beside the writes of whole VMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MeterOptions {
    /// Reads too.
    pub reads: bool,
    /// Each disk too.
    pub per_disk: bool,
}

/// The meters of all VMs. They live as long as collection does.
#[derive(Debug)]
pub struct Meters {
    source: Source,
    window_seconds: u32,
    options: MeterOptions,
    by_vm: ByVm<VmMeter>,
}

#[derive(Debug)]
struct VmMeter {
    /// Time stamp of the newest sample taken in, in seconds of vCenter's Unix time.
    high_water: i64,
    /// When samples were taken in last.
    absorbed_at: i64,
    /// Samples up to this time are in the totals of an earlier process. They are part of the window, and count no more.
    counted_before: i64,
    write: Meter,
    /// `None` where nothing but writes is wanted, as by default.
    beside_writes: Option<Box<BesideWrites>>,
}

#[derive(Debug)]
struct BesideWrites {
    read: Option<Meter>,
    /// In the order of their instances.
    disks: Vec<DiskMeter>,
}

#[derive(Debug)]
struct DiskMeter {
    instance: Arc<str>,
    write: Meter,
    read: Option<Meter>,
}

impl Meters {
    /// Meters that have counted nothing yet.
    pub fn new(source: Source, window_seconds: u32, options: MeterOptions) -> Self {
        Self {
            source,
            window_seconds,
            options,
            by_vm: ByVm::default(),
        }
    }

    /// Where the samples come from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// What to ask for, so that every sample since the last one is read, as far back as there are any. `now` is
    /// vCenter's time.
    pub fn range(&self, vm: &VmId, now: Timestamp) -> QueryRange {
        let meter = self.by_vm.get(vm);
        let since = |seconds: fn(&VmMeter) -> i64| {
            let since = Timestamp::from_second(meter.map(seconds)?).ok()?;
            (since <= now).then(|| self.source.range_since(since, now, self.window_seconds))
        };
        since(|meter| meter.high_water).unwrap_or_else(|| {
            let window = self.source.first_range(now, self.window_seconds);
            match since(|meter| meter.counted_before) {
                Some(uncounted) if uncounted.start < window.start => uncounted,
                _ => window,
            }
        })
    }

    /// Counts the samples that are newer than those before. Returns whether there were any.
    ///
    /// `now` is vCenter's time. When its clock was set back, samples are counted from there on. Samples from beyond it are
    /// left for later.
    pub fn absorb(&mut self, vm: &VmId, samples: &VmSamples, now: Timestamp) -> bool {
        let options = self.options;
        let known = self.by_vm.get_mut(vm);
        let high_water = known.as_ref().map_or(i64::MIN, |meter| meter.high_water);
        let latest = now.as_second() + SKEW_SECONDS;
        let was_set_back = high_water > latest;
        let is_old = |time: &SampleTime| !was_set_back && time.at <= high_water;
        let first_new = samples.times().partition_point(is_old);
        let is_new = |time: &usize| {
            let has_data = |direction| samples.slot(*time, direction, Disks::All).0.has_data();
            has_data(Direction::Write) || (options.reads && has_data(Direction::Read))
        };
        let end = samples.times().partition_point(|time| time.at <= latest);
        let Some(newest) = (first_new..end).rev().find(is_new) else {
            return false;
        };
        let meter = match known {
            Some(meter) => meter,
            None => self
                .by_vm
                .entry(vm.clone())
                .or_insert_with(|| VmMeter::new(options)),
        };
        if was_set_back {
            meter.forget_windows();
        }
        meter.absorbed_at = now.as_second();
        if meter.counted_before > latest {
            meter.counted_before = i64::MIN;
        }
        meter.high_water = samples
            .times()
            .get(newest)
            .map_or(high_water, |time| time.at);
        let new = NewSamples {
            samples,
            times: first_new..=newest,
            counted_before: meter.counted_before,
            window_seconds: self.window_seconds,
        };
        meter.add(&new, options);
        true
    }

    /// The statistics of a VM, if its newest sample is recent at vCenter's time `now`, or was taken in just then.
    pub fn stats(&self, vm: &VmId, now: Timestamp) -> Option<VmDiskStats> {
        let meter = self.by_vm.get(vm)?;
        let newest_sample = Timestamp::from_second(meter.high_water).ok()?;
        let age_seconds = now.as_second() - meter.high_water;
        let recent_seconds = i64::from(self.source.recent_seconds(self.window_seconds));
        let is_recent = (-SKEW_SECONDS..=recent_seconds).contains(&age_seconds);
        (is_recent || meter.absorbed_at == now.as_second())
            .then(|| meter.stats(self.source, newest_sample))
    }

    /// All that has to outlive this process for totals to go on as if it had not ended.
    pub fn totals(&self) -> impl Iterator<Item = VmTotals<'_>> {
        self.by_vm.iter().map(|(vm, meter)| VmTotals {
            vm: vm.as_str().into(),
            newest_sample: meter.high_water.max(meter.counted_before),
            totals: meter.totals(),
            disks: meter
                .disks()
                .iter()
                .map(|disk| (Cow::Borrowed(&*disk.instance), disk.totals()))
                .collect(),
        })
    }

    /// Goes on from the totals of an earlier process: what was written since then is asked for, as far back as there are
    /// samples, and added.
    pub fn restore(&mut self, totals: VmTotals<'_>) {
        let mut meter = VmMeter::new(self.options);
        meter.counted_before = totals.newest_sample;
        meter.write.set_total(totals.totals.write);
        if let Some(beside) = &mut meter.beside_writes {
            beside.restore(totals.totals.read, totals.disks, self.options);
        }
        self.by_vm.insert(VmId::new(&totals.vm), meter);
    }

    /// Forgets VMs that are gone.
    pub fn keep_only(&mut self, inventory: &Inventory) {
        self.by_vm
            .retain(|vm, _| inventory.position(vm.as_str()).is_some());
    }
}

/// What a VM and its disks have written and read since the meters first saw them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VmTotals<'t> {
    /// The VM's managed object reference.
    pub vm: Cow<'t, str>,
    /// Time stamp of the newest sample counted, in seconds of vCenter's Unix time.
    pub newest_sample: i64,
    /// Of the VM.
    pub totals: Totals,
    /// Of each disk, by vSphere's instance, where disks are measured.
    pub disks: Vec<(Cow<'t, str>, Totals)>,
}

/// Bytes each way; `None` where there were no samples yet, or none are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Bytes written.
    pub write: Option<Bytes>,
    /// Bytes read.
    pub read: Option<Bytes>,
}

/// vCenter's clock may differ from that of its hosts by this much.
const SKEW_SECONDS: i64 = 60;

impl DiskMeter {
    fn totals(&self) -> Totals {
        Totals {
            write: self.write.total(),
            read: self.read.as_ref().and_then(Meter::total),
        }
    }
}

impl VmMeter {
    fn new(options: MeterOptions) -> Self {
        Self {
            high_water: i64::MIN,
            absorbed_at: i64::MIN,
            counted_before: i64::MIN,
            write: Meter::default(),
            beside_writes: (options != MeterOptions::default()).then(|| {
                Box::new(BesideWrites {
                    read: options.reads.then(Meter::default),
                    disks: Vec::new(),
                })
            }),
        }
    }

    fn read(&self) -> Option<&Meter> {
        self.beside_writes.as_ref()?.read.as_ref()
    }

    fn disks(&self) -> &[DiskMeter] {
        self.beside_writes
            .as_ref()
            .map_or(&[], |beside| &beside.disks)
    }

    fn totals(&self) -> Totals {
        Totals {
            write: self.write.total(),
            read: self.read().and_then(Meter::total),
        }
    }

    fn add(&mut self, new: &NewSamples<'_>, options: MeterOptions) {
        new.add_to(&mut self.write, Direction::Write, Disks::All);
        if let Some(beside) = &mut self.beside_writes {
            beside.add(new, options);
        }
    }

    fn forget_windows(&mut self) {
        self.write.forget_window();
        if let Some(beside) = &mut self.beside_writes {
            beside.forget_windows();
        }
    }

    fn stats(&self, source: Source, newest_sample: Timestamp) -> VmDiskStats {
        let of = |meter: &Meter| {
            let mut stats = meter.stats();
            // A roll-up is a mean itself: its largest value hides the peak.
            stats.peak_rate = stats.peak_rate.filter(|_| source == Source::Realtime);
            stats
        };
        let disk = |disk: &DiskMeter| OneDiskStats {
            instance: Arc::clone(&disk.instance),
            write: of(&disk.write),
            read: disk.read.as_ref().map(of),
        };
        VmDiskStats {
            write: of(&self.write),
            read: self.read().map(|meter| Box::new(of(meter))),
            disks: self.disks().iter().map(disk).collect(),
            newest_sample,
        }
    }
}

impl BesideWrites {
    fn restore(
        &mut self,
        read: Option<Bytes>,
        disks: Vec<(Cow<'_, str>, Totals)>,
        options: MeterOptions,
    ) {
        if let Some(meter) = &mut self.read {
            meter.set_total(read);
        }
        if options.per_disk {
            for (instance, totals) in disks {
                let disk = self.disk(&instance, options);
                disk.write.set_total(totals.write);
                if let Some(read) = &mut disk.read {
                    read.set_total(totals.read);
                }
            }
        }
    }

    fn add(&mut self, new: &NewSamples<'_>, options: MeterOptions) {
        if let Some(read) = &mut self.read {
            new.add_to(read, Direction::Read, Disks::All);
        }
        if !options.per_disk {
            return;
        }
        for (place, name) in new.samples.disks() {
            let disk = self.disk(name, options);
            new.add_to(&mut disk.write, Direction::Write, Disks::One(place));
            if let Some(read) = &mut disk.read {
                new.add_to(read, Direction::Read, Disks::One(place));
            }
        }
        let is_there =
            |disk: &DiskMeter| new.samples.disks().any(|(_, name)| *name == *disk.instance);
        self.disks.retain(is_there);
    }

    fn disk(&mut self, name: &str, options: MeterOptions) -> &mut DiskMeter {
        let place = self.disks.partition_point(|disk| *disk.instance < *name);
        if self
            .disks
            .get(place)
            .is_none_or(|disk| *disk.instance != *name)
        {
            let disk = DiskMeter {
                instance: Arc::from(name),
                write: Meter::default(),
                read: options.reads.then(Meter::default),
            };
            self.disks.insert(place, disk);
        }
        &mut self.disks[place]
    }

    fn forget_windows(&mut self) {
        let of_disks = self
            .disks
            .iter_mut()
            .flat_map(|disk| [Some(&mut disk.write), disk.read.as_mut()]);
        let all = of_disks.chain([self.read.as_mut()]);
        all.flatten().for_each(Meter::forget_window);
    }
}

/// Those of a VM's samples that its meters have not taken in.
struct NewSamples<'s> {
    samples: &'s VmSamples,
    times: RangeInclusive<usize>,
    counted_before: i64,
    window_seconds: u32,
}

impl NewSamples<'_> {
    fn add_to(&self, meter: &mut Meter, direction: Direction, disks: Disks) {
        for place in self.times.clone() {
            let (slot, exact_rate_kib) = self.samples.slot(place, direction, disks);
            let Some(time) = self.samples.times().get(place).filter(|_| slot.has_data()) else {
                continue;
            };
            let uncounted_rate_kib = if time.at > self.counted_before {
                exact_rate_kib
            } else {
                0
            };
            meter.add(
                slot,
                uncounted_rate_kib,
                time.interval_seconds,
                self.window_seconds,
            );
        }
    }
}
