//! Paths of VM folders, each found once.

use std::collections::HashMap;
use std::sync::Arc;

/// Paths in use are far shorter. A hostile server must not make a label of megabytes out of folders in folders.
const MOST_PATH_BYTES: usize = 1_024;

/// The paths of folders, by reference.
#[derive(Default)]
pub(super) struct FolderPaths<'e> {
    /// `None`: a system folder.
    known: HashMap<&'e str, Option<Arc<str>>>,
}

impl<'e> FolderPaths<'e> {
    /// The names from the datacenter down, joined by `/`, and cut if they are too long.
    ///
    /// `upwards` has the reference and the name of the folder, then of those above it. The topmost one is the datacenter's
    /// system folder, which people do not see as part of a path.
    pub(super) fn path(
        &mut self,
        upwards: impl Iterator<Item = (&'e str, &'e Arc<str>)>,
    ) -> Arc<str> {
        let mut below = Vec::new();
        let mut path = None;
        for (moref, name) in upwards {
            if let Some(known) = self.known.get(moref) {
                path = Some(known.clone());
                break;
            }
            below.push((moref, name));
        }
        for (moref, name) in below.into_iter().rev() {
            let found = path.map(|above: Option<Arc<str>>| joined(above.as_deref(), name));
            self.known.insert(moref, found.clone());
            path = Some(found);
        }
        path.flatten().unwrap_or_default()
    }
}

/// The path of a folder below the folder of this path; `None` is the system folder.
fn joined(above: Option<&str>, name: &Arc<str>) -> Arc<str> {
    match above {
        None if name.len() <= MOST_PATH_BYTES => Arc::clone(name),
        None => Arc::from(cut(name)),
        Some(above) => Arc::from(cut(&format!("{above}/{name}"))),
    }
}

fn cut(path: &str) -> &str {
    let ends = path
        .char_indices()
        .map(|(start, character)| start + character.len_utf8());
    let end = ends.take_while(|end| *end <= MOST_PATH_BYTES).last();
    path.get(..end.unwrap_or_default()).unwrap_or_default()
}
