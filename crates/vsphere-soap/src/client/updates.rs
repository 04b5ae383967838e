//! Property filters: changes instead of whole retrievals.

use std::sync::Arc;
use std::time::Duration;

use super::Client;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::property_collector::{ObjectSelection, PropertyFilterSpec};
use crate::property_filter::{
    CollectorUpdates, FilterCollector, PropertyFilter, UpdateSet, UpdateVersion, WaitOptions,
};
use crate::request::Request;
use crate::session::Session;
use crate::session::owner::Owner;

impl Client {
    /// Makes the server keep track of changes to these objects, for
    /// [`wait_for_updates`](Self::wait_for_updates). One call, or two while the session has another filter.
    ///
    /// The filter ends with the session or at [`destroy_filter`](Self::destroy_filter). A session can have several
    /// filters at once, and each reports all its own changes: the first one uses the session's own property collector,
    /// and each further one gets a collector of its own. A dropped call, or one whose answer is lost, may leave a filter on
    /// the server until the session ends; that one counts as a filter here.
    ///
    /// # Errors
    /// Any failure of the call; [`Error::SessionLost`] when the view to watch is gone; [`Error::ForeignHandle`] when
    /// another client made it.
    pub async fn create_filter(&self, spec: PropertyFilterSpec) -> Result<PropertyFilter, Error> {
        match &spec.objects {
            ObjectSelection::View(view) => {
                let session = self
                    .owning_session(Operation::CREATE_FILTER, view.owner())
                    .await?;
                match self.create_filter_in(&session, &spec).await {
                    Err(error) if view.is_gone(&error) => {
                        Err(self.session_lost(Operation::CREATE_FILTER, &session).await)
                    }
                    result => result,
                }
            }
            ObjectSelection::Objects(_) => match self.create_filter_now(&spec).await {
                // A new session has the same objects.
                Err(Error::SessionLost { .. }) => self.create_filter_now(&spec).await,
                result => result,
            },
        }
    }

    /// Makes a filter in the current session, or in a new one.
    async fn create_filter_now(&self, spec: &PropertyFilterSpec) -> Result<PropertyFilter, Error> {
        let sessions = &self.inner.sessions;
        let session = sessions.session(Operation::CREATE_FILTER).await?;
        self.create_filter_in(&session, spec).await
    }

    async fn create_filter_in(
        &self,
        session: &Arc<Session>,
        spec: &PropertyFilterSpec,
    ) -> Result<PropertyFilter, Error> {
        let collector = match session.claim_collector() {
            Some(claim) => FilterCollector::OfSession(claim),
            None => FilterCollector::OfFilter(self.create_collector(session).await?),
        };
        let request = Request::new(
            Operation::CREATE_FILTER,
            collector.moref(&session.content().property_collector),
            |arguments| {
                arguments.filter_spec("spec", spec);
                // Whole properties: with partial updates a change of a nested one names its own path.
                arguments.value("partialUpdates", false);
            },
        );
        let created = self
            .call_bound(session, &request, decode::create_filter)
            .await;
        match (&created, &collector) {
            // Best effort: what is not ended here ends with the session.
            (Err(_), FilterCollector::OfFilter(collector)) => {
                let _ = self.destroy_collector(session.owner(), collector).await;
            }
            // After any other failure the server may have a filter of which we know nothing.
            (Err(Error::Fault { .. }), FilterCollector::OfSession(claim)) => claim.release(),
            _ => {}
        }
        Ok(PropertyFilter::new(created?, session.owner(), collector))
    }

    async fn create_collector(&self, session: &Arc<Session>) -> Result<MoRef, Error> {
        let own = &session.content().property_collector;
        let request = Request::new(Operation::CREATE_PROPERTY_COLLECTOR, own, |_| {});
        self.call_bound(session, &request, decode::create_property_collector)
            .await
    }

    async fn destroy_collector(&self, owner: Owner, collector: &MoRef) -> Result<(), Error> {
        let decode = |body: &[u8]| decode::void(body, Operation::DESTROY_PROPERTY_COLLECTOR.name());
        self.destroy(
            Operation::DESTROY_PROPERTY_COLLECTOR,
            collector,
            owner,
            decode,
        )
        .await
    }

    /// What has changed for `filter` since `version`, waiting for a change if there is none yet.
    /// `None`: nothing has, and `version` still holds. One call.
    ///
    /// The first call of a filter passes [`UpdateVersion::initial`], each later one the version of
    /// the answer before; after a truncated answer there is more at once. The wait comes on top of
    /// the time allowed for a call. A dropped call may be made again with the same version.
    ///
    /// # Errors
    /// Any failure of the call; [`Error::SessionLost`] when the filter is gone; [`Error::ForeignHandle`] when another
    /// client made it; [`Error::NoProgress`] when a truncated answer has nothing new;
    /// [`FaultKind::InvalidCollectorVersion`](crate::FaultKind) when the server no longer knows `version`, which calls
    /// for a new start with the initial one.
    pub async fn wait_for_updates(
        &self,
        filter: &PropertyFilter,
        version: &UpdateVersion,
        options: WaitOptions,
    ) -> Result<Option<UpdateSet>, Error> {
        let session = self
            .owning_session(Operation::WAIT_FOR_UPDATES, filter.owner())
            .await?;
        let collector = filter
            .collector()
            .moref(&session.content().property_collector);
        let mut request = Request::new(Operation::WAIT_FOR_UPDATES, collector, |arguments| {
            arguments.text("version", version.as_str());
            arguments.open("options");
            if let Some(seconds) = options.max_wait_seconds {
                arguments.value("maxWaitSeconds", seconds);
            }
            if let Some(objects) = options.max_object_updates {
                arguments.value("maxObjectUpdates", objects);
            }
            arguments.close("options");
        });
        request.wait = Duration::from_secs(options.max_wait_seconds.unwrap_or_default().into());
        let updates = self.call_bound(&session, &request, read_updates).await?;
        if updates
            .as_ref()
            .is_some_and(|it| it.is_no_progress(version))
        {
            return Err(self.no_progress(Operation::WAIT_FOR_UPDATES));
        }
        Ok(updates.map(|updates| updates.of_filter(filter.moref())))
    }

    /// Ends a filter. If it ended before, alone or with its session, that is a success. One call.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`] when another client made the filter; any other failure of the call.
    pub async fn destroy_filter(&self, filter: PropertyFilter) -> Result<(), Error> {
        let owner = filter.owner();
        match filter.collector() {
            FilterCollector::OfSession(claim) => {
                let decode = |body: &[u8]| decode::void(body, Operation::DESTROY_FILTER.name());
                self.destroy(Operation::DESTROY_FILTER, filter.moref(), owner, decode)
                    .await?;
                claim.release();
                Ok(())
            }
            // The filter goes with it.
            FilterCollector::OfFilter(collector) => self.destroy_collector(owner, collector).await,
        }
    }
}

/// Reads updates. If they show only that the session is dead, the result is the fault that other operations answer with.
fn read_updates(body: &[u8]) -> Result<Option<CollectorUpdates>, Refusal> {
    let updates = decode::update_set(body)?;
    let fault = updates
        .as_ref()
        .and_then(CollectorUpdates::unauthenticated_fault);
    if let Some(fault) = fault {
        return Err(Refusal::Fault(Box::new(fault.clone())));
    }
    let filters = updates.iter().flat_map(|updates| &updates.filters);
    filters.for_each(|filter| filter.unreadable.report());
    Ok(updates)
}
