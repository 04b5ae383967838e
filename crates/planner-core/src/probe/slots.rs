//! The slots of one series during one stay: when each was listed, and when its value came.

use std::collections::BTreeMap;

use super::look::{Sent, SeriesId, VmLook};
use super::stay::Stay;
use crate::vcenter_time::VcenterTime;

/// The slots of a series by stamp.
pub(super) type Slots = BTreeMap<VcenterTime, Slot>;

/// One stamp that the VM listed, and what became of it in one series.
#[derive(Debug)]
pub(super) struct Slot {
    listed_at: VcenterTime,
    /// Whether it had no value when it was first listed.
    pub(super) was_missing: bool,
    /// The latest value.
    pub(super) value: Option<i64>,
    /// Seconds until the value came, if it was missing before.
    pub(super) filled_after: Option<i64>,
    /// Whether a value was followed by another one or by none.
    pub(super) has_changed: bool,
}

impl Slot {
    fn new(at: VcenterTime, sent: Sent) -> Self {
        let value = sent.value();
        Self {
            listed_at: at,
            was_missing: value.is_none(),
            value,
            filled_after: None,
            has_changed: false,
        }
    }

    fn take(&mut self, at: VcenterTime, sent: Sent) {
        if sent == Sent::Nothing {
            return;
        }
        let value = sent.value();
        match (self.value, value) {
            (None, Some(_)) => self.filled_after = Some(at.seconds_since(self.listed_at)),
            (Some(before), now) if now != Some(before) => self.has_changed = true,
            _ => {}
        }
        self.value = value.or(self.value);
    }
}

/// What became of each stamp that the VM listed during a stay. A series that is not in the answer has no values there. One
/// that is not in the first answer may be of a new disk, and one that is not in the last of a removed disk: what lies before
/// its first value or behind its last one is not expected of it.
pub(super) fn of(stay: &Stay<'_>, id: SeriesId<'_>) -> Slots {
    let mut slots = Slots::new();
    for (at, look) in stay.answers() {
        for (place, time) in look.times.iter().enumerate() {
            let sent = look.sent(id, place);
            let slot = slots
                .entry(time.at)
                .and_modify(|slot| slot.take(at, sent))
                .or_insert_with(|| Slot::new(at, sent));
            // The same stamp may be twice in one answer.
            if slot.listed_at == at && sent.value().is_some() {
                slot.was_missing = false;
                slot.filled_after = None;
            }
        }
    }
    let valued = |slots: &Slots| -> Option<(VcenterTime, VcenterTime)> {
        let mut stamps = slots.iter().filter(|(_, slot)| slot.value.is_some());
        let (first, _) = stamps.next()?;
        Some((*first, stamps.next_back().map_or(*first, |(last, _)| *last)))
    };
    if let Some((first, last)) = valued(&slots) {
        let is_in =
            |look: Option<(VcenterTime, &VmLook)>| look.is_none_or(|(_, look)| look.has(id));
        let (begins_late, ends_early) = (
            !is_in(stay.answers().next()),
            !is_in(stay.answers().next_back()),
        );
        slots.retain(|stamp, _| !(begins_late && *stamp < first || ends_early && *stamp > last));
    }
    slots
}
