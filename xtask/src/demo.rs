//! `cargo xtask demo`: the exporter against a mock vCenter, with nothing to set up.

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::binaries::Binaries;
use crate::http;
use crate::repository;
use crate::service::{self, Service};
use crate::stage::{self, Exporter, Vcenter};

/// Enough to see what the format looks like and the first VMs.
const SHOWN_LINES: usize = 12;

/// A page shows what was read of the past after the next cycle.
const PAST_WITHIN: Duration = Duration::from_secs(60);
const OLDEST_HOUR: &str = "vcenter_collector_history_oldest_timestamp_seconds";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The exporter's port; the system chooses one when it is left out
    #[arg(long, default_value_t = 0)]
    http_port: u16,

    /// How many mock vCenters there are; the metrics of several have the label `vcenter`
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=20))]
    vcenters: u32,

    /// How many VMs each mock vCenter has
    #[arg(long, default_value_t = 200)]
    vms: u32,

    /// What happens to each mock vCenter meanwhile: see xtask/demo/script.jsonl, and the end of
    /// `mock-vcenter --help`
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut stop = pin!(service::stop_requested());
    let (mut mocks, mut exporter) = tokio::select! {
        started = start(options) => started?,
        stopped = &mut stop => return stopped,
    };
    let first = mocks.first_mut().context("there is no mock vCenter")?;
    tokio::select! {
        ended = show(&mut exporter) => return ended,
        ended = first.ended() => return ended,
        stopped = &mut stop => stopped?,
    }

    println!("\nending");
    // In this order, so that the exporter can log out.
    exporter.end().await?;
    for mock in mocks {
        mock.stop().await?;
    }
    Ok(())
}

async fn start(options: &Options) -> anyhow::Result<(Vec<Service>, Exporter)> {
    let binaries = Binaries::dynamic().await?;
    let mut mocks = Vec::new();
    let mut vcenters = Vec::new();
    for number in 1..=options.vcenters {
        let mut command = Command::new(&binaries.mock_vcenter);
        command.args([OsString::from("--vms"), options.vms.to_string().into()]);
        if let Some(script) = &options.script {
            command.arg("--script").arg(script);
        }
        let (mock, vcenter) = Vcenter::start(&format!("mock-vcenter-{number}"), command).await?;
        mocks.push(mock);
        vcenters.push(vcenter);
    }
    let mut settings = match vcenters.as_slice() {
        [only] => only.exporter_settings(),
        several => stage::settings_of(&repository::scratch("demo")?, several)?,
    };
    let others = ["POLL_INTERVAL", "HTTP_PORT", "HISTORY_BACKFILL"];
    settings.retain(|(name, _)| !others.contains(name));
    settings.extend([
        // A new real-time sample appears every 20 seconds.
        ("POLL_INTERVAL", "20".to_owned()),
        ("HTTP_PORT", options.http_port.to_string()),
    ]);
    let file = settings.iter().find(|(name, _)| *name == "ZROC_CONFIG");
    if let Some((_, file)) = file {
        println!("settings: {file}");
    }
    let exporter = Exporter::start(&binaries.exporter, &settings).await?;
    Ok((mocks, exporter))
}

/// Prints what there is to see, then returns only if the exporter ends by itself.
async fn show(exporter: &mut Exporter) -> anyhow::Result<()> {
    exporter.collected().await?;
    let url = &exporter.url;
    let metrics = http::get(&format!("{url}/metrics")).await?;
    println!("{url}/planner\n{url}/\n{url}/metrics\n{url}/health\n");
    for line in metrics.body.lines().take(SHOWN_LINES) {
        println!("{line}");
    }
    println!("... {} lines in all", metrics.body.lines().count());
    println!("log: {}", exporter.service.log().display());
    println!("Ctrl-C ends it");
    if let Some(begin) = history_begins(url).await? {
        println!("the history begins at {begin}: what vCenter still had of the past hour is in it");
    }
    exporter.service.ended().await
}

/// When the history begins, once it reaches back an hour. Of several vCenters the latest counts.
async fn history_begins(url: &str) -> anyhow::Result<Option<Timestamp>> {
    let end = Instant::now() + PAST_WITHIN;
    while Instant::now() < end {
        let page = http::get(&format!("{url}/metrics")).await?.body;
        let lines = page.lines().filter(|line| line.starts_with(OLDEST_HOUR));
        let hours =
            lines.filter_map(|line| line.rsplit(' ').next()?.split('.').next()?.parse().ok());
        if let Some(latest) = hours.max()
            && latest <= Timestamp::now().as_second() - 3_600
        {
            return Ok(Some(Timestamp::from_second(latest)?));
        }
        sleep(Duration::from_secs(1)).await;
    }
    Ok(None)
}
