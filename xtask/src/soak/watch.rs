//! Looks at the exporter and the mock once a second.

use std::time::Duration;

use anyhow::Context;
use tokio::time::{Instant, sleep_until};

use super::control::{Control, Sessions};
use super::cycles::Log;
use crate::process::Holdings;
use crate::service::Service;

const PERIOD: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// One look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Since the start of the run.
    pub(super) at: Duration,
    pub(super) exporter: Holdings,
    pub(super) mock: Holdings,
    pub(super) sessions: Sessions,
}

pub(super) async fn watch(
    exporter: &mut Service,
    mock: &mut Service,
    control: &Control,
    log: &mut Log,
    end: Instant,
) -> anyhow::Result<Vec<Sample>> {
    let begin = Instant::now();
    let exporter_id = exporter.id().context("the exporter has ended")?;
    let mock_id = mock.id().context("the mock vCenter has ended")?;
    let mut samples = Vec::new();
    let mut next_line = MINUTE;
    let mut reported = 0;
    let mut next = begin;
    while next < end {
        sleep_until(next).await;
        next += PERIOD;
        exporter.still_running()?;
        mock.still_running()?;
        log.read()?;
        let sample = Sample {
            at: begin.elapsed(),
            exporter: Holdings::of(exporter_id)?,
            mock: Holdings::of(mock_id)?,
            sessions: control.sessions().await?,
        };
        samples.push(sample);
        if sample.at >= next_line {
            report(&sample, log, reported);
            reported = log.cycles.len();
            next_line += MINUTE;
        }
    }
    Ok(samples)
}

/// The line of one minute.
fn report(sample: &Sample, log: &Log, reported: usize) {
    let cycles = log.cycles.get(reported..).unwrap_or_default();
    let failed = cycles.iter().filter(|it| it.reason.is_some()).count();
    let sampled = cycles.last().map_or(0, |cycle| cycle.sampled);
    let Holdings {
        resident_bytes,
        threads,
        open_files,
    } = sample.exporter;
    println!(
        "minute {:3}: {:3} cycles, {failed:2} of them failed; {sampled} VMs in the last; {:.1} MB, {open_files} files, \
         {threads} threads; sessions {}, at most {}; mock {:.1} MB",
        sample.at.as_secs() / 60,
        cycles.len(),
        megabytes(resident_bytes),
        sample.sessions.open,
        sample.sessions.most,
        megabytes(sample.mock.resident_bytes),
    );
}

pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
