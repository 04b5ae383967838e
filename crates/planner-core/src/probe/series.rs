//! How the values of each series came.

use super::spread::Spread;
use super::stay::Stay;
use super::timeline::{SeriesSlots, Timeline};
use crate::collection::counters::DiskCounter;
use crate::vcenter_time::VcenterTime;

/// How the values of one series came.
///
/// Of the slots that were missing at first, each is either filled, lost or open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesFindings {
    /// What is measured.
    pub counter: DiskCounter,
    /// The number of the disk, from 1; `None` for all of them together.
    pub disk: Option<usize>,
    /// Stamps that the VM listed.
    pub slots: usize,
    /// Those of them without a value when they were first listed.
    pub missing_at_first: usize,
    /// Those whose value came later.
    pub filled: usize,
    /// Those that were no longer listed before a value came.
    pub lost: usize,
    /// Those still listed without a value in the last look.
    pub open: usize,
    /// Slots whose value was followed by another one or by none.
    pub changed: usize,
    /// Looks that found samples of the VM, but nothing of this series.
    pub looks_without: usize,
    /// Seconds from the look that first listed a slot to the one that found its value, of those filled.
    pub filled_after_seconds: Option<Spread>,
}

/// All series of a VM.
pub(super) fn of(timeline: &Timeline<'_>) -> Vec<SeriesFindings> {
    let series = timeline.series.iter();
    series.map(|series| of_one(timeline, series)).collect()
}

fn of_one(timeline: &Timeline<'_>, series: &SeriesSlots<'_>) -> SeriesFindings {
    let disk = timeline.disks.iter();
    let mut disk = disk
        .zip(1..)
        .filter(|(disk, _)| **disk == series.id.instance);
    let answers = timeline.stays.iter().flat_map(Stay::answers);
    let without = answers.filter(|(_, look)| !look.has(series.id));
    let mut found = SeriesFindings {
        counter: series.id.counter,
        disk: disk.next().map(|(_, number)| number),
        slots: 0,
        missing_at_first: 0,
        filled: 0,
        lost: 0,
        open: 0,
        changed: 0,
        looks_without: without.count(),
        filled_after_seconds: None,
    };
    let mut filled_after = Vec::new();
    for (stay, slots) in series.by_stay.iter().enumerate() {
        let is_last = stay + 1 == timeline.stays.len();
        for (stamp, slot) in slots {
            found.slots += 1;
            found.missing_at_first += usize::from(slot.was_missing);
            found.changed += usize::from(slot.has_changed);
            filled_after.extend(slot.filled_after);
            if slot.value.is_some() {
                found.filled += usize::from(slot.was_missing);
            } else if is_last && is_listed_last(timeline, *stamp) {
                found.open += 1;
            } else {
                found.lost += 1;
            }
        }
    }
    found.filled_after_seconds = Spread::of(filled_after);
    found
}

fn is_listed_last(timeline: &Timeline<'_>, stamp: VcenterTime) -> bool {
    let last = timeline
        .stays
        .last()
        .and_then(|stay| stay.answers().next_back());
    last.is_some_and(|(_, look)| look.times.iter().any(|time| time.at == stamp))
}
