//! `cargo xtask`: the chores of this repository, one file per command.
#![expect(clippy::print_stdout, reason = "a chore prints what it finds out")]

mod bench;
mod binaries;
mod cargo_metadata;
mod command;
mod dashboards;
mod debian;
mod demo;
mod http;
mod image;
mod instructions;
mod manual;
mod peers;
mod process;
mod release_check;
mod repository;
mod sbom;
mod service;
mod soak;
mod stage;
mod tidy;
mod wire;

use std::process::ExitCode;

use anyhow::bail;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "The chores of this repository")]
struct Cli {
    #[command(subcommand)]
    command: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure the exporter against a mock vCenter, beside curl and a program over govmomi
    Bench(bench::Options),
    /// Write the Grafana dashboards in deploy/grafana
    Dashboards,
    /// Run the exporter against a mock vCenter of 200 VMs until Ctrl-C
    Demo(demo::Options),
    /// Write completions for bash, fish and zsh
    Completions(manual::Options),
    /// Build the container image and run it against a mock vCenter
    Image,
    /// Write the exporter's man pages
    Man(manual::Options),
    /// Compare the exporter with programs of other people
    Peers(peers::Options),
    /// Count the CPU instructions of decoding, aggregation and encoding, and compare them with the recorded baseline
    Instructions(instructions::Options),
    /// Check what CI has no time for, by hand once per change set: whether the tests of planner-core notice changes of it
    ReleaseCheck(release_check::Options),
    /// Write the exporter's bill of materials as a CycloneDX document
    Sbom(sbom::Options),
    /// Run the exporter for a long time against a mock vCenter that changes and fails at random
    Soak(soak::Options),
    /// Check the rules of this repository that no compiler checks
    Tidy,
    /// Run the decoders over folders of recorded bodies and check what they read
    Wire(wire::Options),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(chore: Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Bench(options) => unless_interrupted(bench::run(&options)).await,
        Chore::Completions(options) => manual::write_completions(&options),
        Chore::Dashboards => dashboards::write(),
        Chore::Demo(options) => demo::run(&options).await,
        Chore::Image => unless_interrupted(image::run()).await,
        Chore::Instructions(options) => unless_interrupted(instructions::run(&options)).await,
        Chore::Man(options) => manual::write_man_pages(&options),
        Chore::Peers(options) => unless_interrupted(peers::run(&options)).await,
        Chore::ReleaseCheck(options) => unless_interrupted(release_check::run(&options)).await,
        Chore::Sbom(options) => unless_interrupted(sbom::run(&options)).await,
        Chore::Soak(options) => unless_interrupted(Box::pin(soak::run(&options))).await,
        Chore::Tidy => tidy::run(),
        Chore::Wire(options) => wire::run(&options),
    }
}

/// Dropping the unfinished chore ends the programs it started.
async fn unless_interrupted(chore: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::select! {
        outcome = chore => outcome,
        interrupted = service::stop_requested() => {
            interrupted?;
            bail!("interrupted")
        }
    }
}
