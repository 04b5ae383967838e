//! From samples to a sizing: once for `zroc-exporter plan`, and in [`live`] for who asks the running exporter.

pub mod arguments;
mod assuming;
mod checks;
mod compare;
mod csv_source;
mod document;
mod echo;
mod error;
mod found;
mod groups;
mod lists;
pub mod live;
mod naming;
mod output;
mod prometheus_source;
mod report;
mod request;
mod requested_time;
mod scenarios;
mod selection;
mod text;
mod vcenter_source;
mod vm_rows;
mod workbook;

use planner_core::inventory::filter::Filter;
use planner_core::plan::whole::Plan;

use self::arguments::{Arguments, Format, Origin};
use self::compare::Saved;
use self::document::{Document, Made};
use self::found::FoundVm;
use self::report::Subject;
use self::request::Request;
use self::requested_time::RequestedTime;
use self::selection::Selected;

use crate::progress::Progress;
use crate::settings::{self, Given};

pub use self::error::PlanError;
pub(crate) use self::report::policy as report_policy;

/// Makes a plan and writes it. `given` are the settings that name a vCenter.
///
/// # Errors
/// If it can't be made or written, or if it covers less than is required: then it was written.
pub fn run(arguments: &Arguments, given: Given) -> Result<(), PlanError> {
    let request = Request::new(arguments)?;
    output::check(request.format, request.output.as_ref())?;
    // What can be wrong with other files shows before vCenter is asked.
    let saved = request.compare.as_deref().map(Saved::read).transpose()?;
    let list = arguments.vm_list.as_deref().map(lists::read).transpose()?;
    let groups = arguments.groups.as_deref().map(groups::read).transpose()?;
    let progress = Progress::new();
    let select = |found, filter: &Filter| {
        selection::select(found, arguments, filter, list, groups.unwrap_or_default())
    };
    let read = read(arguments, &request, progress, given, select);
    progress.end();
    let (selected, planned) = read?;
    progress.say("computing the plan");
    let made = make(&request, &selected, planned, saved);
    progress.end();
    let (result, hours) = made?;
    output::write(&result, request.output.as_ref())?;
    match request.require_hours {
        Some(required_hours) if hours < required_hours => Err(PlanError::CoversTooLittle {
            covered_hours: hours,
            required_hours,
        }),
        _ => Ok(()),
    }
}

/// What is chosen of the VMs of the source, and the plan if the source has added up what they wrote.
fn read(
    arguments: &Arguments,
    request: &Request,
    progress: Progress,
    given: Given,
    select: impl FnOnce(Vec<FoundVm>, &Filter) -> Result<Selected, PlanError>,
) -> Result<(Selected, Option<Plan>), PlanError> {
    match &request.origin {
        Origin::File(path) => {
            let filter = filter_without_vcenter(arguments, given)?;
            let say = |rows| progress.say(&format!("{rows} rows read"));
            let found = csv_source::read(path, request.bucket_seconds, say);
            let found = found.map_err(|source| PlanError::Csv {
                path: path.clone(),
                source,
            })?;
            Ok((select(found, &filter)?, None))
        }
        Origin::Vcenter => {
            let (found, filter) =
                vcenter_source::read(arguments, request.asked.time, progress, given)?;
            Ok((select(found, &filter)?, None))
        }
        Origin::Prometheus(url) => {
            let filter = filter_without_vcenter(arguments, given)?;
            let select = |found| select(found, &filter);
            let http_config = arguments.http_config.as_deref();
            prometheus_source::read(url, http_config, request, &filter, progress, select)
        }
        Origin::Exporter(_) => {
            checks::refuse("this source is not supported yet: give vcenter or a CSV file")
        }
    }
}

/// The choice for a source without a vCenter: that of the flags, or else of the settings.
fn filter_without_vcenter(arguments: &Arguments, given: Given) -> Result<Filter, PlanError> {
    let of_settings = settings::filters(given)?.into_iter();
    let mut filters = of_settings.map(|filter| selection::filter(arguments, filter));
    let filter = filters.next().unwrap_or_default();
    if filters.any(|other| other != filter) {
        return checks::refuse(
            "the `[[vcenter]]` of the file of settings choose different VMs, and none of them is asked here: leave the file \
             out, or give the choice by flags such as --include-vms",
        );
    }
    Ok(filter)
}

/// The plan in the requested format, and the hours that it covers.
fn make(
    request: &Request,
    selected: &Selected,
    planned: Option<Plan>,
    saved: Option<Saved>,
) -> Result<(Vec<u8>, f64), PlanError> {
    let asked = &request.asked;
    let plan = match planned {
        Some(plan) => plan,
        None => compute(request, selected)?,
    };
    let made = Made::now(&plan, asked, selected);
    let mut document = Document::new(&made);
    if let Some(saved) = saved {
        saved.compare(&mut document)?;
    }
    let result = render(&made, &document, request.format)?;
    Ok((result, plan.coverage.covered.get() / 3_600.0))
}

/// The plan in a format.
fn render(made: &Made<'_>, document: &Document, format: Format) -> Result<Vec<u8>, PlanError> {
    let drift = document.drift_lines();
    let text = || text::render(made.plan, made.inputs, made.selected, &drift);
    let result = match format {
        Format::Json => json(document)?,
        Format::Csv => {
            vm_rows::csv(made.plan, made.inputs).map_err(|it| PlanError::Format(Box::new(it)))?
        }
        Format::Xlsx => workbook::workbook(made.plan, made.inputs, &text())
            .map_err(|it| PlanError::Format(Box::new(it)))?,
        Format::Html => {
            let report = report::render(&Subject {
                plan: made.plan,
                inputs: made.inputs,
                echo: made.echo,
                selected: made.selected,
                drift: &drift,
                made_at: made.at,
            });
            report
                .map_err(|it| PlanError::Format(Box::new(it)))?
                .into_bytes()
        }
        Format::Text => text().into_bytes(),
    };
    Ok(result)
}

fn compute(request: &Request, selected: &Selected) -> Result<Plan, PlanError> {
    let time = match (request.asked.time, &request.origin) {
        (RequestedTime::All, Origin::Vcenter) => {
            RequestedTime::Last(vcenter_source::DEFAULT_SECONDS)
        }
        (time, _) => time,
    };
    let grid = found::grid(&selected.vms, time)?;
    let demand = found::demand(&selected.vms, grid, selected.groups.clone());
    Ok(Plan::compute(&demand, &request.asked.inputs)?)
}

fn json(document: &Document) -> Result<Vec<u8>, PlanError> {
    let json = serde_json::to_vec_pretty(document);
    let mut json = json.map_err(|error| PlanError::Format(Box::new(error)))?;
    json.push(b'\n');
    Ok(json)
}
