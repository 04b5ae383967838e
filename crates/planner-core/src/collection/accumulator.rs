//! What one VM, or one disk, did over time: each sample counted once.

use std::collections::VecDeque;

use super::counters::Quantity;
use crate::io_stats::IoStats;
use crate::units::{Bytes, Iops, KibPerSec, LatencyMillis};

/// Sums over the disks at one time stamp. If no disk has a value, there is no sum.
///
/// Sums of the counters' integers stay exact up to 16 million, and seven digits beyond. There is one of these per
/// sample of every VM, so it is small.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Tick {
    /// Seconds of Unix time.
    pub(super) at: u32,
    pub(super) iops: f32,
    pub(super) rate_kib: f32,
    pub(super) latency_ms: f32,
    /// Latency times operations, summed over the disks: the one sum that busy disks take past 16 million.
    pub(super) weighted_latency: f32,
    pub(super) disks: DiskCounts,
}

/// Over how many disks each sum goes: ten bits per quantity. Three counters of their own would add 8 bytes to each sample
/// of every VM, 12 MB with 100,000 VMs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct DiskCounts(u32);

impl DiskCounts {
    const BITS: u32 = 10;
    const MOST: u32 = (1 << Self::BITS) - 1;

    pub(super) fn add(&mut self, quantity: Quantity) {
        if self.of(quantity) < Self::MOST {
            self.0 += 1 << Self::shift(quantity);
        }
    }

    pub(super) fn of(self, quantity: Quantity) -> u32 {
        (self.0 >> Self::shift(quantity)) & Self::MOST
    }

    fn is_none(self) -> bool {
        self.0 == 0
    }

    fn shift(quantity: Quantity) -> u32 {
        match quantity {
            Quantity::Iops => 0,
            Quantity::Rate => Self::BITS,
            Quantity::Latency => 2 * Self::BITS,
        }
    }
}

impl Tick {
    pub(super) fn has_data(&self) -> bool {
        !self.disks.is_none()
    }

    fn iops(&self) -> (f64, u32) {
        (f64::from(self.iops), self.disks.of(Quantity::Iops))
    }

    fn rate_kib(&self) -> (f64, u32) {
        (f64::from(self.rate_kib), self.disks.of(Quantity::Rate))
    }

    fn mean_latency_ms(&self) -> (f64, u32) {
        let disks = self.disks.of(Quantity::Latency);
        (f64::from(self.latency_ms) / f64::from(disks), disks)
    }
}

/// The latest ticks, as many as the window holds, and the total since counting began.
#[derive(Debug, Clone, Default)]
pub(super) struct Accumulator {
    recent: VecDeque<Tick>,
    total: Option<Bytes>,
}

impl Accumulator {
    /// Adds a tick newer than all before, and returns the bytes that it adds to the total; `None` without a rate.
    ///
    /// `interval_seconds` is the time that its values cover.
    pub(super) fn add(
        &mut self,
        tick: Tick,
        exact_rate_kib: u64,
        interval_seconds: u32,
        window_seconds: u32,
    ) -> Option<Bytes> {
        let added = (tick.disks.of(Quantity::Rate) > 0).then(|| {
            let bytes = exact_rate_kib
                .saturating_mul(1_024)
                .saturating_mul(u64::from(interval_seconds));
            Bytes::new(bytes)
        });
        if let Some(added) = added {
            self.total = Some(self.total.unwrap_or_default().saturating_add(added));
        }
        if self.recent.capacity() == 0 {
            self.recent
                .reserve_exact(ticks_of(window_seconds, interval_seconds));
        }
        while self
            .recent
            .front()
            .is_some_and(|oldest| tick.at.saturating_sub(oldest.at) >= window_seconds)
        {
            self.recent.pop_front();
        }
        self.recent.push_back(tick);
        added
    }

    /// Everything since counting began.
    pub(super) fn total(&self) -> Option<Bytes> {
        self.total
    }

    /// Continues from a total that was reached before.
    pub(super) fn set_total(&mut self, total: Option<Bytes>) {
        self.total = total;
    }

    /// Forgets the window, not the total.
    pub(super) fn forget_window(&mut self) {
        self.recent.clear();
    }

    /// Over the window that ends with the newest tick.
    pub(super) fn stats(&self) -> IoStats {
        IoStats {
            iops: self.mean(Tick::iops).and_then(Iops::new),
            rate: self.mean(Tick::rate_kib).and_then(KibPerSec::new),
            latency: self
                .mean(Tick::mean_latency_ms)
                .and_then(LatencyMillis::new),
            weighted_latency: self.weighted_latency().and_then(LatencyMillis::new),
            peak_rate: self.peak_rate_kib().and_then(KibPerSec::new),
            total: self.total,
        }
    }

    /// The mean of values, each with the number of disks that it covers. A tick in which fewer disks have a value than in
    /// the fullest one would pull a sum down, so it is left out.
    fn mean(&self, value: fn(&Tick) -> (f64, u32)) -> Option<f64> {
        let (mut sum, mut count, mut most_disks) = (0.0, 0_u32, 1);
        for (value, disks) in self.recent.iter().map(value) {
            if disks > most_disks {
                (sum, count, most_disks) = (0.0, 0, disks);
            }
            if disks == most_disks {
                sum += value;
                count += 1;
            }
        }
        (count > 0).then(|| sum / f64::from(count))
    }

    /// Without any operation there are no weights, and the result is the plain mean.
    fn weighted_latency(&self) -> Option<f64> {
        let both_known = self
            .recent
            .iter()
            .filter(|tick| tick.disks.of(Quantity::Iops) == tick.disks.of(Quantity::Latency));
        let (mut sum, mut operations) = (0.0, 0.0);
        for tick in both_known {
            sum += f64::from(tick.weighted_latency);
            operations += f64::from(tick.iops);
        }
        if operations > 0.0 {
            Some(sum / operations)
        } else {
            self.mean(Tick::mean_latency_ms)
        }
    }

    fn peak_rate_kib(&self) -> Option<f64> {
        let rates = self
            .recent
            .iter()
            .filter(|tick| tick.disks.of(Quantity::Rate) > 0);
        rates.map(|tick| f64::from(tick.rate_kib)).reduce(f64::max)
    }
}

/// How many ticks a window usually has. vCenter cannot choose this number: the window is a setting.
fn ticks_of(window_seconds: u32, interval_seconds: u32) -> usize {
    window_seconds.div_ceil(interval_seconds.max(1)) as usize
}
