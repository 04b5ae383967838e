//! Reads every sample of every VM once: what to ask for next, and what the answers add up to.

use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::by_vm::ByVm;
use crate::counters::Direction;
use crate::disk_stats::{OneDiskStats, VmDiskStats};
use crate::inventory::{Inventory, VmId};
use crate::meter::Meter;
use crate::samples::{Disks, SampleTime, VmSamples};
use crate::source::{QueryRange, Source};

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
    /// Time stamp of the newest sample counted, in seconds of vCenter's Unix time.
    high_water: i64,
    write: Meter,
    read: Option<Box<Meter>>,
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
        let high_water = self
            .by_vm
            .get(vm)
            .and_then(|meter| Timestamp::from_second(meter.high_water).ok());
        match high_water.filter(|high_water| *high_water <= now) {
            Some(high_water) => self
                .source
                .range_since(high_water, now, self.window_seconds),
            None => self.source.first_range(now, self.window_seconds),
        }
    }

    /// Counts the samples that are newer than those before. Returns whether there were any.
    ///
    /// `now` is vCenter's time. When its clock was set back, samples are counted from there on.
    pub fn absorb(&mut self, vm: &VmId, samples: &VmSamples, now: Timestamp) -> bool {
        let options = self.options;
        let known = self.by_vm.get_mut(vm);
        let high_water = known.as_ref().map_or(i64::MIN, |meter| meter.high_water);
        let was_set_back = high_water > now.as_second() + SET_BACK_SECONDS;
        let is_old = |time: &SampleTime| !was_set_back && time.at <= high_water;
        let first_new = samples.times().partition_point(is_old);
        let is_new = |time: &usize| {
            let has_data = |direction| samples.slot(*time, direction, Disks::All).0.has_data();
            has_data(Direction::Write) || (options.reads && has_data(Direction::Read))
        };
        let Some(newest) = (first_new..samples.times().len()).rev().find(is_new) else {
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
        meter.high_water = samples
            .times()
            .get(newest)
            .map_or(high_water, |time| time.at);
        meter.add(samples, first_new..=newest, self.window_seconds, options);
        true
    }

    /// The statistics of a VM, if its newest sample is recent at vCenter's time `now`.
    pub fn stats(&self, vm: &VmId, now: Timestamp) -> Option<VmDiskStats> {
        let meter = self.by_vm.get(vm)?;
        let newest_sample = Timestamp::from_second(meter.high_water).ok()?;
        let oldest =
            SignedDuration::from_secs(i64::from(self.source.recent_seconds(self.window_seconds)));
        (now.duration_since(newest_sample) <= oldest)
            .then(|| meter.stats(self.source, newest_sample))
    }

    /// Forgets VMs that are gone.
    pub fn keep_only(&mut self, inventory: &Inventory) {
        self.by_vm
            .retain(|vm, _| inventory.position(vm.as_str()).is_some());
    }
}

/// vCenter's clock may differ from that of its hosts by this much without having been set back.
const SET_BACK_SECONDS: i64 = 60;

impl VmMeter {
    fn new(options: MeterOptions) -> Self {
        Self {
            high_water: i64::MIN,
            write: Meter::default(),
            read: options.reads.then(Box::default),
            disks: Vec::new(),
        }
    }

    fn add(
        &mut self,
        samples: &VmSamples,
        new: RangeInclusive<usize>,
        window_seconds: u32,
        options: MeterOptions,
    ) {
        add(
            &mut self.write,
            samples,
            new.clone(),
            Direction::Write,
            Disks::All,
            window_seconds,
        );
        if let Some(read) = &mut self.read {
            add(
                read,
                samples,
                new.clone(),
                Direction::Read,
                Disks::All,
                window_seconds,
            );
        }
        if !options.per_disk {
            return;
        }
        for (place, name) in samples.disks() {
            let disk = self.disk(name, options);
            add(
                &mut disk.write,
                samples,
                new.clone(),
                Direction::Write,
                Disks::One(place),
                window_seconds,
            );
            if let Some(read) = &mut disk.read {
                add(
                    read,
                    samples,
                    new.clone(),
                    Direction::Read,
                    Disks::One(place),
                    window_seconds,
                );
            }
        }
        let is_there = |disk: &DiskMeter| samples.disks().any(|(_, name)| *name == *disk.instance);
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
        let all = [Some(&mut self.write), self.read.as_deref_mut()]
            .into_iter()
            .chain(of_disks);
        all.flatten().for_each(Meter::forget_window);
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
            read: self.read.as_deref().map(|meter| Box::new(of(meter))),
            disks: self.disks.iter().map(disk).collect(),
            newest_sample,
        }
    }
}

fn add(
    meter: &mut Meter,
    samples: &VmSamples,
    new: RangeInclusive<usize>,
    direction: Direction,
    disks: Disks,
    window_seconds: u32,
) {
    for time in new {
        let (slot, exact_rate_kib) = samples.slot(time, direction, disks);
        let interval_seconds = samples
            .times()
            .get(time)
            .map_or(0, |time| time.interval_seconds);
        if slot.has_data() {
            meter.add(slot, exact_rate_kib, interval_seconds, window_seconds);
        }
    }
}
