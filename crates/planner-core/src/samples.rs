//! The samples of one VM's disks, put in order: by time stamp, each once, disk by disk.

use crate::counters::{Direction, DiskCounter, Quantity};
use crate::meter::Slot;

/// "No data" in the grid; vCenter's counters are never negative.
const NO_DATA: i64 = -1;

/// When samples were taken and what time each stands for, in an answer's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleTime {
    /// Seconds of Unix time, in vCenter's clock.
    pub at: i64,
    /// Length of the interval that ends there.
    pub interval_seconds: u32,
}

/// Most disks that a VM can have, with room to spare: vSphere allows 256.
const MOST_INSTANCES: usize = 512;
/// Most time stamps of an answer that are looked at, the newest ones. A day of 5-minute roll-ups has 288.
const MOST_TIMES: usize = 1_024;

/// Collects the series of one VM; reusable for the next one.
///
/// Samples may come in any order and twice. Missing values are no data, never zero. A series of the whole VM (instance
/// `""`) counts only where no disk has a series of its own, so nothing is counted twice. What no vCenter would send takes no
/// room: more disks than a VM can have, more samples than are kept anywhere, times before 1970 or after 2106.
#[derive(Debug, Default)]
pub struct VmSamples {
    /// Distinct time stamps, ascending.
    times: Vec<SampleTime>,
    /// For each position in the answer, where its time stamp stands in `times`, if it does.
    order: Vec<Option<usize>>,
    /// Those of this VM come first; the rest are kept for the next one.
    instances: Vec<Instance>,
    instances_in_use: usize,
    /// Whether any disk has data, for each counter.
    disks_have_data: [bool; COUNTERS],
    values: Vec<i64>,
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
pub(crate) enum Disks {
    All,
    One(usize),
}

impl VmSamples {
    /// Starts with a VM whose samples have these times.
    pub fn begin(&mut self, times: impl IntoIterator<Item = SampleTime>) {
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
            return;
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
    }

    /// Adds a series: the values of a counter for an instance, in the order of the times. `None` is a slot without data;
    /// values beyond the times are ignored.
    pub fn push(
        &mut self,
        counter: DiskCounter,
        instance: &str,
        values: impl IntoIterator<Item = Option<i64>>,
    ) {
        let index = index(counter);
        let end_of_values = self.values.len();
        let Some(instance_of_series) = self.instance(instance) else {
            return;
        };
        let first_value = *instance_of_series.first_values[index].get_or_insert(end_of_values);
        if first_value == end_of_values {
            self.values.resize(first_value + self.times.len(), NO_DATA);
        }
        let slots = self.values.get_mut(first_value..).unwrap_or_default();
        let mut has_data = false;
        for (place, value) in self.order.iter().zip(values) {
            if let Some(value) = value.filter(|value| *value >= 0)
                && let Some(slot) = place.and_then(|place| slots.get_mut(place))
                && *slot == NO_DATA
            {
                *slot = value;
                has_data = true;
            }
        }
        self.disks_have_data[index] |= has_data && !instance.is_empty();
    }

    pub(crate) fn times(&self) -> &[SampleTime] {
        &self.times
    }

    /// The disks with series of their own: their places, and vSphere's names for them.
    pub(crate) fn disks(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.instances().iter().enumerate();
        all.filter(|(_, instance)| !instance.is_of_whole_vm())
            .map(|(place, instance)| (place, instance.name.as_str()))
    }

    /// Sums over disks at one of the times, and the exact sum of the rates.
    pub(crate) fn slot(&self, time: usize, direction: Direction, disks: Disks) -> (Slot, u64) {
        let at = self
            .times
            .get(time)
            .and_then(|time| u32::try_from(time.at).ok())
            .unwrap_or(0);
        let mut slot = Slot {
            at,
            ..Slot::default()
        };
        let mut exact_rate_kib = 0_u64;
        for (place, instance) in self.instances().iter().enumerate() {
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
                slot.rate_kib += rate as f32;
                slot.disks.add(Quantity::Rate);
            }
            if let Some(iops) = iops {
                slot.iops += iops as f32;
                slot.disks.add(Quantity::Iops);
            }
            if let Some(latency) = latency {
                slot.latency_ms += latency as f32;
                slot.disks.add(Quantity::Latency);
                slot.weighted_latency += latency as f32 * iops.unwrap_or(0) as f32;
            }
        }
        (slot, exact_rate_kib)
    }

    /// A value to be counted: of a disk, or of the whole VM where no disk has any.
    fn value(&self, instance: &Instance, counter: DiskCounter, time: usize) -> Option<i64> {
        let index = index(counter);
        if instance.is_of_whole_vm() && self.disks_have_data[index] {
            return None;
        }
        let first_value = instance.first_values[index]?;
        self.values
            .get(first_value + time)
            .copied()
            .filter(|value| *value != NO_DATA)
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

impl Instance {
    fn is_of_whole_vm(&self) -> bool {
        self.name.is_empty()
    }
}

fn is_of_our_time(time: &SampleTime) -> bool {
    u32::try_from(time.at).is_ok()
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
