//! What the project may depend on, as `deny.toml` says: licences, sources, banned crates, one version of each.
//!
//! cargo-deny checks the same and more, but building it takes longer than all the rest of CI.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::Context;
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::cargo_metadata::{Metadata, Package};
use crate::repository;

/// The parts of `deny.toml` that are checked here.
#[derive(Deserialize)]
struct Rules {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Named>,
    skip: Vec<Named>,
}

/// A crate, `name` or `name@version`, of which the version may be its beginning only.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: BTreeSet<String>,
}

pub(super) fn problems() -> anyhow::Result<Vec<String>> {
    let file = repository::root().join("deny.toml");
    let text =
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let rules: Rules = toml::from_str(&text)?;
    let packages = Metadata::of_targets(&rules.graph.targets)?.packages;
    let foreign = || packages.iter().filter(|package| package.source.is_some());
    let mut problems = Vec::new();
    problems.extend(foreign().filter_map(|package| rules.licenses.problem(package)));
    problems.extend(foreign().filter_map(|package| rules.sources.problem(package)));
    problems.extend(foreign().filter_map(|package| rules.bans.problem(package)));
    problems.extend(rules.bans.duplicates(&packages));
    Ok(problems)
}

impl Licenses {
    fn problem(&self, package: &Package) -> Option<String> {
        let Package {
            name,
            version,
            license,
            ..
        } = package;
        let Some(license) = license else {
            return Some(format!(
                "{name} {version} names no licence: take another crate"
            ));
        };
        // Old crates write a slash for OR.
        let is_allowed = Expression::parse_mode(license, ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|requirement| {
                let id = requirement.license.id();
                id.is_some_and(|id| self.allow.contains(id.name))
            })
        });
        (!is_allowed).then(|| {
            format!("{name} {version} is under {license}: take another crate, or allow the licence in deny.toml")
        })
    }
}

impl Sources {
    fn problem(&self, package: &Package) -> Option<String> {
        let source = package.source.as_deref().unwrap_or_default();
        let registry = source.strip_prefix("registry+").unwrap_or(source);
        (!self.allow_registry.contains(registry)).then(|| {
            let Package { name, version, .. } = package;
            format!(
                "{name} {version} comes from {source}: only the registries in deny.toml are allowed"
            )
        })
    }
}

impl Bans {
    fn problem(&self, package: &Package) -> Option<String> {
        let ban = self.deny.iter().find(|ban| ban.covers(package))?;
        let (name, reason) = (&package.name, &ban.reason);
        Some(format!("{name} is banned in deny.toml: {reason}"))
    }

    /// Crates in more than one version, beside those that may be.
    fn duplicates(&self, packages: &[Package]) -> Vec<String> {
        let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let is_skipped = |package: &Package| self.skip.iter().any(|skip| skip.covers(package));
        for package in packages.iter().filter(|package| !is_skipped(package)) {
            let of_name = versions.entry(&package.name).or_default();
            of_name.insert(&package.version);
        }
        let several = versions
            .into_iter()
            .filter(|(_, versions)| versions.len() > 1);
        let problem = |(name, versions): (&str, BTreeSet<&str>)| {
            let versions = Vec::from_iter(versions).join(" and ");
            format!(
                "{name} is there in the versions {versions}: `cargo tree --invert {name}` tells why; agree on one, or add \
                 it to `skip` in deny.toml with the reason"
            )
        };
        several.map(problem).collect()
    }
}

impl Named {
    fn covers(&self, package: &Package) -> bool {
        match self.name.split_once('@') {
            None => self.name == package.name,
            Some((name, version)) => {
                let rest = package.version.strip_prefix(version);
                name == package.name
                    && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }
        }
    }
}
