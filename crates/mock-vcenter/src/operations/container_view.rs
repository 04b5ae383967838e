//! The view manager: container views begin and end.

use super::call::Call;
use super::updates;
use crate::session_objects::View;
use crate::soap::{SoapFault, reference};
use crate::world::{Kind, Object};

/// `CreateContainerView`.
pub(super) fn create(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    call.on(Kind::ViewManager)?;
    let moref = call.argument("container")?;
    let container = match call.world().by_moref(moref) {
        Some(Object::Node(id)) => id,
        Some(_) => return Err(SoapFault::invalid_argument("container")),
        None => return Err(SoapFault::not_found("ManagedEntity", moref)),
    };
    let body = &call.request.body;
    let types: Vec<String> = body.all("type").map(|t| t.text.trim().to_owned()).collect();
    if types.iter().any(|name| !Kind::is_known(name)) {
        return Err(SoapFault::invalid_argument("type"));
    }
    let view = View {
        container,
        types,
        recursive: body.flag("recursive"),
    };
    let id = call
        .server
        .sessions
        .add_view(cookie, view)
        .ok_or_else(|| SoapFault::not_authenticated("ViewManager", "ViewManager"))?;
    reference(out, "returnval", "ContainerView", &id);
    Ok(())
}

/// `DestroyView`.
pub(super) fn destroy(call: &Call<'_>, _out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    let (_, id) = call.request.this();
    if call.server.sessions.remove_view(cookie, id) {
        updates::forget_view(call, cookie, id);
        Ok(())
    } else {
        Err(SoapFault::not_found("ContainerView", id))
    }
}
