//! The operations of the service, one file per managed object that offers them.

mod collector;
mod container_view;
mod option_manager;
mod performance;
mod property_collector;
mod property_filter;
mod query_perf;
mod retrieval;
mod service_instance;
mod session_manager;
mod target;
mod updates;
mod walk;

pub(crate) use collector::Collector;
pub(crate) use container_view::View;
pub(crate) use retrieval::Page;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::server::Shared;
use crate::sessions::Session;
use crate::settings::Settings;
use crate::soap::{Request, SoapFault};
use crate::world::{Kind, Snapshot};

/// One call: who makes it, when, and on what.
pub(crate) struct Call<'a> {
    pub(crate) server: &'a Shared,
    pub(crate) request: &'a Request,
    /// The cookie that came with it, whatever it is worth.
    pub(crate) cookie: Option<&'a str>,
    pub(crate) session: Option<Session>,
    /// The cookie that the answer hands out, should this be a login.
    pub(crate) new_cookie: &'a str,
    pub(crate) user_agent: &'a str,
    pub(crate) address: String,
    /// The server's clock.
    pub(crate) now: Timestamp,
    /// The world as this call sees it.
    pub(crate) world: Arc<Snapshot>,
    pub(crate) settings: Settings,
    /// Whether this is a wait that goes on.
    pub(crate) resumed: bool,
}

impl Call<'_> {
    pub(crate) fn world(&self) -> &Snapshot {
        &self.world
    }

    /// The text of a required argument.
    pub(crate) fn argument(&self, name: &str) -> Result<&str, SoapFault> {
        self.request
            .body
            .text_of(name)
            .ok_or_else(|| SoapFault::invalid_argument(name))
    }

    /// The caller's cookie if it stands for a live session.
    fn authenticated(&self) -> Result<&str, SoapFault> {
        let (kind, moref) = self.request.this();
        self.cookie
            .filter(|_| self.session.is_some())
            .ok_or_else(|| SoapFault::not_authenticated(kind, moref))
    }

    /// Refuses calls on anything but the singleton that offers the operation.
    fn on(&self, kind: Kind) -> Result<(), SoapFault> {
        let (named, moref) = self.request.this();
        let of_session = |cookie| self.server.sessions.collector(cookie, moref).is_some();
        let known = self
            .world()
            .by_moref(moref)
            .map(|object| self.world().kind(object))
            .or_else(|| {
                let is_own = self.cookie.is_some_and(of_session);
                is_own.then_some(Kind::PropertyCollector)
            });
        match known {
            Some(found) if found == kind => Ok(()),
            Some(found) => Err(SoapFault::method_not_found(
                found.name(),
                moref,
                &self.request.operation,
            )),
            None => Err(SoapFault::not_found(named, moref)),
        }
    }
}

/// Answers a call: appends the response element, or says which fault to send. Returns how long to
/// wait for a better answer, should this one say that there is nothing new.
pub(crate) fn answer(call: &Call<'_>, out: &mut String) -> Result<Option<Duration>, SoapFault> {
    let operation = call.request.operation.as_str();
    if operation == "WaitForUpdatesEx" {
        return element(operation, out, |out| updates::wait(call, out));
    }
    let act = match operation {
        "RetrieveServiceContent" => service_instance::retrieve_content,
        "CurrentTime" => service_instance::current_time,
        "Login" => session_manager::login,
        "Logout" => session_manager::logout,
        "SessionIsActive" => session_manager::session_is_active,
        "CreateContainerView" => container_view::create,
        "DestroyView" => container_view::destroy,
        "RetrievePropertiesEx" => property_collector::retrieve_ex,
        "RetrieveProperties" => property_collector::retrieve,
        "ContinueRetrievePropertiesEx" => property_collector::resume,
        "CancelRetrievePropertiesEx" => property_collector::cancel,
        "Fetch" => property_collector::fetch,
        "CreateFilter" => updates::create_filter,
        "DestroyPropertyFilter" => updates::destroy_filter,
        "CreatePropertyCollector" => updates::create_collector,
        "DestroyPropertyCollector" => updates::destroy_collector,
        "CancelWaitForUpdates" => updates::cancel,
        "QueryPerf" => query_perf::query,
        "QueryPerfCounter" => performance::query_counters,
        "QueryPerfProviderSummary" => performance::provider_summary,
        "QueryAvailablePerfMetric" => performance::available_metrics,
        "QueryOptions" => option_manager::query,
        _ => {
            let (kind, moref) = call.request.this();
            return Err(SoapFault::method_not_found(kind, moref, operation));
        }
    };
    element(operation, out, |out| act(call, out)).map(|()| None)
}

/// Appends the response element of an operation.
fn element<T>(
    operation: &str,
    out: &mut String,
    write: impl FnOnce(&mut String) -> Result<T, SoapFault>,
) -> Result<T, SoapFault> {
    out.push('<');
    out.push_str(operation);
    out.push_str("Response xmlns=\"urn:vim25\">");
    let written = write(out)?;
    out.push_str("</");
    out.push_str(operation);
    out.push_str("Response>");
    Ok(written)
}
