//! From a snapshot to the page that Prometheus reads.

mod cycle_metrics;
mod descriptor;
mod format;
mod page;
mod process_metrics;
mod segment;
mod text_format;
mod vm_families;
mod vm_lines;

use std::io;
use std::sync::Arc;

use planner_core::snapshot::Snapshot;
use planner_core::collection::source::Source;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use self::cycle_metrics::CycleMetrics;
use self::page::BothFormats;
use self::process_metrics::ProcessMetrics;
use crate::self_metrics::SelfMetrics;
use crate::status::CollectionStatus;

pub use self::cycle_metrics::CounterAvailability;
pub use self::format::Format;
pub use self::page::Page;
pub use self::vm_families::{VM_FAMILIES, VmFamily, vm_series};

/// All that a page shows.
#[derive(Debug, Clone)]
pub struct PageContent {
    /// How collection goes.
    pub status: CollectionStatus,
    /// The VMs, once they are known.
    pub snapshot: Option<Arc<Snapshot>>,
    /// What vCenter can tell, once that is known.
    pub availability: Vec<CounterAvailability>,
    /// Where samples come from, once that is settled.
    pub source: Option<Source>,
    /// Whether vCenter's certificate is verified.
    pub tls_verified: bool,
    /// What the exporter counted.
    pub self_metrics: SelfMetrics,
}

/// The same page in both formats.
#[derive(Debug, Clone)]
pub struct Pages {
    openmetrics: Page,
    text: Page,
}

impl Pages {
    /// Renders the pages. Takes tens of milliseconds for thousands of VMs, so not on a thread that serves others.
    ///
    /// # Errors
    /// When compression fails, which it does not in memory.
    pub fn render(content: PageContent) -> io::Result<Self> {
        let mut formats = BothFormats::new();
        if let Some(snapshot) = &content.snapshot {
            vm_lines::append(snapshot, &mut formats)?;
        }
        let mut registry = Registry::default();
        content.self_metrics.register(&mut registry);
        registry.register_collector(Box::new(CycleMetrics {
            status: content.status,
            snapshot: content.snapshot,
            availability: content.availability,
            source: content.source,
            tls_verified: content.tls_verified,
        }));
        registry.register_collector(Box::new(ProcessMetrics));
        text::encode(&mut formats, &registry).map_err(io::Error::other)?;
        let (openmetrics, text) = formats.finish()?;
        Ok(Self { openmetrics, text })
    }

    /// The page in one format.
    pub fn page(&self, format: Format) -> &Page {
        match format {
            Format::OpenMetrics => &self.openmetrics,
            Format::Text => &self.text,
        }
    }
}
