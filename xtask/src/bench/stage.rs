//! A mock vCenter and exporters against it, watched from outside.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::http::Connection;
use super::process::{CpuMeter, PAUSE};
use crate::binaries::Binaries;
use crate::service::Service;
use crate::stage::{Vcenter, listening};

/// The mock vCenter, with what it is told and asked while it runs.
pub(super) struct Mock {
    service: Service,
    control: Connection,
    pub(super) vcenter: Vcenter,
    pub(super) cpu: CpuMeter,
}

impl Mock {
    pub(super) async fn start(binaries: &Binaries, arguments: &[String]) -> anyhow::Result<Self> {
        let mut command = Command::new(&binaries.mock_vcenter);
        command.args(arguments);
        let (service, vcenter) = Vcenter::start("bench-mock-vcenter", command).await?;
        let control = vcenter.control.as_deref().context("no control address")?;
        Ok(Self {
            control: Connection::open(control)?,
            cpu: CpuMeter::new(service.id().context("the mock vCenter has ended")?),
            service,
            vcenter,
        })
    }

    /// Waits until it rests and forgets the calls so far. Returns the CPU time that it has used.
    pub(super) async fn settle(&mut self) -> anyhow::Result<Duration> {
        let used = self.cpu.settled().await?;
        self.take_calls()?;
        Ok(used)
    }

    /// The calls since the last time, by operation.
    pub(super) fn take_calls(&mut self) -> anyhow::Result<BTreeMap<String, u64>> {
        let calls = self.control.text("GET", "/calls", "")?;
        self.control.text("POST", "/reset", "")?;
        Ok(serde_json::from_str(&calls)?)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.service.stop().await?;
        Ok(())
    }
}

/// A running exporter whose log is followed.
pub(super) struct WatchedExporter {
    service: Service,
    pub(super) url: String,
    pub(super) id: u32,
    pub(super) cpu: CpuMeter,
    seen: usize,
}

/// What the log says of a cycle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finished {
    pub(super) wall: Duration,
    pub(super) sampled: u64,
}

/// The values of the log line `cycle finished`.
#[derive(Deserialize)]
struct LogLine {
    message: String,
    sampled: Option<u64>,
    seconds: Option<f64>,
    reason: Option<String>,
}

impl WatchedExporter {
    pub(super) async fn start(
        binaries: &Binaries,
        mock: &Mock,
        settings: &[(&'static str, String)],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(&binaries.exporter);
        let all = mock.vcenter.exporter_settings();
        let all = all.iter().chain(settings);
        command
            .env_clear()
            .envs(all.map(|(name, value)| (name, value)));
        let (service, address) = Service::start("bench-exporter", command, listening).await?;
        let id = service.id().context("the exporter has ended")?;
        Ok(Self {
            service,
            url: format!("http://{address}"),
            id,
            cpu: CpuMeter::new(id),
            seen: 0,
        })
    }

    /// Waits for the end of the next cycle, which must be a success.
    pub(super) async fn cycle(&mut self, deadline: Duration) -> anyhow::Result<Finished> {
        let end = Instant::now() + deadline;
        while Instant::now() < end {
            self.service.still_running()?;
            self.cpu.read()?;
            let log = fs::read_to_string(self.service.log())?;
            let lines = log.lines().filter_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                let fields = line.get("fields").unwrap_or(&line).clone();
                serde_json::from_value::<LogLine>(fields).ok()
            });
            let mut cycles = lines.filter(|line| line.message.starts_with("cycle finished"));
            if let Some(line) = cycles.nth(self.seen) {
                self.seen += 1;
                if let Some(reason) = line.reason {
                    bail!("the exporter reports: {reason}");
                }
                let seconds = line.seconds.context("a cycle without duration")?;
                return Ok(Finished {
                    wall: Duration::try_from_secs_f64(seconds)?,
                    sampled: line.sampled.unwrap_or(0),
                });
            }
            sleep(PAUSE).await;
        }
        bail!(
            "no cycle within {deadline:?}; {}",
            self.service.last_words()
        )
    }

    /// Waits until the page shows the last cycle that was waited for.
    pub(super) async fn published(&self, deadline: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + deadline;
        while Instant::now() < end {
            let health = Connection::open(&self.url)?.text("GET", "/health", "")?;
            let health: Value = serde_json::from_str(&health)?;
            let cycles = health.get("collection_cycles").and_then(Value::as_u64);
            if cycles >= Some(u64::try_from(self.seen)?) {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        bail!("no page of the last cycle within {deadline:?}")
    }

    /// The value of a series without labels.
    pub(super) fn value(&self, name: &str) -> anyhow::Result<f64> {
        let page = Connection::open(&self.url)?.text("GET", "/metrics", "")?;
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .with_context(|| format!("no {name} on the page"))?;
        Ok(line.parse()?)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        let status = self.service.stop().await?;
        ensure!(status.success(), "the exporter ended with {status}");
        Ok(())
    }
}
