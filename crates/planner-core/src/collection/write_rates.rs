//! What the disks of one answer wrote, sample by sample, for readers that keep no totals.

use super::counters::{Direction, DiskCounter, Quantity};
use super::plausibility::plausible;
use super::samples::{Instance, SampleTime, VmSamples};
use crate::units::{Bytes, BytesPerSec, KibPerSec};
use crate::vcenter_time::VcenterTime;

/// What disks write.
const RATE: DiskCounter = DiskCounter::rate(Direction::Write);

impl VmSamples<'_> {
    /// The write rates of each disk by its name, in the order of time. If no disk has any, those of the whole VM come under
    /// an empty name. A rate that no disk can reach is left out.
    pub fn write_rates(
        &self,
    ) -> impl Iterator<Item = (&str, impl Iterator<Item = (SampleTime, BytesPerSec)>)> {
        self.writers().map(|instance| {
            let values = self.values(instance, RATE).iter();
            let samples = self.times().iter().zip(values);
            let samples = samples.filter_map(|(time, value)| {
                let kib = KibPerSec::new(f64::from(plausible(Quantity::Rate, *value)?))?;
                Some((*time, BytesPerSec::from(kib)))
            });
            (instance.name(), samples)
        })
    }

    /// What all disks wrote in each sample that any of them has, if samples are this long.
    pub fn written(&self, interval_seconds: u32) -> impl Iterator<Item = (VcenterTime, Bytes)> {
        let mut sums: Vec<Option<u64>> = vec![None; self.times().len()];
        for instance in self.writers() {
            let values = self.values(instance, RATE).iter();
            for (sum, value) in sums.iter_mut().zip(values) {
                if let Some(kib) = plausible(Quantity::Rate, *value) {
                    let bytes = u64::from(kib) * 1_024 * u64::from(interval_seconds);
                    *sum = Some(sum.unwrap_or(0).saturating_add(bytes));
                }
            }
        }
        let sums = self.times().iter().zip(sums);
        sums.filter_map(|(time, sum)| Some((time.at, Bytes::new(sum?))))
    }

    /// The disks that have write rates, or the whole VM if none has.
    fn writers(&self) -> impl Iterator<Item = &Instance> {
        let by_disk = self.disks_have_data(RATE);
        let instances = self.instances().iter();
        instances.filter(move |it| it.has_data(RATE) && it.is_whole_vm() != by_disk)
    }
}
