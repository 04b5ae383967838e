//! What to watch.

use std::num::NonZeroU32;

use crate::property_collector::{ObjectSelection, PropertyFilterSpec, PropertySpec};
use crate::view::ContainerView;

/// What to watch: all objects of some types below the root folder.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Managed object types, such as `VirtualMachine`.
    pub types: &'static [&'static str],
    /// The properties to report and to read.
    pub properties: Vec<PropertySpec>,
    /// The most objects in one answer. The server may send fewer.
    pub page_objects: NonZeroU32,
}

impl Selection {
    /// The same properties of the objects in a view.
    pub(super) fn spec(&self, view: &ContainerView) -> PropertyFilterSpec {
        PropertyFilterSpec {
            properties: self.properties.clone(),
            objects: ObjectSelection::View(view.clone()),
        }
    }
}
