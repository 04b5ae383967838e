//! The scripts of the peers, run in a virtual environment of their own.

use std::fs;
use std::path::PathBuf;

use tokio::process::Command;

use crate::{command, debian, repository};

/// Runs a script of `xtask/peers` and returns what it printed; its findings are the error.
pub(super) async fn run(script: &str, arguments: &[String]) -> anyhow::Result<String> {
    let mut python = Command::new(environment().await?.join("bin/python"));
    python
        // No __pycache__ among the sources.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1")
        .arg(scripts().join(script))
        .args(arguments);
    command::succeed(&mut python).await
}

/// The folder with the scripts of the peers.
pub(super) fn scripts() -> PathBuf {
    repository::root().join("xtask/peers")
}

/// Makes the environment, or replaces it after a change of its requirements.
async fn environment() -> anyhow::Result<PathBuf> {
    let folder = repository::scratch("peers")?.join("venv");
    let requirements = scripts().join("requirements.txt");
    let wanted = fs::read(&requirements)?;
    let installed = folder.join("installed.txt");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    // Debian keeps ensurepip, without which there is no venv, in a package of its own.
    let probe = Command::new("python3")
        .args(["-c", "import ensurepip"])
        .status();
    if !probe.await.is_ok_and(|status| status.success()) {
        debian::install(&["python3", "python3-venv"]).await?;
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    command::succeed(&mut venv).await?;
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ])
    .arg(&requirements);
    command::succeed(&mut pip).await?;
    fs::write(&installed, &wanted)?;
    Ok(folder)
}
