//! The inventory, kept current: read as a whole now and then, and by changes in between.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::entities::Entities;
use planner_core::filter::Filter;
use planner_core::inventory::Inventory;
use vsphere_soap::{
    Client, ContainerView, Error, FaultKind, ObjectSelection, PropertyFilter, PropertyFilterSpec,
    UpdateVersion, WaitOptions,
};

use super::records;

/// Objects per answer. vCenter may send fewer.
const PAGE_OBJECTS: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// What has changed up to now, without waiting.
const UP_TO_NOW: WaitOptions = WaitOptions {
    max_wait_seconds: Some(0),
    max_object_updates: Some(PAGE_OBJECTS),
};

/// The inventory as this exporter knows it.
///
/// A look that is cut off keeps what it has read, and the next one goes on from there.
#[derive(Debug)]
pub(super) struct LiveInventory {
    filter: Filter,
    time_to_live: Duration,
    entities: Entities,
    /// Whether `entities` has changed since `current` was made of it.
    has_changed: bool,
    current: Option<Arc<Inventory>>,
    watch: Option<Watch>,
}

/// What the server keeps for us in one session.
#[derive(Debug)]
struct Watch {
    session_id: u64,
    view: ContainerView,
    /// `None` where the server does not support updates: then only whole reads see changes.
    updates: Option<Updates>,
}

#[derive(Debug)]
struct Updates {
    filter: PropertyFilter,
    version: UpdateVersion,
    /// Objects read so far, until the first report of all of them is complete.
    loading: Option<Entities>,
}

impl LiveInventory {
    pub(super) fn new(filter: Filter, time_to_live: Duration) -> Self {
        Self {
            filter,
            time_to_live,
            entities: Entities::new(),
            has_changed: false,
            current: None,
            watch: None,
        }
    }

    /// The inventory of the last look.
    pub(super) fn current(&self) -> Option<Arc<Inventory>> {
        self.current.clone()
    }

    /// Looks for changes, or reads everything when that is due.
    ///
    /// When the server has dropped what it kept for us, with the session or without, the look starts once more.
    pub(super) async fn refresh(
        &mut self,
        client: &Client,
        now: Timestamp,
    ) -> Result<Arc<Inventory>, Error> {
        match self.look(client, now).await {
            Err(error) if error.is_session_lost() || is_forgotten(&error) => {
                self.stop_watch(client).await;
                self.look(client, now).await
            }
            result => result,
        }
    }

    async fn look(&mut self, client: &Client, now: Timestamp) -> Result<Arc<Inventory>, Error> {
        let session_id = client.session().await?.id();
        if self
            .watch
            .as_ref()
            .is_none_or(|watch| watch.session_id != session_id)
        {
            self.watch = Some(start_watch(client).await?);
        }
        if let Some(entities) = self.take_updates(client).await? {
            return self.replace(client, entities, now).await;
        }
        let is_due = self
            .current
            .as_ref()
            .is_none_or(|current| self.is_old(current, now));
        let is_suspicious = self.has_changed && self.entities.has_no_vms();
        if is_due || is_suspicious {
            let entities = self.read_all(client).await?;
            return self.replace(client, entities, now).await;
        }
        match &self.current {
            Some(current) if !self.has_changed => Ok(Arc::clone(current)),
            current => {
                let taken_at = current.as_ref().map_or(now, |current| current.taken_at());
                Ok(self.publish(taken_at))
            }
        }
    }

