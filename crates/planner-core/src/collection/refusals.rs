//! Counts refusals, and reports the first of each VM.

use super::counters::DiskCounter;
use super::tally::{Refusal, RefusalReason, Tally};
use super::timeline::Moment;
use crate::inventory::VmId;

/// Where the refusals of one VM are noted.
pub(super) struct Refusals<'r> {
    pub(super) vm: &'r VmId,
    pub(super) reported: &'r mut RefusalReasons,
    pub(super) tally: &'r mut Tally,
}

impl Refusals<'_> {
    /// Notes that the samples of these moments, as far as they are new, claim an impossible length.
    pub(super) fn note_odd_intervals(&mut self, moments: &[Moment], closed: u32) {
        for moment in moments {
            if let Some(seconds) = moment.odd_interval
                && moment.kept.is_none()
                && moment.at > closed
            {
                self.note(RefusalReason::Interval, "", None, i64::from(seconds));
            }
        }
    }

    pub(super) fn note(
        &mut self,
        reason: RefusalReason,
        instance: &str,
        counter: Option<DiskCounter>,
        value: i64,
    ) {
        self.tally.refuse(reason);
        if self.reported.add(reason) {
            self.tally.first_refusals.push(Refusal {
                vm: self.vm.clone(),
                reason,
                instance: Box::from(instance),
                counter,
                value,
            });
        }
    }
}

/// The reasons for which a VM's samples were refused before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RefusalReasons(u8);

impl RefusalReasons {
    /// Adds a reason, and returns whether it is new.
    pub(super) fn add(&mut self, reason: RefusalReason) -> bool {
        let before = self.0;
        self.0 |= 1 << reason as u8;
        self.0 != before
    }
}
