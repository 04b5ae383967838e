//! govmomi's simulator: every powered-on VM of it is published with the labels that pyVmomi reads, and so are changes.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::python;
use super::settings::every_second;
use crate::binaries::Binaries;
use crate::stage::{Exporter, Vcenter};
use crate::{command, debian, repository};

/// Where Debian puts the sources of Go libraries.
const GO_PATH: &str = "/usr/share/gocode";

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let simulator = build().await?;
    let (service, vcenter) = Vcenter::start("vcsim", Command::new(simulator)).await?;
    let mut exporter = Exporter::start(&binaries.exporter, &every_second(&vcenter)).await?;
    exporter.collected().await?;

    let mut arguments = vcenter.script_arguments().to_vec();
    arguments.push(exporter.url.clone());
    let summary = python::run("check_vcsim.py", &arguments).await?;
    exporter.end().await?;
    drop(service);
    Ok(summary)
}

async fn build() -> anyhow::Result<PathBuf> {
    let library = Path::new(GO_PATH).join("src/github.com/vmware/govmomi/simulator");
    debian::install_missing(
        &["golang-go", "golang-github-vmware-govmomi-dev"],
        &[Path::new("/usr/bin/go"), &library],
    )
    .await?;
    let folder = repository::scratch("peers")?;
    let program = folder.join("vcsim");
    let mut go = Command::new("/usr/bin/go");
    go.args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(python::scripts().join("vcsim"))
        // Debian's libraries come without modules, and the build needs no C compiler.
        .envs([
            ("GO111MODULE", "off"),
            ("GOPATH", GO_PATH),
            ("CGO_ENABLED", "0"),
        ])
        .env("GOCACHE", folder.join("go-cache"));
    command::succeed(&mut go).await?;
    Ok(program)
}
