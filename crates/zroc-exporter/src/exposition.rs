//! From a snapshot to the page that Prometheus reads.

mod build_info;
mod cycle_gauges;
mod cycle_tables;
mod descriptor;
mod format;
mod page;
mod past_page;
mod process_metrics;
mod segment;
mod text_format;
mod vcenter_family;
mod vm_families;
mod vm_labels;
mod vm_lines;
mod work_counters;

use std::io;
use std::sync::Arc;

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use self::build_info::BuildInfo;
use self::page::BothFormats;
use self::process_metrics::ProcessMetrics;
use self::vcenter_family::{VcenterFamilies, VcenterFamily};
use crate::self_metrics::ProcessHealth;
use crate::status::VcenterStatus;

pub use self::format::Format;
pub use self::page::Page;
pub use self::past_page::{Moments, PastPart, write_past};
pub use self::vm_families::{VM_FAMILIES, VmFamily, VmValue, series_added, vm_series};
pub use self::vm_lines::{PROVISIONED, VmLines};

/// The families that each vCenter has series of, besides those of its VMs.
const VCENTER_FAMILIES: [&[VcenterFamily]; 3] = [
    &work_counters::FAMILIES,
    &cycle_gauges::FAMILIES,
    &cycle_tables::FAMILIES,
];

/// The same page in both formats.
#[derive(Debug, Clone)]
pub struct Pages {
    openmetrics: Page,
    text: Page,
}

/// The part of one vCenter in a page.
#[derive(Debug, Clone)]
pub struct VcenterPart {
    /// What is known of it.
    pub status: VcenterStatus,
    /// The lines of its VMs. They are made once per cycle; a page is put together after the cycle of each vCenter.
    pub vm_lines: Arc<VmLines>,
}

impl Pages {
    /// The pages of vCenters that are shown once, by a process without a health of its own.
    ///
    /// # Errors
    /// When compression fails, which it does not in memory.
    pub fn once(vcenters: Vec<VcenterStatus>) -> io::Result<Self> {
        let part = |status| {
            let vm_lines = Arc::new(VmLines::render(&status)?);
            Ok(VcenterPart { status, vm_lines })
        };
        let parts: io::Result<Vec<VcenterPart>> = vcenters.into_iter().map(part).collect();
        Self::render(&parts?, &ProcessHealth::default())
    }

    /// Puts the pages together.
    ///
    /// # Errors
    /// When compression fails, which it does not in memory.
    pub fn render(vcenters: &[VcenterPart], process: &ProcessHealth) -> io::Result<Self> {
        let mut formats = BothFormats::new();
        let vm_lines: Vec<&VmLines> = vcenters.iter().map(|it| &*it.vm_lines).collect();
        vm_lines::append(&vm_lines, &mut formats)?;
        let mut registry = Registry::default();
        let statuses: Arc<[_]> = vcenters.iter().map(|it| it.status.clone()).collect();
        for families in VCENTER_FAMILIES {
            let vcenters = Arc::clone(&statuses);
            registry.register_collector(Box::new(VcenterFamilies { families, vcenters }));
        }
        process.register(&mut registry);
        registry.register_collector(Box::new(BuildInfo));
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
