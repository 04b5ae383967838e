//! What cargo knows of the packages in `Cargo.lock`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::repository;

#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) repository: Option<String>,
    /// `None` for our own.
    pub(crate) source: Option<String>,
    /// What its manifest names, for every kind of build.
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    kind: Option<DependencyKind>,
}

/// `None` beside these: a normal dependency.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum DependencyKind {
    Build,
    Dev,
}

/// A library, a program, a test, a benchmark or an example.
#[derive(Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    /// The file it starts with.
    pub(crate) src_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<NodeDependency>,
}

#[derive(Deserialize)]
struct NodeDependency {
    pkg: String,
    dep_kinds: Vec<NodeDependencyKind>,
}

#[derive(Deserialize)]
struct NodeDependencyKind {
    kind: Option<DependencyKind>,
}

impl Metadata {
    /// Everything that a build for any target may take, tests included.
    pub(crate) fn of_all_targets() -> anyhow::Result<Self> {
        Self::of_targets(&[])
    }

    /// Everything that a build for one of these targets may take, tests included.
    pub(crate) fn of_targets(targets: &[String]) -> anyhow::Result<Self> {
        let output = Command::new("cargo")
            .args(["metadata", "--format-version=1", "--locked"])
            .args(
                targets
                    .iter()
                    .map(|target| format!("--filter-platform={target}")),
            )
            .current_dir(repository::root())
            .output()
            .context("cannot start cargo")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo metadata: {complaint}");
        let read: Self = serde_json::from_slice(&output.stdout)
            .context("cargo metadata has an unexpected shape")?;
        let used: BTreeSet<&str> = read.resolve.nodes.iter().map(|node| &*node.id).collect();
        let is_used = |package: &Package| used.contains(&*package.id);
        Ok(Self {
            packages: read.packages.into_iter().filter(is_used).collect(),
            workspace_members: read.workspace_members,
            resolve: read.resolve,
        })
    }

    /// The packages of this workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The ids of the packages that one depends on.
    pub(crate) fn dependencies(&self, id: &str) -> impl Iterator<Item = &str> {
        self.nodes_below(id).map(|dependency| &*dependency.pkg)
    }

    /// The names of all packages that are built into a member, directly or not; those for its tests do not count.
    pub(crate) fn built_into(&self, member: &str) -> anyhow::Result<BTreeSet<&str>> {
        let names: BTreeMap<&str, &str> = self
            .packages
            .iter()
            .map(|package| (&*package.id, &*package.name))
            .collect();
        let start = self.members().find(|package| package.name == member);
        let start = start.with_context(|| format!("there is no member {member}"))?;
        let mut seen = BTreeSet::new();
        let mut waiting = vec![&*start.id];
        while let Some(id) = waiting.pop() {
            for dependency in self.nodes_below(id) {
                if dependency.is_built_in() && seen.insert(&*dependency.pkg) {
                    waiting.push(&dependency.pkg);
                }
            }
        }
        Ok(seen
            .into_iter()
            .filter_map(|id| names.get(id).copied())
            .collect())
    }

    fn nodes_below(&self, id: &str) -> impl Iterator<Item = &NodeDependency> {
        let node = self.resolve.nodes.iter().find(|node| node.id == id);
        node.into_iter().flat_map(|node| &node.deps)
    }
}

impl Dependency {
    /// Whether only tests, examples and benchmarks need it.
    pub(crate) fn is_for_tests(&self) -> bool {
        self.kind == Some(DependencyKind::Dev)
    }
}

impl NodeDependency {
    fn is_built_in(&self) -> bool {
        let mut kinds = self.dep_kinds.iter().map(|it| it.kind);
        kinds.any(|kind| kind != Some(DependencyKind::Dev))
    }
}

impl Target {
    pub(crate) fn is_library(&self) -> bool {
        self.kind.iter().any(|kind| kind == "lib")
    }
}
