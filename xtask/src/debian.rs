//! Debian packages, installed only when something of theirs is missing.

use std::path::{Path, PathBuf};

use anyhow::bail;
use rustix::process::geteuid;
use tokio::process::Command;

use crate::{command, repository};

/// Installs the packages unless all of `evidence` is there.
pub(crate) async fn install_missing(packages: &[&str], evidence: &[&Path]) -> anyhow::Result<()> {
    if evidence.iter().all(|path| path.exists()) {
        return Ok(());
    }
    install(packages).await
}

/// Installs the packages.
pub(crate) async fn install(packages: &[&str]) -> anyhow::Result<()> {
    if !geteuid().is_root() {
        bail!(
            "install these packages first: apt-get install {}",
            packages.join(" ")
        );
    }
    update().await?;
    let mut apt = Command::new("apt-get");
    apt.args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command::succeed(&mut apt).await?;
    Ok(())
}

/// Unpacks a package below `target/debian` and returns that folder: nothing is configured, no service started.
pub(crate) async fn unpack(package: &str, evidence: &str) -> anyhow::Result<PathBuf> {
    let downloads = repository::scratch("debian/packages")?;
    let unpacked = repository::scratch("debian/unpacked")?.join(package);
    if unpacked.join(evidence).exists() {
        return Ok(unpacked);
    }
    if geteuid().is_root() {
        update().await?;
    }
    let mut apt = Command::new("apt-get");
    apt.args(["download", package]).current_dir(&downloads);
    command::succeed(&mut apt).await?;
    for entry in downloads.read_dir()? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&format!("{package}_")) {
            let mut dpkg = Command::new("dpkg-deb");
            dpkg.arg("--extract").arg(&file).arg(&unpacked);
            command::succeed(&mut dpkg).await?;
        }
    }
    Ok(unpacked)
}

async fn update() -> anyhow::Result<()> {
    command::succeed(Command::new("apt-get").arg("update")).await?;
    Ok(())
}
