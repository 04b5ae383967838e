//! `cargo xtask bench`: what collection costs, beside the least it can cost and what another program takes.
//!
//! Everything runs on this machine, in turns, so ratios mean something and absolute times do not. Nothing here fails
//! because something was slow.

mod exporter;
mod fleet;
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
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use self::exporter::{PollInterval, Running};
use self::floor::Floor;
use self::peer::Peer;
use self::report::{Cost, Cycle, Halves, Report, Row};
use self::stage::Mock;
use self::variant::Variant;
use crate::binaries::Binaries;
use crate::repository;

/// The inventory that the gates are about, if it is among those asked for.
const GATE_VMS: u32 = 15_000;
/// How often unusual circumstances are measured at most.
const VARIANT_RUNS: u32 = 1;
/// What curl and the exporter get differs by less than this share.
const SAME_BYTES: f64 = 0.1;

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

    /// Measure one process with this number of vCenters too, with as many VMs in all as the largest inventory
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=20))]
    vcenters: Option<u32>,

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
        fleet: None,
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
    if let Some(vcenters) = options.vcenters {
        let fleet = fleet::run(&bench.binaries, vcenters, *largest, bench.runs).await?;
        println!("\n{}", table::fleet(&fleet));
        report.fleet = Some(fleet);
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
    let vcenters = options.vcenters.map(|it| format!(" --vcenters {it}"));
    let vcenters = vcenters.unwrap_or_default();
    let (vms, runs) = (vms.join(","), options.runs);
    format!("cargo xtask bench --vms {vms} --runs {runs}{plain}{vcenters}{build}")
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

/// When things take place in one row.
struct Pace {
    interval: PollInterval,
    /// What curl and the other program took last, if they ran already.
    others: Option<Duration>,
}

impl Pace {
    /// Whether curl and the other program can have their turn between two cycles.
    fn has_room_for_others(&self, full: &Cycle) -> bool {
        let room = self.interval.after_a_cycle_of(full.cost.wall_seconds);
        self.others
            .is_some_and(|others| others.mul_f64(1.25) < room)
    }
}

impl Bench {
    async fn row(&self, vms: u32, variant: &Variant) -> anyhow::Result<Row> {
        let mut mock = Mock::start(&self.binaries, &variant.mock_arguments(vms)).await?;
        let mut pace = Pace {
            interval: self.interval(&mut mock, variant).await?,
            others: None,
        };
        let runs = if variant.name.is_empty() {
            self.runs
        } else {
            self.runs.min(VARIANT_RUNS)
        };
        let mut best: Option<Row> = None;
        for _ in 0..runs {
            let next = self.measure(&mut mock, vms, variant, &mut pace).await?;
            best = Some(match best {
                Some(best) => best.least(next),
                None => next,
            });
        }
        mock.stop().await?;
        best.context("no runs")
    }

    /// Collects once to see how long it takes.
    async fn interval(&self, mock: &mut Mock, variant: &Variant) -> anyhow::Result<PollInterval> {
        let settings = variant.exporter_settings();
        let endless = PollInterval::ENDLESS;
        let (exporter, full) = Running::start(&self.binaries, mock, endless, &settings).await?;
        exporter.stop().await?;
        Ok(PollInterval::for_cycles_of(full.cost.wall_seconds))
    }

    /// Two cycles of the exporter, and the same by the others: while the exporter waits for its second cycle, or after it.
    async fn measure(
        &self,
        mock: &mut Mock,
        vms: u32,
        variant: &Variant,
        pace: &mut Pace,
    ) -> anyhow::Result<Row> {
        let (settings, interval) = (variant.exporter_settings(), pace.interval);
        let (mut exporter, full) =
            Running::start(&self.binaries, mock, interval, &settings).await?;
        let others = if pace.has_room_for_others(&full) {
            Some(self.others(mock, vms, variant, &full, pace).await?)
        } else {
            None
        };
        let steady = exporter.steady(mock).await?;
        let peak_memory_bytes = exporter.stop().await?;
        let (floor, peer) = match others {
            Some(others) => others,
            None => self.others(mock, vms, variant, &full, pace).await?,
        };
        if let Some(floor) = &floor {
            let (bytes, of_exporter) = (floor.steady_bytes, steady.received_bytes);
            ensure!(
                (bytes / of_exporter - 1.0).abs() < SAME_BYTES,
                "curl got {bytes} bytes in a steady cycle, and the exporter {of_exporter}"
            );
        }
        Ok(Row {
            vms,
            variant: variant.name.to_owned(),
            steady_samples: interval.steady_samples(),
            full,
            steady,
            peak_memory_bytes,
            floor: floor.map(|floor| floor.halves),
            peer,
        })
    }

    /// What curl and the other program take for the same.
    async fn others(
        &self,
        mock: &Mock,
        vms: u32,
        variant: &Variant,
        full: &Cycle,
        pace: &mut Pace,
    ) -> anyhow::Result<(Option<Floor>, Option<Halves>)> {
        let start = Instant::now();
        let pages = full.calls_of("WaitForUpdatesEx");
        let samples = pace.interval.steady_samples();
        let floor = match variant.floor {
            Some(compression) => Some(floor::run(mock, vms, pages, samples, compression).await?),
            None => None,
        };
        let peer = if variant.peer {
            Some(self.peer.run(mock, vms, samples).await?)
        } else {
            None
        };
        pace.others = Some(start.elapsed());
        Ok((floor, peer))
    }

    async fn scrapes_and_start(&self, vms: u32, report: &mut Report) -> anyhow::Result<()> {
        let usual = Variant::usual();
        let mut mock = Mock::start(&self.binaries, &usual.mock_arguments(vms)).await?;
        let interval = self.interval(&mut mock, &usual).await?;
        report.scrapes = Some(scrapes::run(&self.binaries, &mock, vms, interval).await?);
        report.start_seconds = start::run(&self.binaries, &mock).await?;
        mock.stop().await
    }
}
