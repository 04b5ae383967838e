//! Commands that run to their end: what they print on success, all of it on failure.

use std::process::{ExitStatus, Stdio};

use anyhow::{Context, bail};
use tokio::process::Command;

/// Runs the command and returns its standard output; the error of a failure carries both outputs.
pub(crate) async fn succeed(command: &mut Command) -> anyhow::Result<String> {
    let finished = finish(command).await?;
    if !finished.status.success() {
        bail!(
            "{} ({})\n{}{}",
            line(command),
            finished.status,
            finished.stdout,
            finished.stderr
        );
    }
    Ok(finished.stdout)
}

/// Like [`succeed`], for commands that take long: their progress on standard error is seen live.
pub(crate) async fn succeed_in_sight(command: &mut Command) -> anyhow::Result<String> {
    let finished = end(command.stderr(Stdio::inherit())).await?;
    if !finished.status.success() {
        bail!("{} ({})", line(command), finished.status);
    }
    Ok(finished.stdout)
}

/// Runs the command with both outputs seen live, and returns how it ended.
pub(crate) async fn status_in_sight(command: &mut Command) -> anyhow::Result<ExitStatus> {
    let status = command.kill_on_drop(true).status().await;
    status.with_context(|| format!("cannot start {}", line(command)))
}

/// How a command ended and what it printed.
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command to whatever end; only a command that cannot be started is an error.
pub(crate) async fn finish(command: &mut Command) -> anyhow::Result<Finished> {
    end(command.stderr(Stdio::piped())).await
}

async fn end(command: &mut Command) -> anyhow::Result<Finished> {
    let output = command
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", line(command)))?
        .wait_with_output()
        .await
        .with_context(|| format!("lost {}", line(command)))?;
    Ok(Finished {
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn line(command: &Command) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
