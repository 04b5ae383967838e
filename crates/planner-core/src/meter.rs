//! What one VM, or one disk, did over time: each sample counted once.

use std::collections::VecDeque;

use crate::counters::Quantity;
use crate::disk_stats::DiskStats;
use crate::units::{Bytes, Iops, KibPerSec, Millis};

/// Sums over the disks at one time stamp. A sum of no disk is no data.
///
/// Sums of the counters' integers stay exact up to 16 million, and seven digits beyond. There is one slot per sample of
/// every VM, so it is small.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Slot {
    /// Seconds of Unix time.
    pub(crate) at: u32,
    pub(crate) iops: f32,
    pub(crate) rate_kib: f32,
    pub(crate) latency_ms: f32,
    /// Latency times operations, summed over the disks: the one sum that busy disks take past 16 million.
    pub(crate) weighted_latency: f32,
    pub(crate) disks: DiskCounts,
}

/// Of how many disks each sum is: ten bits for each quantity, because there is one of these per sample of every VM.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct DiskCounts(u32);

impl DiskCounts {
    const BITS: u32 = 10;
    const MOST: u32 = (1 << Self::BITS) - 1;

    pub(crate) fn add(&mut self, quantity: Quantity) {
        if self.of(quantity) < Self::MOST {
            self.0 += 1 << Self::shift(quantity);
        }
    }

    pub(crate) fn of(self, quantity: Quantity) -> u32 {
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

impl Slot {
    pub(crate) fn has_data(&self) -> bool {
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

/// The latest slots, as many as the window holds, and the total since the meter began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter {
    recent: VecDeque<Slot>,
    total: Option<Bytes>,
}

impl Meter {
    /// Adds a slot newer than all before. `interval_seconds` is the time that its values stand for.
    pub(crate) fn add(
        &mut self,
        slot: Slot,
        exact_rate_kib: u64,
        interval_seconds: u32,
        window_seconds: u32,
    ) {
        if slot.disks.of(Quantity::Rate) > 0 {
            let bytes = exact_rate_kib
                .saturating_mul(1_024)
                .saturating_mul(u64::from(interval_seconds));
            let before = self.total.map_or(0, Bytes::get);
            self.total = Some(Bytes::new(before.saturating_add(bytes)));
        }
        if self.recent.capacity() == 0 {
            self.recent
                .reserve_exact(slots_of(window_seconds, interval_seconds));
        }
        while self
            .recent
            .front()
            .is_some_and(|oldest| slot.at.saturating_sub(oldest.at) >= window_seconds)
        {
            self.recent.pop_front();
        }
        self.recent.push_back(slot);
    }

    /// Everything since the meter began.
    pub(crate) fn total(&self) -> Option<Bytes> {
        self.total
    }

    /// Goes on from a total that was reached before.
    pub(crate) fn set_total(&mut self, total: Option<Bytes>) {
        self.total = total;
    }

    /// Forgets the window, not the total.
    pub(crate) fn forget_window(&mut self) {
        self.recent.clear();
    }

    /// Over the window that ends with the newest slot.
    pub(crate) fn stats(&self) -> DiskStats {
        DiskStats {
            iops: self.mean(Slot::iops).map(Iops::new),
            rate: self.mean(Slot::rate_kib).map(KibPerSec::new),
            latency: self.mean(Slot::mean_latency_ms).map(Millis::new),
            weighted_latency: self.weighted_latency().map(Millis::new),
            peak_rate: self.peak_rate_kib().map(KibPerSec::new),
            total: self.total,
        }
    }

    /// The mean of values of so many disks each. A slot in which fewer disks have a value than in the fullest one would
    /// pull a sum down, so it is left out.
    fn mean(&self, value: fn(&Slot) -> (f64, u32)) -> Option<f64> {
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

    /// Without any operation there is nothing to weigh with: then the plain mean stands in.
    fn weighted_latency(&self) -> Option<f64> {
        let both_known = self
            .recent
            .iter()
            .filter(|slot| slot.disks.of(Quantity::Iops) == slot.disks.of(Quantity::Latency));
        let (mut sum, mut operations) = (0.0, 0.0);
        for slot in both_known {
            sum += f64::from(slot.weighted_latency);
            operations += f64::from(slot.iops);
        }
        if operations > 0.0 {
            Some(sum / operations)
        } else {
            self.mean(Slot::mean_latency_ms)
        }
    }

    fn peak_rate_kib(&self) -> Option<f64> {
        let rates = self
            .recent
            .iter()
            .filter(|slot| slot.disks.of(Quantity::Rate) > 0);
        rates.map(|slot| f64::from(slot.rate_kib)).reduce(f64::max)
    }
}

/// How many slots a window usually has: the window is a setting, so this is no number that vCenter could choose.
fn slots_of(window_seconds: u32, interval_seconds: u32) -> usize {
    window_seconds.div_ceil(interval_seconds.max(1)) as usize
}
