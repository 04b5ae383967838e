//! The inventory, kept current: the loop that asks vCenter what a [`Refresh`] wants to know.

mod full_read;
mod health;
mod notices;
mod objects;
mod refresh;
mod standing;
#[cfg(test)]
mod tests;
mod upkeep;

use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::reason::Reason;
use planner_core::inventory::Inventory;
use tokio::time::{Instant, timeout_at};
use vsphere_soap::Client;
use vsphere_soap::watcher::{Event, Selection, Watcher};

use self::refresh::{Ask, Refresh};
use self::upkeep::Upkeep;
use super::bounds::{Bounds, PAGE_OBJECTS};
use super::custom_attributes::CustomAttributes;
use super::error::CollectError;
use super::moment::Moment;
use super::records::{self, Extras};
use crate::settings::CollectionSettings;

/// The share of `CYCLE_TIMEOUT` in which an existing inventory is brought up to date. The rest is for samples.
const SHARE_OF_CYCLE: u32 = 4;

/// The inventory as this exporter knows it.
///
/// When a refresh is cut off, it keeps what it has read, and the next refresh continues from there.
#[derive(Debug)]
pub(super) struct LiveInventory {
    attributes: CustomAttributes,
    watcher: Watcher,
    upkeep: Upkeep,
    patience: Duration,
}

impl LiveInventory {
    pub(super) fn new(client: Client, settings: &CollectionSettings) -> Self {
        let extras = Extras {
            disk_details: settings.measures.per_disk,
            attributes: !settings.custom_attributes.is_empty(),
        };
        let selection = Selection {
            types: &records::KINDS,
            properties: records::properties(extras),
            page_objects: PAGE_OBJECTS,
        };
        Self {
            attributes: CustomAttributes::new(client.clone(), &settings.custom_attributes),
            watcher: Watcher::new(client, selection),
            upkeep: Upkeep::new(
                settings.filter.clone(),
                settings.inventory_ttl,
                Bounds::REAL,
            ),
            patience: settings.cycle_timeout / SHARE_OF_CYCLE,
        }
    }

    /// The inventory of the last refresh.
    pub(super) fn current(&self) -> Option<Arc<Inventory>> {
        self.upkeep.current()
    }

    /// The names of allowed custom attributes that vCenter does not define.
    pub(super) fn undefined_attributes(&self) -> &[Arc<str>] {
        self.attributes.undefined()
    }

    /// What is wrong with the inventory, although it is in use.
    pub(super) fn trouble(&self, now: Moment) -> Option<Reason> {
        self.upkeep.trouble(now)
    }

    /// Follows changes, and reads everything when that is due.
    ///
    /// If the server has dropped what it kept for us, the refresh starts over once. If there is an inventory already,
    /// failures and slow answers only delay what is new: the next cycle asks again.
    pub(super) async fn refresh(&mut self, now: Moment) -> Result<Arc<Inventory>, CollectError> {
        if let Some(wanted) = self.attributes.keys(self.patience).await {
            self.upkeep.want(wanted);
        }
        let watcher = &mut self.watcher;
        let mut refresh = Refresh::begin(&mut self.upkeep, now);
        let delayable = refresh.is_delayable();
        let deadline = delayable.then(|| Instant::now() + self.patience);
        loop {
            let answer = match refresh.ask() {
                Ask::Attach => before(deadline, watcher.attach()).await,
                Ask::Follow => before(deadline, watcher.follow()).await,
                Ask::Read => before(deadline, watcher.read()).await,
                Ask::Detach => {
                    match before(deadline, watcher.detach()).await {
                        Some(()) => refresh.detached(),
                        None => refresh.out_of_patience(),
                    }
                    continue;
                }
                Ask::Nothing => return refresh.finish(),
            };
            match answer {
                Some(Ok(event)) => note(&mut refresh, event),
                Some(Err(error)) => refresh.failed(error.into()),
                None => refresh.out_of_patience(),
            }
        }
    }
}

fn note(refresh: &mut Refresh<'_>, event: Event) {
    match event {
        Event::Attached => refresh.attached(),
        Event::Restarted => refresh.restarted(),
        Event::Unsupported => refresh.unsupported(),
        Event::Listed { objects, is_last } => refresh.listed(objects, is_last),
        Event::Changed { objects, is_last } => refresh.changed(objects, is_last),
        Event::Page(objects) => refresh.page(objects),
        Event::ReadRestarted => refresh.read_restarted(),
        Event::ReadComplete => refresh.read_complete(),
        Event::Lost(error) => refresh.lost(error.into()),
    }
}

/// `None` when the deadline passes first. The call continues then, and the next refresh takes its answer.
async fn before<T>(deadline: Option<Instant>, answer: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, answer).await.ok(),
        None => Some(answer.await),
    }
}
