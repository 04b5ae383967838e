//! Container views: live lists of what is below an object.

use crate::soap::Fields;
use crate::world::{NodeId, Object, Snapshot};

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
