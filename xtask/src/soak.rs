//! `cargo xtask soak`: runs the exporter for a long time against a vCenter that changes and fails at random.
//!
//! A seed decides what happens: faults of every kind in episodes with quiet times in between, changes all the time. At
//! the end there must be nothing that the exporter has lost, kept or broken by itself.

mod control;
mod cycles;
mod disturbance;
mod episodes;
mod judgement;
mod mix;
mod oddities;
mod report;
mod scrapers;
mod watch;

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use fastrand::Rng;
use rustix::process::Pid;
use tokio::process::Command;
use tokio::time::Instant;

use self::control::Control;
use self::cycles::Log;
use self::report::Report;
use crate::binaries::Binaries;
use crate::process::peak_memory;
use crate::service::Service;
use crate::stage::{Vcenter, listening};
use crate::{http, repository};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long to run
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_440))]
    minutes: u32,

    /// Decides what happens and when
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How many VMs the mock vCenter has
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    vms: u32,
}

impl Options {
    /// So that runs of different seeds do not share files.
    fn name(&self, of: &str) -> String {
        format!("soak-{}-{of}", self.seed)
    }
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let binaries = Binaries::r#static().await?;
    let report = soak(options, &binaries).await?;
    print!("{}", report.table());
    let file = repository::scratch(&options.name("run"))?.join("report.json");
    fs::write(&file, serde_json::to_string_pretty(&report)?)
        .with_context(|| format!("cannot write {}", file.display()))?;
    println!("written: {}", file.display());
    let verdicts = report.verdicts();
    let unmet = verdicts.iter().filter(|(is_met, _)| !is_met).count();
    ensure!(
        unmet == 0,
        "{unmet} of {} verdicts are not as they should be",
        verdicts.len()
    );
    Ok(())
}

async fn soak(options: &Options, binaries: &Binaries) -> anyhow::Result<Report> {
    let mut mock = Command::new(&binaries.mock_vcenter);
    mock.arg(format!("--vms={}", options.vms));
    let (mut mock, vcenter) = Vcenter::start(&options.name("mock-vcenter"), mock).await?;
    let folder = repository::scratch(&options.name("run"))?;
    let password_file = folder.join("password");
    control::write_password(&password_file, &vcenter.password)?;
    let totals = folder.join("totals");
    if totals.exists() {
        fs::remove_file(&totals)?;
    }

    let mut exporter = Command::new(&binaries.exporter);
    exporter
        .env_clear()
        .envs(settings(&vcenter, &password_file));
    exporter.env("STATE_FILE", &totals);
    let (mut exporter, address) =
        Service::start(&options.name("exporter"), exporter, listening).await?;
    let url = format!("http://{address}");
    let id = exporter.id().and_then(|id| i32::try_from(id).ok());
    let control = Control {
        url: vcenter.control.clone().context("no control address")?,
        password_file,
        password: vcenter.password.clone(),
        exporter: url.clone(),
        exporter_id: id
            .and_then(Pid::from_raw)
            .context("the exporter has ended")?,
        log_is_read: exporter.reads(),
    };
    let mut log = Log::open(exporter.log())?;

    let whole = Duration::from_secs(60 * u64::from(options.minutes));
    let end = Instant::now() + whole;
    let mut random = Rng::with_seed(options.seed);
    let mut of_changes = random.fork();
    let episodes = RefCell::new(Vec::new());
    println!("{address} against {} for {whole:?}", control.url);
    let disturbing = episodes::disturb(&control, &mut random, options.vms, end, &episodes);
    let changing = episodes::change(&control, &mut of_changes, end);
    let watching = watch::watch(&mut exporter, &mut mock, &control, &mut log, end);
    let scraping = async { Ok(scrapers::scrape(&url, end).await) };
    let misbehaving = async {
        scrapers::misbehave(&address, end).await;
        Ok(())
    };
    let ((), changes, samples, scrapes, ()) =
        tokio::try_join!(disturbing, changing, watching, scraping, misbehaving)?;

    let peak_resident_bytes = peak_memory(exporter.id().context("the exporter has ended")?)?;
    let page = http::get(&format!("{url}/metrics")).await?.body;
    let most_sessions = control.sessions().await?.most;
    let begin = Instant::now();
    let status = exporter.stop().await?;
    let exit_seconds = begin.elapsed().as_secs_f64();
    ensure!(status.success(), "the exporter ended with {status}");
    log.read()?;
    let sessions_after_exit = control.sessions().await?.open;
    mock.stop().await?;

    let judgement = judgement::judge(&log.cycles, &episodes.into_inner());
    let failed = log.cycles.iter().filter(|it| it.reason.is_some());
    let lost = failed.clone().filter(|it| it.sampled == 0);
    Ok(Report {
        seed: options.seed,
        vms: options.vms,
        minutes: options.minutes,
        cycles: u64::try_from(log.cycles.len())?,
        failed_cycles: u64::try_from(failed.count())?,
        lost_cycles: u64::try_from(lost.count())?,
        skipped_ticks: value(&page, "vcenter_collector_skipped_ticks_total ")?,
        dropped_lines: value(&page, "vcenter_collector_log_lines_dropped_total ")?,
        missing_lines: log.missing_lines,
        highest_total: highest_total(&page),
        missing_metrics: judgement.missing_metrics,
        changes,
        by_kind: judgement.by_kind,
        unexplained: judgement.unexplained,
        most_sessions,
        sessions_after_exit,
        points: report::points(&samples, whole),
        peak_resident_bytes,
        scrapes: scrapes.ok,
        failed_scrapes: scrapes.failures,
        slowest_scrape_seconds: scrapes.slowest.as_secs_f64(),
        panics: log.panics,
        odd_lines: log.odd_lines,
        exit_seconds,
    })
}

/// Short times, so that much fits into a run.
fn settings(vcenter: &Vcenter, password_file: &Path) -> Vec<(&'static str, String)> {
    let mut settings = vcenter.exporter_settings();
    let others = ["POLL_INTERVAL", "VCENTER_PASSWORD", "HISTORY_BACKFILL"];
    settings.retain(|(name, _)| !others.contains(name));
    let password_file = password_file.display().to_string();
    settings.extend([
        ("VCENTER_PASSWORD_FILE", password_file),
        ("POLL_INTERVAL", "1".to_owned()),
        ("CYCLE_TIMEOUT", "10".to_owned()),
        ("VCENTER_CONNECT_TIMEOUT", "2".to_owned()),
        ("VCENTER_REQUEST_TIMEOUT", "2".to_owned()),
        ("VM_INVENTORY_TTL", "20".to_owned()),
        ("COLLECT_CONCURRENCY", "4".to_owned()),
        // So little that it is full at once: memory that grows after that is lost.
        ("HISTORY_MAX_BYTES", "1MiB".to_owned()),
        // So much that a pipe which nobody reads is full within seconds.
        ("LOG_LEVEL", "DEBUG".to_owned()),
    ]);
    settings
}

/// The number on the line that begins so.
fn value(page: &str, name: &str) -> anyhow::Result<u64> {
    let value = page.lines().find_map(|line| line.strip_prefix(name));
    let value = value.with_context(|| format!("no {name}on the page"))?;
    Ok(value.parse()?)
}

/// The most bytes that a VM has written, as the exporter counted.
fn highest_total(page: &str) -> f64 {
    let totals = page.lines().filter_map(|line| {
        let rest = line.strip_prefix("vcenter_vm_disk_write_bytes_total{")?;
        rest.rsplit(' ').next()?.parse::<f64>().ok()
    });
    totals.fold(0.0, f64::max)
}
