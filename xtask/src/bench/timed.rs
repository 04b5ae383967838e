//! Commands whose CPU time is asked for.

use std::ffi::OsStr;

use anyhow::{Context, bail};
use tokio::process::Command;

use super::report::Cost;
use crate::command;

/// Runs a command to its successful end. Returns what it printed and what it cost.
///
/// The shell's `time` knows the usage of a child to the millisecond, as no interface of the standard library does.
pub(super) async fn run<I>(words: I) -> anyhow::Result<(String, Cost)>
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut bash = Command::new("bash");
    bash.args(["-c", "TIMEFORMAT='%R %U %S'; time \"$@\"", "bash"])
        .args(words);
    let finished = command::finish(&mut bash).await?;
    if !finished.status.success() {
        bail!("{}{}", finished.stdout, finished.stderr);
    }
    let times = finished.stderr.lines().last().unwrap_or_default();
    let times: Vec<f64> = times
        .split(' ')
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("no times in {times:?}"))?;
    let [wall_seconds, user, system] = times[..] else {
        bail!("three times expected: {times:?}");
    };
    let cost = Cost {
        cpu_seconds: user + system,
        wall_seconds,
    };
    Ok((finished.stdout, cost))
}
