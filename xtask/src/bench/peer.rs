//! The peer: a program over govmomi that does the exporter's job once, built with Debian's packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::report::{Cost, Halves};
use super::stage::Mock;
use super::timed;
use crate::{command, debian, repository};

/// Where Debian puts the sources of Go libraries.
const GO_PATH: &str = "/usr/share/gocode";

/// The built program.
pub(super) struct Peer {
    program: PathBuf,
    output: PathBuf,
}

/// What it prints.
#[derive(Deserialize)]
struct Summary {
    vms: u32,
    query: Part,
}

#[derive(Deserialize)]
struct Part {
    cpu_seconds: f64,
    wall_seconds: f64,
}

impl Peer {
    pub(super) async fn build() -> anyhow::Result<Self> {
        let library = Path::new(GO_PATH).join("src/github.com/vmware/govmomi");
        debian::install_missing(
            &["golang-go", "golang-github-vmware-govmomi-dev"],
            &[Path::new("/usr/bin/go"), &library],
        )
        .await?;
        let folder = repository::scratch("bench")?;
        let program = folder.join("peer");
        let mut go = Command::new("/usr/bin/go");
        go.args(["build", "-o"])
            .arg(&program)
            .arg(".")
            .current_dir(repository::root().join("xtask/bench/peer"))
            // Debian's libraries come without modules, and the build needs no C compiler.
            .envs([
                ("GO111MODULE", "off"),
                ("GOPATH", GO_PATH),
                ("CGO_ENABLED", "0"),
            ])
            .env("GOCACHE", folder.join("go-cache"));
        command::succeed(&mut go).await?;
        let output = folder.join("peer.txt");
        Ok(Self { program, output })
    }

    /// Runs it once. Its steady half is the part that asks for samples.
    pub(super) async fn run(&self, mock: &Mock, vms: u32) -> anyhow::Result<Halves> {
        let program = [self.program.as_os_str().to_owned()];
        let arguments = mock.vcenter.script_arguments().map(Into::into);
        let further = ["100".into(), self.output.as_os_str().to_owned()];
        let words = program.into_iter().chain(arguments).chain(further);
        let (printed, full) = timed::run(words).await?;
        let summary: Summary = serde_json::from_str(&printed).context("no summary")?;
        ensure!(summary.vms == vms, "the peer found {} VMs", summary.vms);
        let steady = Cost {
            cpu_seconds: summary.query.cpu_seconds,
            wall_seconds: summary.query.wall_seconds,
        };
        Ok(Halves { full, steady })
    }
}
