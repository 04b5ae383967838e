//! The operations of the service, one file per managed object that offers them.

mod by_stamp;
mod call;
mod container_view;
mod late_disks;
mod option_manager;
mod performance;
mod property_collector;
mod query_perf;
mod selection;
mod service_instance;
mod session_manager;
mod updates;
mod walk;
mod window;

use std::time::Duration;

pub(crate) use self::call::Call;
use crate::soap::SoapFault;

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
