//! A read of the whole inventory, page by page and as many cycles long as it takes.

use std::collections::HashSet;

use planner_core::inventory::entities::Entities;
use vsphere_soap::{
    Client, Error, FaultKind, ObjectContent, ObjectUpdate, PropertyFilterSpec, Retrieval,
};

use super::error::CollectError;
use super::inventory::{PAGE_OBJECTS, within_bounds};
use super::pending::Pending;
use super::records;

/// A whole read under way.
///
/// While it lasts, changes are reported too, and a page may be older or newer than a report. An object of which changes
/// were reported is therefore taken from the inventory that follows the reports, any other from the pages.
#[derive(Debug)]
pub(super) struct Resync {
    spec: PropertyFilterSpec,
    page: Pending<Page>,
    read: Entities,
    /// Objects of which changes were reported since it began.
    changed: HashSet<Box<str>>,
    may_start_over: bool,
    /// Whether it is to confirm that there are no VMs any more.
    pub(super) confirms_emptiness: bool,
}

/// Objects, and the retrieval that they are of; none after the last page.
type Page = Result<Option<(Vec<ObjectContent>, Retrieval)>, Error>;

impl Resync {
    pub(super) fn start(
        client: &Client,
        spec: PropertyFilterSpec,
        confirms_emptiness: bool,
    ) -> Self {
        Self {
            page: first_page(client, &spec),
            spec,
            read: Entities::new(),
            changed: HashSet::new(),
            may_start_over: true,
            confirms_emptiness,
        }
    }

    pub(super) fn note_change(&mut self, update: &ObjectUpdate) {
        self.changed.insert(update.obj.value().into());
    }

    /// Of how many objects changes were reported.
    pub(super) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Reads on to the end. A call that is dropped on the way loses nothing.
    ///
    /// A VM that is deleted meanwhile may make vCenter refuse the whole retrieval, which is then begun once more.
    pub(super) async fn read_on(&mut self, client: &Client) -> Result<(), CollectError> {
        loop {
            match self.page.answer().await {
                Ok(Some((objects, retrieval))) => {
                    self.page = Pending::start(next_page(retrieval));
                    for object in objects {
                        records::insert(&mut self.read, object);
                    }
                    within_bounds(self.read.count())?;
                }
                Ok(None) => return Ok(()),
                Err(error) if self.may_start_over && is_of_gone_object(&error) => {
                    self.may_start_over = false;
                    self.read = Entities::new();
                    self.page = first_page(client, &self.spec);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The objects as they are now, given those kept by reports of changes.
    pub(super) fn finish(self, followed: &Entities) -> Entities {
        let mut entities = self.read;
        for object in &self.changed {
            entities.copy_from(followed, object);
        }
        entities
    }
}

fn first_page(client: &Client, spec: &PropertyFilterSpec) -> Pending<Page> {
    let retrieval = client.retrieve_properties(spec.clone(), Some(PAGE_OBJECTS));
    Pending::start(next_page(retrieval))
}

async fn next_page(mut retrieval: Retrieval) -> Page {
    let objects = retrieval.next_page().await?;
    Ok(objects.map(|objects| (objects, retrieval)))
}

fn is_of_gone_object(error: &Error) -> bool {
    matches!(
        error.fault().map(|fault| &fault.kind),
        Some(FaultKind::ManagedObjectNotFound { .. })
    )
}
