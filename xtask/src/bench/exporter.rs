//! The exporter's cycles: the first one after its start, and those that follow.

use std::time::Duration;

use anyhow::ensure;

use super::process::CpuMeter;
use super::report::{Cost, Cycle};
use super::stage::{Finished, Mock, WatchedExporter};
use crate::binaries::Binaries;
use crate::process::peak_memory;

/// What a steady cycle has to catch up with.
pub(super) const WINDOW: Duration = Duration::from_secs(300);
/// Steady cycles of one run; their least counts.
const STEADY_CYCLES: u32 = 2;
/// Longer than any cycle here takes.
const CYCLE_DEADLINE: Duration = Duration::from_secs(600);

/// One exporter from its start to its end.
pub(super) struct Run {
    pub(super) full: Cycle,
    pub(super) steady: Cycle,
    pub(super) peak_memory_bytes: u64,
}

impl Run {
    pub(super) fn least(self, other: Self) -> Self {
        Self {
            full: self.full.least(other.full),
            steady: self.steady.least(other.steady),
            peak_memory_bytes: self.peak_memory_bytes.min(other.peak_memory_bytes),
        }
    }
}

/// The settings of every run: nothing is left out for speed but the pause between calls.
pub(super) fn settings(poll_interval: Duration) -> Vec<(&'static str, String)> {
    vec![
        ("POLL_INTERVAL", poll_interval.as_secs().to_string()),
        ("CYCLE_TIMEOUT", CYCLE_DEADLINE.as_secs().to_string()),
        ("VM_INVENTORY_TTL", "86400".to_owned()),
    ]
}

/// Finds out how far apart cycles must start so that there is time to measure between them.
pub(super) async fn poll_interval(
    binaries: &Binaries,
    mock: &Mock,
    further: &[(&'static str, String)],
) -> anyhow::Result<Duration> {
    let mut all = settings(CYCLE_DEADLINE);
    all.extend_from_slice(further);
    let mut exporter = WatchedExporter::start(binaries, mock, &all).await?;
    let Finished { wall, .. } = exporter.cycle(CYCLE_DEADLINE).await?;
    exporter.stop().await?;
    Ok(Duration::from_secs((wall * 2).as_secs() + 2))
}

pub(super) async fn run(
    binaries: &Binaries,
    mock: &mut Mock,
    poll_interval: Duration,
    further: &[(&'static str, String)],
) -> anyhow::Result<Run> {
    let mut all = settings(poll_interval);
    all.extend_from_slice(further);
    let mut meter = Meter::start(mock).await?;
    let mut exporter = WatchedExporter::start(binaries, mock, &all).await?;
    let full = meter.cycle(mock, &mut exporter).await?;
    let mut steady: Option<Cycle> = None;
    for _ in 0..STEADY_CYCLES {
        // The cycles before have taken part of the window already.
        mock.advance(WINDOW.saturating_sub(poll_interval))?;
        let next = meter.cycle(mock, &mut exporter).await?;
        ensure!(
            next.calls_of("CurrentTime") == 1,
            "cycles overlap with what measures them: {:?}",
            next.calls
        );
        steady = Some(match steady {
            Some(steady) => steady.least(next),
            None => next,
        });
    }
    let peak_memory_bytes = peak_memory(exporter.id)?;
    exporter.stop().await?;
    Ok(Run {
        steady: steady.unwrap_or_else(|| full.clone()),
        full,
        peak_memory_bytes,
    })
}

/// Where the counts stood after the cycle before.
struct Meter {
    cpu: Duration,
    mock_cpu: Duration,
    received_bytes: f64,
}

impl Meter {
    async fn start(mock: &mut Mock) -> anyhow::Result<Self> {
        let mock_cpu = mock.cpu.settled().await?;
        mock.take_calls()?;
        Ok(Self {
            cpu: Duration::ZERO,
            mock_cpu,
            received_bytes: 0.0,
        })
    }

    /// Waits for the next cycle to end and its page to be published.
    async fn cycle(
        &mut self,
        mock: &mut Mock,
        exporter: &mut WatchedExporter,
    ) -> anyhow::Result<Cycle> {
        let Finished { wall, sampled } = exporter.cycle(CYCLE_DEADLINE).await?;
        let cpu = settled(&mut exporter.cpu, self.cpu).await?;
        let mock_cpu = settled(&mut mock.cpu, self.mock_cpu).await?;
        let received_bytes = exporter.value("vcenter_collector_received_bytes_total")?;
        let cycle = Cycle {
            cost: Cost {
                cpu_seconds: cpu.as_secs_f64(),
                wall_seconds: wall.as_secs_f64(),
            },
            mock_cpu_seconds: mock_cpu.as_secs_f64(),
            received_bytes: received_bytes - self.received_bytes,
            sampled,
            calls: mock.take_calls()?,
        };
        // What reading the page cost belongs to no cycle.
        self.cpu = exporter.cpu.settled().await?;
        self.mock_cpu = mock.cpu.settled().await?;
        self.received_bytes = received_bytes;
        Ok(cycle)
    }
}

async fn settled(meter: &mut CpuMeter, before: Duration) -> anyhow::Result<Duration> {
    Ok(meter.settled().await?.saturating_sub(before))
}
