//! `cargo xtask tidy`: the rules of this repository that neither rustc nor clippy checks.

mod circles;
mod dependencies;
mod file_graph;
mod imports;
mod layers;
mod mentions;
mod module_tree;
mod sources;

use std::fs;

use anyhow::bail;

use self::file_graph::FileGraph;
use self::module_tree::ModuleTree;
use crate::cargo_metadata::Metadata;
use crate::repository;

pub(crate) fn run() -> anyhow::Result<()> {
    let metadata = Metadata::of_all_targets()?;
    let mut problems = imports::problems(&metadata)?;
    problems.extend(sources::problems()?);
    problems.extend(dependencies::problems()?);
    let (mut files, mut imports) = (0, 0);
    for member in metadata.members() {
        for target in &member.targets {
            let read = |path: &_| fs::read_to_string(path).ok();
            let graph = FileGraph::new(ModuleTree::read(&target.src_path, &read)?);
            files += graph.files.len();
            imports += graph.edges().count();
            let name = format!(
                "{} ({} {})",
                member.name,
                target.kind.join("+"),
                target.name
            );
            problems.extend(circles::problems(&name, &graph, repository::root()));
            if member.name == layers::CRATE && target.is_library() {
                problems.extend(layers::problems(&graph, repository::root()));
            }
        }
    }
    if problems.is_empty() {
        println!("tidy: ok, {files} files with {imports} imports between them and no circle");
        return Ok(());
    }
    println!("tidy: {files} files with {imports} imports between them");
    bail!("this does not follow the rules:\n{}", problems.join("\n"));
}
