//! `cargo xtask instructions`: what decoding, aggregation and encoding cost, in CPU instructions.
//!
//! Unlike times, instruction counts do not depend on what else the machine is doing, so a more expensive piece shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::binaries::{executable, link_statically};
use crate::{command, debian, repository};

/// A piece may execute this share of instructions more than its baseline.
const TOLERANCE: f64 = 0.05;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Replace the recorded baseline by the counts of this run
    #[arg(long)]
    write: bool,
}

/// Instructions by piece. Another compiler generates other code, so they belong to one.
#[derive(Serialize, Deserialize)]
struct Counts {
    rustc: String,
    instructions: BTreeMap<String, u64>,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    debian::install_missing(&["valgrind"], &[Path::new("/usr/bin/valgrind")]).await?;
    let benchmark = build().await?;
    let rustc = command::succeed(Command::new("rustc").arg("--version")).await?;
    let mut measured = Counts {
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
    let baseline = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    compare(&measured, &serde_json::from_slice(&baseline)?)
}

fn compare(measured: &Counts, baseline: &Counts) -> anyhow::Result<()> {
    let mut above = Vec::new();
    println!(
        "{:<26} {:>13} {:>13} {:>8}",
        "", "baseline", "now", "change"
    );
    for (name, now) in &measured.instructions {
        let before = baseline.instructions.get(name);
        let before = *before.with_context(|| {
            format!("no baseline for {name}: commit what `cargo xtask instructions --write` writes")
        })?;
        let change = *now as f64 / before as f64 - 1.0;
        println!(
            "{name:<26} {before:>13} {now:>13} {:>+7.1} %",
            change * 100.0
        );
        if change > TOLERANCE {
            above.push(name.as_str());
        }
    }
    if measured.rustc != baseline.rustc {
        println!(
            "the baseline was recorded with {}, this is {}: nothing is decided",
            baseline.rustc, measured.rustc
        );
        return Ok(());
    }
    ensure!(
        above.is_empty(),
        "{}: more than {:.0} % above the baseline; if that is worth it, commit what `cargo xtask instructions --write` \
         writes",
        above.join(", "),
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

#[cfg(test)]
mod tests {
    use super::{Counts, compare};

    fn counts(rustc: &str, instructions: &[(&str, u64)]) -> Counts {
        let owned = |(name, count): &(&str, u64)| ((*name).to_owned(), *count);
        Counts {
            rustc: rustc.to_owned(),
            instructions: instructions.iter().map(owned).collect(),
        }
    }

    fn complaint(now: &[(&str, u64)]) -> Option<String> {
        let baseline = counts("rustc 1", &[("decode", 1_000), ("encode", 1_000)]);
        let compared = compare(&counts("rustc 1", now), &baseline);
        compared.err().map(|error| error.to_string())
    }

    #[test]
    fn a_piece_may_cost_a_little_more_or_any_amount_less() {
        assert_eq!(complaint(&[("decode", 1_049), ("encode", 10)]), None);
    }

    #[test]
    fn a_piece_above_that_is_named_and_the_others_are_not() {
        let complaint = complaint(&[("decode", 1_051), ("encode", 1_000)]).expect("a complaint");
        assert!(
            complaint.starts_with("decode: more than 5 %"),
            "{complaint}"
        );
    }

    #[test]
    fn a_piece_without_a_baseline_is_named() {
        let complaint = complaint(&[("decode", 1), ("new", 1)]).expect("a complaint");
        assert!(complaint.starts_with("no baseline for new"), "{complaint}");
    }

    #[test]
    fn counts_of_another_compiler_decide_nothing() {
        let baseline = counts("rustc 1", &[("decode", 1)]);
        assert!(compare(&counts("rustc 2", &[("decode", 100)]), &baseline).is_ok());
    }
}
