//! The inventory, kept current: read as a whole now and then, and by changes in between.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::inventory::entities::Entities;
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullRead, Inventory};
use vsphere_soap::{
    Client, ContainerView, Error, FaultKind, ObjectSelection, PropertyFilter, PropertyFilterSpec,
    UpdateSet, UpdateVersion, WaitOptions,
};

use super::error::CollectError;
use super::pending::Pending;
use super::records;
use super::resync::Resync;
use crate::error_chain::with_causes;
use crate::settings::CollectionSettings;

/// Objects per answer. vCenter may send fewer.
pub(super) const PAGE_OBJECTS: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// Some times as many as the largest vCenters have. One that tells of more is not to be believed, and would fill the memory.
pub(super) const MOST_OBJECTS: usize = 250_000;

/// What has changed up to now, without waiting.
const UP_TO_NOW: WaitOptions = WaitOptions {
    max_wait_seconds: Some(0),
    max_object_updates: Some(PAGE_OBJECTS),
};

/// The share of `CYCLE_TIMEOUT` for bringing an inventory up to date that is there already. The rest is for samples.
const SHARE_OF_CYCLE: u32 = 4;

/// The inventory as this exporter knows it.
///
/// A look that is cut off keeps what it has read, and the next one goes on from there.
#[derive(Debug)]
pub(super) struct LiveInventory {
    filter: Filter,
    time_to_live: Duration,
    patience: Duration,
    /// The objects as reports of changes have left them.
    entities: Entities,
    /// Whether `entities` has changed since `current` was made of it.
    has_changed: bool,
    current: Option<Arc<Inventory>>,
    full_reads: u64,
    watch: Option<Watch>,
    resync: Option<Resync>,
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
    /// The question for what is newer than `version`, once it is asked.
    question: Option<Pending<Result<Option<UpdateSet>, Error>>>,
    /// Objects read so far, until the first report of all of them is complete.
    loading: Option<Entities>,
}

impl LiveInventory {
    pub(super) fn new(settings: &CollectionSettings) -> Self {
        Self {
            filter: settings.filter.clone(),
            time_to_live: settings.inventory_ttl,
            patience: settings.cycle_timeout / SHARE_OF_CYCLE,
            entities: Entities::new(),
            has_changed: false,
            current: None,
            full_reads: 0,
            watch: None,
            resync: None,
        }
    }

    /// The inventory of the last look.
    pub(super) fn current(&self) -> Option<Arc<Inventory>> {
        self.current.clone()
    }

    /// Looks for changes, and reads everything when that is due.
    ///
    /// When the server has dropped what it kept for us, with the session or without, the look starts once more. Where
    /// there is an inventory already, other failures and slow answers only delay what is new: it is asked for again in
    /// the next cycle.
    pub(super) async fn refresh(
        &mut self,
        client: &Client,
        now: Timestamp,
    ) -> Result<Arc<Inventory>, CollectError> {
        match self.look(client, now).await {
            Err(error) if is_lost(&error) => {
                self.stop_watch(client).await;
                self.look(client, now).await?;
            }
            result => result?,
        }
        match &self.current {
            Some(current) if !self.has_changed || self.is_suspiciously_empty() => {
                Ok(Arc::clone(current))
            }
            current => {
                let full_read = current.as_ref().map(|current| current.full_read());
                let full_read = full_read.unwrap_or(FullRead { number: 0, at: now });
                Ok(self.publish(full_read))
            }
        }
    }

