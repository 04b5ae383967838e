//! Following changes: filters, collectors and `WaitForUpdatesEx`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::call::Call;
use super::selection::Selection;
use crate::session_objects::{Collector, Filter};
use crate::soap::{Element, SoapFault, reference};
use crate::world::Kind;

/// Objects in one answer when the client sets no `maxObjectUpdates`, as recorded from a 5.5.
const DEFAULT_UPDATES: usize = 100;
/// How long a client without `maxWaitSeconds` waits at most; the server is free in this.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// `CreateFilter`.
pub(super) fn create_filter(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    let collector = collector(call, cookie)?;
    let spec = call
        .request
        .body
        .child("spec")
        .ok_or_else(|| SoapFault::invalid_argument("spec"))?;
    let id = call
        .server
        .sessions
        .next_id(cookie)
        .ok_or_else(|| not_authenticated(call))?;
    let Selection { objects, wanted } = Selection::of(call, std::iter::once(spec))?;
    let filter = Filter::new(&call.sight, id.clone(), spec, &objects, wanted)?;
    lock(&collector).filters.push(filter);
    call.server.announce();
    reference(out, "returnval", "PropertyFilter", &id);
    Ok(())
}

/// `DestroyPropertyFilter`.
pub(super) fn destroy_filter(call: &Call<'_>, _out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    let (_, id) = call.request.this();
    let mut found = false;
    for collector in call.server.sessions.collectors(cookie) {
        let filters = &mut lock(&collector).filters;
        let before = filters.len();
        filters.retain(|filter| filter.id != id);
        found |= filters.len() < before;
    }
    if found {
        Ok(())
    } else {
        Err(SoapFault::not_found("PropertyFilter", id))
    }
}

/// Destroys the filters that start from a view that is gone.
pub(super) fn forget_view(call: &Call<'_>, cookie: &str, view: &str) {
    for collector in call.server.sessions.collectors(cookie) {
        lock(&collector)
            .filters
            .retain(|filter| !filter.starts_from(view));
    }
}

/// `CreatePropertyCollector`: one with filters of its own.
pub(super) fn create_collector(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    call.on(Kind::PropertyCollector)?;
    let id = call
        .server
        .sessions
        .add_collector(cookie)
        .ok_or_else(|| not_authenticated(call))?;
    reference(out, "returnval", "PropertyCollector", &id);
    Ok(())
}

/// `DestroyPropertyCollector`; the session's own one stays.
pub(super) fn destroy_collector(call: &Call<'_>, _out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    let (kind, id) = call.request.this();
    if call.server.sessions.remove_collector(cookie, id) {
        Ok(())
    } else {
        Err(SoapFault::not_found(kind, id))
    }
}

/// `CancelWaitForUpdates`: ends a wait that is going on.
pub(super) fn cancel(call: &Call<'_>, _out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    lock(&*collector(call, cookie)?).cancelled = true;
    call.server.announce();
    Ok(())
}

/// `WaitForUpdatesEx`. Returns how long to wait for something to answer with, if there is nothing
/// yet.
pub(super) fn wait(call: &Call<'_>, out: &mut String) -> Result<Option<Duration>, SoapFault> {
    let cookie = call.authenticated()?;
    let collector = collector(call, cookie)?;
    let options = call.request.body.child("options");
    let option = |name| options.and_then(|options| options.text_of(name));
    let limit = option("maxObjectUpdates").map_or(Ok(DEFAULT_UPDATES), |text| {
        let limit = text.parse().ok().filter(|limit| *limit > 0);
        limit.ok_or_else(|| SoapFault::invalid_argument("options.maxObjectUpdates"))
    })?;
    let longest = option("maxWaitSeconds").map_or(Ok(LONGEST_WAIT), |text| {
        let seconds = text.parse().map(Duration::from_secs);
        seconds.map_err(|_| SoapFault::invalid_argument("options.maxWaitSeconds"))
    })?;
    let version = call.request.body.text_of("version").unwrap_or_default();
    let limit = limit.min(call.server.options.update_limit.max(1));

    let mut collector = lock(&collector);
    let cancelled = std::mem::take(&mut collector.cancelled);
    if cancelled && call.resumed {
        return Err(SoapFault::request_canceled());
    }
    let select = |spec: &Element| Ok(Selection::of(call, std::iter::once(spec))?.objects);
    let any = collector.update(&call.sight, &select, version, limit, out)?;
    Ok((!any).then(|| longest.min(LONGEST_WAIT)))
}

fn collector(call: &Call<'_>, cookie: &str) -> Result<Arc<Mutex<Collector>>, SoapFault> {
    call.on(Kind::PropertyCollector)?;
    let (_, id) = call.request.this();
    call.server
        .sessions
        .collector(cookie, id)
        .ok_or_else(|| not_authenticated(call))
}

fn not_authenticated(call: &Call<'_>) -> SoapFault {
    let (kind, moref) = call.request.this();
    SoapFault::not_authenticated(kind, moref)
}

fn lock(collector: &Mutex<Collector>) -> MutexGuard<'_, Collector> {
    collector.lock().unwrap_or_else(PoisonError::into_inner)
}
