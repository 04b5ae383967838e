//! What the disks of one answer wrote, sample by sample, for readers that keep no totals.

use super::counters::{Direction, DiskCounter, Quantity};
use super::plausibility::plausible;
use super::samples::{SampleTime, VmSamples};
use crate::units::{BytesPerSec, KibPerSec};

impl VmSamples<'_> {
    /// The write rates of each disk by its name, in the order of time. If no disk has any, those of the whole VM come under
    /// an empty name. A rate that no disk can reach is left out.
    pub fn write_rates(
        &self,
    ) -> impl Iterator<Item = (&str, impl Iterator<Item = (SampleTime, BytesPerSec)>)> {
        let rate = DiskCounter::rate(Direction::Write);
        let by_disk = self.disks_have_data(rate);
        let instances = self.instances().iter();
        let wanted = instances.filter(move |it| it.has_data(rate) && it.is_whole_vm() != by_disk);
        wanted.map(move |instance| {
            let values = self.values(instance, rate).iter();
            let samples = self.times().iter().zip(values);
            let samples = samples.filter_map(|(time, value)| {
                let kib = KibPerSec::new(f64::from(plausible(Quantity::Rate, *value)?))?;
                Some((*time, BytesPerSec::from(kib)))
            });
            (instance.name(), samples)
        })
    }
}
