//! One property filter: what it has told its client, and what is different now.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::target::{PropertySpec, Reading, Target};
use crate::sight::Sight;
use crate::soap::{Element, SoapFault, reference};

/// A filter of a collector. Of what was sent it keeps hashes only: a hundred thousand machines
/// with their devices would be hundreds of megabytes.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) id: String,
    spec: Element,
    wanted: Vec<PropertySpec>,
    /// Names of properties, so that those of each object are small numbers.
    names: Vec<String>,
    reported: HashMap<Target, Reported>,
    /// The generation of the world that the last comparison saw.
    seen: Option<u64>,
    queue: VecDeque<(Target, Kind)>,
    undo: Undo,
}

/// Which properties of an object the client knows, and hashes of their values.
type Reported = Box<[(u16, u64)]>;

/// Works out which objects a filter's `spec` selects now.
pub(crate) type Select<'s> = &'s dyn Fn(&Element) -> Result<Vec<Target>, SoapFault>;

/// How to forget what was sent since the client's last full version.
#[derive(Debug, Default)]
struct Undo {
    seen: Option<u64>,
    objects: Vec<(Target, Option<Reported>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Enter,
    Modify,
    Leave,
}

impl Filter {
    /// Checks the specification by reading one of the selected `objects` of each type.
    pub(crate) fn new(
        sight: &Sight,
        id: String,
        spec: &Element,
        objects: &[Target],
        wanted: Vec<PropertySpec>,
    ) -> Result<Self, SoapFault> {
        let mut tried = Vec::new();
        for target in objects {
            let kind = target.kind(sight);
            if !tried.contains(&kind) {
                tried.push(kind);
                target.read(sight, &wanted, |_, _| {})?;
            }
        }
        Ok(Self {
            id,
            spec: spec.clone(),
            wanted,
            names: Vec::new(),
            reported: HashMap::new(),
            seen: None,
            queue: VecDeque::new(),
            undo: Undo::default(),
        })
    }

    /// Whether it starts from a view.
    pub(crate) fn starts_from(&self, view: &str) -> bool {
        let starts = self.spec.all("objectSet");
        starts
            .filter_map(|set| set.text_of("obj"))
            .any(|id| id == view)
    }

    /// Forgets everything: the next comparison finds all objects new.
    pub(super) fn forget(&mut self) {
        self.reported.clear();
        self.queue.clear();
        self.seen = None;
        self.undo = Undo::default();
    }

    /// The client has what was sent so far.
    pub(super) fn confirm(&mut self) {
        self.undo = Undo {
            seen: self.seen,
            objects: Vec::new(),
        };
    }

    /// Takes back what was sent since the last confirmation.
    pub(super) fn roll_back(&mut self) {
        self.queue.clear();
        self.seen = self.undo.seen;
        for (target, before) in std::mem::take(&mut self.undo.objects).into_iter().rev() {
            match before {
                Some(known) => self.reported.insert(target, known),
                None => self.reported.remove(&target),
            };
        }
    }

    /// Lists the objects that may have news.
    pub(super) fn compare(&mut self, sight: &Sight, select: Select<'_>) -> Result<(), SoapFault> {
        let world = sight.world();
        let generation = Some(world.generation());
        if self.seen == generation {
            return Ok(());
        }
        let mut gone = HashSet::new();
        if self.seen.is_none_or(|seen| world.shape() > seen) {
            let selected = select(&self.spec)?;
            let there: HashSet<&Target> = selected.iter().collect();
            for known in self.reported.keys() {
                if !there.contains(known) {
                    gone.insert(known.clone());
                } else if matches!(known, Target::View(..)) {
                    self.queue.push_back((known.clone(), Kind::Modify));
                }
            }
            drop(there);
            let new = selected.into_iter();
            let new = new.filter(|target| !self.reported.contains_key(target));
            self.queue.extend(new.map(|target| (target, Kind::Enter)));
        }
        // All that enters was listed above.
        let touched: Vec<Target> = match self.seen {
            None => Vec::new(),
            Some(seen) if world.rights() > seen => self.reported.keys().cloned().collect(),
            Some(seen) => {
                let touched = world.touched_since(seen).into_iter();
                touched.map(Target::World).collect()
            }
        };
        let modified = touched
            .into_iter()
            .filter(|target| self.reported.contains_key(target) && !gone.contains(target));
        self.queue
            .extend(modified.map(|target| (target, Kind::Modify)));
        self.queue
            .extend(gone.into_iter().map(|target| (target, Kind::Leave)));
        self.seen = generation;
        Ok(())
    }

