//! Retrievals: what a call's `specSet` selects, sent page by page.

use std::sync::Arc;

use super::Call;
use super::target::{PropertySpec, Reading, Target};
use super::walk::{resolve, walk};
use crate::soap::{Element, Found, SoapFault};

/// What a `specSet` or a filter's `spec` selects.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) objects: Vec<Target>,
    pub(super) wanted: Vec<PropertySpec>,
}

/// The rest of a retrieval: objects still to be sent, and what of each.
#[derive(Debug)]
pub(crate) struct Page {
    objects: Vec<Target>,
    next: usize,
    wanted: Arc<[PropertySpec]>,
    /// The client's own `maxObjects`.
    pub(crate) client_limit: Option<usize>,
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
        objects.retain(|target| wanted.iter().any(|spec| spec.fits(target.kind(call))));
        Ok(Self { objects, wanted })
    }
}

impl Page {
    /// Works out what a call's `specSet` selects.
    pub(super) fn select(call: &Call<'_>) -> Result<Self, SoapFault> {
        let selected = Selection::of(call, call.request.body.all("specSet"))?;
        Ok(Self {
            objects: selected.objects,
            next: 0,
            wanted: selected.wanted.into(),
            client_limit: None,
        })
    }

    pub(super) fn is_done(&self) -> bool {
        self.next >= self.objects.len()
    }

    /// Appends the next objects, at most `limit`, each as an element of the given name.
    pub(super) fn write(
        &mut self,
        call: &Call<'_>,
        limit: usize,
        element: &str,
        out: &mut String,
    ) -> Result<(), SoapFault> {
        let end = self.next.saturating_add(limit).min(self.objects.len());
        for target in self.objects.get(self.next..end).unwrap_or_default() {
            // What was deleted since the first page is simply not there any more.
            if target.exists(call) {
                write(target, call, &self.wanted, element, out)?;
            }
        }
        self.next = end;
        Ok(())
    }
}

/// Appends an object with its properties, then what was withheld.
fn write(
    target: &Target,
    call: &Call<'_>,
    wanted: &[PropertySpec],
    element: &str,
    out: &mut String,
) -> Result<(), SoapFault> {
    out.push('<');
    out.push_str(element);
    out.push('>');
    target.write_obj(call, out);
    let mut missing = String::new();
    target.read(call, wanted, |path, reading| match reading {
        Reading::Set(value) => {
            for piece in ["<propSet><name>", path, "</name>", value, "</propSet>"] {
                out.push_str(piece);
            }
        }
        Reading::Unset | Reading::UnsetAbove => {}
        Reading::Withheld => target.write_missing(call, path, &mut missing),
    })?;
    for piece in [missing.as_str(), "</", element, ">"] {
        out.push_str(piece);
    }
    Ok(())
}

/// Appends one property of one object as `Fetch` answers it; nothing if it is unset.
pub(super) fn fetch(
    call: &Call<'_>,
    moref: &str,
    path: &str,
    out: &mut String,
) -> Result<(), SoapFault> {
    let (named, _) = call.request.this();
    let target = resolve(call, moref).ok_or_else(|| SoapFault::not_found(named, moref))?;
    match target.property(call, path, "returnval", out)? {
        Found::Withheld => Err(target.no_permission(call, path)),
        _ => Ok(()),
    }
}
