//! How the published inventory relates to the objects known now.

use std::sync::Arc;
use std::time::Duration;

use planner_core::inventory::Inventory;

use super::super::moment::Moment;

/// How the published inventory relates to the objects known now.
#[derive(Debug)]
pub(super) enum Standing {
    /// No inventory has been published yet.
    Unpublished,
    /// The published inventory has the objects as they are known.
    UpToDate(Published),
    /// Objects have changed since it was published.
    Outdated(Published),
    /// All its VMs have disappeared since. Only a further read can confirm that.
    Emptied(Published),
}

/// An inventory and what it is based on.
#[derive(Debug, Clone)]
pub(super) struct Published {
    pub(super) inventory: Arc<Inventory>,
    /// When it was last read as a whole.
    pub(super) read_at: Moment,
    /// How many inventories had been read as a whole by then.
    pub(super) whole_reads: u64,
}

impl Standing {
    pub(super) fn published(&self) -> Option<&Published> {
        match self {
            Self::Unpublished => None,
            Self::UpToDate(it) | Self::Outdated(it) | Self::Emptied(it) => Some(it),
        }
    }

    /// Notes that objects have changed, and whether VMs are left.
    pub(super) fn change(&mut self, has_no_vms: bool) {
        let Some(published) = self.published().cloned() else {
            return;
        };
        *self = if has_no_vms && published.has_vms() {
            Self::Emptied(published)
        } else {
            Self::Outdated(published)
        };
    }

    /// Notes that the changed objects are lost, so the published inventory is all there is.
    pub(super) fn forget_changes(&mut self) {
        if let Some(published) = self.published().cloned() {
            *self = Self::UpToDate(published);
        }
    }

    pub(super) fn is_emptied(&self) -> bool {
        matches!(self, Self::Emptied(_))
    }

    /// How long ago all objects were read; `None` before that.
    pub(super) fn age(&self, now: Moment) -> Option<Duration> {
        let published = self.published()?;
        Some(now.instant.duration_since(published.read_at.instant))
    }

    /// Whether all objects are to be read again.
    pub(super) fn is_due(&self, now: Moment, time_to_live: Duration) -> bool {
        self.age(now).is_none_or(|age| age >= time_to_live)
    }
}

impl Published {
    pub(super) fn has_vms(&self) -> bool {
        !self.inventory.vms().is_empty()
    }
}
