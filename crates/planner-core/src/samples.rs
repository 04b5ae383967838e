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

/// Collects the series of one VM; reusable for the next one.
///
/// Samples may come in any order and twice. Missing values are no data, never zero. A series of the whole VM (instance
/// `""`) counts only where no disk has a series of its own, so nothing is counted twice.
#[derive(Debug, Default)]
pub struct VmSamples {
    /// Distinct time stamps, ascending.
    times: Vec<SampleTime>,
    /// For each position in the answer, where its time stamp stands in `times`.
    order: Vec<usize>,
    instances: Vec<Box<str>>,
    series: Vec<Series>,
    values: Vec<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Series {
    counter: DiskCounter,
    instance: usize,
    first_value: usize,
    has_data: bool,
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
        self.instances.clear();
        self.series.clear();
        self.values.clear();
        self.times.clear();
        self.times.extend(times);
        self.order.clear();
        if self.times.is_sorted_by(|a, b| a.at < b.at) {
            self.order.extend(0..self.times.len());
            return;
        }
        let answered = std::mem::take(&mut self.times);
        self.times.extend_from_slice(&answered);
        self.times.sort_by_key(|time| time.at);
        self.times.dedup_by_key(|time| time.at);
        let place = |time: &SampleTime| self.times.partition_point(|other| other.at < time.at);
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
        let first_value = self.values.len();
        self.values.resize(first_value + self.times.len(), NO_DATA);
        let mut has_data = false;
        for (place, value) in self.order.iter().zip(values) {
            let Some(value) = value.filter(|value| *value >= 0) else {
                continue;
            };
            if let Some(slot) = self.values.get_mut(first_value + place)
                && *slot == NO_DATA
            {
                *slot = value;
                has_data = true;
            }
        }
        let instance = self.instance(instance);
        self.series.push(Series {
            counter,
            instance,
            first_value,
            has_data,
        });
    }

    pub(crate) fn times(&self) -> &[SampleTime] {
        &self.times
    }

    /// The disks with series of their own: their places, and vSphere's names for them.
    pub(crate) fn disks(&self) -> impl Iterator<Item = (usize, &str)> {
        let all = self.instances.iter().enumerate();
        all.filter(|(_, name)| !name.is_empty())
            .map(|(place, name)| (place, &**name))
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
        for series in self.counted(direction, disks) {
            let Some(value) = self.value(series, time) else {
                continue;
            };
            match series.counter.quantity {
                Quantity::Iops => slot.iops.add(value),
                Quantity::Latency => {
                    slot.latency_ms.add(value);
                    if let Some(operations) = self.operations(series, time) {
                        slot.weight += operations;
                        slot.weighted_latency += value as f32 * operations;
                    }
                }
                Quantity::Rate => {
                    slot.rate_kib.add(value);
                    exact_rate_kib = exact_rate_kib.saturating_add(value.unsigned_abs());
                }
            }
        }
        (slot, exact_rate_kib)
    }

    /// The series to sum: those of disks, or for a counter without any the one of the whole VM.
    fn counted(&self, direction: Direction, disks: Disks) -> impl Iterator<Item = &Series> {
        let of_direction = self
            .series
            .iter()
            .filter(move |series| series.counter.direction == direction);
        of_direction.filter(move |series| match disks {
            Disks::One(disk) => series.instance == disk,
            Disks::All if self.is_of_whole_vm(series) => !self.has_disks(series.counter),
            Disks::All => true,
        })
    }

    fn has_disks(&self, counter: DiskCounter) -> bool {
        self.series.iter().any(|series| {
            series.counter == counter && series.has_data && !self.is_of_whole_vm(series)
        })
    }

    fn is_of_whole_vm(&self, series: &Series) -> bool {
        self.instances
            .get(series.instance)
            .is_some_and(|name| name.is_empty())
    }

    /// Operations of the same disk at the same time.
    fn operations(&self, latency: &Series, time: usize) -> Option<f32> {
        let counter = DiskCounter {
            quantity: Quantity::Iops,
            ..latency.counter
        };
        let same_disk =
            |series: &&Series| series.counter == counter && series.instance == latency.instance;
        let operations = self.value(self.series.iter().find(same_disk)?, time)?;
        Some(operations as f32)
    }

    fn value(&self, series: &Series, time: usize) -> Option<i64> {
        self.values
            .get(series.first_value + time)
            .copied()
            .filter(|value| *value != NO_DATA)
    }

    fn instance(&mut self, name: &str) -> usize {
        let known = self
            .instances
            .iter()
            .position(|instance| **instance == *name);
        known.unwrap_or_else(|| {
            self.instances.push(Box::from(name));
            self.instances.len() - 1
        })
    }
}
