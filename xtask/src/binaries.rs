//! Release builds of the two programs that chores start.

use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;
use tokio::process::Command;

use crate::{command, repository};

/// Where the built programs are.
pub(crate) struct Binaries {
    pub(crate) exporter: PathBuf,
    pub(crate) mock_vcenter: PathBuf,
}

impl Binaries {
    /// An ordinary release build: needs nothing but Rust.
    pub(crate) async fn dynamic() -> anyhow::Result<Self> {
        Self::build(Command::new("cargo").arg("build")).await
    }

    /// With the C library linked in, as the image has it.
    pub(crate) async fn r#static() -> anyhow::Result<Self> {
        let mut cargo = Command::new("cargo");
        cargo.arg("build");
        link_statically(&mut cargo).await?;
        Self::build(&mut cargo).await
    }

    async fn build(cargo: &mut Command) -> anyhow::Result<Self> {
        cargo
            .arg("--release")
            .args(["--package=zroc-exporter", "--package=mock-vcenter"])
            .arg("--message-format=json-render-diagnostics")
            .current_dir(repository::root());
        let messages = command::succeed_in_sight(cargo).await?;
        Ok(Self {
            exporter: executable(&messages, "zroc-exporter")?,
            mock_vcenter: executable(&messages, "mock-vcenter")?,
        })
    }
}

/// Makes a build link the C library in. All such builds share what they depend on.
///
/// An explicit target keeps the flag away from build scripts and procedural macros.
pub(crate) async fn link_statically(cargo: &mut Command) -> anyhow::Result<()> {
    let target = host_target().await?;
    cargo
        .arg(format!("--target={target}"))
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    Ok(())
}

/// The executable of this name, out of cargo's messages.
pub(crate) fn executable(messages: &str, name: &str) -> anyhow::Result<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| message.target.name == name)
        .find_map(|message| message.executable)
        .with_context(|| format!("cargo built no executable {name}"))
}

/// The message of reason `compiler-artifact`; the others lack these fields.
#[derive(Deserialize)]
struct Message {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// What rustc builds for when nothing else is asked for.
pub(crate) async fn host_target() -> anyhow::Result<String> {
    let version = command::succeed(Command::new("rustc").args(["--version", "--verbose"])).await?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}
