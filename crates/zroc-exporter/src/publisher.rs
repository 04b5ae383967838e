//! Turns the reports of cycles into publications.

use std::io;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;

use crate::exposition::{Pages, VcenterPart, VmLines, vm_series};
use crate::publication::{Publication, Publications};
use crate::self_metrics::ProcessHealth;
use crate::status::{Collected, Listed, Update, VcenterStatus};
use crate::task::{TaskError, join, survive};

/// Receives the reports of all collectors, and publishes a page after each. Learns too which vCenters there are.
#[derive(Debug)]
pub struct Publisher {
    vcenters: Vec<VcenterPart>,
    process: ProcessHealth,
    updates: mpsc::Receiver<Update>,
    publications: watch::Sender<Arc<Publication>>,
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
    /// Publishes a page of these vCenters, without VMs. Collectors send what they collected to the returned sender; they wait
    /// while something earlier is being published.
    ///
    /// # Errors
    /// When that page cannot be rendered.
    pub async fn start(
        vcenters: Vec<VcenterStatus>,
        process: ProcessHealth,
    ) -> Result<(Self, mpsc::Sender<Update>, Publications), PublishError> {
        let vcenters: Vec<_> = vcenters.into_iter().map(without_vms).collect();
        let first = publication(vcenters.clone(), process.clone()).await?;
        let (publications, readers) = watch::channel(Arc::new(first));
        let (sender, updates) = mpsc::channel(1);
        let publisher = Self {
            vcenters,
            process,
            updates,
            publications,
        };
        Ok((publisher, sender, readers))
    }

    /// Publishes until all collectors have ended.
    pub async fn run(mut self) {
        while let Some(update) = self.updates.recv().await {
            match survive(self.publish(update)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(%error, "the metrics page could not be made; the one before stays");
                }
                Err(error) => tracing::error!(%error, "the report of a cycle was lost"),
            }
        }
    }

    async fn publish(&mut self, update: Update) -> Result<(), PublishError> {
        match update {
            Update::Cycle(collected) => self.take(collected).await?,
            Update::Vcenters(listed) => self.replace(listed),
        }
        let publication = publication(self.vcenters.clone(), self.process.clone()).await?;
        self.publications.send_replace(Arc::new(publication));
        Ok(())
    }

    async fn take(&mut self, collected: Collected) -> Result<(), PublishError> {
        let from = |part: &&mut VcenterPart| part.status.name == collected.report.vcenter;
        let Some(part) = self.vcenters.iter_mut().find(from) else {
            return Ok(());
        };
        announce_series(&part.status, &collected);
        part.status.take(collected);
        let status = part.status.clone();
        part.vm_lines = Arc::new(blocking(move || VmLines::render(&status)).await?);
        Ok(())
    }

    fn replace(&mut self, listed: Vec<Listed>) {
        let known = std::mem::take(&mut self.vcenters);
        let part = |listed| match listed {
            Listed::New(status) => Some(without_vms(*status)),
            Listed::Known(name) => known.iter().find(|it| it.status.name == name).cloned(),
        };
        self.vcenters = listed.into_iter().filter_map(part).collect();
    }
}

fn without_vms(status: VcenterStatus) -> VcenterPart {
    VcenterPart {
        status,
        vm_lines: Arc::default(),
    }
}

/// Says once what `PER_DISK_METRICS` costs.
fn announce_series(before: &VcenterStatus, Collected { report, .. }: &Collected) {
    if report.measures.per_disk && before.report.is_none() {
        let series = report.snapshot.as_deref().map_or(0, vm_series);
        tracing::info!(
            series,
            "PER_DISK_METRICS is on; this is the number of series of VMs and disks"
        );
    }
}

async fn publication(
    vcenters: Vec<VcenterPart>,
    process: ProcessHealth,
) -> Result<Publication, PublishError> {
    blocking(move || {
        let pages = Pages::render(&vcenters, &process)?;
        let vcenters = vcenters.into_iter().map(|part| part.status).collect();
        Ok(Publication { vcenters, pages })
    })
    .await
}

/// Renders on a thread of its own: it takes tens of milliseconds for thousands of VMs.
async fn blocking<T: Send + 'static>(
    render: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, PublishError> {
    Ok(join(spawn_blocking(render)).await??)
}
