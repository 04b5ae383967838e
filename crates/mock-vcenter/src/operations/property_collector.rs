//! The property collector: whole retrievals, pages of them, and single properties.

use super::call::Call;
use super::selection::Selection;
use super::walk::resolve;
use crate::session_objects::Page;
use crate::soap::{Fields, Found, SoapFault, escape, reference};
use crate::world::Kind;

/// `RetrievePropertiesEx`: the first page of what is selected.
pub(super) fn retrieve_ex(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.on(Kind::PropertyCollector)?;
    let client_limit = client_limit(call)?;
    let Some(cookie) = call.cookie.filter(|_| call.sight.session.is_some()) else {
        out.push_str("<returnval>");
        unauthenticated(call, "objects", out);
        out.push_str("</returnval>");
        return Ok(());
    };
    let page = select(call, client_limit)?;
    if page.is_done() {
        return Ok(());
    }
    write_page(call, cookie, page, out)
}

/// `ContinueRetrievePropertiesEx`: the page of a token.
pub(super) fn resume(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    call.on(Kind::PropertyCollector)?;
    let page = call
        .server
        .sessions
        .take_page(cookie, call.argument("token")?)
        .ok_or_else(|| SoapFault::invalid_argument("token"))?;
    write_page(call, cookie, page, out)
}

/// `CancelRetrievePropertiesEx`: forgets the page of a token.
pub(super) fn cancel(call: &Call<'_>, _out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    call.on(Kind::PropertyCollector)?;
    call.server
        .sessions
        .take_page(cookie, call.argument("token")?)
        .map(drop)
        .ok_or_else(|| SoapFault::invalid_argument("token"))
}

/// `RetrieveProperties`, the older call without pages.
pub(super) fn retrieve(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.on(Kind::PropertyCollector)?;
    if call.sight.session.is_none() {
        unauthenticated(call, "returnval", out);
        return Ok(());
    }
    select(call, None)?.write(&call.sight, usize::MAX, "returnval", out)
}

/// `Fetch`: one property of one object. Not in the published interface; pyVmomi uses it for every
/// attribute.
pub(super) fn fetch(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    let (kind, moref) = call.request.this();
    let path = call.argument("prop")?;
    // What an anonymous caller may read: the way to a login, and that there is none yet.
    let anonymous = matches!((moref, path), ("ServiceInstance", "content"))
        || (moref, path) == ("SessionManager", "currentSession");
    if call.sight.session.is_none() && !anonymous {
        return Err(SoapFault::not_authenticated(kind, moref));
    }
    let target = resolve(call, moref).ok_or_else(|| SoapFault::not_found(kind, moref))?;
    match target.property(&call.sight, path, "returnval", out)? {
        Found::Withheld => Err(target.no_permission(&call.sight, path)),
        _ => Ok(()),
    }
}

fn select(call: &Call<'_>, client_limit: Option<usize>) -> Result<Page, SoapFault> {
    let Selection { objects, wanted } = Selection::of(call, call.request.body.all("specSet"))?;
    Ok(Page::new(objects, wanted, client_limit))
}

fn client_limit(call: &Call<'_>) -> Result<Option<usize>, SoapFault> {
    let text = call
        .request
        .body
        .child("options")
        .and_then(|o| o.text_of("maxObjects"));
    match text.map(str::parse::<usize>) {
        None => Ok(None),
        Some(Ok(limit)) if limit > 0 => Ok(Some(limit)),
        Some(_) => Err(SoapFault::invalid_argument("options.maxObjects")),
    }
}

/// Writes one page; a token in front says that there are more.
fn write_page(
    call: &Call<'_>,
    cookie: &str,
    mut page: Page,
    out: &mut String,
) -> Result<(), SoapFault> {
    let own_limit = call.server.options.page_limit.max(1);
    let limit = page.client_limit.unwrap_or(own_limit).min(own_limit);
    let mut objects = String::new();
    page.write(&call.sight, limit, "objects", &mut objects)?;
    out.push_str("<returnval>");
    if !page.is_done()
        && let Some(token) = call.server.sessions.add_page(cookie, page)
    {
        Fields::nested(out).string("token", &token);
    }
    out.push_str(&objects);
    out.push_str("</returnval>");
    Ok(())
}

/// Without a session the collector answers, but every property is missing.
fn unauthenticated(call: &Call<'_>, element: &str, out: &mut String) {
    for spec in call.request.body.all("specSet") {
        for obj in spec
            .all("objectSet")
            .filter_map(|object_spec| object_spec.child("obj"))
        {
            let kind = obj.reference_type.as_deref().unwrap_or("ManagedObject");
            let moref = obj.text.trim();
            let fault = SoapFault::not_authenticated(kind, moref);
            out.push('<');
            out.push_str(element);
            out.push('>');
            reference(out, "obj", kind, moref);
            for path in spec
                .all("propSet")
                .flat_map(|propset| propset.all("pathSet"))
            {
                out.push_str("<missingSet><path>");
                escape(out, path.text.trim());
                out.push_str("</path>");
                fault.write_localized(out);
                out.push_str("</missingSet>");
            }
            out.push_str("</");
            out.push_str(element);
            out.push('>');
        }
    }
}
