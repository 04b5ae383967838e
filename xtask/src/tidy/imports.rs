//! Who may depend on whom. A crate that is not listed may depend on nothing of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::repository;

/// Crate, and what of ours it may have as a normal or build dependency.
///
/// The mock shares nothing with the client: a mock that shared the decoder's types would agree with its
/// bugs. What tests import is not limited.
const ALLOWED: [(&str, &[&str]); 5] = [
    ("mock-vcenter", &[]),
    ("planner-core", &[]),
    ("vsphere-soap", &[]),
    ("xtask", &["vsphere-soap"]),
    ("zroc-exporter", &["planner-core", "vsphere-soap"]),
];

/// planner-core decides and others do: it must not be able to wait, or to reach the network.
const NOT_IN_THE_CORE: [&str; 5] = ["async-std", "hyper", "reqwest", "tokio", "ureq"];

pub(super) fn problems() -> anyhow::Result<Vec<String>> {
    let metadata = Metadata::read()?;
    let mut problems = metadata.forbidden_edges();
    for package in metadata.below("planner-core")? {
        if NOT_IN_THE_CORE.contains(&package) {
            problems.push(format!(
                "planner-core depends on {package}, directly or not: take the value it was wanted for as an \
                 argument, and fetch it in zroc-exporter"
            ));
        }
    }
    Ok(problems)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// None for a normal one, else `dev` or `build`.
    kind: Option<String>,
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
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

impl Metadata {
    fn read() -> anyhow::Result<Self> {
        let output = Command::new("cargo")
            .args(["metadata", "--format-version=1"])
            .current_dir(repository::root())
            .output()
            .context("cannot start cargo")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo metadata: {complaint}");
        serde_json::from_slice(&output.stdout).context("cargo metadata has another shape")
    }

    fn forbidden_edges(&self) -> Vec<String> {
        let members: BTreeSet<&str> = self.members().map(|member| member.name.as_str()).collect();
        let mut problems = Vec::new();
        for member in self.members() {
            let rule = ALLOWED.iter().find(|(name, _)| *name == member.name);
            let allowed = rule.map_or(&[][..], |(_, allowed)| allowed);
            for dependency in &member.dependencies {
                let name = dependency.name.as_str();
                let counts = dependency.kind.as_deref() != Some("dev") && members.contains(name);
                if counts && !allowed.contains(&name) {
                    problems.push(format!(
                        "{} must not depend on {name}: move what both need to the side that owns it, or \
                         pass values ({} lists who may import whom)",
                        member.name,
                        file!()
                    ));
                }
            }
        }
        problems
    }

    fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
    }

    /// Names of everything that is built into a member, tests aside.
    fn below(&self, member: &str) -> anyhow::Result<BTreeSet<&str>> {
        let nodes: BTreeMap<&str, &Node> = self
            .resolve
            .nodes
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect();
        let names: BTreeMap<&str, &str> = self
            .packages
            .iter()
            .map(|package| (package.id.as_str(), package.name.as_str()))
            .collect();
        let start = self.members().find(|package| package.name == member);
        let start = start.with_context(|| format!("there is no member {member}"))?;

        let mut seen = BTreeSet::new();
        let mut waiting = vec![start.id.as_str()];
        while let Some(id) = waiting.pop() {
            for dependency in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
                let built_in = dependency
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind.as_deref() != Some("dev"));
                if built_in && seen.insert(dependency.pkg.as_str()) {
                    waiting.push(&dependency.pkg);
                }
            }
        }
        Ok(seen
            .into_iter()
            .filter_map(|id| names.get(id).copied())
            .collect())
    }
}
