//! `cargo xtask instructions`: what decoding, aggregation and encoding cost, in instructions.
//!
//! Unlike times, instructions do not depend on what else a machine is doing, so a change that makes a piece dearer shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::binaries::{executable, link_statically};
use crate::{command, debian, repository};

/// A piece may take this much more than the committed number.
const TOLERANCE: f64 = 0.05;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Replace the committed numbers by those of this run
    #[arg(long)]
    write: bool,
}

/// The committed numbers. Another compiler makes other code, so they belong to one.
#[derive(Serialize, Deserialize)]
struct Committed {
    rustc: String,
    instructions: BTreeMap<String, u64>,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    debian::install_missing(&["valgrind"], &[Path::new("/usr/bin/valgrind")]).await?;
    let benchmark = build().await?;
    let rustc = command::succeed(Command::new("rustc").arg("--version")).await?;
    let mut measured = Committed {
        rustc: rustc.trim().to_owned(),
        instructions: BTreeMap::new(),
    };
    let list = command::succeed(Command::new(&benchmark).arg("--list")).await?;
    for name in list.lines().filter_map(|line| line.split(' ').next()) {
        let count = per_run(&benchmark, name).await?;
        measured.instructions.insert(name.to_owned(), count);
    }
    let file = repository::root().join("xtask/instructions.json");
    if options.write {
        let text = serde_json::to_string_pretty(&measured)? + "\n";
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        println!("written: {}", file.display());
        return Ok(());
    }
    let committed = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    compare(&measured, &serde_json::from_slice(&committed)?)
}

fn compare(measured: &Committed, committed: &Committed) -> anyhow::Result<()> {
    let mut dearer = Vec::new();
    println!(
        "{:<26} {:>13} {:>13} {:>8}",
        "", "committed", "now", "change"
    );
    for (name, now) in &measured.instructions {
        let before = committed.instructions.get(name);
        let before = *before.with_context(|| format!("no committed number for {name}"))?;
        let change = *now as f64 / before as f64 - 1.0;
        println!(
            "{name:<26} {before:>13} {now:>13} {:>+7.1} %",
            change * 100.0
        );
        if change > TOLERANCE {
            dearer.push(name.as_str());
        }
    }
    if measured.rustc != committed.rustc {
        println!(
            "the committed numbers are of {}, this is {}: nothing is decided",
            committed.rustc, measured.rustc
        );
        return Ok(());
    }
    ensure!(
        dearer.is_empty(),
        "{} became dearer by more than {:.0} %; if that is worth it, commit what `cargo xtask instructions --write` writes",
        dearer.join(", "),
        TOLERANCE * 100.0
    );
    Ok(())
}

/// Builds the benchmark of pieces.
pub(crate) async fn build() -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .args([
            "bench",
            "--no-run",
            "--package=zroc-exporter",
            "--bench=micro",
        ])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(repository::root());
    link_statically(&mut cargo).await?;
    executable(&command::succeed_in_sight(&mut cargo).await?, "micro")
}

/// What a second and a third run add to the first one.
async fn per_run(benchmark: &Path, name: &str) -> anyhow::Result<u64> {
    let once = collected(benchmark, name, "1").await?;
    let three_times = collected(benchmark, name, "3").await?;
    Ok(three_times.saturating_sub(once) / 2)
}

async fn collected(benchmark: &Path, name: &str, count: &str) -> anyhow::Result<u64> {
    let mut valgrind = Command::new("/usr/bin/valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(benchmark)
        .args(["--run", name, count]);
    let finished = command::finish(&mut valgrind).await?;
    if !finished.status.success() {
        bail!("{}{}", finished.stdout, finished.stderr);
    }
    let line = finished
        .stderr
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, number) = line.with_context(|| format!("no count in {}", finished.stderr))?;
    Ok(number.trim().parse()?)
}
