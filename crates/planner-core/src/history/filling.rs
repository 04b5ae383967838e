//! What is read of the past that vCenter still has, for a history that lacks it.

use std::collections::{BTreeSet, HashSet};

use super::History;
use super::hour::Hour;
use super::intake::{Intake, hour_of};
use super::slots::{HOUR_SECONDS, start_second};
use super::start_of;
use crate::collection::NewSample;
use crate::inventory::VmId;
use crate::vcenter_time::VcenterTime;

/// Samples of one length that were read of the past, until a history takes them.
#[derive(Debug)]
pub struct Filling {
    slot_seconds: u32,
    found: History,
}

impl Filling {
    /// Adds samples of some VMs, at vCenter's time `now`. Each sample of a VM comes once.
    pub fn add(&mut self, samples: &[NewSample], now: VcenterTime) {
        let intake = Intake::new(samples, self.slot_seconds);
        self.found.take(intake, self.slot_seconds, now);
        self.found.keep_within_bytes(self.found.limits.bytes);
    }
}

impl History {
    /// For samples of this length.
    pub fn filling(&self, slot_seconds: u32) -> Filling {
        Filling {
            slot_seconds,
            found: self.to_restore(),
        }
    }

    /// Puts samples of the past under all that is here: a sample that is here, or that comes later from a cycle, stays as it
    /// is, and no other one is added to it. Hours with samples of another length take none. Returns the starts of the hours whose
    /// [blocks](Self::blocks_of) are others now.
    pub fn fill(&mut self, filling: Filling) -> BTreeSet<VcenterTime> {
        let mut changed = BTreeSet::new();
        for (number, found) in filling.found.hours {
            let hour = self.hours.entry(number);
            let hour = hour.or_insert_with(|| Hour::new(number, found.slot_seconds));
            if hour.takes_samples_of(found.slot_seconds) {
                hour.fill(&found, &self.places);
                changed.insert(start_of(number));
            }
        }
        changed.extend(self.keep_within_limits());
        changed
    }

    /// The VMs that have every sample of this length that ends after one moment and until another.
    pub fn vms_with_all(
        &self,
        slot_seconds: u32,
        (after, until): (VcenterTime, VcenterTime),
    ) -> HashSet<VmId> {
        let mut vms: Option<HashSet<VmId>> = None;
        let (after, until) = (after.as_second(), until.as_second());
        for number in hour_of(after + 1)..=hour_of(until) {
            let mut of_hour = HashSet::new();
            let hour = u32::try_from(number).ok();
            let hour = hour.and_then(|hour| self.hours.get(&hour));
            if let Some(hour) = hour.filter(|hour| hour.slot_seconds == slot_seconds) {
                let ends = (1..).map(|slot| hour.start_second() + i64::from(slot_seconds) * slot);
                hour.samples.for_each(|vm, slots| {
                    let wanted = |end: i64| (after + 1..=until).contains(&end);
                    let mut slots = ends.clone().zip(slots.is_present());
                    if slots.all(|(end, is_present)| *is_present || !wanted(end)) {
                        of_hour.insert(VmId::new(vm));
                    }
                });
            }
            vms = Some(match vms {
                Some(vms) => &vms & &of_hour,
                None => of_hour,
            });
        }
        vms.unwrap_or_default()
    }

    /// From the start of the first to the end of the last hour between two moments of which nothing is known.
    pub fn unknown_hours(
        &self,
        (from, until): (VcenterTime, VcenterTime),
    ) -> Option<(VcenterTime, VcenterTime)> {
        let length = i64::from(HOUR_SECONDS);
        let first = from.as_second().div_euclid(length) + 1;
        let numbers = first..until.as_second().div_euclid(length);
        let numbers = numbers.filter_map(|number| u32::try_from(number).ok());
        let mut unknown = numbers.filter(|number| !self.hours.contains_key(number));
        let first = unknown.next()?;
        let last = unknown.next_back().unwrap_or(first);
        Some((
            start_of(first),
            VcenterTime::from_second(start_second(last) + length),
        ))
    }
}
