//! The samples of one VM's disks, put in order: by time stamp, each once, disk by disk.

use super::accumulator::Tick;
use super::counters::{Direction, DiskCounter, Quantity};
use crate::vcenter_time::VcenterTime;

/// "No data" in the grid; vCenter's counters are never negative.
const NO_DATA: i64 = -1;

/// When a sample was taken and what time it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleTime {
    /// The stamp: the end of the interval.
    pub at: VcenterTime,
    /// Length of the interval that ends there.
    pub interval_seconds: u32,
}

/// Most disks that a VM can have, with room to spare: vSphere allows 256.
const MOST_INSTANCES: usize = 512;
/// Most time stamps of an answer that are looked at, the newest ones. A day of 5-minute roll-ups has 288.
const MOST_TIMES: usize = 1_024;

/// Memory for the samples of one VM after the other.
///
/// [`begin`](Self::begin) starts the next VM and gives access to its samples.
#[derive(Debug, Default)]
pub struct SampleBuffer {
    /// Distinct time stamps, ascending.
    times: Vec<SampleTime>,
    /// For each position in the answer, the index of its time stamp in `times`, if it is there.
    order: Vec<Option<usize>>,
    /// Those of this VM come first; the rest are kept for the next one.
    instances: Vec<Instance>,
    instances_in_use: usize,
    /// Whether any disk has data, for each counter.
    disks_have_data: [bool; COUNTERS],
    values: Vec<i64>,
}

/// The samples of one VM.
///
/// Samples may come in any order and twice. Missing values are no data, never zero. A series of the whole VM (instance
/// `""`) counts only where no disk has a series of its own, so nothing is counted twice. Input that no vCenter would send
/// takes no room: more disks than a VM can have, more samples than are kept anywhere, times before 1970 or after 2106.
#[derive(Debug)]
pub struct VmSamples<'b> {
    buffer: &'b mut SampleBuffer,
}

const COUNTERS: usize = 6;

/// The series of one instance.
#[derive(Debug, Default)]
struct Instance {
    name: String,
    /// For each counter, where its values begin.
    first_values: [Option<usize>; COUNTERS],
}

/// Which disks to sum over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disks {
    All,
    One(usize),
}

impl SampleBuffer {
    /// Starts with a VM whose samples have these times, in an answer's order.
    pub fn begin(&mut self, times: impl IntoIterator<Item = SampleTime>) -> VmSamples<'_> {
        self.instances_in_use = 0;
        self.disks_have_data = [false; COUNTERS];
        self.values.clear();
        self.times.clear();
        self.times.extend(times);
        self.order.clear();
        let is_usual = self.times.len() <= MOST_TIMES
            && self.times.iter().all(is_of_our_time)
            && self.times.is_sorted_by(|a, b| a.at < b.at);
        if is_usual {
            self.order.extend((0..self.times.len()).map(Some));
            return VmSamples { buffer: self };
        }
        let answered = std::mem::take(&mut self.times);
        self.times
            .extend(answered.iter().filter(|time| is_of_our_time(time)));
        self.times.sort_by_key(|time| time.at);
        self.times.dedup_by_key(|time| time.at);
        let too_many = self.times.len().saturating_sub(MOST_TIMES);
        self.times.drain(..too_many);
        let place = |time: &SampleTime| {
            self.times
                .binary_search_by_key(&time.at, |other| other.at)
                .ok()
        };
        self.order.extend(answered.iter().map(place));
        VmSamples { buffer: self }
    }

    fn instances(&self) -> &[Instance] {
        self.instances
            .get(..self.instances_in_use)
            .unwrap_or_default()
    }

    /// `None` when there are too many already.
    fn instance(&mut self, name: &str) -> Option<&mut Instance> {
        let known = self
            .instances()
            .iter()
            .position(|instance| instance.name == name);
        if known.is_none() && self.instances_in_use == MOST_INSTANCES {
            return None;
        }
        let place = known.unwrap_or_else(|| {
            let place = self.instances_in_use;
            self.instances_in_use += 1;
            if place == self.instances.len() {
                self.instances.push(Instance::default());
            }
            let instance = &mut self.instances[place];
            instance.name.clear();
            instance.name.push_str(name);
            instance.first_values = [None; COUNTERS];
            place
        });
        self.instances.get_mut(place)
    }
}

