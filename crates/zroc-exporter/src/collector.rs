//! The collection loop: one cycle at a time on a fixed schedule, one publication per cycle.

mod findings;

use std::sync::Arc;

use jiff::Timestamp;
use planner_core::snapshot::{Snapshot, VmState};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::findings::Findings;
use crate::advice;
use crate::exposition::PageContent;
use crate::publication::Publication;
use crate::schedule::Schedule;
use crate::self_metrics::{BatchOutcome, SelfMetrics};
use crate::settings::CollectionSettings;
use crate::status::CollectionStatus;
use crate::vcenter::{CollectError, Vcenter};

/// Owns everything that collection knows; shares only what it publishes.
#[derive(Debug)]
pub struct Collector {
    vcenter: Vcenter,
    settings: CollectionSettings,
    metrics: SelfMetrics,
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
            tls_verified: vcenter.is_tls_verified(),
            self_metrics: metrics.clone(),
        };
        let (publisher, publications) =
            watch::channel(Arc::new(Publication::prepare(content).await?));
        let status = CollectionStatus::default();
        Ok((
            Self {
                vcenter,
                settings,
                metrics,
                status,
                snapshot: None,
                publisher,
            },
            publications,
        ))
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
        let mut findings = Findings::new(self.vcenter.last_inventory());
        let collecting = collect(
            &mut self.vcenter,
            &self.settings,
            &self.metrics,
            &mut findings,
        );
        let outcome = tokio::time::timeout(self.settings.cycle_timeout, collecting).await;
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => findings.end_early(advice::explain(&error, self.vcenter.settings())),
            Err(_) => findings.end_early(format!(
                "the cycle did not end within CYCLE_TIMEOUT ({} s)",
                self.settings.cycle_timeout.as_secs_f64()
            )),
        }
        let (snapshot, error) = findings.finish(self.snapshot.as_deref());
        self.snapshot = snapshot.map(Arc::new);
        self.note(start, error);
        self.publish().await;
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
            Some(reason) => tracing::warn!(
                sampled,
                no_data,
                failed,
                seconds,
                reason,
                "cycle finished with errors"
            ),
        }
        self.status.last_error = error;
    }

    async fn publish(&self) {
        let content = PageContent {
            status: self.status.clone(),
            snapshot: self.snapshot.clone(),
            availability: self.vcenter.availability(),
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

/// Asks for everything once, and once more for the batches that failed.
async fn collect(
    vcenter: &mut Vcenter,
    settings: &CollectionSettings,
    metrics: &SelfMetrics,
    findings: &mut Findings,
) -> Result<(), CollectError> {
    let inventory = vcenter.refresh(Timestamp::now()).await?;
    findings.start(Arc::clone(&inventory));
    let plan = vcenter.plan(&inventory).await?;
    findings.ask_for(plan.batches.clone());
    while let Some(batch) = findings.next_batch() {
        match vcenter
            .query(&plan, &batch.vms, |moref, stats| {
                findings.sampled(moref, stats);
            })
            .await
        {
            Ok(()) => {
                metrics.count_batch(BatchOutcome::Ok);
                findings.answered();
            }
            Err(error) if error.ends_the_cycle() => return Err(error),
            Err(error) => {
                let reason = advice::explain(&error, vcenter.settings());
                let outcome = if batch.is_retry {
                    BatchOutcome::Failed
                } else {
                    BatchOutcome::Retried
                };
                metrics.count_batch(outcome);
                tracing::debug!(vms = batch.vms.len(), reason, "a batch failed");
                findings.failed(reason);
            }
        }
        if findings.has_batches() {
            tokio::time::sleep(settings.batch_delay).await;
        }
    }
    Ok(())
}
