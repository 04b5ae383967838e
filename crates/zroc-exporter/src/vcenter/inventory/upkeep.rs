//! The objects as they are known, and the inventory made of them. No I/O and no clock.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::reason::Reason;
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullReadStamp, Inventory};
use vsphere_soap::{ObjectContent, ObjectUpdate};

use super::super::bounds::Bounds;
use super::super::details::Wanted;
use super::super::error::CollectError;
use super::super::moment::Moment;
use super::full_read::{FullRead, Purpose};
use super::health::Health;
use super::notices;
use super::objects::Objects;
use super::standing::{Published, Standing};

/// The share of `VM_INVENTORY_TTL` after which all objects are read again while the server fails to report changes.
const SHARE_WITHOUT_REPORTS: u32 = 4;

/// What is known of vCenter's objects, from one refresh to the next.
#[derive(Debug)]
pub(super) struct Upkeep {
    filter: Filter,
    time_to_live: Duration,
    bounds: Bounds,
    wanted: Wanted,
    /// Whether objects are known that were read when other attributes were wanted.
    is_outdated: bool,
    /// The objects as reports and reads have left them.
    objects: Objects,
    reports: Reports,
    read: Option<FullRead>,
    standing: Standing,
    health: Health,
    /// Objects that the last read showed otherwise than reports had done. The next report has to explain them.
    unexplained: HashSet<Box<str>>,
    /// How often in a row the server has failed to report.
    failed_reports: u32,
    /// Whether the filter no longer reports what it should.
    is_filter_broken: bool,
}

/// What the server reports.
#[derive(Debug)]
enum Reports {
    /// All objects, in parts. These are those so far.
    Listing(Box<Objects>),
    /// Changes to the objects that are known.
    Following,
    /// Nothing: only reads find changes.
    Unsupported,
}

impl Upkeep {
    pub(super) fn new(filter: Filter, time_to_live: Duration, bounds: Bounds) -> Self {
        Self {
            filter,
            time_to_live,
            bounds,
            wanted: Wanted::default(),
            is_outdated: false,
            objects: Objects::default(),
            reports: Reports::Listing(Box::default()),
            read: None,
            standing: Standing::Unpublished,
            health: Health::default(),
            unexplained: HashSet::new(),
            failed_reports: 0,
            is_filter_broken: false,
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

    /// Keeps these attributes of VMs from now on. What is known already is read again.
    pub(super) fn want(&mut self, wanted: Wanted) {
        if wanted == self.wanted {
            return;
        }
        self.wanted = wanted;
        let has_listed = match &self.reports {
            Reports::Listing(listed) => listed.entities().count() > 0,
            Reports::Following | Reports::Unsupported => true,
        };
        if let Some(read) = &mut self.read {
            read.outdate();
        }
        self.is_outdated |= has_listed || self.read.is_some() || self.current().is_some();
    }

    /// The next reports will list all objects. A read under way is lost.
    pub(super) fn start_over(&mut self) {
        self.reports = Reports::Listing(Box::default());
        self.read = None;
        self.unexplained.clear();
        self.is_filter_broken = false;
    }

    /// Whether the server is to make another filter.
    pub(super) fn is_filter_broken(&self) -> bool {
        self.is_filter_broken
    }

    /// The server has reported all changes up to now.
    pub(super) fn reports_complete(&mut self) {
        self.failed_reports = 0;
        let unexplained = std::mem::take(&mut self.unexplained).len();
        if unexplained > 0 {
            notices::reports_missed_changes(unexplained);
            self.is_filter_broken = true;
        }
    }

    /// The server has failed to report. After some failures another filter may do better.
    pub(super) fn report_failed(&mut self) {
        const MOST_FAILURES: u32 = 3;
        self.failed_reports += 1;
        self.is_filter_broken |= self.failed_reports.is_multiple_of(MOST_FAILURES);
    }

    /// Notes how a refresh ended.
    pub(super) fn note(&mut self, health: Health) {
        self.health = health;
    }

    /// What is wrong with the published inventory.
    pub(super) fn trouble(&self, now: Moment) -> Option<Reason> {
        let age = self.standing.age(now)?;
        self.health.trouble(age, self.time_to_live)
    }

    /// Gives up an inventory that has grown beyond bounds. The published one stays.
    pub(super) fn give_up(&mut self) {
        self.start_over();
        self.objects = Objects::default();
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
            listed.update(objects, &self.wanted);
            listed.check(self.bounds)?;
        }
        Ok(())
    }

    /// The list of all objects is complete.
    pub(super) fn complete_list(&mut self) {
        if let Reports::Listing(listed) = &mut self.reports {
            self.objects = std::mem::take(&mut **listed);
            self.reports = Reports::Following;
            self.standing.change(self.has_no_vms());
        }
    }

    /// Takes changes to objects.
    pub(super) fn change(&mut self, objects: Vec<ObjectUpdate>) -> Result<(), CollectError> {
        if objects.is_empty() {
            return Ok(());
        }
        self.note_changes(&objects)?;
        for object in &objects {
            self.unexplained.remove(object.obj.value());
        }
        self.objects.update(objects, &self.wanted);
        self.standing.change(self.has_no_vms());
        self.objects.check(self.bounds)
    }

    /// Whether to read all objects now: because a read is under way or due, because all VMs have disappeared, or because
    /// other attributes are wanted. Without reports, a read is due sooner.
    pub(super) fn wants_read(&self, now: Moment) -> bool {
        let time_to_live = match self.failed_reports {
            0 => self.time_to_live,
            _ => self.time_to_live / SHARE_WITHOUT_REPORTS,
        };
        let is_due = || self.standing.is_due(now, time_to_live);
        self.read.is_some() || self.is_emptied() || self.is_outdated || is_due()
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
        read.page(objects, self.bounds, &self.wanted)
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
        self.is_outdated &= read.is_outdated();
        let reported: &Objects = match &self.reports {
            Reports::Listing(listed) => listed,
            Reports::Following | Reports::Unsupported => &self.objects,
        };
        if matches!(self.reports, Reports::Following) {
            self.unexplained = read.unreported(reported);
        }
        self.objects = read.finish(reported);
        self.standing.change(self.has_no_vms());
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

    fn has_no_vms(&self) -> bool {
        self.objects.entities().has_no_vms()
    }

    fn resolve(&mut self, read_at: Moment, whole_reads: u64) -> Arc<Inventory> {
        let full_read = FullReadStamp {
            number: whole_reads,
            at: read_at.timestamp,
        };
        let inventory = Arc::new(self.objects.entities().resolve(&self.filter, full_read));
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
        self.bounds.check_objects(read.changed())
    }
}
