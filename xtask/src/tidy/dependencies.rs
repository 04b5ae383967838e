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
                "{name} is there in the versions {versions}: `cargo tree --invert {name}` shows why; agree on one, or add \
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Package, Rules};

    const CRATES_IO: &str = "https://github.com/rust-lang/crates.io-index";

    fn rules() -> Rules {
        let text = format!(
            r#"
            [graph]
            targets = []
            [licenses]
            allow = ["MIT", "Apache-2.0"]
            [bans]
            deny = [{{ crate = "openssl", reason = "rustls is there" }}]
            skip = [{{ crate = "syn@2", reason = "on its way out" }}]
            [sources]
            allow-registry = ["{CRATES_IO}"]
            "#
        );
        toml::from_str(&text).expect("rules in the shape of deny.toml")
    }

    fn package(name: &str, version: &str, license: Option<&str>, source: &str) -> Package {
        let package = json!({
            "id": format!("{name}@{version}"),
            "name": name,
            "version": version,
            "license": license,
            "source": source,
            "dependencies": [],
            "targets": [],
        });
        serde_json::from_value(package).expect("the shape of cargo metadata")
    }

    fn of_registry(name: &str, version: &str) -> Package {
        package(name, version, Some("MIT"), &format!("registry+{CRATES_IO}"))
    }

    #[test]
    fn a_licence_must_leave_a_choice_that_is_allowed() {
        let problem = |license| {
            let licenses = rules().licenses;
            licenses.problem(&package("it", "1.0.0", license, ""))
        };
        assert_eq!(problem(Some("GPL-3.0-only OR MIT")), None);
        assert_eq!(problem(Some("MIT/Apache-2.0")), None);
        for license in [
            Some("GPL-3.0-only"),
            Some("MIT AND GPL-3.0-only"),
            Some("own words"),
            None,
        ] {
            assert!(problem(license).is_some(), "{license:?}");
        }
    }

    #[test]
    fn crates_come_from_allowed_registries_only() {
        let sources = rules().sources;
        assert_eq!(sources.problem(&of_registry("it", "1.0.0")), None);
        for source in [
            "registry+https://crates.example.test",
            "git+https://git.example.test/it",
        ] {
            assert!(
                sources
                    .problem(&package("it", "1.0.0", None, source))
                    .is_some(),
                "{source}"
            );
        }
    }

    #[test]
    fn a_banned_crate_is_named_with_the_reason() {
        let bans = rules().bans;
        let problem = bans
            .problem(&of_registry("openssl", "0.10.1"))
            .expect("a ban");
        assert_eq!(problem, "openssl is banned in deny.toml: rustls is there");
        assert_eq!(bans.problem(&of_registry("openssl-probe", "0.1.0")), None);
    }

    #[test]
    fn two_versions_of_a_crate_are_reported_unless_one_is_skipped() {
        let bans = rules().bans;
        let two = |name: &str, old: &str| [of_registry(name, old), of_registry(name, "3.0.0")];
        assert_eq!(bans.duplicates(&two("syn", "2.0.1")), [""; 0]);
        assert_eq!(bans.duplicates(&two("syn", "20.0.1")).len(), 1);
        assert_eq!(bans.duplicates(&two("serde", "2.0.1")).len(), 1);
    }
}
