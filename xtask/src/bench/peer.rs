//! The peer: a program over govmomi that does the exporter's job once, built with Debian's packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::exporter::FIRST_SAMPLES;
use super::report::{Cost, Halves};
use super::stage::Mock;
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
    inventory: Part,
    query: Part,
    later_query: Part,
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

    /// Runs it once. Its steady half asks for `steady_samples` of each VM once more.
    pub(super) async fn run(
        &self,
        mock: &Mock,
        vms: u32,
        steady_samples: u64,
    ) -> anyhow::Result<Halves> {
        let mut peer = Command::new(&self.program);
        peer.args(mock.vcenter.script_arguments())
            .args(["100", &FIRST_SAMPLES.to_string()])
            .arg(steady_samples.to_string())
            .arg(&self.output);
        let printed = command::succeed(&mut peer).await?;
        let summary: Summary = serde_json::from_str(&printed).context("no summary")?;
        ensure!(summary.vms == vms, "the peer found {} VMs", summary.vms);
        let (inventory, query, later) = (summary.inventory, summary.query, summary.later_query);
        Ok(Halves {
            full: Cost {
                cpu_seconds: inventory.cpu_seconds + query.cpu_seconds,
                wall_seconds: inventory.wall_seconds + query.wall_seconds,
            },
            steady: Cost {
                cpu_seconds: later.cpu_seconds,
                wall_seconds: later.wall_seconds,
            },
        })
    }
}
