//! Finds out what the program is built from: `--version` and `vcenter_collector_build_info` say so.

use std::env;
use std::path::Path;
use std::process::Command;

/// Names the commit where there is no git, as in a container or a source archive.
const REVISION: &str = "ZROC_REVISION";

/// A commit is shown with this many digits.
const DIGITS: usize = 12;

fn main() {
    println!("cargo::rerun-if-env-changed={REVISION}");
    println!("cargo::rerun-if-changed=build.rs");
    let given = env::var_os(REVISION).and_then(|given| given.into_string().ok());
    let revision = given
        .filter(|given| !given.is_empty())
        .or_else(from_git)
        .filter(|revision| revision.chars().all(|c| c.is_ascii_alphanumeric()));
    let revision = revision.as_deref().unwrap_or("unknown");
    let short = revision.get(..DIGITS).unwrap_or(revision);
    println!("cargo::rustc-env=ZROC_REVISION={short}");
    let target = env::var_os("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=ZROC_TARGET={}", target.display());
}

/// The commit of this repository. A source archive may lie in a repository of somebody else, which does not count.
fn from_git() -> Option<String> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR")?;
    let root = Path::new(&manifest).ancestors().nth(2)?;
    if !root.join(".git").exists() {
        return None;
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(arguments)
            .output();
        let output = output.ok().filter(|output| output.status.success())?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.trim().to_owned())
    };
    // Git appends a line to it with each commit and checkout.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={}", root.join(log).display());
    }
    git(&["rev-parse", "HEAD"])
}
