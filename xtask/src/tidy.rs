//! `cargo xtask tidy`: the rules of this repository that neither rustc nor clippy checks.

mod dependencies;
mod imports;
mod sources;

use anyhow::bail;

use crate::cargo_metadata::Metadata;

pub(crate) fn run() -> anyhow::Result<()> {
    let mut problems = imports::problems(&Metadata::of_all_targets()?)?;
    problems.extend(sources::problems()?);
    problems.extend(dependencies::problems()?);
    if problems.is_empty() {
        println!("tidy: ok");
        return Ok(());
    }
    bail!("this does not follow the rules:\n{}", problems.join("\n"));
}
