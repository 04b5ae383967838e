//! Turns the reports of cycles into publications.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::VcenterName;
use tokio::sync::{mpsc, watch};

use crate::exposition::{Pages, vm_series};
use crate::publication::{Publication, Publications};
use crate::self_metrics::SelfMetrics;
use crate::status::{Collected, CollectionStatus, VcenterStatus};
use crate::task::{TaskError, join, survive};

/// Receives the reports of all collectors, and publishes a page after each.
#[derive(Debug)]
pub struct Publisher {
    vcenters: Vec<Published>,
    metrics: SelfMetrics,
    reports: mpsc::Receiver<Collected>,
    publications: watch::Sender<Arc<Publication>>,
}

#[derive(Debug)]
struct Published {
    name: VcenterName,
    status: VcenterStatus,
}

/// Why a page was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The page cannot be compressed.
    #[error("the metrics page cannot be rendered")]
    Render(#[from] io::Error),
    /// Rendering panicked.
    #[error("the metrics page cannot be rendered")]
    Task(#[from] TaskError),
}

impl Publisher {
    /// Publishes a page without VMs of these vCenters, each with whether its certificate is verified. Collectors send what they collected to the returned sender; they wait while
    /// something earlier is being published.
    ///
    /// # Errors
    /// When that page cannot be rendered.
    pub async fn start(
        vcenters: Vec<(VcenterName, bool)>,
        poll_interval: Duration,
        metrics: SelfMetrics,
    ) -> Result<(Self, mpsc::Sender<Collected>, Publications), PublishError> {
        let vcenters: Vec<_> = vcenters
            .into_iter()
            .map(|(name, tls_verified)| Published::new(name, tls_verified, poll_interval))
            .collect();
        let first = render(&vcenters, &metrics).await?;
        let (publications, readers) = watch::channel(Arc::new(first));
        let (sender, reports) = mpsc::channel(1);
        let publisher = Self {
            vcenters,
            metrics,
            reports,
            publications,
        };
        Ok((publisher, sender, readers))
    }

    /// Publishes until all collectors have ended.
    pub async fn run(mut self) {
        while let Some(collected) = self.reports.recv().await {
            let from = |vcenter: &&mut Published| vcenter.name == collected.report.vcenter;
            if let Some(vcenter) = self.vcenters.iter_mut().find(from)
                && let Err(error) = survive(async { vcenter.take(collected) }).await
            {
                tracing::error!(%error, "the report of a cycle was lost");
                continue;
            }
            match render(&self.vcenters, &self.metrics).await {
                Ok(publication) => {
                    self.publications.send_replace(Arc::new(publication));
                }
                Err(error) => {
                    tracing::error!(%error, "the metrics page could not be made; the one before stays");
                }
            }
        }
    }
}

impl Published {
    fn new(name: VcenterName, tls_verified: bool, poll_interval: Duration) -> Self {
        Self {
            name,
            status: VcenterStatus {
                collection: CollectionStatus::default(),
                report: None,
                about: None,
                tls_verified,
                poll_interval,
            },
        }
    }

    fn take(&mut self, collected: Collected) {
        let Collected {
            report,
            error,
            about,
        } = collected;
        if report.measures.per_disk && self.status.report.is_none() {
            let series = report.snapshot.as_deref().map_or(0, vm_series);
            tracing::info!(
                series,
                "PER_DISK_METRICS is on; this is the number of series of VMs and disks"
            );
        }
        let collection = std::mem::take(&mut self.status.collection);
        self.status.collection = collection.after(&report, error);
        self.status.report = Some(report);
        self.status.about = about;
    }
}

/// Renders on a thread of its own.
async fn render(
    vcenters: &[Published],
    metrics: &SelfMetrics,
) -> Result<Publication, PublishError> {
    let vcenters: Vec<_> = vcenters.iter().map(|it| it.status.clone()).collect();
    let metrics = metrics.clone();
    let rendering = tokio::task::spawn_blocking(move || {
        let pages = Pages::render(&vcenters, &metrics)?;
        Ok::<_, io::Error>(Publication { vcenters, pages })
    });
    Ok(join(rendering).await??)
}
