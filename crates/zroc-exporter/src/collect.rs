//! `zroc-exporter collect`: one cycle of every vCenter, written once.

pub mod arguments;
mod csv_rows;
mod cycles;
mod failure;
mod json;
mod last;
mod table;

use std::io::{self, Write};

use self::arguments::{Arguments, Format};
use crate::exposition::{self, Page, Pages};
use crate::once;
use crate::progress::Progress;
use crate::result_file;
use crate::settings::{Given, Settings};
use crate::status::VcenterStatus;

pub use self::failure::CollectFailure;

/// Collects from every vCenter of the settings, and writes what it found.
///
/// # Errors
/// If nothing could be collected or written, or if a vCenter gave no values: then the rest was written.
pub fn run(arguments: &Arguments, given: Given) -> Result<(), CollectFailure> {
    let last = arguments.last.map(last::seconds_back).transpose()?;
    if last.is_some() && arguments.format != Format::Openmetrics {
        let problem =
            "--last needs --format openmetrics: no other format has the time of each value";
        return Err(CollectFailure::Arguments(problem.to_owned()));
    }
    let settings = Settings::load_once(given)?;
    let progress = Progress::new();
    for unknown in &settings.unknown_variables {
        progress.note(&format!("environment: {unknown}"));
    }
    let failed = match last {
        None => now(arguments, settings, progress)?,
        Some(seconds_back) => past(arguments, settings, seconds_back, progress)?,
    };
    if failed.is_empty() {
        Ok(())
    } else {
        Err(CollectFailure::NoValues(failed))
    }
}

/// Writes what is now. Returns the vCenters without values, each with the reason.
fn now(
    arguments: &Arguments,
    settings: Settings,
    progress: Progress,
) -> Result<Vec<String>, CollectFailure> {
    let collected = once::run(async |shutdown| cycles::run(settings, progress, shutdown).await);
    progress.end();
    let vcenters = collected??;
    let failed = say_troubles(&vcenters, progress);
    write(arguments, vcenters)?;
    Ok(failed)
}

/// Writes what was. Returns the vCenters without values, each with the reason.
fn past(
    arguments: &Arguments,
    settings: Settings,
    seconds_back: i64,
    progress: Progress,
) -> Result<Vec<String>, CollectFailure> {
    last::check(&settings.vcenters)?;
    let read = once::run(async |shutdown| last::read(settings, progress, shutdown).await);
    progress.end();
    let read = read??;
    let mut failed = say_troubles(read.iter().map(|it| &it.status), progress);
    let mut parts = Vec::new();
    for vcenter in &read {
        vcenter.say_clocks(progress);
        match vcenter.part(seconds_back) {
            Some(part) if part.has_values() => parts.push(part),
            // Why it is not up was said.
            _ if !vcenter.status.collection.up => {}
            _ => failed.push(format!(
                "{}: no multiple of POLL_INTERVAL ends a whole window of PERF_INTERVAL_ID in that time",
                vcenter.status.name.as_str()
            )),
        }
    }
    last::write(&parts, arguments.output.as_deref())?;
    Ok(failed)
}

/// Says what went wrong with a part of the VMs. Returns the vCenters without any values, each with the reason.
fn say_troubles<'s>(
    vcenters: impl IntoIterator<Item = &'s VcenterStatus>,
    progress: Progress,
) -> Vec<String> {
    let mut failed = Vec::new();
    for vcenter in vcenters {
        let trouble = vcenter.collection.last_error();
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
    let pages = Pages::once(vcenters);
    Ok(pages.map_err(CollectFailure::Page)?.page(format).clone())
}

fn write_page(page: &Page, to: &mut dyn Write) -> io::Result<()> {
    page.plain().try_for_each(|piece| to.write_all(&piece?))
}
