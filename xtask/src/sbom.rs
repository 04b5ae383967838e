//! `cargo xtask sbom`: what the exporter is made of, as a CycloneDX document.
//!
//! There is neither a time nor a random number in it: the same `Cargo.lock` makes the same document.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use spdx::Expression;
use tokio::process::Command;

use crate::binaries::host_target;
use crate::cargo_metadata::{Metadata, Package};
use crate::{command, repository};

const EXPORTER: &str = "zroc-exporter";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where to write it
    file: PathBuf,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let bom = write(&options.file).await?;
    let (built_in, needed_to_build): (Vec<_>, Vec<_>) = bom
        .components
        .iter()
        .partition(|component| matches!(component.scope, Scope::Required));
    println!(
        "{}: {} crates in the program, {} more to build it",
        options.file.display(),
        built_in.len(),
        needed_to_build.len()
    );
    Ok(())
}

/// Writes the document of the exporter for this machine's target.
pub(crate) async fn write(file: &Path) -> anyhow::Result<Bom> {
    let target = host_target().await?;
    let built_in = built(&target, "normal,no-proc-macro").await?;
    let all = built(&target, "normal,build").await?;
    let metadata = Metadata::of_targets(&[target])?;
    let bom = Bom::new(&metadata, &all, &built_in, &checksums()?)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, serde_json::to_string_pretty(&bom)? + "\n")
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(bom)
}

/// A crate's name and version.
type Crate = (String, String);

/// What a build of the exporter takes over edges of these kinds. `cargo metadata` would add what other members of the
/// workspace, or tests, ask of the same crates.
async fn built(target: &str, edges: &str) -> anyhow::Result<BTreeSet<Crate>> {
    let mut tree = Command::new("cargo");
    tree.args(["tree", "--locked", "--prefix=none", "--format={p}"])
        .arg(format!("--package={EXPORTER}"))
        .arg(format!("--target={target}"))
        .arg(format!("--edges={edges}"))
        .current_dir(repository::root());
    let lines = command::succeed(&mut tree).await?;
    // name v1.2.3 (where it is, if not on crates.io)
    let name_and_version = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        let version = rest.split(' ').next()?;
        Some((name.to_owned(), version.to_owned()))
    };
    Ok(lines.lines().filter_map(name_and_version).collect())
}

/// The SHA-256 of each crate's archive.
fn checksums() -> anyhow::Result<BTreeMap<Crate, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock = fs::read_to_string(repository::root().join("Cargo.lock"))?;
    let Lock { package } = toml::from_str(&lock)?;
    let checksum = |it: Locked| Some(((it.name, it.version), it.checksum?));
    Ok(package.into_iter().filter_map(checksum).collect())
}

/// A document after <https://cyclonedx.org/docs/1.6/json/>, with the fields of it that we fill.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    #[serde(rename = "bomFormat")]
    format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: BomMetadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct BomMetadata {
    component: Component,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    r#type: &'static str,
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    name: String,
    version: String,
    scope: Scope,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    licenses: Vec<License>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    Required,
    /// Needed to build the program, and no part of it.
    Excluded,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct License {
    expression: String,
}

#[derive(Serialize)]
struct Reference {
    r#type: &'static str,
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    r#ref: String,
    depends_on: Vec<String>,
}

impl Bom {
    fn new(
        metadata: &Metadata,
        all: &BTreeSet<Crate>,
        built_in: &BTreeSet<Crate>,
        checksums: &BTreeMap<Crate, String>,
    ) -> anyhow::Result<Self> {
        let packages: BTreeMap<&str, &Package> = metadata
            .packages
            .iter()
            .filter(|package| all.contains(&crate_of(package)))
            .map(|package| (&*package.id, package))
            .collect();
        ensure!(
            packages.len() == all.len(),
            "cargo tree and cargo metadata do not agree on what the exporter is made of"
        );
        let mut application = None;
        let mut components = Vec::with_capacity(packages.len());
        let mut dependencies = Vec::with_capacity(packages.len());
        for (id, package) in &packages {
            let key = crate_of(package);
            let mut component = Component::new(package, checksums.get(&key))?;
            if !built_in.contains(&key) {
                component.scope = Scope::Excluded;
            }
            let depends_on = metadata.dependencies(id);
            let depends_on = depends_on.filter_map(|id| packages.get(id));
            dependencies.push(Dependency {
                r#ref: component.bom_ref.clone(),
                depends_on: depends_on.map(|package| bom_ref(package)).collect(),
            });
            if package.name == EXPORTER {
                component.r#type = "application";
                application = Some(component);
            } else {
                components.push(component);
            }
        }
        Ok(Self {
            schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
            format: "CycloneDX",
            spec_version: "1.6",
            version: 1,
            metadata: BomMetadata {
                component: application.context("the exporter is not part of itself")?,
            },
            components,
            dependencies,
        })
    }
}

impl Component {
    fn new(package: &Package, checksum: Option<&String>) -> anyhow::Result<Self> {
        let Package { name, version, .. } = package;
        let license = package.license.as_deref();
        let license = license.with_context(|| format!("{name} {version} names no licence"))?;
        // Old crates write a slash for OR.
        let canonical = Expression::canonicalize(license)
            .with_context(|| format!("{name} {version} is under {license}"))?;
        let is_foreign = package.source.is_some();
        Ok(Self {
            r#type: "library",
            bom_ref: bom_ref(package),
            name: name.clone(),
            version: version.clone(),
            scope: Scope::Required,
            hashes: Vec::from_iter(checksum.map(|checksum| Hash {
                alg: "SHA-256",
                content: checksum.clone(),
            })),
            licenses: vec![License {
                expression: canonical.unwrap_or_else(|| license.to_owned()),
            }],
            purl: is_foreign.then(|| format!("pkg:cargo/{name}@{version}")),
            external_references: Vec::from_iter(package.repository.as_ref().map(|url| Reference {
                r#type: "vcs",
                url: url.clone(),
            })),
        })
    }
}

fn crate_of(package: &Package) -> Crate {
    (package.name.clone(), package.version.clone())
}

fn bom_ref(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}
