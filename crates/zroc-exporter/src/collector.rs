//! The collection loop: one cycle at a time on a fixed schedule, one publication per cycle.

mod cycle;
mod outcome;

use std::sync::Arc;

use jiff::Timestamp;
use planner_core::snapshot::{Snapshot, VmState};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::cycle::{Cycle, Memory};
use crate::advice;
use crate::exposition::{PageContent, vm_series};
use crate::publication::Publication;
use crate::schedule::Schedule;
use crate::self_metrics::SelfMetrics;
use crate::settings::CollectionSettings;
use crate::status::CollectionStatus;
use crate::vcenter::Vcenter;

/// Owns everything that collection knows; shares only what it publishes.
#[derive(Debug)]
pub struct Collector {
    vcenter: Vcenter,
    settings: CollectionSettings,
    metrics: SelfMetrics,
    memory: Memory,
    status: CollectionStatus,
    snapshot: Option<Arc<Snapshot>>,
    publisher: watch::Sender<Arc<Publication>>,
}

impl Collector {
    /// Prepares collection, and publishes a page without VMs.
    ///
    /// # Errors
    /// When the page cannot be rendered.
    pub async fn new(
        vcenter: Vcenter,
        settings: CollectionSettings,
        metrics: SelfMetrics,
    ) -> std::io::Result<(Self, watch::Receiver<Arc<Publication>>)> {
        let content = PageContent {
            status: CollectionStatus::default(),
            snapshot: None,
            availability: Vec::new(),
            source: None,
            tls_verified: vcenter.is_tls_verified(),
            self_metrics: metrics.clone(),
        };
        let (publisher, publications) =
            watch::channel(Arc::new(Publication::prepare(content).await?));
        let collector = Self {
            memory: Memory::default(),
            status: CollectionStatus::default(),
            snapshot: None,
            vcenter,
            settings,
            metrics,
            publisher,
        };
        Ok((collector, publications))
    }

    /// Collects until `shutdown`, then logs out.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut schedule = Schedule::new(Instant::now(), self.settings.poll_interval);
        let cycles = async {
            loop {
                tokio::time::sleep_until(schedule.next()).await;
                self.cycle().await;
                let skipped_ticks = schedule.advance(Instant::now());
                if skipped_ticks > 0 {
                    self.metrics.count_skipped_ticks(skipped_ticks);
                    tracing::warn!(skipped_ticks, "the cycle took longer than POLL_INTERVAL");
                }
            }
        };
        shutdown.run_until_cancelled(cycles).await;
        match self.vcenter.logout().await {
            Ok(()) => tracing::info!("logged out"),
            Err(error) => {
                let reason = advice::explain(&error, self.vcenter.settings());
                tracing::warn!(
                    reason,
                    "could not log out; vCenter ends the session when it has been idle"
                );
            }
        }
    }

    async fn cycle(&mut self) {
        let start = Instant::now();
        let is_first = self.snapshot.is_none();
        let mut cycle = Cycle::new(
            &mut self.vcenter,
            &self.settings,
            &self.metrics,
            &mut self.memory,
            self.snapshot.take().map(Arc::unwrap_or_clone),
        );
        let ended = tokio::time::timeout(self.settings.cycle_timeout, cycle.collect()).await;
        let ended_early = match ended {
            Ok(Ok(())) => None,
            Ok(Err(reason)) => Some(reason),
            Err(_) => {
                let limit = self.settings.cycle_timeout.as_secs_f64();
                Some(format!(
                    "the cycle did not end within CYCLE_TIMEOUT ({limit} s)"
                ))
            }
        };
        let outcome = cycle.finish(ended_early);
        outcome.announce();
        let error = outcome.error();
        self.snapshot = outcome.snapshot.map(Arc::new);
        if is_first && self.settings.meters.per_disk {
            let series = self.snapshot.as_deref().map_or(0, vm_series);
            tracing::info!(
                series,
                "PER_DISK_METRICS is on; this is the number of series of VMs and disks"
            );
        }
        self.note(start, error);
        self.publish().await;
        if let Some(file) = &self.settings.state_file {
            self.memory.save_totals(file.clone()).await;
        }
    }

    fn note(&mut self, start: Instant, error: Option<String>) {
        let duration = start.elapsed();
        let count = |state| {
            self.snapshot
                .as_ref()
                .map_or(0, |snapshot| snapshot.count(state))
        };
        let (sampled, failed) = (count(VmState::Sampled), count(VmState::Failed));
        self.metrics.count_cycle();
        self.status.cycles = self.metrics.cycles();
        self.status.up = error.is_none() || sampled > 0;
        if self.status.up {
            self.status.last_success = Some(Timestamp::now());
            self.status.last_duration = Some(duration);
            self.status.last_vm_count = sampled;
        }
        let (no_data, seconds) = (count(VmState::NoData), duration.as_secs_f64());
        match &error {
            None => tracing::info!(sampled, no_data, seconds, "cycle finished"),
            Some(reason) => {
                tracing::warn!(
                    sampled,
                    no_data,
                    failed,
                    seconds,
                    reason,
                    "cycle finished with errors"
                );
            }
        }
        self.status.last_error = error;
    }

    async fn publish(&self) {
        let content = PageContent {
            status: self.status.clone(),
            snapshot: self.snapshot.clone(),
            availability: self.vcenter.availability(),
            source: self.vcenter.source(),
            tls_verified: self.vcenter.is_tls_verified(),
            self_metrics: self.metrics.clone(),
        };
        match Publication::prepare(content).await {
            Ok(publication) => {
                self.publisher.send_replace(Arc::new(publication));
            }
            Err(error) => {
                tracing::error!(%error, "the metrics page could not be made; the one before stays");
            }
        }
    }
}
