//! Retrievals that are sent page by page.

use super::target::{PropertySpec, Reading, Target};
use crate::sight::Sight;
use crate::soap::SoapFault;

/// The rest of a retrieval: the objects that are still to be sent, and which properties of them.
#[derive(Debug)]
pub(crate) struct Page {
    objects: Vec<Target>,
    next: usize,
    wanted: Vec<PropertySpec>,
    /// The client's own `maxObjects`.
    pub(crate) client_limit: Option<usize>,
}

impl Page {
    /// `client_limit` is the client's own `maxObjects`.
    pub(crate) fn new(
        objects: Vec<Target>,
        wanted: Vec<PropertySpec>,
        client_limit: Option<usize>,
    ) -> Self {
        Self {
            objects,
            next: 0,
            wanted,
            client_limit,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.next >= self.objects.len()
    }

    /// Appends the next objects, at most `limit`, each as an element of the given name.
    pub(crate) fn write(
        &mut self,
        sight: &Sight,
        limit: usize,
        element: &str,
        out: &mut String,
    ) -> Result<(), SoapFault> {
        let end = self.next.saturating_add(limit).min(self.objects.len());
        for target in self.objects.get(self.next..end).unwrap_or_default() {
            // What was deleted since the first page is left out.
            if target.exists(sight) {
                write(target, sight, &self.wanted, element, out)?;
            }
        }
        self.next = end;
        Ok(())
    }
}

/// Appends an object with its properties, then what was withheld.
fn write(
    target: &Target,
    sight: &Sight,
    wanted: &[PropertySpec],
    element: &str,
    out: &mut String,
) -> Result<(), SoapFault> {
    out.push('<');
    out.push_str(element);
    out.push('>');
    target.write_obj(sight, out);
    let mut missing = String::new();
    target.read(sight, wanted, |path, reading| match reading {
        Reading::Set(value) => {
            for piece in ["<propSet><name>", path, "</name>", value, "</propSet>"] {
                out.push_str(piece);
            }
        }
        Reading::Unset | Reading::UnsetAbove => {}
        Reading::Withheld => target.write_missing(sight, path, &mut missing),
    })?;
    for piece in [missing.as_str(), "</", element, ">"] {
        out.push_str(piece);
    }
    Ok(())
}
