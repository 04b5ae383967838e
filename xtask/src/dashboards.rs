//! Grafana dashboards as code: what is in `deploy/grafana/dashboards` is written by `cargo xtask dashboards`.

mod board;
mod exporter;
mod fleet;
#[cfg(test)]
mod lint;
mod vm;

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;

use self::board::Board;
use crate::repository;

/// All dashboards.
pub(crate) fn all() -> [Board; 3] {
    [fleet::board(), vm::board(), exporter::board()]
}

/// Writes them to where they are kept.
pub(crate) fn write() -> anyhow::Result<()> {
    fs::create_dir_all(folder())?;
    for board in all() {
        let path = folder().join(board.file_name());
        fs::write(&path, board.json())
            .with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

fn folder() -> PathBuf {
    repository::root().join("deploy/grafana/dashboards")
}
