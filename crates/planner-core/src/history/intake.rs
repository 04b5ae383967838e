//! What a cycle says about the past, sorted into hours.

use std::collections::BTreeSet;
use std::iter;

use super::bits::MOST;
use super::record;
use super::slots::{HOUR_SECONDS, common_unit, sum};
use super::table::{Builder, Head, Kind, Table};
use crate::collection::NewSample;
use crate::inventory::{ConnectionState, Inventory, Vm, VmId};

/// Samples of one cycle, with stamps in seconds of Unix time.
#[derive(Debug)]
pub(super) struct Intake<'r> {
    slot_seconds: u32,
    /// By VM. A VM may have several entries.
    groups: Vec<(&'r VmId, Group<'r>)>,
}

#[derive(Debug, Clone, Copy)]
enum Group<'r> {
    Samples(&'r [NewSample]),
    /// A VM that was off between two moments has written nothing.
    Off(i64, i64),
}

impl<'r> Intake<'r> {
    pub(super) fn new(samples: &'r [NewSample], slot_seconds: u32) -> Self {
        let of_vms = samples.chunk_by(|one, next| one.vm == next.vm);
        let groups = of_vms.filter_map(|group| Some((&group.first()?.vm, Group::Samples(group))));
        Self {
            slot_seconds,
            groups: groups.collect(),
        }
    }

    /// Adds the VMs that were off from one moment, when an inventory was `before`, to another, when it is `now`.
    pub(super) fn add_idle(&mut self, before: &'r Inventory, now: &Inventory, time: (i64, i64)) {
        let is_off = |vm: &Vm| {
            let is_known = vm.connection_state == ConnectionState::Connected;
            is_known && vm.is_off() && !vm.is_template && !vm.is_filtered
        };
        let vms = before.vms().iter().filter(|vm| is_off(vm));
        let vms = vms.filter(|vm| now.get(&vm.id).is_some_and(is_off));
        self.groups
            .extend(vms.map(|vm| (&vm.id, Group::Off(time.0, time.1))));
    }

    /// The hours that the samples lie in.
    fn hours(&self) -> BTreeSet<i64> {
        let stamps = self
            .groups
            .iter()
            .flat_map(|(_, group)| group.stamps(self.slot_seconds));
        let mut latest = None;
        let hours = stamps.map(|(stamp, _)| hour_of(stamp));
        hours
            .filter(|hour| latest.replace(*hour) != Some(*hour))
            .collect()
    }

    /// A record for each hour that `is_kept` admits, and how many samples lie in others.
    pub(super) fn records(mut self, is_kept: impl Fn(u32) -> bool) -> (Vec<Table>, u64) {
        self.groups.sort_by_key(|(vm, _)| *vm);
        let mut records = Vec::new();
        let mut left_out = 0;
        for hour in self.hours() {
            match u32::try_from(hour).ok().filter(|hour| is_kept(*hour)) {
                Some(hour) => records.push(self.record(hour)),
                None => left_out += self.samples_in(hour),
            }
        }
        (records, left_out)
    }

    fn samples_in(&self, hour: i64) -> u64 {
        let groups = self.groups.iter();
        let stamps = groups.flat_map(|(_, group)| group.stamps(self.slot_seconds));
        stamps.filter(|(stamp, _)| hour_of(*stamp) == hour).count() as u64
    }

    fn record(&self, hour: u32) -> Table {
        let all = self.groups.iter();
        let amounts = all.flat_map(|(_, group)| group.stamps(self.slot_seconds));
        let unit = common_unit(amounts.map(|(_, bytes)| bytes));
        let head = Head {
            kind: Kind::Record,
            hour,
            slot_seconds: self.slot_seconds,
            unit,
        };
        let start = i64::from(hour) * i64::from(HOUR_SECONDS);
        let slot = |stamp: i64| {
            let seconds = u32::try_from(stamp.saturating_sub(1).saturating_sub(start)).ok()?;
            let is_inside = seconds < HOUR_SECONDS;
            is_inside.then(|| (seconds / self.slot_seconds) as usize)
        };
        let mut table = Builder::new(head, self.groups.len() * 12);
        let mut samples: Vec<(usize, u64)> = Vec::new();
        for groups in self.groups.chunk_by(|one, next| one.0 == next.0) {
            samples.clear();
            for (_, group) in groups {
                let stamps = group.stamps(self.slot_seconds);
                samples.extend(stamps.filter_map(|(stamp, bytes)| Some((slot(stamp)?, bytes))));
            }
            if !samples.is_sorted_by(|one, next| one.0 < next.0) {
                add_up(&mut samples);
            }
            if let Some((vm, _)) = groups.first() {
                record::put(&mut table, vm.as_str(), &samples);
            }
        }
        table.finish()
    }
}

impl<'r> Group<'r> {
    /// Stamps and bytes.
    fn stamps(self, slot_seconds: u32) -> impl Iterator<Item = (i64, u64)> + use<'r> {
        let (samples, (from, until)) = match self {
            Self::Samples(samples) => (samples, (0, 0)),
            Self::Off(from, until) => (&[][..], (from, until)),
        };
        let length = i64::from(slot_seconds);
        // A sample belongs to the time before its stamp.
        let first = (from.div_euclid(length) + 1) * length;
        let idle = iter::successors(Some(first), move |stamp| Some(stamp + length));
        let idle = idle.take_while(move |stamp| *stamp <= until);
        let written = samples.iter().map(|sample| {
            let bytes = sample.written.get().min(MOST);
            (sample.at.as_second(), bytes)
        });
        written.chain(idle.map(|stamp| (stamp, 0)))
    }
}

/// The hour of a sample, which ends with its stamp.
pub(super) fn hour_of(stamp: i64) -> i64 {
    stamp.saturating_sub(1).div_euclid(i64::from(HOUR_SECONDS))
}

/// Puts samples in the order of their slots, each once.
fn add_up(samples: &mut Vec<(usize, u64)>) {
    samples.sort_by_key(|(slot, _)| *slot);
    samples.dedup_by(|later, kept| {
        let is_same = later.0 == kept.0;
        if is_same {
            kept.1 = sum(kept.1, later.1);
        }
        is_same
    });
}
