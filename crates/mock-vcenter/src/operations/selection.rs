//! What the specifications of a call select.

use super::call::Call;
use super::walk::walk;
use crate::session_objects::{PropertySpec, Target};
use crate::soap::{Element, SoapFault};

/// What a `specSet` or a filter's `spec` selects.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) objects: Vec<Target>,
    pub(super) wanted: Vec<PropertySpec>,
}

impl Selection {
    /// Works out what specifications select together.
    pub(super) fn of<'s>(
        call: &Call<'_>,
        specs: impl Iterator<Item = &'s Element>,
    ) -> Result<Self, SoapFault> {
        let mut wanted = Vec::new();
        let mut objects = Vec::new();
        for spec in specs {
            for property_spec in spec.all("propSet") {
                wanted.push(PropertySpec::read(property_spec)?);
            }
            let lenient = spec.flag("reportMissingObjectsInResults");
            for object_spec in spec.all("objectSet") {
                walk(call, object_spec, lenient, &mut objects)?;
            }
        }
        objects.retain(|target| {
            wanted
                .iter()
                .any(|spec| spec.fits(target.kind(&call.sight)))
        });
        Ok(Self { objects, wanted })
    }
}
