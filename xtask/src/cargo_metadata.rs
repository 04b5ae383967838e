//! What cargo knows of the packages in `Cargo.lock`.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::ensure;
use serde::Deserialize;

use crate::repository;

#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
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
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
}

impl Metadata {
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
            .output()?;
        ensure!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let Self { packages, resolve } = serde_json::from_slice(&output.stdout)?;
        let used: BTreeSet<&str> = resolve.nodes.iter().map(|node| &*node.id).collect();
        let is_used = |package: &Package| used.contains(&*package.id);
        Ok(Self {
            packages: packages.into_iter().filter(is_used).collect(),
            resolve,
        })
    }

    /// The ids of the packages that one depends on.
    pub(crate) fn dependencies(&self, id: &str) -> &[String] {
        let node = self.resolve.nodes.iter().find(|node| node.id == id);
        node.map_or(&[], |node| &node.dependencies)
    }
}
