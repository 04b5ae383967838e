//! The exporter's cycles: the first one after its start, and the one that follows.

use std::time::Duration;

use anyhow::ensure;

use super::process::CpuMeter;
use super::report::{Cost, Cycle};
use super::stage::{Finished, Mock, WatchedExporter};
use crate::binaries::Binaries;
use crate::process::peak_memory;

/// Samples of each series that a first query asks for: those of 300 seconds.
pub(super) const FIRST_SAMPLES: u64 = 15;
/// Samples that each later query asks for again.
const OVERLAP_SAMPLES: u64 = 6;
/// Distance of two samples.
const SAMPLE_SECONDS: u64 = 20;
/// A query that is asked this much after a whole number of samples, or a little earlier or later, asks for one more.
const BEYOND_SAMPLE_SECONDS: u64 = 8;
/// Enough for all programs to come to rest before and after a cycle.
const SETTLING: Duration = Duration::from_secs(5);
/// Longer than any cycle here takes.
pub(super) const CYCLE_DEADLINE: Duration = Duration::from_secs(600);

/// The time between two cycles. It passes as it does for an operator: an exporter that finds vCenter's clock ahead of its
/// own does not count what was stamped meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct PollInterval {
    /// How many new samples there are in each later cycle, rounded up.
    new_samples: u64,
}

impl PollInterval {
    /// So long that no second cycle comes.
    pub(super) const ENDLESS: Self = Self { new_samples: 180 };

    /// The shortest one in which there are new samples and time for a first cycle.
    pub(super) fn for_cycles_of(wall_seconds: f64) -> Self {
        let mut interval = Self { new_samples: 2 };
        while interval.after_a_cycle_of(wall_seconds).is_zero() {
            interval.new_samples += 1;
        }
        interval
    }

    /// The time that nobody needs when a cycle has ended.
    pub(super) fn after_a_cycle_of(self, wall_seconds: f64) -> Duration {
        let needed = SETTLING + Duration::from_secs_f64(wall_seconds);
        Duration::from_secs(self.seconds()).saturating_sub(needed)
    }

    fn seconds(self) -> u64 {
        (self.new_samples - 1) * SAMPLE_SECONDS + BEYOND_SAMPLE_SECONDS
    }

    /// Samples of each series that a later query asks for.
    pub(super) fn steady_samples(self) -> u64 {
        self.new_samples + OVERLAP_SAMPLES
    }

    /// The settings of every run: nothing is left out for speed but the pause between calls, and the history, which no other
    /// program keeps.
    pub(super) fn settings(self) -> Vec<(&'static str, String)> {
        vec![
            ("POLL_INTERVAL", self.seconds().to_string()),
            ("CYCLE_TIMEOUT", CYCLE_DEADLINE.as_secs().to_string()),
            ("VM_INVENTORY_TTL", "86400".to_owned()),
            ("HISTORY_HOURS", "0".to_owned()),
        ]
    }
}

/// One exporter from its start to its end.
pub(super) struct Running {
    exporter: WatchedExporter,
}

impl Running {
    /// Starts an exporter and measures its first cycle.
    pub(super) async fn start(
        binaries: &Binaries,
        mock: &mut Mock,
        interval: PollInterval,
        further: &[(&'static str, String)],
    ) -> anyhow::Result<(Self, Cycle)> {
        let mut settings = interval.settings();
        settings.extend_from_slice(further);
        let counts = Counts {
            mock_cpu: mock.settle().await?,
            ..Counts::default()
        };
        let mut exporter = WatchedExporter::start(binaries, mock, &settings).await?;
        let full = cycle(mock, &mut exporter, counts).await?;
        Ok((Self { exporter }, full))
    }

    /// Waits for the second cycle and measures it.
    pub(super) async fn steady(&mut self, mock: &mut Mock) -> anyhow::Result<Cycle> {
        // What reading the page costs belongs to no cycle, so it comes first.
        let received_bytes = received_bytes(&self.exporter)?;
        let counts = Counts {
            cpu: self.exporter.cpu.settled().await?,
            mock_cpu: mock.settle().await?,
            received_bytes,
        };
        let steady = cycle(mock, &mut self.exporter, counts).await?;
        ensure!(
            steady.calls_of("CurrentTime") == 1,
            "the cycle overlaps with what comes before it: {:?}",
            steady.calls
        );
        Ok(steady)
    }

    /// Ends the exporter and returns the most memory that it had.
    pub(super) async fn stop(self) -> anyhow::Result<u64> {
        let peak_memory_bytes = peak_memory(self.exporter.id)?;
        self.exporter.stop().await?;
        Ok(peak_memory_bytes)
    }
}

/// What was counted before a cycle.
#[derive(Debug, Default)]
struct Counts {
    cpu: Duration,
    mock_cpu: Duration,
    received_bytes: f64,
}

/// Waits for the next cycle to end and its page to be published.
async fn cycle(
    mock: &mut Mock,
    exporter: &mut WatchedExporter,
    before: Counts,
) -> anyhow::Result<Cycle> {
    let Finished { wall, sampled } = exporter.cycle(CYCLE_DEADLINE).await?;
    let cpu = settled(&mut exporter.cpu, before.cpu).await?;
    let mock_cpu = settled(&mut mock.cpu, before.mock_cpu).await?;
    Ok(Cycle {
        cost: Cost {
            cpu_seconds: cpu.as_secs_f64(),
            wall_seconds: wall.as_secs_f64(),
        },
        mock_cpu_seconds: mock_cpu.as_secs_f64(),
        received_bytes: received_bytes(exporter)? - before.received_bytes,
        sampled,
        calls: mock.take_calls()?,
    })
}

async fn settled(meter: &mut CpuMeter, before: Duration) -> anyhow::Result<Duration> {
    Ok(meter.settled().await?.saturating_sub(before))
}

fn received_bytes(exporter: &WatchedExporter) -> anyhow::Result<f64> {
    exporter.value("vcenter_collector_received_bytes_total")
}
