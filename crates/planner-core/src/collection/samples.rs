//! The samples of one VM's disks, put in order: by time stamp, each once, disk by disk.

use super::counters::{Direction, DiskCounter};
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
    /// For each position in the answer, the index of its time stamp in `times`, if it is there. Empty if the answer has
    /// the times in this very order.
    order: Vec<Option<usize>>,
    /// The first and the last time behind the one step back, if there is exactly one.
    after_step_back: Option<(VcenterTime, VcenterTime)>,
    /// Those of this VM come first; the rest are kept for the next one.
    instances: Vec<Instance>,
    instances_in_use: usize,
    /// Whether any disk has data, for each counter.
    disks_have_data: [bool; DiskCounter::COUNT],
    values: Vec<i64>,
}

/// The samples of one VM.
///
/// Samples may come in any order and twice. A missing value stays missing and never becomes zero. Input that no vCenter
/// would send takes no room: more disks than a VM can have, more samples than are kept anywhere, times before 1970 or
/// after 2106.
#[derive(Debug)]
pub struct VmSamples<'b> {
    buffer: &'b mut SampleBuffer,
}

/// The series of one instance.
#[derive(Debug, Default)]
pub(super) struct Instance {
    name: String,
    /// For each counter, where its values begin.
    first_values: [Option<usize>; DiskCounter::COUNT],
    /// For each counter, whether any value is data.
    has_data: [bool; DiskCounter::COUNT],
}

impl SampleBuffer {
    /// Starts with a VM whose samples have these times, in an answer's order.
    pub fn begin(&mut self, times: impl IntoIterator<Item = SampleTime>) -> VmSamples<'_> {
        self.instances_in_use = 0;
        self.disks_have_data = [false; DiskCounter::COUNT];
        self.values.clear();
        self.times.clear();
        self.times.extend(times);
        self.order.clear();
        let is_usual = self.times.len() <= MOST_TIMES
            && self.times.iter().all(is_of_our_time)
            && self.times.is_sorted_by(|a, b| a.at < b.at);
        self.after_step_back = None;
        if is_usual {
            return VmSamples { buffer: self };
        }
        let answered = std::mem::take(&mut self.times);
        self.after_step_back = after_step_back(&answered);
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

    /// The place of an instance; `None` when there are too many already.
    fn place(&mut self, name: &str) -> Option<usize> {
        let mut known = self.instances().iter();
        if let Some(place) = known.position(|instance| instance.name == name) {
            return Some(place);
        }
        let place = self.instances_in_use;
        if place == MOST_INSTANCES {
            return None;
        }
        self.instances_in_use += 1;
        if place == self.instances.len() {
            self.instances.push(Instance::default());
        }
        let instance = self.instances.get_mut(place)?;
        instance.name.clear();
        instance.name.push_str(name);
        instance.first_values = [None; DiskCounter::COUNT];
        instance.has_data = [false; DiskCounter::COUNT];
        Some(place)
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
        let index = counter.index();
        let end_of_values = buffer.values.len();
        let place = buffer.place(instance);
        let Some(of_series) = place.and_then(|place| buffer.instances.get_mut(place)) else {
            return;
        };
        let first_value = *of_series.first_values[index].get_or_insert(end_of_values);
        if first_value == end_of_values {
            buffer
                .values
                .resize(first_value + buffer.times.len(), NO_DATA);
        }
        let slots = buffer.values.get_mut(first_value..).unwrap_or_default();
        let mut has_data = false;
        let mut fill = |slot: &mut i64, value: Option<i64>| {
            if let Some(value) = value.filter(|value| *value >= 0)
                && *slot == NO_DATA
            {
                *slot = value;
                has_data = true;
            }
        };
        if buffer.order.is_empty() {
            for (slot, value) in slots.iter_mut().zip(values) {
                fill(slot, value);
            }
        } else {
            for (place, value) in buffer.order.iter().zip(values) {
                if let Some(slot) = place.and_then(|place| slots.get_mut(place)) {
                    fill(slot, value);
                }
            }
        }
        of_series.has_data[index] |= has_data;
        buffer.disks_have_data[index] |= has_data && !instance.is_empty();
    }

    pub(super) fn times(&self) -> &[SampleTime] {
        &self.buffer.times
    }

    /// The newest time.
    pub(super) fn newest(&self) -> Option<VcenterTime> {
        self.times().last().map(|time| time.at)
    }

    /// The place of the newest time at which any series of these directions has data.
    pub(super) fn newest_with_data(&self, directions: &[Direction]) -> Option<usize> {
        let has_data = |time: &usize| {
            let instances = self.buffer.instances().iter();
            let series = instances.flat_map(|instance| {
                let counters = directions.iter().flat_map(|way| DiskCounter::of(*way));
                counters.map(|counter| self.values(instance, counter))
            });
            let mut values = series.filter_map(|values| values.get(*time));
            values.any(|value| *value != NO_DATA)
        };
        (0..self.times().len()).rev().find(has_data)
    }

    /// The first and the last time behind the one step back in the answer, if it has exactly one: the host's clock was set
    /// back.
    pub(super) fn after_step_back(&self) -> Option<(VcenterTime, VcenterTime)> {
        self.buffer.after_step_back
    }

    /// Whether any series of these directions has data.
    pub(super) fn has_data(&self, directions: &[Direction]) -> bool {
        let mut counters = directions.iter().flat_map(|way| DiskCounter::of(*way));
        counters.any(|counter| self.instances().iter().any(|it| it.has_data(counter)))
    }

    /// What has series: disks, and perhaps the whole VM.
    pub(super) fn instances(&self) -> &[Instance] {
        self.buffer.instances()
    }

    /// The series of an instance. It is usually at the same place as in the answer before.
    pub(super) fn instance(&self, name: &str, expected: usize) -> Option<&Instance> {
        let instances = self.buffer.instances();
        let is_it = |instance: &&Instance| instance.name == name;
        let expected = instances.get(expected).filter(is_it);
        expected.or_else(|| instances.iter().find(is_it))
    }

    /// Whether any disk has data of this counter.
    pub(super) fn disks_have_data(&self, counter: DiskCounter) -> bool {
        self.buffer.disks_have_data[counter.index()]
    }

    /// The values of a series at the times, negative where there is no data; empty if there is no such series.
    pub(super) fn values(&self, instance: &Instance, counter: DiskCounter) -> &[i64] {
        let series = instance.first_values[counter.index()];
        let values = series.and_then(|first| self.buffer.values.get(first..));
        let values = values.and_then(|values| values.get(..self.times().len()));
        values.unwrap_or_default()
    }
}

impl Instance {
    /// vSphere's name of it; empty for the whole VM.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_whole_vm(&self) -> bool {
        self.name.is_empty()
    }

    /// Whether it has data of this counter.
    pub(super) fn has_data(&self, counter: DiskCounter) -> bool {
        self.has_data[counter.index()]
    }

    /// Whether it has a series of this counter, with data or not.
    pub(super) fn has_series(&self, counter: DiskCounter) -> bool {
        self.first_values[counter.index()].is_some()
    }
}

/// The first and the last time behind the one step back, if there is exactly one.
fn after_step_back(times: &[SampleTime]) -> Option<(VcenterTime, VcenterTime)> {
    let pairs = times.iter().zip(times.iter().skip(1));
    let mut steps = pairs.filter(|(earlier, later)| later.at < earlier.at);
    let (_, first) = steps.next()?;
    let last = times.last()?;
    steps.next().is_none().then_some((first.at, last.at))
}

fn is_of_our_time(time: &SampleTime) -> bool {
    u32::try_from(time.at.as_second()).is_ok()
}
