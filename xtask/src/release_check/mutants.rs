//! How many small changes of planner-core its own tests notice.
//!
//! cargo-mutants makes the changes. It is built when it is missing, into `target/release-check`, where its reports lie too.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio::process::Command;

use crate::{command, repository};

const PACKAGE: &str = "planner-core";
const VERSION: &str = "27.1.0";
/// Of the viable mutants.
const LEAST_CAUGHT: f64 = 0.95;
/// How cargo-mutants ends after a complete run: all mutants caught, some missed, some timed out.
const COMPLETE: [i32; 3] = [0, 2, 3];

/// Tries all mutants, or one part of them such as `0/10`.
pub(super) async fn run(shard: Option<&str>) -> anyhow::Result<String> {
    let folder = repository::scratch("release-check")?;
    let program = installed(&folder).await?;
    let mut mutants = Command::new(program);
    mutants
        .args(["mutants", "--package", PACKAGE, "--output"])
        .arg(&folder)
        .current_dir(repository::root());
    if let Some(shard) = shard {
        mutants.args(["--shard", shard]);
    }
    let status = command::status_in_sight(&mut mutants).await?;
    ensure!(
        status.code().is_some_and(|code| COMPLETE.contains(&code)),
        "cargo mutants could not try the mutants ({status})"
    );
    let report = folder.join("mutants.out");
    let tally = Tally::read(&report.join("outcomes.json"))?;
    let missed = report.join("missed.txt");
    ensure!(
        tally.share_caught()? >= LEAST_CAUGHT,
        "{tally}; at least {:.0} % have to be. Let a test of {PACKAGE} fail for each of these:\n{}",
        LEAST_CAUGHT * 100.0,
        fs::read_to_string(&missed).with_context(|| format!("cannot read {}", missed.display()))?
    );
    Ok(tally.to_string())
}

/// cargo-mutants in the version that we use.
async fn installed(folder: &Path) -> anyhow::Result<PathBuf> {
    // cargo does nothing if that version is there already. The tool itself has little to compute, so it need not be
    // optimized.
    let mut install = Command::new("cargo");
    install
        .args(["install", "--locked", "--debug", "--root"])
        .arg(folder)
        .arg(format!("cargo-mutants@{VERSION}"));
    command::succeed_in_sight(&mut install).await?;
    Ok(folder.join("bin/cargo-mutants"))
}

/// What became of the mutants.
#[derive(Debug, Deserialize)]
struct Tally {
    caught: u32,
    missed: u32,
    /// With them the tests did not end: noticed as well.
    timeout: u32,
    /// They did not compile.
    unviable: u32,
}

impl Tally {
    fn read(file: &Path) -> anyhow::Result<Self> {
        let text = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} has an unexpected shape", file.display()))
    }

    fn viable(&self) -> u32 {
        self.caught + self.timeout + self.missed
    }

    /// The part of the viable mutants that the tests noticed.
    fn share_caught(&self) -> anyhow::Result<f64> {
        ensure!(self.viable() > 0, "no mutant was tried");
        Ok(f64::from(self.caught + self.timeout) / f64::from(self.viable()))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} viable mutants caught ({} of them by a timeout), {} missed, {} unviable",
            self.caught + self.timeout,
            self.viable(),
            self.timeout,
            self.missed,
            self.unviable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{LEAST_CAUGHT, Tally};

    fn tally(text: &str) -> Tally {
        serde_json::from_str(text).expect("the fields of outcomes.json")
    }

    #[test]
    fn unviable_mutants_do_not_count_and_those_that_time_out_are_caught() {
        let tally = tally(
            r#"{"outcomes": [], "total_mutants": 110, "caught": 90, "missed": 5, "timeout": 5, "unviable": 10, "success": 0}"#,
        );
        assert!((tally.share_caught().expect("some") - 0.95).abs() < 1e-9);
        assert!(tally.share_caught().expect("some") >= LEAST_CAUGHT);
        assert_eq!(
            tally.to_string(),
            "95 of 100 viable mutants caught (5 of them by a timeout), 5 missed, 10 unviable"
        );
    }

    #[test]
    fn a_run_without_a_viable_mutant_does_not_pass() {
        let tally = tally(r#"{"caught": 0, "missed": 0, "timeout": 0, "unviable": 3}"#);
        assert!(tally.share_caught().is_err());
    }
}