    /// Asks for updates until there are no more. Returns all objects when this was the first report of them.
    ///
    /// The version moves on with each answer that was taken, so an answer that is lost is asked for again.
    async fn take_updates(&mut self, client: &Client) -> Result<Option<Entities>, Error> {
        let Some(watch) = &mut self.watch else {
            return Ok(None);
        };
        while let Some(Updates {
            filter,
            version,
            loading,
        }) = &mut watch.updates
        {
            let set = match client.wait_for_updates(filter, version, UP_TO_NOW).await {
                Ok(Some(set)) => set,
                Ok(None) => break,
                Err(error) if is_unsupported(&error) => {
                    announce_whole_reads();
                    watch.updates = None;
                    break;
                }
                Err(error) => return Err(error),
            };
            let entities = if let Some(loading) = loading {
                loading
            } else {
                self.has_changed |= !set.updates.is_empty();
                &mut self.entities
            };
            for update in set.updates {
                records::update(entities, update);
            }
            *version = set.version;
            if !set.truncated {
                break;
            }
        }
        Ok(watch
            .updates
            .as_mut()
            .and_then(|updates| updates.loading.take()))
    }

    /// Best effort: what is not ended here ends with the session.
    async fn stop_watch(&mut self, client: &Client) {
        if let Some(Watch { view, updates, .. }) = self.watch.take() {
            if let Some(updates) = updates {
                let _ = client.destroy_filter(updates.filter).await;
            }
            let _ = client.destroy_view(view).await;
        }
    }

    async fn read_all(&self, client: &Client) -> Result<Entities, Error> {
        let mut entities = Entities::new();
        let Some(watch) = &self.watch else {
            return Ok(entities);
        };
        let mut retrieval = client.retrieve_properties(spec(&watch.view), Some(PAGE_OBJECTS));
        while let Some(page) = retrieval.next_page().await? {
            for object in page {
                records::insert(&mut entities, object);
            }
        }
        Ok(entities)
    }

    /// Takes a whole read. One without any VM is read once more before it is believed.
    async fn replace(
        &mut self,
        client: &Client,
        mut entities: Entities,
        now: Timestamp,
    ) -> Result<Arc<Inventory>, Error> {
        let had_vms = self
            .current
            .as_ref()
            .is_some_and(|current| !current.vms().is_empty());
        if entities.has_no_vms() && had_vms {
            tracing::warn!("vCenter shows no VM any more; reading the inventory again");
            entities = self.read_all(client).await?;
        }
        self.entities = entities;
        Ok(self.publish(now))
    }

    fn publish(&mut self, taken_at: Timestamp) -> Arc<Inventory> {
        let inventory = Arc::new(self.entities.resolve(&self.filter, taken_at));
        self.current = Some(Arc::clone(&inventory));
        self.has_changed = false;
        inventory
    }

    fn is_old(&self, inventory: &Inventory, now: Timestamp) -> bool {
        let age = Duration::try_from(now.duration_since(inventory.taken_at()));
        age.is_ok_and(|age| age >= self.time_to_live)
    }
}

async fn start_watch(client: &Client) -> Result<Watch, Error> {
    let session = client.session().await?;
    let root = &session.content().root_folder;
    let view = client
        .create_container_view(root, &records::KINDS, true)
        .await?;
    let updates = start_updates(client, &view).await?;
    Ok(Watch {
        session_id: view.session_id(),
        view,
        updates,
    })
}

async fn start_updates(client: &Client, view: &ContainerView) -> Result<Option<Updates>, Error> {
    match client.create_filter(spec(view)).await {
        Ok(filter) => Ok(Some(Updates {
            filter,
            version: UpdateVersion::initial(),
            loading: Some(Entities::new()),
        })),
        Err(error) if is_unsupported(&error) => {
            announce_whole_reads();
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn spec(view: &ContainerView) -> PropertyFilterSpec {
    PropertyFilterSpec {
        properties: records::properties(),
        objects: ObjectSelection::View(view.clone()),
    }
}

fn announce_whole_reads() {
    tracing::info!(
        "this server reports no changes; the inventory is read as a whole every VM_INVENTORY_TTL"
    );
}

fn is_unsupported(error: &Error) -> bool {
    matches!(
        error.fault().map(|fault| &fault.kind),
        Some(FaultKind::MethodNotFound { .. })
    )
}

/// The server no longer knows the version of the updates that we took last.
fn is_forgotten(error: &Error) -> bool {
    matches!(
        error.fault().map(|fault| &fault.kind),
        Some(FaultKind::InvalidCollectorVersion)
    )
}
