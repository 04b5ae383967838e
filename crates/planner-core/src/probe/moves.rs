//! VMs that changed hosts during the looks, and what that cost.

use std::collections::BTreeSet;

use super::look::VmLook;
use super::slots::Slots;
use super::stamps::appeared;
use super::stay::Stay;
use super::timeline::Timeline;
use crate::collection::source::REALTIME_INTERVAL_SECONDS;
use crate::vcenter_time::VcenterTime;

/// How many looks before a move, and from it on, are shown.
const LOOKS_BEFORE: usize = 3;
const LOOKS_AFTER: usize = 10;

/// The first answers after a move may still be the old host's. The one at this place says which stamps remain.
const SETTLED: usize = 2;

/// A VM that was on another host than in the look before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The VM.
    pub vm: usize,
    /// The host of before.
    pub from: usize,
    /// The host since.
    pub to: usize,
    /// Seconds from the first of all looks to the first on the new host.
    pub after_seconds: i64,
    /// How many stamps were listed in the last looks on the old host, oldest first.
    pub listed_before: Vec<usize>,
    /// How many stamps were listed in the first looks on the new host.
    pub listed_after: Vec<usize>,
    /// Looks on the new host before the first that found samples.
    pub looks_without_samples: usize,
    /// Old stamps that are still listed in the third answer, with the values of before.
    pub stamps_kept: usize,
    /// Old stamps that are listed in the third answer with other values: another sample with the same stamp.
    pub stamps_reused: usize,
    /// Seconds from the newest stamp of before to the first one that is new; 20 if the stamps continue.
    pub stamp_step_seconds: Option<i64>,
    /// Samples that should have come between, by vCenter's clock, and did not. `None` if the looks do not show it.
    pub slots_lost: Option<usize>,
}

/// The moves of one VM.
pub(super) fn of(vm: usize, timeline: &Timeline<'_>, began: Option<VcenterTime>) -> Vec<Move> {
    let stays = timeline.stays.iter().enumerate();
    let pairs = stays.zip(timeline.stays.iter().skip(1));
    let moves = pairs.filter_map(|((place, old), new)| {
        let (at, _) = *new.looks.first()?;
        let remains = Remains {
            timeline,
            place,
            old,
        };
        let settled = new.answers().nth(SETTLED).or(new.answers().next_back());
        let listed = settled.map(|(_, look)| stamps_of(look)).unwrap_or_default();
        let reused = listed.iter().filter(|stamp| remains.is_reused(**stamp));
        let kept = listed.iter().filter(|stamp| remains.is_kept(**stamp));
        let newest = old.answers().flat_map(|(_, look)| stamps_of(look)).max();
        let first_new = remains.first_new(new);
        let step = newest.zip(first_new.as_ref().and_then(|(_, new)| new.first()));
        let before = old.looks.iter().rev().take(LOOKS_BEFORE).rev();
        let after = new.looks.iter().take(LOOKS_AFTER);
        let counts = |(_, look): &(VcenterTime, &VmLook)| look.times.len();
        Some(Move {
            vm,
            from: old.host?,
            to: new.host?,
            after_seconds: began.map_or(0, |began| at.seconds_since(began)),
            listed_before: before.map(counts).collect(),
            listed_after: after.map(counts).collect(),
            looks_without_samples: new
                .looks
                .iter()
                .take_while(|(_, look)| !look.has_samples())
                .count(),
            stamps_kept: kept.count(),
            stamps_reused: reused.count(),
            stamp_step_seconds: step.map(|(newest, new)| new.seconds_since(newest)),
            slots_lost: lost(old, first_new.as_ref()),
        })
    });
    moves.collect()
}

fn stamps_of(look: &VmLook) -> BTreeSet<VcenterTime> {
    look.times.iter().map(|time| time.at).collect()
}

/// What is known of the stay before a move.
struct Remains<'t, 'l> {
    timeline: &'t Timeline<'l>,
    /// Which stay of the VM it is.
    place: usize,
    old: &'t Stay<'l>,
}

impl Remains<'_, '_> {
    fn was_listed(&self, stamp: VcenterTime) -> bool {
        let mut times = self.old.answers().flat_map(|(_, look)| &look.times);
        times.any(|time| time.at == stamp)
    }

    /// Whether any series has another value at this stamp than on the old host.
    fn differs(&self, stamp: VcenterTime) -> bool {
        let value = |slots: Option<&Slots>| slots?.get(&stamp)?.value;
        self.timeline.series.iter().any(|series| {
            let before = value(series.by_stay.get(self.place));
            let after = value(series.by_stay.get(self.place + 1));
            before
                .zip(after)
                .is_some_and(|(before, after)| before != after)
        })
    }

    fn is_reused(&self, stamp: VcenterTime) -> bool {
        self.was_listed(stamp) && self.differs(stamp)
    }

    fn is_kept(&self, stamp: VcenterTime) -> bool {
        self.was_listed(stamp) && !self.differs(stamp)
    }

    /// The first look on the new host that listed samples of it, with their stamps in order.
    fn first_new(&self, new: &Stay<'_>) -> Option<(VcenterTime, Vec<VcenterTime>)> {
        let mut looks = new.answers().map(|(at, look)| {
            let stamps = stamps_of(look).into_iter();
            (at, stamps.filter(|stamp| !self.is_kept(*stamp)).collect())
        });
        looks.find(|(_, stamps): &(VcenterTime, Vec<VcenterTime>)| !stamps.is_empty())
    }
}

/// How many samples did not come between the last new one on the old host and the first on the new one. One is due every 20 s,
/// whatever its stamp.
fn lost(old: &Stay<'_>, first_new: Option<&(VcenterTime, Vec<VcenterTime>)>) -> Option<usize> {
    let (_, last_came) = *appeared(old).last()?;
    let (first_came, new) = first_new?;
    let interval = i64::from(REALTIME_INTERVAL_SECONDS);
    let passed = first_came.seconds_since(last_came);
    let due = passed.saturating_add(interval / 2).div_euclid(interval);
    Some(usize::try_from(due).unwrap_or(0).saturating_sub(new.len()))
}