    /// Appends at most `limit` updates; returns how many. The queue may hold more.
    pub(super) fn write(
        &mut self,
        sight: &Sight,
        limit: usize,
        out: &mut String,
    ) -> Result<usize, SoapFault> {
        let before = out.len();
        out.push_str("<filterSet>");
        reference(out, "filter", "PropertyFilter", &self.id);
        let mut count = 0;
        while count < limit
            && let Some((target, kind)) = self.queue.pop_front()
        {
            let wrote = match kind {
                Kind::Enter | Kind::Modify => self.write_changes(sight, target, kind, out)?,
                Kind::Leave => self.write_leave(sight, target, out),
            };
            count += usize::from(wrote);
        }
        if count == 0 {
            out.truncate(before);
        } else {
            out.push_str("</filterSet>");
        }
        Ok(count)
    }

    pub(super) fn has_more(&self) -> bool {
        !self.queue.is_empty()
    }

    fn write_leave(&mut self, sight: &Sight, target: Target, out: &mut String) -> bool {
        let Some(known) = self.reported.remove(&target) else {
            return false;
        };
        out.push_str("<objectSet><kind>leave</kind>");
        target.write_obj(sight, out);
        out.push_str("</objectSet>");
        self.undo.objects.push((target, Some(known)));
        true
    }

    /// Writes an object with what is new about it; nothing if nothing is.
    fn write_changes(
        &mut self,
        sight: &Sight,
        target: Target,
        kind: Kind,
        out: &mut String,
    ) -> Result<bool, SoapFault> {
        let known = self.reported.get(&target);
        let entering = kind == Kind::Enter;
        // It may have been deleted while earlier parts were sent, or be selected twice.
        if !target.exists(sight) || known.is_some() == entering {
            return Ok(false);
        }
        let start = out.len();
        out.push_str(if entering {
            "<objectSet><kind>enter</kind>"
        } else {
            "<objectSet><kind>modify</kind>"
        });
        target.write_obj(sight, out);
        let mut news = entering;
        let mut now = Vec::new();
        let mut missing = String::new();
        let names = &mut self.names;
        target.read(sight, &self.wanted, |path, reading| {
            let name = number_of(names, path);
            let hash = hash_of(reading);
            let before = known.and_then(|known| known.iter().find(|(n, _)| *n == name));
            let same = before.map(|(_, hash)| *hash) == hash;
            now.extend(hash.map(|hash| (name, hash)));
            if same && !entering {
                return;
            }
            news = true;
            match reading {
                Reading::Withheld => target.write_missing(sight, path, &mut missing),
                Reading::Set(value) => write_change(path, "assign", value, out),
                Reading::Unset => write_change(path, "assign", "", out),
                Reading::UnsetAbove => write_change(path, "indirectRemove", "", out),
            }
        })?;
        if !news {
            out.truncate(start);
            return Ok(false);
        }
        out.push_str(&missing);
        out.push_str("</objectSet>");
        let before = self.reported.insert(target.clone(), now.into_boxed_slice());
        self.undo.objects.push((target, before));
        Ok(true)
    }
}

fn write_change(path: &str, op: &str, value: &str, out: &mut String) {
    for piece in [
        "<changeSet><name>",
        path,
        "</name><op>",
        op,
        "</op>",
        value,
        "</changeSet>",
    ] {
        out.push_str(piece);
    }
}

/// The number of a property name; there are at most as many as all types together have.
fn number_of(names: &mut Vec<String>, name: &str) -> u16 {
    let found = names.iter().position(|known| known == name);
    let position = found.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(position).unwrap_or(u16::MAX)
}

/// `None` if the property has no value.
fn hash_of(reading: Reading<'_>) -> Option<u64> {
    if matches!(reading, Reading::Unset | Reading::UnsetAbove) {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    reading.hash(&mut hasher);
    Some(hasher.finish())
}
