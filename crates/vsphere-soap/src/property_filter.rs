//! Property filters, and the changes that they report.

use std::num::NonZeroU32;

use crate::fault::Fault;
use crate::moref::MoRef;
use crate::property_collector::{MissingProperty, PropertyValue};
use crate::session::collector_claim::CollectorClaim;
use crate::session::owner::Owner;
use crate::unreadable_objects::UnreadableObjects;

/// A property filter. It belongs to the session and the client that made it: any other client refuses it with
/// [`Error::ForeignHandle`](crate::Error::ForeignHandle).
///
/// While it exists, the server keeps track of every change to its objects. Dropping it leaves it on
/// the server until [`Client::destroy_filter`](crate::Client::destroy_filter) or the end of the
/// session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyFilter {
    moref: MoRef,
    owner: Owner,
    collector: FilterCollector,
}

/// The property collector that a filter is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FilterCollector {
    /// The one that comes with the session, until the claim is released.
    OfSession(CollectorClaim),
    /// One made for this filter alone.
    OfFilter(MoRef),
}

impl FilterCollector {
    /// The collector's reference, given that of the session's own collector.
    pub(crate) fn moref<'a>(&'a self, of_session: &'a MoRef) -> &'a MoRef {
        match self {
            Self::OfSession(_) => of_session,
            Self::OfFilter(collector) => collector,
        }
    }
}

impl PropertyFilter {
    pub(crate) fn new(moref: MoRef, owner: Owner, collector: FilterCollector) -> Self {
        Self {
            moref,
            owner,
            collector,
        }
    }

    /// The reference of the filter.
    pub fn moref(&self) -> &MoRef {
        &self.moref
    }

    /// The [`Session::id`](crate::Session::id) of the session that owns the filter.
    pub fn session_id(&self) -> u64 {
        self.owner.session_id()
    }

    pub(crate) fn owner(&self) -> Owner {
        self.owner
    }

    pub(crate) fn collector(&self) -> &FilterCollector {
        &self.collector
    }
}

/// How long [`Client::wait_for_updates`](crate::Client::wait_for_updates) may wait, and for how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitOptions {
    /// Seconds that the server waits for a change if there is none. 0 asks for the changes up to now. With `None` the
    /// server may wait for ever, until [`request_timeout`](crate::ClientConfig::request_timeout) ends the call with an
    /// error.
    pub max_wait_seconds: Option<u32>,
    /// Most objects in one answer. The server may send fewer. Without a number, vCenter sends at most 100.
    pub max_object_updates: Option<NonZeroU32>,
}

/// A state of the objects, as the server numbers them. It is opaque, and valid in its session and for its filter only.
///
/// The version of a complete [`UpdateSet`] may be passed again, to get the same changes once more. The version of a
/// truncated one is valid for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateVersion(Box<str>);

impl UpdateVersion {
    /// The version before any: asking with it reports every object with all its properties.
    pub fn initial() -> Self {
        Self("".into())
    }

    pub(crate) fn new(text: Box<str>) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What has changed for one filter since an [`UpdateVersion`].
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateSet {
    /// The version to ask with next.
    pub version: UpdateVersion,
    /// Whether the server has more changes to report at once.
    pub truncated: bool,
    /// The objects that changed. May be empty, because the version also changes for other reasons.
    pub updates: Vec<ObjectUpdate>,
    /// Objects named by the filter that are gone or out of reach, the view among them.
    pub missing_objects: Vec<MissingObject>,
}

/// A changed object.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct ObjectUpdate {
    /// The object.
    pub obj: MoRef,
    /// What happened to it, seen from the filter.
    pub kind: ObjectUpdateKind,
    /// Its properties that changed; on [`Enter`](ObjectUpdateKind::Enter) all that were asked for, on
    /// [`Leave`](ObjectUpdateKind::Leave) none.
    pub changes: Vec<PropertyChange>,
    /// Properties that cannot be read.
    pub missing: Vec<MissingProperty>,
}

/// What happened to an object, seen from a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectUpdateKind {
    /// It is new to the filter.
    Enter,
    /// Some of its properties changed. Unknown words of the server count as this.
    Modify,
    /// It was deleted, or the filter or the user no longer sees it.
    Leave,
}

/// A changed property.
#[derive(Debug, Clone, PartialEq, Hash)]
pub struct PropertyChange {
    /// The path asked for; with a key in brackets where the change is to one element of an array.
    pub name: Box<str>,
    /// What happened to it.
    pub op: PropertyChangeOp,
    /// The new value. `None`: the property is unset now, or the element is gone.
    pub value: Option<PropertyValue>,
}

/// What happened to a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PropertyChangeOp {
    /// It has a new value, or no value any more. Unknown words of the server count as this.
    Assign,
    /// An element was added to an array.
    Add,
    /// An element was removed from an array.
    Remove,
    /// It went away with the structure that it was part of.
    IndirectRemove,
}

/// An object that a filter names and the server cannot report on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingObject {
    /// The object.
    pub obj: MoRef,
    /// Why not: mostly `ManagedObjectNotFound`.
    pub fault: Fault,
}

/// The changes for all filters of a property collector.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectorUpdates {
    /// The version to ask with next.
    pub version: UpdateVersion,
    /// Whether the server has more changes to report at once.
    pub truncated: bool,
    /// The filters for which something changed.
    pub filters: Vec<FilterUpdate>,
}

impl CollectorUpdates {
    /// Whether the server promises more changes but reports none, or repeats the version `asked`.
    pub(crate) fn is_no_progress(&self, asked: &UpdateVersion) -> bool {
        let is_empty =
            |filter: &FilterUpdate| filter.updates.is_empty() && filter.missing_objects.is_empty();
        self.truncated && (self.version == *asked || self.filters.iter().all(is_empty))
    }

    /// The fault that shows a dead session: a refusal as not authenticated, in an answer without a single value.
    pub(crate) fn unauthenticated_fault(&self) -> Option<&Fault> {
        let updates = || self.filters.iter().flat_map(|filter| &filter.updates);
        let mut changes = updates().flat_map(|update| &update.changes);
        if changes.any(|change| change.value.is_some()) {
            return None;
        }
        let properties = updates().flat_map(|update| &update.missing);
        let objects = self.filters.iter().flat_map(|it| &it.missing_objects);
        properties
            .map(|missing| &missing.fault)
            .chain(objects.map(|missing| &missing.fault))
            .find(|fault| fault.is_not_authenticated())
    }

    /// The part about one filter.
    pub(crate) fn of_filter(self, filter: &MoRef) -> UpdateSet {
        let mut set = UpdateSet {
            version: self.version,
            truncated: self.truncated,
            updates: Vec::new(),
            missing_objects: Vec::new(),
        };
        for update in self.filters {
            if update.filter.value() == filter.value() {
                set.updates.extend(update.updates);
                set.missing_objects.extend(update.missing_objects);
            }
        }
        set
    }
}

/// The changes for one filter of a property collector.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterUpdate {
    /// The filter.
    pub filter: MoRef,
    /// The objects that changed.
    pub updates: Vec<ObjectUpdate>,
    /// Objects named by the filter that are gone or out of reach.
    pub missing_objects: Vec<MissingObject>,
    /// Objects that were left out.
    pub unreadable: UnreadableObjects,
}
