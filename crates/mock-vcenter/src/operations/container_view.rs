//! Container views: live lists of what is below an object.

use super::{Call, updates};
use crate::soap::{Fields, SoapFault, reference};
use crate::world::{Kind, NodeId, Object, Snapshot};

/// What a client asked to see. Its members are worked out each time it is read.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct View {
    pub(crate) container: NodeId,
    /// Types to list; none means all.
    pub(crate) types: Vec<String>,
    pub(crate) recursive: bool,
}

impl View {
    pub(crate) fn members(&self, world: &Snapshot) -> Vec<Object> {
        let wanted = |object: &Object| {
            let kind = world.kind(*object);
            self.types.is_empty() || self.types.iter().any(|name| kind.is_a(name))
        };
        world
            .contents(self.container, self.recursive)
            .into_iter()
            .filter(wanted)
            .collect()
    }

    /// Its properties.
    pub(crate) fn describe(&self, world: &Snapshot, fields: &mut Fields<'_>) {
        let container = Object::Node(self.container);
        fields.reference(
            "container",
            world.kind(container).name(),
            &world.moref(container),
        );
        fields.strings("type", self.types.iter().map(String::as_str));
        fields.boolean("recursive", self.recursive);
        // Only when it is wanted: a view may have a hundred thousand members.
        let members = std::iter::once_with(|| self.members(world)).flatten();
        let named = members.map(|member| (world.kind(member).name(), world.moref(member)));
        fields.references("view", named);
    }
}

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
