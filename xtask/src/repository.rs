//! Where things are in this repository.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folder with the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    let own_manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    own_manifest.parent().unwrap_or(own_manifest)
}

/// A folder below `target` for what a chore makes or keeps; created when it is missing.
pub(crate) fn scratch(name: &str) -> anyhow::Result<PathBuf> {
    let folder = root().join("target").join(name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}
