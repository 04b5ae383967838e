//! The objects as they are known, and the inventory made of them. No I/O and no clock.

use std::sync::Arc;
use std::time::Duration;

use planner_core::inventory::entities::Entities;
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullReadStamp, Inventory};
use vsphere_soap::{ObjectContent, ObjectUpdate};

use super::super::bounds::within_bounds;
use super::super::error::CollectError;
use super::super::moment::Moment;
use super::super::records;
use super::full_read::{FullRead, Purpose};
use super::notices;
use super::standing::{Published, Standing};

/// What is known of vCenter's objects, from one refresh to the next.
#[derive(Debug)]
pub(super) struct Upkeep {
    filter: Filter,
    time_to_live: Duration,
    most_objects: usize,
    /// The objects as reports and reads have left them.
    entities: Entities,
    reports: Reports,
    read: Option<FullRead>,
    standing: Standing,
}

/// What the server reports.
#[derive(Debug)]
enum Reports {
    /// All objects, in parts. These are those so far.
    Listing(Entities),
    /// Changes to the objects that are known.
    Following,
    /// Nothing: only reads find changes.
    Unsupported,
}

impl Upkeep {
    pub(super) fn new(filter: Filter, time_to_live: Duration, most_objects: usize) -> Self {
        Self {
            filter,
            time_to_live,
            most_objects,
            entities: Entities::new(),
            reports: Reports::Listing(Entities::new()),
            read: None,
            standing: Standing::Unpublished,
        }
    }

    /// The inventory published last.
    pub(super) fn current(&self) -> Option<Arc<Inventory>> {
        let published = self.standing.published();
        published.map(|it| Arc::clone(&it.inventory))
    }

    /// How many of the inventories were read as a whole.
    pub(super) fn whole_reads(&self) -> u64 {
        self.standing.published().map_or(0, |it| it.whole_reads)
    }

    /// The next reports will list all objects. A read under way is lost.
    pub(super) fn start_over(&mut self) {
        self.reports = Reports::Listing(Entities::new());
        self.read = None;
    }

    /// Gives up an inventory that has grown beyond bounds. The published one stays.
    pub(super) fn give_up(&mut self) {
        self.start_over();
        self.entities = Entities::new();
        self.standing.forget_changes();
    }

    pub(super) fn stop_reports(&mut self) {
        if !matches!(self.reports, Reports::Unsupported) {
            notices::no_reports();
            self.reports = Reports::Unsupported;
        }
    }

    /// Takes a part of the list of all objects.
    pub(super) fn list(&mut self, objects: Vec<ObjectUpdate>) -> Result<(), CollectError> {
        self.note_changes(&objects)?;
        if let Reports::Listing(listed) = &mut self.reports {
            apply(listed, objects, self.most_objects)?;
        }
        Ok(())
    }

    /// The list of all objects is complete.
    pub(super) fn complete_list(&mut self) {
        if let Reports::Listing(listed) = &mut self.reports {
            self.entities = std::mem::take(listed);
            self.reports = Reports::Following;
            self.standing.change(self.entities.has_no_vms());
        }
    }

    /// Takes changes to objects.
    pub(super) fn change(&mut self, objects: Vec<ObjectUpdate>) -> Result<(), CollectError> {
        if objects.is_empty() {
            return Ok(());
        }
        self.note_changes(&objects)?;
        let result = apply(&mut self.entities, objects, self.most_objects);
        self.standing.change(self.entities.has_no_vms());
        result
    }

    /// Whether to read all objects now: because a read is under way or due, or because all VMs have disappeared.
    pub(super) fn wants_read(&self, now: Moment) -> bool {
        let is_due = || self.standing.is_due(now, self.time_to_live);
        self.read.is_some() || self.is_emptied() || is_due()
    }

    /// Begins a read, unless one is under way.
    pub(super) fn begin_read(&mut self) {
        if self.read.is_some() {
            return;
        }
        let purpose = if self.is_emptied() {
            notices::suspiciously_empty();
            Purpose::ConfirmEmptiness
        } else {
            Purpose::Refresh
        };
        self.read = Some(FullRead::new(purpose));
    }

    pub(super) fn page(&mut self, objects: Vec<ObjectContent>) -> Result<(), CollectError> {
        let Some(read) = &mut self.read else {
            return Ok(());
        };
        read.page(objects);
        within_bounds(read.count(), self.most_objects)
    }

    pub(super) fn restart_read(&mut self) {
        if let Some(read) = &mut self.read {
            read.restart();
        }
    }

    pub(super) fn give_up_read(&mut self) {
        self.read = None;
    }

    /// Takes over the objects of the read. Returns whether they can be published: only a read that began after all VMs
    /// had disappeared confirms that.
    pub(super) fn complete_read(&mut self) -> bool {
        let Some(read) = self.read.take() else {
            return false;
        };
        let purpose = read.purpose;
        let reported = match &self.reports {
            Reports::Listing(listed) => listed,
            Reports::Following | Reports::Unsupported => &self.entities,
        };
        self.entities = read.finish(reported);
        self.standing.change(self.entities.has_no_vms());
        purpose == Purpose::ConfirmEmptiness || !self.is_emptied()
    }

    /// Whether all VMs have disappeared at once, which nothing has confirmed yet.
    pub(super) fn is_emptied(&self) -> bool {
        self.standing.is_emptied()
    }

    /// Publishes the objects, which were all read at `now`.
    pub(super) fn publish_whole(&mut self, now: Moment) {
        self.resolve(now, self.whole_reads().saturating_add(1));
    }

    /// The inventory, with the changes since it was published unless they still need to be confirmed.
    pub(super) fn publish(&mut self, now: Moment) -> Arc<Inventory> {
        match &self.standing {
            Standing::UpToDate(it) | Standing::Emptied(it) => Arc::clone(&it.inventory),
            Standing::Outdated(it) => self.resolve(it.read_at, it.whole_reads),
            Standing::Unpublished => self.resolve(now, 0),
        }
    }

    fn resolve(&mut self, read_at: Moment, whole_reads: u64) -> Arc<Inventory> {
        let full_read = FullReadStamp {
            number: whole_reads,
            at: read_at.timestamp,
        };
        let inventory = Arc::new(self.entities.resolve(&self.filter, full_read));
        let before = self.standing.published();
        if inventory.vms().is_empty() && before.is_none_or(Published::has_vms) {
            notices::empty();
        }
        self.standing = Standing::UpToDate(Published {
            inventory: Arc::clone(&inventory),
            read_at,
            whole_reads,
        });
        inventory
    }

    /// A read under way must not take these objects from its pages.
    fn note_changes(&mut self, objects: &[ObjectUpdate]) -> Result<(), CollectError> {
        let Some(read) = &mut self.read else {
            return Ok(());
        };
        read.note_changes(objects);
        within_bounds(read.count(), self.most_objects)
    }
}

fn apply(
    entities: &mut Entities,
    objects: Vec<ObjectUpdate>,
    most_objects: usize,
) -> Result<(), CollectError> {
    for object in objects {
        records::update(entities, object);
    }
    within_bounds(entities.count(), most_objects)
}
