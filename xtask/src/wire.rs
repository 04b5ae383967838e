//! `cargo xtask wire FOLDER`: reads recorded vCenter traffic with the decoders of `vsphere-soap`.
//!
//! Every answer in the folder is either checked against values read off it by eye and by another XML
//! reader, or listed with the reason why it is not. The recordings themselves are not part of this repository.

mod render;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Operations that the client does not use, with the reason.
const NOT_OURS: &[(&str, &str)] = &[(
    "SessionIsActive",
    "needs a privilege that a read-only user lacks",
)];

pub(crate) fn run(folder: &Path) -> anyhow::Result<()> {
    let mut expected = expected()?;
    let mut checked = 0;
    let mut skipped = BTreeSet::new();
    let mut problems = Vec::new();
    for path in answers(folder)? {
        let name = path.strip_prefix(folder)?.display().to_string();
        let body = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        if let Some((operation, reason)) = not_ours(&body) {
            skipped.insert(format!("{name}: {operation}: {reason}"));
            continue;
        }
        let rendered = render::render(&body);
        let Some(facts) = expected.remove(name.as_str()) else {
            problems.push(format!(
                "{name}: nobody read values off this answer. It says:\n{rendered}"
            ));
            continue;
        };
        checked += 1;
        for fact in facts {
            if !rendered.contains(fact) {
                problems.push(format!("{name}: expected {fact:?} in\n{rendered}"));
            }
        }
    }
    for (file, _) in expected {
        problems.push(format!("{file}: is expected but not there"));
    }
    for line in &skipped {
        println!("not ours: {line}");
    }
    if !problems.is_empty() {
        bail!(
            "{} of the recorded answers:\n{}",
            problems.len(),
            problems.join("\n")
        );
    }
    println!(
        "{checked} recorded answers read as expected, {} are not ours",
        skipped.len()
    );
    Ok(())
}

/// What was read off the answers without our decoders: a file name, then its facts, indented. Each
/// fact must appear in what [`render::render`] makes of the file.
fn expected() -> anyhow::Result<BTreeMap<&'static str, Vec<&'static str>>> {
    let mut expected: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut file = "";
    for line in include_str!("wire/expected.txt").lines() {
        if let Some(fact) = line.strip_prefix('\t') {
            expected.entry(file).or_default().push(fact);
            continue;
        }
        file = line;
        if expected.insert(file, Vec::new()).is_some() {
            bail!("{file} is listed twice");
        }
    }
    Ok(expected)
}

/// The recorded answers below `folder`, sorted.
fn answers(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let list =
        |path: &Path| fs::read_dir(path).with_context(|| format!("listing {}", path.display()));
    for entry in list(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let recorded = path.file_name().is_none_or(|name| name != "constructed");
        let suffix = if recorded { ".resp.xml" } else { ".xml" };
        for file in list(&path)? {
            let file = file?.path();
            if file.to_string_lossy().ends_with(suffix) {
                found.push(file);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn not_ours(body: &[u8]) -> Option<(&'static str, &'static str)> {
    let operation = render::operation(body)?;
    NOT_OURS
        .iter()
        .copied()
        .find(|(name, _)| *name == operation)
}
