//! What one VM, or one disk, did over time: each sample counted once.

use std::collections::VecDeque;

use crate::disk_stats::DiskStats;
use crate::units::{Bytes, Iops, KibPerSec, Millis};

/// Sums over the disks at one time stamp. A sum of no disk is no data.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Slot {
    /// Seconds of Unix time.
    pub(crate) at: u32,
    pub(crate) iops: Tally,
    pub(crate) rate_kib: Tally,
    pub(crate) latency_ms: Tally,
    /// Latency times operations, summed over the disks of which both are known.
    pub(crate) weighted_latency: f32,
    /// Operations of the disks in `weighted_latency`.
    pub(crate) weight: f32,
}

/// A sum, and of how many disks. Sums of the counters' integers stay exact up to 16 million.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) sum: f32,
    pub(crate) disks: u16,
}

impl Tally {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counter values are far below 2^24"
    )]
    pub(crate) fn add(&mut self, value: i64) {
        self.sum += value as f32;
        self.disks = self.disks.saturating_add(1);
    }

    fn sum(self) -> f64 {
        f64::from(self.sum)
    }

    fn mean(self) -> f64 {
        f64::from(self.sum) / f64::from(self.disks)
    }
}

impl Slot {
    pub(crate) fn has_data(&self) -> bool {
        self.iops.disks > 0 || self.rate_kib.disks > 0 || self.latency_ms.disks > 0
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
        if slot.rate_kib.disks > 0 {
            let bytes = exact_rate_kib
                .saturating_mul(1_024)
                .saturating_mul(u64::from(interval_seconds));
            let before = self.total.map_or(0, Bytes::get);
            self.total = Some(Bytes::new(before.saturating_add(bytes)));
        }
        self.recent.push_back(slot);
        while self
            .recent
            .front()
            .is_some_and(|oldest| slot.at.saturating_sub(oldest.at) >= window_seconds)
        {
            self.recent.pop_front();
        }
    }

    /// Forgets the window, not the total.
    pub(crate) fn forget_window(&mut self) {
        self.recent.clear();
    }

    /// Over the window that ends with the newest slot.
    pub(crate) fn stats(&self) -> DiskStats {
        DiskStats {
            iops: self.mean(|slot| slot.iops, Tally::sum).map(Iops::new),
            rate: self
                .mean(|slot| slot.rate_kib, Tally::sum)
                .map(KibPerSec::new),
            latency: self
                .mean(|slot| slot.latency_ms, Tally::mean)
                .map(Millis::new),
            weighted_latency: self.weighted_latency().map(Millis::new),
            peak_rate: self.peak_rate_kib().map(KibPerSec::new),
            total: self.total,
        }
    }

    /// A slot in which fewer disks have a value than in the fullest one would pull a sum down, so it is left out.
    fn mean(&self, tally: impl Fn(&Slot) -> Tally, value: impl Fn(Tally) -> f64) -> Option<f64> {
        let all = || {
            self.recent
                .iter()
                .map(&tally)
                .filter(|tally| tally.disks > 0)
        };
        let most_disks = all().map(|tally| tally.disks).max()?;
        let (mut sum, mut count) = (0.0, 0_u32);
        for tally in all().filter(|tally| tally.disks == most_disks) {
            sum += value(tally);
            count += 1;
        }
        Some(sum / f64::from(count))
    }

    /// Without any operation there is nothing to weigh with: then the plain mean stands in.
    fn weighted_latency(&self) -> Option<f64> {
        let sum = |value: fn(&Slot) -> f32| {
            self.recent
                .iter()
                .map(|slot| f64::from(value(slot)))
                .sum::<f64>()
        };
        let weight = sum(|slot| slot.weight);
        if weight > 0.0 {
            return Some(sum(|slot| slot.weighted_latency) / weight);
        }
        self.mean(|slot| slot.latency_ms, Tally::mean)
    }

    fn peak_rate_kib(&self) -> Option<f64> {
        let rates = self.recent.iter().filter(|slot| slot.rate_kib.disks > 0);
        rates.map(|slot| slot.rate_kib.sum()).reduce(f64::max)
    }
}
