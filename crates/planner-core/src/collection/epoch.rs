//! By which clock the samples of an answer are stamped, and from which stamp on they are new.

use std::sync::Arc;

use super::samples::{SampleTime, VmSamples};
use super::timeline::{Answered, second, stamp};
use crate::uptime::Uptime;

/// What is known of a VM's samples before an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'k> {
    /// Stamp of the newest sample.
    pub(super) newest: u32,
    /// When the query was asked that brought it.
    pub(super) moved_at: Uptime,
    /// The host that ran the VM then.
    pub(super) host: Option<&'k Arc<str>>,
}

impl Known<'_> {
    /// The newest stamp that can have come since then, unless a clock was set.
    fn latest_expected(self, elapsed: u32, spacing: u32) -> u32 {
        self.newest
            .saturating_add(elapsed)
            .saturating_add(3 * spacing)
    }
}

/// The stamps since the host's clock was set back, if the answer shows that it was: samples of before are stamped later
/// than those that came since. Samples in just any order are none of that.
pub(super) fn since_set_back(
    answer: &VmSamples<'_>,
    known: Known<'_>,
    remembered: &[u32],
    elapsed: u32,
    spacing: u32,
) -> Option<(u32, u32)> {
    let (first, last) = answer.after_step_back()?;
    let (first, last) = (second(first), second(last));
    let newest = answer.times().last().map_or(0, stamp);
    let is_unexpected = newest > known.latest_expected(elapsed, spacing);
    let is_unknown = |time: &SampleTime| remembered.binary_search(&stamp(time)).is_err();
    let mut since = Answered::of(answer.times(), Some((first, last)))
        .times
        .iter();
    let is_new = last.saturating_add(2 * spacing) < known.newest && since.all(is_unknown);
    (is_unexpected || is_new).then_some((first, last))
}

/// What an answer shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'s> {
    /// Its newest stamp.
    pub(super) newest: u32,
    /// Usual distance of two stamps, in seconds.
    pub(super) spacing: u32,
    /// When it came.
    pub(super) at: Uptime,
    /// The host that runs the VM now.
    pub(super) host: Option<&'s Arc<str>>,
}

/// How an answer relates to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Epoch {
    /// The VM was never seen before.
    First,
    /// The stamps continue.
    Same,
    /// Another host runs the VM, or the host's clock has stepped. Stamps cannot be compared with those of before, so the
    /// new clock judges itself: only what it stamped in the time that has passed since can be new.
    New {
        /// Samples up to this stamp are not new.
        floor: u32,
        /// At most this many samples are new.
        most: u32,
    },
}

impl Epoch {
    pub(super) fn of(known: Option<Known<'_>>, seen: Seen<'_>) -> Self {
        let Some(known) = known else {
            return Self::First;
        };
        let Seen {
            newest, spacing, ..
        } = seen;
        let elapsed = seen.at.seconds_since(known.moved_at);
        let went_back = newest.saturating_add(2 * spacing) < known.newest;
        let is_expected = newest <= known.latest_expected(elapsed, spacing);
        if !went_back && is_expected && !has_moved(known.host, seen.host) {
            return Self::Same;
        }
        Self::New {
            floor: newest.saturating_sub(elapsed.saturating_add(spacing)),
            most: elapsed.div_ceil(spacing.max(1)) + 1,
        }
    }
}

/// Whether another host runs the VM. A host that cannot be read counts as the same one.
pub(super) fn has_moved(before: Option<&Arc<str>>, now: Option<&Arc<str>>) -> bool {
    matches!((before, now), (Some(before), Some(now)) if before != now)
}