    async fn look(&mut self, client: &Client, now: Timestamp) -> Result<(), CollectError> {
        let session_id = client.session().await?.id();
        if self
            .watch
            .as_ref()
            .is_none_or(|watch| watch.session_id != session_id)
        {
            self.resync = None;
            self.watch = Some(start_watch(client).await?);
        }
        let caught_up = if self.current.is_none() {
            Ok(self.catch_up(client, now).await)
        } else {
            tokio::time::timeout(self.patience, self.catch_up(client, now)).await
        };
        if caught_up
            .as_ref()
            .is_ok_and(|caught_up| caught_up.as_ref().is_err_and(is_too_much))
        {
            self.stop_watch(client).await;
        }
        match caught_up {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) if self.current.is_none() || is_lost(&error) => Err(error),
            Ok(Err(error)) => {
                let reason = with_causes(&error);
                tracing::warn!(
                    reason,
                    "the inventory could not be brought up to date; the next cycle tries again"
                );
                Ok(())
            }
            Err(_) => {
                tracing::info!("reading the inventory takes long; the next cycle goes on with it");
                Ok(())
            }
        }
    }

    /// A server that tells no changes, for whatever reason, is still read as a whole when that is due.
    async fn catch_up(&mut self, client: &Client, now: Timestamp) -> Result<(), CollectError> {
        let failure = match self.take_updates(client).await {
            Ok(Some(entities)) => {
                self.entities = entities;
                self.has_changed = true;
                if !self.is_suspiciously_empty() {
                    self.publish_full_read(now);
                    return Ok(());
                }
                None
            }
            Ok(None) => None,
            Err(error) if is_lost(&error) || is_too_much(&error) => return Err(error),
            Err(error) => Some(error),
        };
        if self.is_due(now) || self.resync.is_some() || self.is_suspiciously_empty() {
            self.read_all(client, now).await?;
        }
        failure.map_or(Ok(()), Err)
    }

    /// Asks for updates until there are no more. Returns all objects when this was the first report of them.
    ///
    /// The answer to a question of an earlier cycle may not have the latest changes; they show in the next one.
    async fn take_updates(&mut self, client: &Client) -> Result<Option<Entities>, CollectError> {
        let Some(watch) = &mut self.watch else {
            return Ok(None);
        };
        while let Some(updates) = &mut watch.updates {
            let answer = updates.answer(client).await;
            updates.question = None;
            let set = match answer {
                Ok(set) => set,
                Err(error) if is_unsupported(&error) => {
                    announce_whole_reads();
                    watch.updates = None;
                    break;
                }
                Err(error) => return Err(error.into()),
            };
            let is_all = set.as_ref().is_none_or(|set| !set.truncated);
            if let Some(set) = set {
                updates.version = set.version;
                let entities = if let Some(loading) = &mut updates.loading {
                    loading
                } else {
                    self.has_changed |= !set.updates.is_empty();
                    &mut self.entities
                };
                for update in set.updates {
                    if let Some(resync) = &mut self.resync {
                        resync.note_change(&update);
                    }
                    records::update(entities, update);
                }
                let changed = self.resync.as_ref().map_or(0, Resync::changed);
                within_bounds(entities.count().max(changed))?;
            }
            if is_all {
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
        self.resync = None;
        if let Some(Watch { view, updates, .. }) = self.watch.take() {
            if let Some(updates) = updates {
                let _ = client.destroy_filter(updates.filter).await;
            }
            let _ = client.destroy_view(view).await;
        }
    }

    /// Reads all objects, or what is left of them to read. When no VM is there any more, all is read once more before it
    /// is believed.
    async fn read_all(&mut self, client: &Client, now: Timestamp) -> Result<(), CollectError> {
        let Some(watch) = &self.watch else {
            return Ok(());
        };
        let spec = spec(&watch.view);
        loop {
            let is_suspicious = self.is_suspiciously_empty();
            let start = || {
                if is_suspicious {
                    tracing::warn!("vCenter shows no VM any more; reading the inventory again");
                }
                Resync::start(client, spec.clone(), is_suspicious)
            };
            let resync = self.resync.get_or_insert_with(start);
            if let Err(error) = resync.read_on(client).await {
                self.resync = None;
                return Err(error);
            }
            let confirms_emptiness = resync.confirms_emptiness;
            if let Some(resync) = self.resync.take() {
                self.entities = resync.finish(&self.entities);
                self.has_changed = true;
            }
            if confirms_emptiness || !self.is_suspiciously_empty() {
                self.publish_full_read(now);
                return Ok(());
            }
        }
    }

    fn publish_full_read(&mut self, at: Timestamp) {
        self.full_reads += 1;
        let number = self.full_reads;
        self.publish(FullRead { number, at });
    }

    fn publish(&mut self, full_read: FullRead) -> Arc<Inventory> {
        let inventory = Arc::new(self.entities.resolve(&self.filter, full_read));
        if inventory.vms().is_empty() && (self.current.is_none() || self.has_vms()) {
            tracing::warn!(
                "vCenter shows this account no VM; if there should be some, give VCENTER_USER the Read-only role at the \
                 vCenter root, propagated to children"
            );
        }
        self.current = Some(Arc::clone(&inventory));
        self.has_changed = false;
        inventory
    }

    fn has_vms(&self) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|current| !current.vms().is_empty())
    }

    /// All VMs have gone at once, and nobody has read that again yet.
    fn is_suspiciously_empty(&self) -> bool {
        self.has_changed && self.entities.has_no_vms() && self.has_vms()
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let current = self.current.as_ref();
        current.is_none_or(|current| self.is_old(current, now))
    }

    fn is_old(&self, inventory: &Inventory, now: Timestamp) -> bool {
        let age = Duration::try_from(now.duration_since(inventory.full_read().at));
        age.is_ok_and(|age| age >= self.time_to_live)
    }
}

impl Updates {
    /// The answer to the question for what is new, which is asked unless it is under way.
    async fn answer(&mut self, client: &Client) -> Result<Option<UpdateSet>, Error> {
        let ask = || {
            let (client, filter, version) =
                (client.clone(), self.filter.clone(), self.version.clone());
            Pending::start(
                async move { client.wait_for_updates(&filter, &version, UP_TO_NOW).await },
            )
        };
        self.question.get_or_insert_with(ask).answer().await
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
            question: None,
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
        properties: Vec::from(records::PROPERTIES),
        objects: ObjectSelection::View(view.clone()),
    }
}

fn announce_whole_reads() {
    tracing::info!(
        "this server reports no changes; the inventory is read as a whole every VM_INVENTORY_TTL"
    );
}

/// Whether that many objects are still an inventory.
pub(super) fn within_bounds(objects: usize) -> Result<(), CollectError> {
    if objects <= MOST_OBJECTS {
        return Ok(());
    }
    Err(CollectError::TooManyObjects {
        limit: MOST_OBJECTS,
    })
}

fn is_too_much(error: &CollectError) -> bool {
    matches!(error, CollectError::TooManyObjects { .. })
}

/// The server knows no updates, or refuses them to every session that we make.
fn is_unsupported(error: &Error) -> bool {
    error.fault().is_some_and(|fault| {
        matches!(fault.kind, FaultKind::MethodNotFound { .. }) || fault.is_not_authenticated()
    })
}

/// The server has dropped what it kept for us, or no longer knows the version of the updates that we took last.
fn is_lost(error: &CollectError) -> bool {
    let is_forgotten = || {
        matches!(
            error.fault().map(|fault| &fault.kind),
            Some(FaultKind::InvalidCollectorVersion)
        )
    };
    error.is_session_lost() || is_forgotten()
}