impl VmSamples<'_> {
    /// Adds a series: the values of a counter for an instance, in the order of the times. `None` is a sample without
    /// data; values beyond the times are ignored.
    pub fn push(
        &mut self,
        counter: DiskCounter,
        instance: &str,
        values: impl IntoIterator<Item = Option<i64>>,
    ) {
        let buffer = &mut *self.buffer;
        let index = index(counter);
        let end_of_values = buffer.values.len();
        let Some(instance_of_series) = buffer.instance(instance) else {
            return;
        };
        let first_value = *instance_of_series.first_values[index].get_or_insert(end_of_values);
        if first_value == end_of_values {
            buffer
                .values
                .resize(first_value + buffer.times.len(), NO_DATA);
        }
        let slots = buffer.values.get_mut(first_value..).unwrap_or_default();
        let mut has_data = false;
        for (place, value) in buffer.order.iter().zip(values) {
            if let Some(value) = value.filter(|value| *value >= 0)
                && let Some(slot) = place.and_then(|place| slots.get_mut(place))
                && *slot == NO_DATA
            {
                *slot = value;
                has_data = true;
            }
        }
        buffer.disks_have_data[index] |= has_data && !instance.is_empty();
    }

    pub(super) fn times(&self) -> &[SampleTime] {
        &self.buffer.times
    }

    /// The disks with series of their own: their indexes, and vSphere's names for them.
    pub(super) fn disks(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.buffer.instances().iter().enumerate();
        all.filter(|(_, instance)| !instance.is_of_whole_vm())
            .map(|(index, instance)| (index, instance.name.as_str()))
    }

    /// Sums over disks at one of the times, and the exact sum of the rates.
    pub(super) fn tick(&self, time: usize, direction: Direction, disks: Disks) -> (Tick, u64) {
        let at = self
            .times()
            .get(time)
            .and_then(|time| u32::try_from(time.at.as_second()).ok())
            .unwrap_or(0);
        let mut tick = Tick {
            at,
            ..Tick::default()
        };
        let mut exact_rate_kib = 0_u64;
        for (place, instance) in self.buffer.instances().iter().enumerate() {
            if matches!(disks, Disks::One(disk) if disk != place) {
                continue;
            }
            let value = |quantity| {
                self.value(
                    instance,
                    DiskCounter {
                        direction,
                        quantity,
                    },
                    time,
                )
            };
            let (iops, latency) = (value(Quantity::Iops), value(Quantity::Latency));
            if let Some(rate) = value(Quantity::Rate) {
                exact_rate_kib = exact_rate_kib.saturating_add(rate.unsigned_abs());
                tick.rate_kib += rate as f32;
                tick.disks.add(Quantity::Rate);
            }
            if let Some(iops) = iops {
                tick.iops += iops as f32;
                tick.disks.add(Quantity::Iops);
            }
            if let Some(latency) = latency {
                tick.latency_ms += latency as f32;
                tick.disks.add(Quantity::Latency);
                tick.weighted_latency += latency as f32 * iops.unwrap_or(0) as f32;
            }
        }
        (tick, exact_rate_kib)
    }

    /// A value to be counted: of a disk, or of the whole VM where no disk has any.
    fn value(&self, instance: &Instance, counter: DiskCounter, time: usize) -> Option<i64> {
        let index = index(counter);
        if instance.is_of_whole_vm() && self.buffer.disks_have_data[index] {
            return None;
        }
        let first_value = instance.first_values[index]?;
        self.buffer
            .values
            .get(first_value + time)
            .copied()
            .filter(|value| *value != NO_DATA)
    }
}

impl Instance {
    fn is_of_whole_vm(&self) -> bool {
        self.name.is_empty()
    }
}

fn is_of_our_time(time: &SampleTime) -> bool {
    u32::try_from(time.at.as_second()).is_ok()
}

const fn index(counter: DiskCounter) -> usize {
    let of_direction = match counter.direction {
        Direction::Write => 0,
        Direction::Read => 3,
    };
    let of_quantity = match counter.quantity {
        Quantity::Iops => 0,
        Quantity::Rate => 1,
        Quantity::Latency => 2,
    };
    of_direction + of_quantity
}
