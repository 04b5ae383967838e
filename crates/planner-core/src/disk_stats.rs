//! From the samples of one VM's disks to the VM's statistics.

use jiff::{SignedDuration, Timestamp};

use crate::counters::DiskCounter;
use crate::units::{Iops, KibPerSec, Millis};

/// What one VM wrote over the window that ends with its newest sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VmDiskStats {
    /// Write operations per second, summed over the disks.
    pub write_iops: Option<Iops>,
    /// Write rate, summed over the disks.
    pub write_rate: Option<KibPerSec>,
    /// Write latency, the arithmetic mean over the disks.
    pub write_latency: Option<Millis>,
    /// Time stamp of the newest sample, in vCenter's time.
    pub newest_sample: Timestamp,
}

/// Collects the series of one VM, then gives its statistics; reusable for the next VM.
///
/// Samples may come in any order and twice. Missing values are no data, never zero. A series of the whole VM (instance
/// `""`) counts only where no disk has a series of its own, so nothing is counted twice.
#[derive(Debug)]
pub struct Aggregator {
    window: SignedDuration,
    series: Vec<Series>,
    samples: Vec<(Timestamp, i64)>,
}

#[derive(Debug, Clone, Copy)]
struct Series {
    counter: DiskCounter,
    is_aggregate: bool,
    first_sample: usize,
    end_sample: usize,
}

impl Aggregator {
    /// Statistics over windows of `window_seconds`.
    pub fn new(window_seconds: u32) -> Self {
        Self {
            window: SignedDuration::from_secs(i64::from(window_seconds)),
            series: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// Adds one series: the samples of a counter for an instance. `None` is a slot without data.
    pub fn push(
        &mut self,
        counter: DiskCounter,
        instance: &str,
        samples: impl IntoIterator<Item = (Timestamp, Option<i64>)>,
    ) {
        let first_sample = self.samples.len();
        let present = samples
            .into_iter()
            .filter_map(|(at, value)| Some((at, value?)));
        self.samples.extend(present);
        let series = Series {
            counter,
            is_aggregate: instance.is_empty(),
            first_sample,
            end_sample: self.samples.len(),
        };
        self.series.push(series);
    }

    /// The statistics of what was added, or `None` when there was no data. Afterwards the aggregator is empty.
    pub fn finish(&mut self) -> Option<VmDiskStats> {
        let newest_sample = self.samples.iter().map(|(at, _)| *at).max();
        let stats = newest_sample.map(|newest_sample| VmDiskStats {
            write_iops: self
                .sum_over_disks(DiskCounter::WriteIops, newest_sample)
                .map(Iops::new),
            write_rate: self
                .sum_over_disks(DiskCounter::WriteRate, newest_sample)
                .map(KibPerSec::new),
            write_latency: self
                .mean_over_disks(DiskCounter::WriteLatency, newest_sample)
                .map(Millis::new),
            newest_sample,
        });
        self.series.clear();
        self.samples.clear();
        stats
    }

    fn sum_over_disks(&mut self, counter: DiskCounter, newest: Timestamp) -> Option<f64> {
        let means = self.means_of_disks(counter, newest);
        (means.disks > 0).then_some(means.sum)
    }

    fn mean_over_disks(&mut self, counter: DiskCounter, newest: Timestamp) -> Option<f64> {
        let means = self.means_of_disks(counter, newest);
        (means.disks > 0).then(|| means.sum / f64::from(means.disks))
    }

    fn means_of_disks(&mut self, counter: DiskCounter, newest: Timestamp) -> Means {
        let mut of_disks = Means::default();
        let mut of_aggregate = Means::default();
        for series in &self.series {
            if series.counter != counter {
                continue;
            }
            let samples = &mut self.samples[series.first_sample..series.end_sample];
            let means = if series.is_aggregate {
                &mut of_aggregate
            } else {
                &mut of_disks
            };
            if let Some(mean) = mean_in_window(samples, newest, self.window) {
                means.sum += mean;
                means.disks += 1;
            }
        }
        if of_disks.disks > 0 {
            of_disks
        } else {
            of_aggregate
        }
    }
}

#[derive(Debug, Default)]
struct Means {
    sum: f64,
    disks: u32,
}

/// Mean of the samples less than `window` older than `newest`, each time stamp counted once.
fn mean_in_window(
    samples: &mut [(Timestamp, i64)],
    newest: Timestamp,
    window: SignedDuration,
) -> Option<f64> {
    samples.sort_unstable();
    let mut last = None;
    let (mut sum, mut count) = (0.0, 0_u32);
    for &(at, value) in samples.iter() {
        if last == Some(at) || newest.duration_since(at) >= window {
            continue;
        }
        last = Some(at);
        sum += value as f64;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}
