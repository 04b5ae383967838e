//! What a source file looks like from the outside.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::repository;

const MAX_LINES: usize = 400;

/// The files of zroc-exporter in which vCenter's answers become the domain's types, and settings those of its client.
const TRANSLATORS: [&str; 6] = [
    "crates/zroc-exporter/src/settings.rs",
    "crates/zroc-exporter/src/settings/",
    "crates/zroc-exporter/src/vcenter.rs",
    "crates/zroc-exporter/src/vcenter/",
    "crates/zroc-exporter/src/advice.rs",
    "crates/zroc-exporter/src/advice/",
];

pub(super) fn problems() -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    for folder in ["crates", "xtask", "fuzz/fuzz_targets", "fuzz/invariants"] {
        rust_files(&repository::root().join(folder), &mut files)?;
    }
    files.sort();
    let mut problems = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let shown = file.strip_prefix(repository::root()).unwrap_or(&file);
        judge(&shown.to_string_lossy(), &text, &mut problems);
    }
    Ok(problems)
}

fn judge(file: &str, text: &str, problems: &mut Vec<String>) {
    if !text.starts_with("//!") {
        problems.push(format!(
            "{file}: open the file with a //! line that says what it is for"
        ));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        problems.push(format!(
            "{file}: {lines} lines, {MAX_LINES} are allowed: give the second idea in it a file of its own"
        ));
    }
    let translates = TRANSLATORS.iter().any(|place| file.starts_with(place));
    if file.starts_with("crates/zroc-exporter/src/") && !translates {
        let uses = text.lines().enumerate().filter(|(_, line)| uses_soap(line));
        for (index, _) in uses {
            problems.push(format!(
                "{file}:{}: vsphere_soap stays behind vcenter.rs: translate there, and hand on a planner_core \
                 type",
                index + 1
            ));
        }
    }
}

fn uses_soap(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.contains("vsphere_soap::")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = folder
        .read_dir()
        .with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::judge;

    fn problems(file: &str, text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        judge(file, text, &mut problems);
        problems
    }

    #[test]
    fn a_short_documented_file_is_fine() {
        assert!(problems("crates/planner-core/src/units.rs", "//! Units.\n").is_empty());
    }

    #[test]
    fn a_file_without_its_opening_line_is_named() {
        let found = problems("crates/planner-core/src/units.rs", "use std::fmt;\n");
        assert!(
            found[0].starts_with("crates/planner-core/src/units.rs: open"),
            "{found:?}"
        );
    }

    #[test]
    fn a_long_file_is_named() {
        let text = format!("//! Long.\n{}", "\n".repeat(400));
        assert_eq!(problems("xtask/src/main.rs", &text).len(), 1);
    }

    #[test]
    fn the_client_is_used_where_its_answers_are_translated_only() {
        let text = "//! Text.\nuse vsphere_soap::Client;\n";
        let found = problems("crates/zroc-exporter/src/collector.rs", text);
        assert!(found[0].contains("collector.rs:2"), "{found:?}");
        assert!(problems("crates/zroc-exporter/src/vcenter.rs", text).is_empty());
        assert!(problems("crates/zroc-exporter/src/vcenter/query.rs", text).is_empty());
        assert!(problems("crates/zroc-exporter/tests/it/main.rs", text).is_empty());
    }
}
