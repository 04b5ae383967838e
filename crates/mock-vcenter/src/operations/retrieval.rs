//! What a property filter selects: the walk over the inventory and the properties wanted of each
//! object it reaches.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Call, View};
use crate::properties;
use crate::soap::{Element, Fields, Found, SoapFault, reference};
use crate::world::{Kind, Object};

/// The rest of a retrieval: objects still to be sent, and what of each.
#[derive(Debug)]
pub(crate) struct Page {
    objects: Vec<Target>,
    next: usize,
    wanted: Arc<[PropertySpec]>,
    /// The client's own `maxObjects`.
    pub(crate) client_limit: Option<usize>,
}

/// An object a retrieval can report.
#[derive(Debug, Clone)]
enum Target {
    World(Object),
    View(String, Arc<View>),
}

#[derive(Debug)]
struct PropertySpec {
    type_name: String,
    all: bool,
    paths: Vec<String>,
}

/// One step of a walk: from objects of a type along a reference property.
struct Step<'a> {
    name: &'a str,
    type_name: &'a str,
    path: &'a str,
    skip: bool,
    next: Vec<Next<'a>>,
}

/// A selection is spelt out or names one that is spelt out elsewhere.
enum Next<'a> {
    Step(Step<'a>),
    Named(&'a str),
}

impl Page {
    /// Works out what a call's `specSet` selects.
    pub(super) fn select(call: &Call<'_>) -> Result<Self, SoapFault> {
        let mut wanted = Vec::new();
        let mut objects = Vec::new();
        for spec in call.request.body.all("specSet") {
            for property_spec in spec.all("propSet") {
                wanted.push(PropertySpec::read(property_spec)?);
            }
            let lenient = spec.flag("reportMissingObjectsInResults");
            for object_spec in spec.all("objectSet") {
                walk(call, object_spec, lenient, &mut objects)?;
            }
        }
        objects.retain(|target| wanted.iter().any(|spec| spec.fits(target.kind(call))));
        Ok(Self {
            objects,
            next: 0,
            wanted: wanted.into(),
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
                target.write(call, &self.wanted, element, out)?;
            }
        }
        self.next = end;
        Ok(())
    }
}

impl PropertySpec {
    fn read(element: &Element) -> Result<Self, SoapFault> {
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

    fn fits(&self, kind: Kind) -> bool {
        kind.is_a(&self.type_name)
    }
}

impl Target {
    fn kind(&self, call: &Call<'_>) -> Kind {
        match self {
            Self::World(object) => call.world().kind(*object),
            Self::View(..) => Kind::ContainerView,
        }
    }

    fn exists(&self, call: &Call<'_>) -> bool {
        match self {
            Self::World(object) => call.world().has(*object),
            Self::View(..) => true,
        }
    }

    fn moref(&self, call: &Call<'_>) -> String {
        match self {
            Self::World(object) => call.world().moref(*object),
            Self::View(id, _) => id.clone(),
        }
    }

    fn describe(&self, call: &Call<'_>, fields: &mut Fields<'_>) {
        match self {
            Self::World(object) => properties::describe(call, *object, fields),
            Self::View(_, view) => view.describe(call.world(), fields),
        }
    }

    /// Appends the object with its properties, then what was withheld.
    fn write(
        &self,
        call: &Call<'_>,
        wanted: &[PropertySpec],
        element: &str,
        out: &mut String,
    ) -> Result<(), SoapFault> {
        let kind = self.kind(call);
        let moref = self.moref(call);
        out.push('<');
        out.push_str(element);
        out.push('>');
        reference(out, "obj", kind.name(), &moref);
        let specs = || wanted.iter().filter(|spec| spec.fits(kind));
        let mut withheld = Vec::new();
        if specs().any(|spec| spec.all) {
            self.describe(call, &mut Fields::each(out));
        } else {
            let mut written: Vec<&str> = Vec::new();
            for path in specs().flat_map(|spec| &spec.paths) {
                if written.contains(&path.as_str()) {
                    continue;
                }
                written.push(path);
                let before = out.len();
                out.push_str("<propSet><name>");
                out.push_str(path);
                out.push_str("</name>");
                let found = Fields::select(out, path, "val", |f| self.describe(call, f));
                out.push_str("</propSet>");
                match found {
                    Found::Set => continue,
                    Found::Unset => {}
                    Found::Withheld => withheld.push(path),
                    Found::Unknown => return Err(SoapFault::invalid_property(path)),
                }
                out.truncate(before);
            }
        }
        for path in withheld {
            out.push_str("<missingSet><path>");
            out.push_str(path);
            out.push_str("</path>");
            SoapFault::no_permission(kind.name(), &moref).write_localized(out);
            out.push_str("</missingSet>");
        }
        out.push_str("</");
        out.push_str(element);
        out.push('>');
        Ok(())
    }
}

/// Adds the start object of an `objectSet` and all it leads to.
fn walk(
    call: &Call<'_>,
    spec: &Element,
    lenient: bool,
    found: &mut Vec<Target>,
) -> Result<(), SoapFault> {
    let Some(obj) = spec.child("obj") else {
        return Err(SoapFault::invalid_argument("specSet.objectSet.obj"));
    };
    let Some(start) = resolve(call, obj.text.trim()) else {
        if lenient {
            return Ok(());
        }
        let kind = obj.reference_type.as_deref().unwrap_or("ManagedObject");
        return Err(SoapFault::not_found(kind, obj.text.trim()));
    };
    let steps: Vec<Next<'_>> = spec.all("selectSet").map(Next::read).collect();
    let mut named = Vec::new();
    collect_named(&steps, &mut named);
    let mut seen = HashSet::new();
    let mut open: Vec<(Object, &[Next<'_>])> = Vec::new();

    if !spec.flag("skip") {
        if let Target::World(object) = start {
            seen.insert(object);
        }
        found.push(start.clone());
    }
    match start {
        Target::World(object) => open.push((object, &steps)),
        Target::View(_, view) => {
            for step in resolved(&steps, &named) {
                if Kind::ContainerView.is_a(step.type_name) && step.path == "view" {
                    for member in view.members(call.world()) {
                        arrive(step, member, &mut seen, found, &mut open);
                    }
                }
            }
        }
    }
    // A named selection may lead back to itself; the same object by the same steps is a loop.
    let mut walked = HashSet::new();
    while let Some((object, next)) = open.pop() {
        if next.is_empty() || !walked.insert((object, next.as_ptr())) {
            continue;
        }
        let kind = call.world().kind(object);
        for step in resolved(next, &named) {
            if !kind.is_a(step.type_name) {
                continue;
            }
            let Some(members) = call.world().related(object, step.path) else {
                return Err(SoapFault::invalid_property(step.path));
            };
            for member in members {
                arrive(step, member, &mut seen, found, &mut open);
            }
        }
    }
    Ok(())
}

fn arrive<'s, 'a>(
    step: &'s Step<'a>,
    object: Object,
    seen: &mut HashSet<Object>,
    found: &mut Vec<Target>,
    open: &mut Vec<(Object, &'s [Next<'a>])>,
) {
    if !step.skip && seen.insert(object) {
        found.push(Target::World(object));
    }
    if !step.next.is_empty() {
        open.push((object, &step.next));
    }
}

/// The steps of a selection, those that are only named looked up.
fn resolved<'s, 'a>(
    next: &'s [Next<'a>],
    named: &'s [&'s Step<'a>],
) -> impl Iterator<Item = &'s Step<'a>> {
    next.iter().filter_map(|selection| match selection {
        Next::Step(step) => Some(step),
        Next::Named(name) => named.iter().find(|step| step.name == *name).copied(),
    })
}

fn collect_named<'s, 'a>(steps: &'s [Next<'a>], named: &mut Vec<&'s Step<'a>>) {
    for selection in steps {
        if let Next::Step(step) = selection {
            if !step.name.is_empty() {
                named.push(step);
            }
            collect_named(&step.next, named);
        }
    }
}

impl<'a> Next<'a> {
    fn read(element: &'a Element) -> Self {
        let Some(path) = element.text_of("path") else {
            return Self::Named(element.text_of("name").unwrap_or_default());
        };
        Self::Step(Step {
            name: element.text_of("name").unwrap_or_default(),
            type_name: element.text_of("type").unwrap_or_default(),
            path,
            skip: element.flag("skip"),
            next: element.all("selectSet").map(Self::read).collect(),
        })
    }
}

fn resolve(call: &Call<'_>, moref: &str) -> Option<Target> {
    if let Some(view) = call
        .cookie
        .and_then(|cookie| call.server.sessions.view(cookie, moref))
    {
        return Some(Target::View(moref.to_owned(), view));
    }
    call.world().by_moref(moref).map(Target::World)
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
    match Fields::select(out, path, "returnval", |fields| {
        target.describe(call, fields);
    }) {
        Found::Set | Found::Unset => Ok(()),
        Found::Withheld => Err(SoapFault::no_permission(target.kind(call).name(), moref)),
        Found::Unknown => Err(SoapFault::invalid_property(path)),
    }
}
