//! Several vCenters in one process, beside one vCenter with as many VMs.

use std::time::Duration;

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::exporter::{CYCLE_DEADLINE, PollInterval};
use super::http::Connection;
use super::process::{CpuMeter, PAUSE};
use super::report::{Fleet, Load};
use crate::binaries::Binaries;
use crate::process::peak_memory;
use crate::repository;
use crate::service::Service;
use crate::stage::{Exporter, Vcenter, settings_of};

/// What each vCenter goes through before the exporter is looked at: a first cycle and one that follows.
const CYCLES: u64 = 2;
/// How long the slow vCenter takes for each answer.
const SLOW_MILLISECONDS: &str = "5000";
/// Room for the first cycle of all VMs at once.
const FIRST_CYCLE: Duration = Duration::from_secs(30);
const SKIPPED_TICKS: &str = "vcenter_collector_skipped_ticks_total{";

pub(super) async fn run(
    binaries: &Binaries,
    vcenters: u32,
    vms: u32,
    runs: u32,
) -> anyhow::Result<Fleet> {
    let each = (vms / vcenters).to_string();
    let usual = ["--vms", &each];
    let slow = ["--vms", &each, "--latency-ms", SLOW_MILLISECONDS];
    let count = usize::try_from(vcenters)?;
    Ok(Fleet {
        vcenters,
        vms,
        one: least(binaries, &[["--vms", &vms.to_string()].as_slice()], 1, runs).await?,
        several: least(binaries, &vec![usual.as_slice(); count], count, runs).await?,
        one_of_them_slow: {
            let others = count - 1;
            let mut mocks = vec![usual.as_slice(); others];
            mocks.push(slow.as_slice());
            least(binaries, &mocks, others, runs).await?
        },
    })
}

/// Against mock vCenters with these arguments, of which the first are `waited_for`.
async fn least(
    binaries: &Binaries,
    mocks: &[&[&str]],
    waited_for: usize,
    runs: u32,
) -> anyhow::Result<Load> {
    let mut services = Vec::new();
    let mut vcenters = Vec::new();
    for (number, arguments) in (1..).zip(mocks) {
        let mut command = Command::new(&binaries.mock_vcenter);
        command.args(*arguments);
        let (mock, vcenter) = Vcenter::start(&format!("bench-mock-{number}"), command).await?;
        services.push(mock);
        vcenters.push(vcenter);
    }
    let mut best: Option<Load> = None;
    for _ in 0..runs {
        let next = measure(binaries, &vcenters, waited_for).await?;
        best = Some(best.map_or(next, |best| best.least(next)));
    }
    for service in services {
        service.stop().await?;
    }
    best.context("no runs")
}

/// The first of the vCenters are `waited_for`.
async fn measure(
    binaries: &Binaries,
    vcenters: &[Vcenter],
    waited_for: usize,
) -> anyhow::Result<Load> {
    let mut settings = settings_of(&repository::scratch("bench/fleet")?, vcenters)?;
    let interval = PollInterval::for_cycles_of(FIRST_CYCLE.as_secs_f64());
    // Of two values of one variable the later one counts.
    settings.extend(interval.settings());
    let mut exporter = Exporter::start(&binaries.exporter, &settings).await?;
    let id = exporter.service.id().context("the exporter has ended")?;
    let mut cpu = CpuMeter::new(id);
    wait_for_cycles(&mut exporter.service, &mut cpu, &exporter.url, waited_for).await?;
    let load = Load {
        cpu_seconds: cpu.settled().await?.as_secs_f64(),
        peak_memory_bytes: peak_memory(id)?,
        skipped_ticks: skipped_ticks(&exporter.url, waited_for)?,
    };
    exporter.end().await?;
    Ok(load)
}

/// What `/health` says of one vCenter.
#[derive(Deserialize)]
struct Account {
    collection_cycles: u64,
    last_error: Option<String>,
}

#[derive(Deserialize)]
struct Health {
    vcenters: Vec<Account>,
}

async fn wait_for_cycles(
    service: &mut Service,
    cpu: &mut CpuMeter,
    url: &str,
    waited_for: usize,
) -> anyhow::Result<()> {
    let end = Instant::now() + CYCLE_DEADLINE;
    while Instant::now() < end {
        service.still_running()?;
        cpu.read()?;
        let mut connection = Connection::open(url)?;
        // The status is another one while no vCenter has a cycle behind it.
        if let Ok(text) = connection.text("GET", "/health", "") {
            let health: Health = serde_json::from_str(&text)?;
            let all = || health.vcenters.iter().take(waited_for);
            if all().all(|it| it.collection_cycles >= CYCLES) {
                return match all().find_map(|it| it.last_error.as_deref()) {
                    Some(error) => bail!("the exporter reports: {error}"),
                    None => Ok(()),
                };
            }
        }
        sleep(PAUSE).await;
    }
    bail!("no {CYCLES} cycles within {CYCLE_DEADLINE:?}")
}

/// Of the vCenters that are waited for, in sum.
fn skipped_ticks(url: &str, waited_for: usize) -> anyhow::Result<f64> {
    let page = Connection::open(url)?.text("GET", "/metrics", "")?;
    let lines = page.lines().filter(|line| line.starts_with(SKIPPED_TICKS));
    let mut ticks = 0.0;
    for line in lines.take(waited_for) {
        let (_, value) = line.rsplit_once(' ').context("a sample without a value")?;
        ticks += value.parse::<f64>()?;
    }
    Ok(ticks)
}
