//! `zroc-exporter collect`: one cycle of every vCenter, written once.

pub mod arguments;
mod csv_rows;
mod cycles;
mod failure;
mod json;
mod table;

use std::io::{self, Write};
use std::sync::Arc;

use self::arguments::{Arguments, Format};
use crate::exposition::{self, Page, Pages, VcenterPart, VmLines};
use crate::once;
use crate::progress::Progress;
use crate::result_file;
use crate::self_metrics::ProcessHealth;
use crate::settings::{Given, Settings};
use crate::status::VcenterStatus;

pub use self::failure::CollectFailure;

/// Collects from every vCenter of the settings, and writes what it found.
///
/// # Errors
/// If nothing could be collected or written, or if a vCenter gave no values: then the rest was written.
pub fn run(arguments: &Arguments, given: Given) -> Result<(), CollectFailure> {
    let settings = Settings::load_once(given)?;
    let progress = Progress::new();
    for unknown in &settings.unknown_variables {
        progress.note(&format!("environment: {unknown}"));
    }
    let work = async |shutdown| cycles::run(settings, progress, shutdown).await;
    let collected = once::run(work);
    progress.end();
    let vcenters = collected??;
    let failed = say_troubles(&vcenters, progress);
    write(arguments, vcenters)?;
    if failed.is_empty() {
        Ok(())
    } else {
        Err(CollectFailure::NoValues(failed))
    }
}

/// Says what went wrong with a part of the VMs. Returns the vCenters without any values, each with the reason.
fn say_troubles(vcenters: &[VcenterStatus], progress: Progress) -> Vec<String> {
    let mut failed = Vec::new();
    for vcenter in vcenters {
        let trouble = vcenter.collection.last_error.as_deref();
        let trouble = trouble.map(|trouble| format!("{}: {trouble}", vcenter.name.as_str()));
        match trouble {
            Some(trouble) if vcenter.collection.up => progress.note(&trouble),
            Some(trouble) => failed.push(trouble),
            None => {}
        }
    }
    failed
}

fn write(arguments: &Arguments, vcenters: Vec<VcenterStatus>) -> Result<(), CollectFailure> {
    let output = arguments.output.as_deref();
    let written = match arguments.format {
        Format::Json => result_file::write(output, |to| json::write(&vcenters, to)),
        Format::Csv => result_file::write(output, |to| csv_rows::write(&vcenters, to)),
        Format::Prometheus => {
            let page = page(vcenters, exposition::Format::Text)?;
            result_file::write(output, |to| write_page(&page, to))
        }
        Format::Openmetrics => {
            let page = page(vcenters, exposition::Format::OpenMetrics)?;
            result_file::write(output, |to| write_page(&page, to))
        }
    };
    Ok(written?)
}

/// The page that /metrics would have.
fn page(vcenters: Vec<VcenterStatus>, format: exposition::Format) -> Result<Page, CollectFailure> {
    let part = |status| {
        let vm_lines = Arc::new(VmLines::render(&status)?);
        Ok(VcenterPart { status, vm_lines })
    };
    let parts: io::Result<Vec<VcenterPart>> = vcenters.into_iter().map(part).collect();
    let pages = parts.and_then(|parts| Pages::render(&parts, &ProcessHealth::default()));
    Ok(pages.map_err(CollectFailure::Page)?.page(format).clone())
}

fn write_page(page: &Page, to: &mut dyn Write) -> io::Result<()> {
    page.plain().try_for_each(|piece| to.write_all(&piece?))
}
