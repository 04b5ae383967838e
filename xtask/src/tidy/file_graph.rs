//! Which file of a crate imports from which, and the circles among them.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

use super::module_tree::ModuleTree;

/// The files of one crate and the imports between them.
pub(super) struct FileGraph {
    pub(super) files: Vec<PathBuf>,
    /// From one file to another, by their places in `files`.
    imports: BTreeMap<usize, BTreeMap<usize, Import>>,
}

/// The first place where one file imports from another.
pub(super) struct Import {
    pub(super) line: usize,
    /// What is imported, as it is written there.
    pub(super) path: String,
    /// The module that imports, and the one that names what is imported, without `crate::`.
    pub(super) from_module: Vec<String>,
    pub(super) to_module: Vec<String>,
}

/// An import and the two files.
pub(super) struct Edge<'g> {
    pub(super) from: &'g Path,
    pub(super) to: &'g Path,
    pub(super) import: &'g Import,
}

impl FileGraph {
    pub(super) fn new(tree: ModuleTree) -> Self {
        let mut imports: BTreeMap<usize, BTreeMap<usize, Import>> = BTreeMap::new();
        for mention in &tree.mentions {
            let Some(target) = tree.target(mention) else {
                continue;
            };
            let ends = (tree.modules.get(mention.module), tree.modules.get(target));
            let (Some(from), Some(to)) = ends else {
                continue;
            };
            if from.file != to.file {
                let of_file = imports.entry(from.file).or_default();
                of_file.entry(to.file).or_insert_with(|| Import {
                    line: mention.line,
                    path: mention.segments.join("::"),
                    from_module: from.path.clone(),
                    to_module: to.path.clone(),
                });
            }
        }
        Self {
            files: tree.files,
            imports,
        }
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        let pairs = self.imports.iter().flat_map(|(from, imports)| {
            let edge = move |(to, _): (&usize, &Import)| (*from, *to);
            imports.iter().map(edge)
        });
        pairs.filter_map(|(from, to)| self.edge(from, to))
    }

    /// Circles that share no import, the shortest ones first: opening each of them once leaves none.
    pub(super) fn circles(&self) -> Vec<Vec<Edge<'_>>> {
        let mut left: BTreeMap<usize, Vec<usize>> = self
            .imports
            .iter()
            .map(|(from, imports)| (*from, imports.keys().copied().collect()))
            .collect();
        let mut circles = Vec::new();
        while let Some(circle) = shortest_circle(&left) {
            let ends: Vec<(usize, usize)> = circle
                .iter()
                .copied()
                .zip(circle.iter().copied().cycle().skip(1))
                .collect();
            for (from, to) in &ends {
                if let Some(imports) = left.get_mut(from) {
                    imports.retain(|it| it != to);
                }
            }
            let edge = |(from, to)| self.edge(from, to);
            circles.push(ends.into_iter().filter_map(edge).collect());
        }
        circles
    }

    fn edge(&self, from: usize, to: usize) -> Option<Edge<'_>> {
        Some(Edge {
            from: self.files.get(from)?,
            to: self.files.get(to)?,
            import: self.imports.get(&from)?.get(&to)?,
        })
    }
}

fn shortest_circle(imports: &BTreeMap<usize, Vec<usize>>) -> Option<Vec<usize>> {
    let circles = imports.keys().filter_map(|file| way_back(imports, *file));
    circles.min_by_key(Vec::len)
}

/// The shortest way from a file over its imports back to it, without that file at the end.
fn way_back(imports: &BTreeMap<usize, Vec<usize>>, start: usize) -> Option<Vec<usize>> {
    let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(file) = waiting.pop_front() {
        for next in imports.get(&file).into_iter().flatten() {
            if *next == start {
                let back = std::iter::successors(Some(file), |at| came_from.get(at).copied());
                let mut way: Vec<usize> = back.collect();
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next) {
                came_from.insert(*next, file);
                waiting.push_back(*next);
            }
        }
    }
    None
}
