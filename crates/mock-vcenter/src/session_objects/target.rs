//! An object that a retrieval or filter reports, and the properties wanted of it.

use std::ops::Range;
use std::sync::Arc;

use super::view::View;
use crate::properties;
use crate::sight::Sight;
use crate::soap::{Element, Fields, Found, SoapFault, reference};
use crate::world::{Denial, Kind, Object};

/// An object that can be reported.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Target {
    World(Object),
    View(String, Arc<View>),
}

/// One `propSet`: properties wanted of objects of a type.
#[derive(Debug)]
pub(crate) struct PropertySpec {
    type_name: String,
    all: bool,
    paths: Vec<String>,
}

/// Properties for which `System.View` is enough, by the server's own schema.
const VIEWABLE: [&str; 9] = [
    "name",
    "parent",
    "childEntity",
    "host",
    "datastore",
    "vmFolder",
    "hostFolder",
    "datastoreFolder",
    "networkFolder",
];

/// What a property was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reading<'t> {
    /// The whole `val` element.
    Set(&'t str),
    Unset,
    /// A structure that holds it is unset.
    UnsetAbove,
    /// The account may not read it.
    Withheld,
}

impl PropertySpec {
    pub(crate) fn read(element: &Element) -> Result<Self, SoapFault> {
        let type_name = element.text_of("type").unwrap_or_default().to_owned();
        if !Kind::is_known(&type_name) {
            return Err(SoapFault::invalid_type(&type_name));
        }
        let paths = element
            .all("pathSet")
            .map(|path| path.text.trim().to_owned())
            .collect();
        Ok(Self {
            type_name,
            all: element.flag("all"),
            paths,
        })
    }

    pub(crate) fn fits(&self, kind: Kind) -> bool {
        kind.is_a(&self.type_name)
    }
}

impl Target {
    pub(crate) fn kind(&self, sight: &Sight) -> Kind {
        match self {
            Self::World(object) => sight.world().kind(*object),
            Self::View(..) => Kind::ContainerView,
        }
    }

    pub(crate) fn exists(&self, sight: &Sight) -> bool {
        match self {
            Self::World(object) => sight.world().has(*object),
            Self::View(..) => true,
        }
    }

    pub(crate) fn moref(&self, sight: &Sight) -> String {
        match self {
            Self::World(object) => sight.world().moref(*object),
            Self::View(id, _) => id.clone(),
        }
    }

    fn describe(&self, sight: &Sight, fields: &mut Fields<'_>) {
        match self {
            Self::World(object) => properties::describe(sight, *object, fields),
            Self::View(_, view) => view.describe(sight.world(), fields),
        }
    }

    /// Reads one property as an element of the given name, appended to `out` if it is set.
    pub(crate) fn property(
        &self,
        sight: &Sight,
        path: &str,
        element: &str,
        out: &mut String,
    ) -> Result<Found, SoapFault> {
        if let Some(found) = self.denied(sight, path) {
            return Ok(found);
        }
        match Fields::select(out, path, element, |f| self.describe(sight, f)) {
            Found::Unknown => Err(SoapFault::invalid_property(path)),
            found => Ok(found),
        }
    }

    fn denied(&self, sight: &Sight, path: &str) -> Option<Found> {
        let Self::World(object) = self else {
            return None;
        };
        sight
            .world()
            .denial(*object, path)
            .map(|denial| match denial {
                Denial::Unset => Found::Unset,
                Denial::NoPermission | Denial::Hidden => Found::Withheld,
            })
    }

    /// Reads every property that is wanted, each once.
    pub(crate) fn read(
        &self,
        sight: &Sight,
        wanted: &[PropertySpec],
        mut take: impl FnMut(&str, Reading<'_>),
    ) -> Result<(), SoapFault> {
        let kind = self.kind(sight);
        let specs = || wanted.iter().filter(|spec| spec.fits(kind));
        let mut text = String::new();
        if specs().any(|spec| spec.all) {
            let every = Fields::each(&mut text, |f| self.describe(sight, f));
            for (name, found, place) in every {
                let found = self.denied(sight, &name).unwrap_or(found);
                if let Some(reading) = Reading::of(found, &text, place) {
                    take(&name, reading);
                }
            }
            return Ok(());
        }
        let mut done: Vec<&str> = Vec::new();
        for path in specs().flat_map(|spec| &spec.paths) {
            if done.contains(&path.as_str()) {
                continue;
            }
            done.push(path);
            text.clear();
            let found = self.property(sight, path, "val", &mut text)?;
            if let Some(reading) = Reading::of(found, &text, 0..text.len()) {
                take(path, reading);
            }
        }
        Ok(())
    }

    /// Appends the reference to the object.
    pub(crate) fn write_obj(&self, sight: &Sight, out: &mut String) {
        reference(out, "obj", self.kind(sight).name(), &self.moref(sight));
    }

    /// The fault of a property that the account may not read.
    pub(crate) fn no_permission(&self, sight: &Sight, path: &str) -> SoapFault {
        let hidden = matches!(self, Self::World(object) if !sight.world().visible(*object));
        let privilege = if hidden || VIEWABLE.contains(&path) {
            "System.View"
        } else {
            "System.Read"
        };
        SoapFault::no_permission(self.kind(sight).name(), &self.moref(sight), privilege)
    }

    /// Appends the `missingSet` entry of a property.
    pub(crate) fn write_missing(&self, sight: &Sight, path: &str, out: &mut String) {
        out.push_str("<missingSet><path>");
        out.push_str(path);
        out.push_str("</path>");
        self.no_permission(sight, path).write_localized(out);
        out.push_str("</missingSet>");
    }
}

impl<'t> Reading<'t> {
    fn of(found: Found, text: &'t str, place: Range<usize>) -> Option<Self> {
        match found {
            Found::Set => text.get(place).map(Self::Set),
            Found::Unset => Some(Self::Unset),
            Found::UnsetAbove => Some(Self::UnsetAbove),
            Found::Withheld => Some(Self::Withheld),
            Found::Unknown => None,
        }
    }
}
