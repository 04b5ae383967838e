//! `cargo xtask wire FOLDER...`: reads recorded vCenter traffic with the decoders of `vsphere-soap`.
//!
//! Every answer in the folders is either checked against values read off it by eye and by another XML
//! reader, or listed with the reason why it is not. The recordings themselves are not part of this repository.

mod expected;
mod render;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use self::expected::{Expected, Facts};

/// Operations that the client does not use, with the reason.
const NOT_OURS: &[(&str, &str)] = &[
    (
        "SessionIsActive",
        "needs a privilege that a read-only user lacks",
    ),
    ("WaitForUpdates", "WaitForUpdatesEx replaced it"),
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where the recordings are
    #[arg(required = true)]
    folders: Vec<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let expected = expected::read()?;
    let mut findings = Findings::default();
    for folder in &options.folders {
        findings.add(folder, &expected)?;
    }
    for line in &findings.skipped {
        println!("not ours: {line}");
    }
    if !findings.problems.is_empty() {
        bail!(
            "{} of the recorded answers:\n{}",
            findings.problems.len(),
            findings.problems.join("\n")
        );
    }
    println!(
        "{} recorded answers read as expected, {} are not ours",
        findings.checked,
        findings.skipped.len()
    );
    Ok(())
}

#[derive(Default)]
struct Findings {
    checked: usize,
    skipped: BTreeSet<String>,
    problems: Vec<String>,
}

impl Findings {
    /// Compares the answers of a folder with the list that knows one of them.
    fn add(&mut self, folder: &Path, expected: &[Expected]) -> anyhow::Result<()> {
        let mut names = BTreeSet::new();
        for path in answers(folder)? {
            names.insert(path.strip_prefix(folder)?.display().to_string());
        }
        let is_known = |list: &&Expected| names.iter().any(|name| list.contains_key(&**name));
        let expected = expected.iter().find(is_known);
        let expected = expected.with_context(|| {
            format!(
                "no values were read off any answer in {}: is it the right folder?",
                folder.display()
            )
        })?;
        for name in &names {
            let path = folder.join(name);
            let body = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            self.judge(name, &body, expected.get(&**name));
        }
        for name in expected.keys().filter(|name| !names.contains(**name)) {
            self.problems
                .push(format!("{name}: is expected but not there"));
        }
        Ok(())
    }

    fn judge(&mut self, name: &str, body: &[u8], facts: Option<&Facts>) {
        if let Some((operation, reason)) = not_ours(body) {
            self.skipped
                .insert(format!("{name}: {operation}: {reason}"));
            return;
        }
        let rendered = render::render(body);
        let Some(facts) = facts else {
            self.problems.push(format!(
                "{name}: nobody read values off this answer. It says:\n{rendered}"
            ));
            return;
        };
        self.checked += 1;
        if let Some(fact) = first_unmet(facts, &rendered) {
            self.problems
                .push(format!("{name}: expected {fact:?} in\n{rendered}"));
        }
    }
}

/// The first fact that a text does not hold. It has to hold them in their order, so that a fact about one object is not
/// met by another.
fn first_unmet<'f>(facts: &[&'f str], text: &str) -> Option<&'f str> {
    let mut rest = text;
    for fact in facts {
        match rest.split_once(fact) {
            Some((_, after)) => rest = after,
            None => return Some(fact),
        }
    }
    None
}

/// The recorded answers in `folder` and in the folders below it.
fn answers(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in files(folder)? {
        if path.is_dir() {
            found.extend(files(&path)?.into_iter().filter(|file| is_answer(file)));
        } else if is_answer(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// Requests lie beside what was recorded, but not beside what was constructed.
fn is_answer(file: &Path) -> bool {
    let is_constructed = file
        .parent()
        .is_some_and(|folder| folder.ends_with("constructed"));
    let suffix = if is_constructed { ".xml" } else { ".resp.xml" };
    file.to_string_lossy().ends_with(suffix)
}

fn not_ours(body: &[u8]) -> Option<(&'static str, &'static str)> {
    let operation = render::operation(body)?;
    NOT_OURS
        .iter()
        .copied()
        .find(|(name, _)| *name == operation)
}

#[cfg(test)]
mod tests {
    use super::{Findings, first_unmet};

    const ANSWER: &[u8] = br#"<CreateFilterResponse xmlns="urn:vim25"><returnval type="PropertyFilter">f-1</returnval></CreateFilterResponse>"#;

    #[test]
    fn facts_must_be_there_in_their_order() {
        let text = "vm-1\n  name a\nvm-2\n  name b\n";
        assert_eq!(
            first_unmet(&["vm-1", "name a", "vm-2", "name b"], text),
            None
        );
        assert_eq!(first_unmet(&["vm-2", "name a"], text), Some("name a"));
        assert_eq!(first_unmet(&["vm-3"], text), Some("vm-3"));
    }

    #[test]
    fn an_answer_that_nobody_read_is_a_problem() {
        let mut findings = Findings::default();
        findings.judge("new.resp.xml", ANSWER, None);
        assert!(findings.problems[0].starts_with("new.resp.xml: nobody read"));
        assert_eq!(findings.checked, 0);
    }

    #[test]
    fn an_answer_to_an_operation_of_others_is_skipped() {
        let mut findings = Findings::default();
        let body = br#"<WaitForUpdatesResponse xmlns="urn:vim25"/>"#;
        findings.judge("old.resp.xml", body, None);
        assert!(findings.problems.is_empty());
        assert_eq!(findings.skipped.len(), 1);
    }
}
