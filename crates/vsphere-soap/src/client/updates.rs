//! Property filters: changes instead of whole retrievals.

use std::time::Duration;

use super::Client;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::operation::Operation;
use crate::property_collector::{ObjectSelection, PropertyFilterSpec};
use crate::property_filter::{
    CollectorUpdates, PropertyFilter, UpdateSet, UpdateVersion, WaitOptions,
};
use crate::request::Request;
use crate::session::Session;

impl Client {
    /// Makes the server keep track of changes to these objects, for
    /// [`wait_for_updates`](Self::wait_for_updates). One call.
    ///
    /// The filter ends with the session or at [`destroy_filter`](Self::destroy_filter). It belongs to
    /// the property collector that all calls of a session share, and a version counts the changes
    /// for all filters there: whoever wants several had better use one after the other.
    ///
    /// # Errors
    /// Any failure of the call; [`Error::SessionLost`] when the view to watch is gone; [`Error::ForeignHandle`] when
    /// another client made it.
    pub async fn create_filter(&self, spec: PropertyFilterSpec) -> Result<PropertyFilter, Error> {
        const OPERATION: Operation = Operation::CREATE_FILTER;
        let request = |session: &Session| {
            let collector = &session.content().property_collector;
            Request::new(OPERATION, collector, |arguments| {
                arguments.filter_spec("spec", &spec);
                // Whole properties: with partial updates a change of a nested one names its own path.
                arguments.value("partialUpdates", false);
            })
        };
        let decode = decode::create_filter;
        let (moref, session) = match &spec.objects {
            ObjectSelection::View(view) => {
                let session = self.owning_session(OPERATION, view.owner()).await?;
                let result = self.call_bound(&session, &request(&session), decode).await;
                let gone = |error: &Error| error.fault().is_some_and(|fault| view.is_gone(fault));
                if result.as_ref().is_err_and(gone) {
                    return Err(self.session_lost(OPERATION, &session).await);
                }
                (result?, session)
            }
            ObjectSelection::Objects(_) => {
                let build = |session: &Session| Ok(request(session));
                self.call(OPERATION, build, decode).await?
            }
        };
        Ok(PropertyFilter::new(moref, session.owner()))
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
        const OPERATION: Operation = Operation::WAIT_FOR_UPDATES;
        let session = self.owning_session(OPERATION, filter.owner()).await?;
        let collector = &session.content().property_collector;
        let mut request = Request::new(OPERATION, collector, |arguments| {
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
            return Err(self.no_progress(OPERATION));
        }
        Ok(updates.map(|updates| updates.of_filter(filter.moref())))
    }

    /// Ends a filter. If it ended before, alone or with its session, that is a success.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`] when another client made the filter; any other failure of the call.
    pub async fn destroy_filter(&self, filter: PropertyFilter) -> Result<(), Error> {
        const OPERATION: Operation = Operation::DESTROY_FILTER;
        let decode = |body: &[u8]| decode::void(body, OPERATION.name());
        self.destroy(OPERATION, filter.moref(), filter.owner(), decode)
            .await
    }
}

/// Reads updates. Those that tell of a dead session are the fault that other operations answer with.
fn read_updates(body: &[u8]) -> Result<Option<CollectorUpdates>, Refusal> {
    let updates = decode::update_set(body)?;
    let fault = updates
        .as_ref()
        .and_then(CollectorUpdates::unauthenticated_fault);
    match fault {
        Some(fault) => Err(Refusal::Fault(Box::new(fault.clone()))),
        None => Ok(updates),
    }
}
