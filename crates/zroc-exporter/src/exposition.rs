//! From a snapshot to the page that Prometheus reads.

mod build_info;
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

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use self::build_info::BuildInfo;
use self::cycle_metrics::CycleMetrics;
use self::page::BothFormats;
use self::process_metrics::ProcessMetrics;
use crate::self_metrics::SelfMetrics;
use crate::status::VcenterStatus;

pub use self::format::Format;
pub use self::page::Page;
pub use self::vm_families::{VM_FAMILIES, VmFamily, vm_series};

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
    pub fn render(vcenters: &[VcenterStatus], metrics: &SelfMetrics) -> io::Result<Self> {
        let mut formats = BothFormats::new();
        let reports = vcenters.iter().filter_map(|it| it.report.as_ref());
        vm_lines::append(
            reports.filter_map(|it| it.snapshot.as_deref()),
            &mut formats,
        )?;
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        registry.register_collector(Box::new(BuildInfo));
        for vcenter in vcenters {
            registry.register_collector(Box::new(CycleMetrics(vcenter.clone())));
        }
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
