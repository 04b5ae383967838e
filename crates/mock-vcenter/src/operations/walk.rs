//! The walk over the inventory that an `objectSet` describes: where it starts, which references
//! it follows.

use std::collections::HashSet;

use super::call::Call;
use crate::session_objects::Target;
use crate::soap::{Element, SoapFault};
use crate::world::{Kind, Object};

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

/// Adds the start object of an `objectSet` and all it leads to.
pub(super) fn walk(
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

pub(super) fn resolve(call: &Call<'_>, moref: &str) -> Option<Target> {
    if let Some(view) = call
        .cookie
        .and_then(|cookie| call.server.sessions.view(cookie, moref))
    {
        return Some(Target::View(moref.to_owned(), view));
    }
    call.world().by_moref(moref).map(Target::World)
}
