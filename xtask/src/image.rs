//! `cargo xtask image`: the container image from the same Dockerfile that users build with Docker.
//!
//! Nothing is pulled: the binary is built here and stands in for the Dockerfile's build stage. The image
//! and what buildah keeps live below `target/image`.

mod contents;
mod paths;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::process::Command;

use self::paths::{CA_BUNDLE, EXPORTER, SBOM};
use crate::binaries::Binaries;
use crate::stage::{Exporter, Vcenter};
use crate::{command, debian, repository, sbom};

const TAG: &str = "zroc-exporter";
/// Any commit does: the label has to name the one that the build was given.
const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";

pub(crate) async fn run() -> anyhow::Result<()> {
    debian::install_missing(
        &["buildah", "ca-certificates"],
        &[
            Path::new("/usr/bin/buildah"),
            &Path::new("/").join(CA_BUNDLE),
        ],
    )
    .await?;
    let binaries = Binaries::r#static().await?;
    let buildah = Buildah {
        folder: repository::scratch("image")?,
    };
    let stage = buildah.folder.join("build-stage");
    lay_out(&stage.join("rootfs"), &binaries).await?;
    build(&buildah, &stage).await?;
    let image = inspect(&buildah).await?;
    let container = command::succeed(buildah.command("from").arg(TAG)).await?;
    let container = container.trim();
    let checked = check(&buildah, container, &image, &binaries).await;
    command::succeed(buildah.command("rm").arg(container)).await?;
    checked?;
    println!(
        "image: {TAG}, {}, four files of root's, answers /health without capabilities",
        image.size
    );
    Ok(())
}

/// What the Dockerfile's build stage would have made.
async fn lay_out(rootfs: &Path, binaries: &Binaries) -> anyhow::Result<()> {
    if rootfs.exists() {
        fs::remove_dir_all(rootfs)?;
    }
    sbom::write(&rootfs.join(SBOM)).await?;
    let ca_bundle = Path::new("/").join(CA_BUNDLE);
    for (source, place) in [(&binaries.exporter, EXPORTER), (&ca_bundle, CA_BUNDLE)] {
        let copy = rootfs.join(place);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(source, &copy).with_context(|| format!("cannot copy {}", source.display()))?;
    }
    Ok(())
}

async fn build(buildah: &Buildah, stage: &Path) -> anyhow::Result<()> {
    let mut build = buildah.command("build");
    build
        // OCI's own format has no place for a health check.
        .args(["--isolation=chroot", "--format=docker", "--tag", TAG])
        .arg(format!("--build-context=build={}", stage.display()))
        .arg(format!("--build-arg=ZROC_REVISION={REVISION}"))
        .args(["--file", "deploy/Dockerfile", "."]);
    command::succeed(&mut build).await?;
    Ok(())
}

/// What an engine would read from the image.
struct Image {
    entrypoint: Vec<String>,
    health_check: Vec<String>,
    size: String,
}

async fn inspect(buildah: &Buildah) -> anyhow::Result<Image> {
    let mut inspect = buildah.command("inspect");
    let inspected = command::succeed(inspect.args(["--type=image", TAG])).await?;
    let inspected: Value = serde_json::from_str(&inspected)?;
    let words = |pointer: &str| -> anyhow::Result<Vec<String>> {
        let words = inspected.pointer(pointer).cloned().unwrap_or_default();
        serde_json::from_value(words).with_context(|| format!("the image lacks {pointer}"))
    };
    let user = inspected
        .pointer("/Docker/config/User")
        .and_then(Value::as_str);
    ensure!(
        user.is_some_and(|user| !user.is_empty() && !user.starts_with('0')),
        "the image runs as {user:?}, which may be root"
    );
    let revision = inspected.pointer("/Docker/config/Labels/org.opencontainers.image.revision");
    ensure!(
        revision.and_then(Value::as_str) == Some(REVISION),
        "the label names the revision {revision:?}"
    );
    let health_check = words("/Docker/config/Healthcheck/Test")?;
    let (kind, health_check) = health_check
        .split_first()
        .context("an empty health check")?;
    ensure!(
        kind == "CMD",
        "a health check of kind {kind} needs a shell, and the image has none"
    );

    let mut images = buildah.command("images");
    let size = command::succeed(images.args(["--format", "{{.Size}}", TAG])).await?;
    Ok(Image {
        entrypoint: words("/Docker/config/Entrypoint")?,
        health_check: health_check.to_vec(),
        size: size.trim().to_owned(),
    })
}

/// Looks into the container, runs it against a mock vCenter and asks it how it is, from outside and by its own health
/// check.
async fn check(
    buildah: &Buildah,
    container: &str,
    image: &Image,
    binaries: &Binaries,
) -> anyhow::Result<()> {
    let root = command::succeed(buildah.command("mount").arg(container)).await?;
    contents::check(Path::new(root.trim()))?;
    command::succeed(buildah.command("unmount").arg(container)).await?;

    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &["--vms", "20"]).await?;
    let mut settings = vcenter.exporter_settings();
    // A name: a static binary that can only use addresses would be of little use.
    settings.retain(|(name, _)| *name != "VCENTER_HOST");
    settings.push(("VCENTER_HOST", "localhost".to_owned()));
    let run = |settings: &[(&str, String)], words: &[String]| {
        let mut run = buildah.command("run");
        run.args(["--isolation=chroot", "--cap-drop=ALL"]);
        for (name, value) in settings {
            run.args(["--env", &format!("{name}={value}")]);
        }
        run.arg(container).arg("--").args(words);
        run
    };

    let mut exporter = Exporter::start_command(run(&settings, &image.entrypoint)).await?;
    exporter.collected().await?;
    let port = [
        ("HTTP_HOST", "127.0.0.1".to_owned()),
        ("HTTP_PORT", exporter.port.clone()),
    ];
    command::succeed(&mut run(&port, &image.health_check)).await?;
    drop(exporter);
    mock.stop().await?;
    let dead = command::finish(&mut run(&port, &image.health_check)).await?;
    ensure!(
        !dead.status.success(),
        "the health check passes with no exporter running"
    );
    Ok(())
}

/// buildah with a storage of its own, which needs neither a daemon nor overlay mounts.
struct Buildah {
    folder: PathBuf,
}

impl Buildah {
    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new("buildah");
        command
            .arg("--root")
            .arg(self.folder.join("storage"))
            .arg("--runroot")
            .arg(self.folder.join("run"))
            .args(["--storage-driver=vfs", subcommand])
            .current_dir(repository::root());
        command
    }
}
