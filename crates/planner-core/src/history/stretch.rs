//! The chosen blocks of one hour.

use std::sync::Arc;

use super::amounts;
use super::hour::Hour;
use super::roll_up::{self, BUCKET_SECONDS, RolledUp};
use super::slots::{SHORTEST_SECONDS, Slots, slots_of};
use super::sums::{Scope, Sum};
use super::table::{Place, Table};
use crate::inventory::VmId;
use crate::plan::cell::Cell;
use crate::units::BytesPerSec;

/// Where the blocks of chosen series lie in a table.
#[derive(Debug)]
pub(super) struct Stretch {
    table: Arc<Table>,
    form: Form,
    slot_seconds: u32,
    places: Vec<Option<Place>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Samples,
    RollUp { samples_per_bucket: usize },
    Sum,
}

impl Stretch {
    /// The blocks of VMs: their samples, or else the means and peaks. `order` has their places in the order of their
    /// references. `None` if there is no block of any.
    pub(super) fn of_vms(hour: &Hour, vms: &[VmId], order: &[usize]) -> Option<Self> {
        let (table, form) = match (hour.settled(), &hour.roll_up) {
            (Some(samples), _) => (samples, Form::Samples),
            (None, Some(means)) => {
                let samples_per_bucket = roll_up::samples_of(hour.slot_seconds)?;
                (Arc::clone(means), Form::RollUp { samples_per_bucket })
            }
            (None, None) => return None,
        };
        let mut places = vec![None; vms.len()];
        let mut order = order.iter().peekable();
        let mut cursor = table.cursor();
        let name = |place: usize| vms.get(place).map_or("", VmId::as_str);
        while order.peek().is_some() && cursor.advance().unwrap_or(false) {
            while order.next_if(|next| name(**next) < cursor.name()).is_some() {}
            while let Some(next) = order.next_if(|next| name(**next) == cursor.name()) {
                if let Some(place) = places.get_mut(*next) {
                    *place = cursor.place();
                }
            }
        }
        places.iter().any(Option::is_some).then_some(Self {
            slot_seconds: hour.slot_seconds,
            table,
            form,
            places,
        })
    }

    /// The block of a sum.
    pub(super) fn of_sum(hour: &Hour, scope: &Scope) -> Option<Self> {
        let table = hour.sums.as_ref()?;
        let name = scope.name();
        let mut cursor = table.cursor();
        while cursor.advance().unwrap_or(false) {
            if cursor.name() == name {
                return Some(Self {
                    slot_seconds: hour.slot_seconds,
                    table: Arc::clone(table),
                    form: Form::Sum,
                    places: vec![cursor.place()],
                });
            }
        }
        None
    }

    /// Length of its buckets.
    pub(super) fn seconds(&self) -> u32 {
        match self.form {
            Form::Samples | Form::Sum => self.slot_seconds,
            Form::RollUp { .. } => BUCKET_SECONDS,
        }
    }

    /// Whether it has the samples of VMs themselves, of this length.
    pub(super) fn is_of_samples(&self, seconds: u32) -> bool {
        self.form == Form::Samples && self.slot_seconds == seconds
    }

    fn block(&self, place: usize) -> Option<&[u8]> {
        let place = self.places.get(place).copied().flatten()?;
        self.table.block(place)
    }

    /// Reads the samples of a VM.
    pub(super) fn read(&self, place: usize, slots: &mut Slots) -> Option<()> {
        let block = self.block(place)?;
        slots.resize(slots_of(self.slot_seconds)?);
        amounts::read(block, self.table.head().unit, slots).ok()
    }

    /// The rates of a VM, sample by sample.
    pub(super) fn samples<'s>(
        &self,
        place: usize,
        slots: &'s mut Slots,
    ) -> Option<impl Iterator<Item = Option<BytesPerSec>> + use<'s>> {
        self.read(place, slots)?;
        let seconds = f64::from(self.slot_seconds);
        let samples = slots.amounts().iter().zip(slots.is_present());
        Some(samples.map(move |(bytes, is_present)| {
            let rate = BytesPerSec::computed(*bytes as f64 / seconds);
            is_present.then_some(rate)
        }))
    }

    /// Hands over the buckets of a series that have samples, with their numbers.
    pub(super) fn for_each(
        &self,
        place: usize,
        slots: &mut Slots,
        each: &mut impl FnMut(usize, &Cell),
    ) {
        match self.form {
            Form::Samples => {
                let samples = self.samples(place, slots);
                for (bucket, rate) in samples.into_iter().flatten().enumerate() {
                    if let Some(rate) = rate {
                        each(bucket, &self.cell(rate));
                    }
                }
            }
            Form::Sum => {
                let Some((sum, slots)) = self.sum(place) else {
                    return;
                };
                for bucket in 0..slots {
                    if let Some(bytes) = sum.bytes(bucket) {
                        let rate = bytes as f64 / f64::from(self.slot_seconds);
                        each(bucket, &self.cell(BytesPerSec::computed(rate)));
                    }
                }
            }
            Form::RollUp { samples_per_bucket } => {
                let buckets = self.rolled_up(place, samples_per_bucket);
                for (bucket, rolled_up) in buckets.into_iter().flatten() {
                    each(bucket, &self.rolled_up_cell(rolled_up, samples_per_bucket));
                }
            }
        }
    }

    fn sum(&self, place: usize) -> Option<(Sum, usize)> {
        let slots = slots_of(self.slot_seconds)?;
        Some((Sum::read(self.block(place)?, slots).ok()?, slots))
    }

    fn rolled_up(
        &self,
        place: usize,
        samples_per_bucket: usize,
    ) -> Option<impl Iterator<Item = (usize, RolledUp)>> {
        let buckets = roll_up::read(
            self.block(place)?,
            samples_per_bucket,
            self.table.head().unit,
        )
        .ok()?;
        let buckets = buckets.into_iter().enumerate();
        Some(buckets.filter_map(|(bucket, rolled_up)| Some((bucket, rolled_up?))))
    }

    fn cell(&self, mean: BytesPerSec) -> Cell {
        Cell {
            mean: Some(mean),
            covered: 1.0,
            peak: (self.slot_seconds <= SHORTEST_SECONDS).then_some(mean),
            longest_sample: u64::from(self.slot_seconds),
        }
    }

    fn rolled_up_cell(&self, bucket: RolledUp, samples_per_bucket: usize) -> Cell {
        let seconds = f64::from(self.slot_seconds);
        let mean = bucket.bytes as f64 / (bucket.samples as f64 * seconds);
        let peak = (bucket.peak as f64 / seconds).max(mean);
        Cell {
            mean: Some(BytesPerSec::computed(mean)),
            covered: bucket.samples as f64 / samples_per_bucket as f64,
            peak: (self.slot_seconds <= SHORTEST_SECONDS).then(|| BytesPerSec::computed(peak)),
            longest_sample: u64::from(BUCKET_SECONDS),
        }
    }

    /// From the start of the first bucket that has a sample to the end of the last one, in seconds of the hour.
    pub(super) fn span(&self) -> Option<(u32, u32)> {
        let mut slots = Slots::new(0);
        let mut span: Option<(usize, usize)> = None;
        for place in 0..self.places.len() {
            self.for_each(place, &mut slots, &mut |bucket, _| {
                let (first, last) = span.unwrap_or((bucket, bucket));
                span = Some((first.min(bucket), last.max(bucket)));
            });
        }
        let (first, last) = span?;
        let seconds = |bucket: usize| Some(u32::try_from(bucket).ok()? * self.seconds());
        Some((seconds(first)?, seconds(last + 1)?))
    }
}
