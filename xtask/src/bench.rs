//! `cargo xtask bench`: what collection costs, beside the least it can cost and what another program takes.
//!
//! Everything runs on this machine, in turns, so ratios mean something and absolute times do not. Nothing here fails
//! because something was slow.

mod exporter;
mod floor;
mod gates;
mod http;
mod markdown;
mod peer;
mod pieces;
mod process;
mod report;
mod requests;
mod scrapes;
mod stage;
mod start;
mod table;
mod timed;
mod variant;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::Context;

use self::exporter::Run;
use self::peer::Peer;
use self::report::{Cost, Halves, Report, Row};
use self::stage::Mock;
use self::variant::Variant;
use crate::binaries::Binaries;
use crate::repository;

/// The inventory that the gates are about, if it is among those asked for.
const GATE_VMS: u32 = 15_000;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Sizes of the inventory
    #[arg(long, value_delimiter = ',', default_value = "1000,5000")]
    vms: Vec<u32>,

    /// How often everything is run; of each figure the least counts
    #[arg(long, default_value_t = 3)]
    runs: u32,

    /// Only the usual circumstances: no slow network, no roll-ups, no other concurrency
    #[arg(long)]
    plain: bool,

    /// Measure a clean release build of `vsphere-soap` too
    #[arg(long)]
    build: bool,

    /// Write docs/PERFORMANCE.md too
    #[arg(long)]
    write: bool,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let bench = Bench {
        binaries: Binaries::r#static().await?,
        peer: Peer::build().await?,
        runs: options.runs.max(1),
    };
    let largest = options.vms.iter().max().context("no sizes given")?;
    let gate_vms = *options
        .vms
        .iter()
        .find(|vms| **vms == GATE_VMS)
        .unwrap_or(largest);

    let mut report = Report {
        date: jiff::Zoned::now().date().to_string(),
        cores: available_parallelism()?.get(),
        command: command_line(options),
        runs: bench.runs,
        rows: Vec::new(),
        pieces: pieces::run(bench.runs).await?,
        scrapes: None,
        start_seconds: 0.0,
        library_build: if options.build {
            Some(library_build().await?)
        } else {
            None
        },
        binary_bytes: fs::metadata(&bench.binaries.exporter)?.len(),
    };
    println!("{}", table::HEAD);
    for vms in &options.vms {
        let row = bench.row(*vms, &Variant::usual()).await?;
        println!("{}", table::row(&row));
        report.rows.push(row);
    }
    if !options.plain {
        for variant in variant::ALL {
            let row = bench.row(gate_vms, variant).await?;
            println!("{}", table::row(&row));
            report.rows.push(row);
        }
    }
    bench.scrapes_and_start(gate_vms, &mut report).await?;
    println!("\n{}", table::rest(&report));
    println!("{}", gates::table(&gates::judge(&report, gate_vms)));

    let file = repository::scratch("bench")?.join("report.json");
    write(&file, &serde_json::to_string_pretty(&report)?)?;
    if options.write {
        let file = repository::root().join("docs/PERFORMANCE.md");
        write(&file, &markdown::render(&report, gate_vms))?;
    }
    Ok(())
}

fn command_line(options: &Options) -> String {
    let vms: Vec<String> = options.vms.iter().map(u32::to_string).collect();
    let plain = if options.plain { " --plain" } else { "" };
    let build = if options.build { " --build" } else { "" };
    let (vms, runs) = (vms.join(","), options.runs);
    format!("cargo xtask bench --vms {vms} --runs {runs}{plain}{build}")
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    println!("written: {}", file.display());
    Ok(())
}

/// Builds `vsphere-soap` from nothing.
async fn library_build() -> anyhow::Result<Cost> {
    let folder = repository::scratch("bench/library")?;
    fs::remove_dir_all(&folder)?;
    let target = folder.into_os_string();
    let words = [
        "cargo",
        "build",
        "--release",
        "--package=vsphere-soap",
        "--target-dir",
    ];
    let words = words.map(OsString::from).into_iter().chain([target]);
    Ok(timed::run(words).await?.1)
}

struct Bench {
    binaries: Binaries,
    peer: Peer,
    runs: u32,
}

impl Bench {
    async fn row(&self, vms: u32, variant: &Variant) -> anyhow::Result<Row> {
        let mut mock = Mock::start(&self.binaries, &variant.mock_arguments(vms)).await?;
        let settings = variant.exporter_settings();
        let interval = exporter::poll_interval(&self.binaries, &mock, &settings).await?;
        let mut best: Option<Run> = None;
        let (mut floor, mut peer) = (None, None);
        for _ in 0..self.runs {
            let next = exporter::run(&self.binaries, &mut mock, interval, &settings).await?;
            let pages = next.full.calls_of("WaitForUpdatesEx");
            best = Some(match best {
                Some(best) => best.least(next),
                None => next,
            });
            if let Some(compression) = variant.floor {
                let next = floor::run(&mut mock, vms, pages, compression).await?;
                floor = Some(floor.map_or(next, |floor: Halves| floor.least(next)));
            }
            if variant.peer {
                let next = self.peer.run(&mock, vms).await?;
                peer = Some(peer.map_or(next, |peer: Halves| peer.least(next)));
            }
        }
        mock.stop().await?;
        let best = best.context("no runs")?;
        Ok(Row {
            vms,
            variant: variant.name.to_owned(),
            full: best.full,
            steady: best.steady,
            peak_memory_bytes: best.peak_memory_bytes,
            floor,
            peer,
        })
    }

    async fn scrapes_and_start(&self, vms: u32, report: &mut Report) -> anyhow::Result<()> {
        let mut mock = Mock::start(&self.binaries, &Variant::usual().mock_arguments(vms)).await?;
        let interval: Duration = exporter::poll_interval(&self.binaries, &mock, &[]).await?;
        report.scrapes = Some(scrapes::run(&self.binaries, &mut mock, vms, interval).await?);
        report.start_seconds = start::run(&self.binaries, &mock).await?;
        mock.stop().await
    }
}
