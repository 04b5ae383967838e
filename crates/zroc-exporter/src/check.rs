//! `zroc-exporter check`: why the exporter would not work, on one screen.

mod account;
pub mod arguments;
pub mod code;
mod connection;
mod cycle;
mod finding;
mod probe;
mod refusals;
mod report;
mod settings;
mod statistics;
mod text;
mod vcenter;

use std::io::{self, ErrorKind, IsTerminal as _};
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use self::arguments::{Arguments, Format};
use self::refusals::Refusals;
use self::report::Report;
use self::text::Paint;
use self::vcenter::Check;
use crate::once::{self, OnceError};
use crate::progress::Progress;
use crate::result_file::{self, WriteError};
use crate::settings::{Given, Layers, Settings};

/// Why the checks ended other than with success.
#[derive(Debug, thiserror::Error)]
pub enum CheckFailure {
    /// They were made, and the report says what is wrong.
    #[error("the checks found errors")]
    Found,
    /// The settings cannot be used, as the report says.
    #[error("the settings cannot be used")]
    Settings,
    /// Nothing could be begun.
    #[error(transparent)]
    Once(#[from] OnceError),
    /// A signal came before all vCenters were checked.
    #[error("a signal ended the checks")]
    Interrupted,
    /// Some vCenters could not be looked at to the end, for these reasons.
    #[error("{}", .0.join("\n"))]
    NotProbed(Vec<String>),
    /// The report could not be written.
    #[error(transparent)]
    Output(#[from] WriteError),
}

impl CheckFailure {
    /// The exit code of the program.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Settings => 2,
            _ => 1,
        }
    }

    /// Whether nothing needs to be said: the report says it, or who closed the pipe has seen enough.
    pub fn is_silent(&self) -> bool {
        match self {
            Self::Found | Self::Settings => true,
            Self::Output(error) => error.source.kind() == ErrorKind::BrokenPipe,
            Self::Once(_) | Self::Interrupted | Self::NotProbed(_) => false,
        }
    }
}

/// Checks settings and vCenters, and writes the report.
///
/// # Errors
/// If the report has an error, or with `--strict` a warning: then it was written. If it could not be made or written.
pub fn run(arguments: Arguments, given: Given) -> Result<(), CheckFailure> {
    let layers = Layers::gather(given);
    let mut report = Report::default();
    let read = match Settings::of(&layers) {
        Ok(read) => read,
        Err(error) => {
            report.settings = settings::refused(&error);
            write(&report, arguments, &layers)?;
            return Err(CheckFailure::Settings);
        }
    };
    if arguments.probe {
        return probe(read, &layers, arguments);
    }
    report.settings = settings::accepted(&layers, &read);
    if !arguments.offline {
        let progress = Progress::new();
        let work = async |shutdown| check_all(read, &layers, arguments, progress, shutdown).await;
        let checked = once::run(work);
        progress.end();
        report.vcenters = checked?.ok_or(CheckFailure::Interrupted)?;
    }
    write(&report, arguments, &layers)?;
    if report.is_success(arguments.strict) {
        Ok(())
    } else {
        Err(CheckFailure::Found)
    }
}

/// Looks at the samples of all vCenters at the same time, and writes what was seen until a signal came.
fn probe(read: Settings, layers: &Layers, arguments: Arguments) -> Result<(), CheckFailure> {
    let progress = Progress::new();
    for unknown in &read.unknown_variables {
        progress.note(&format!("environment: {unknown}"));
    }
    let checks = checks(read, layers, arguments, progress);
    let outcome = once::run(async |shutdown| probe::all(checks, &shutdown).await);
    progress.end();
    let outcome = outcome?;
    if !outcome.probed.is_empty() {
        let text = match arguments.format {
            Format::Json => format!("{}\n", probe::document(&outcome.probed)),
            Format::Text => probe::text(&outcome.probed, paint(layers)),
        };
        result_file::write(None, |to| to.write_all(text.as_bytes()))?;
    }
    if outcome.is_interrupted {
        Err(CheckFailure::Interrupted)
    } else if outcome.failures.is_empty() {
        Ok(())
    } else {
        Err(CheckFailure::NotProbed(outcome.failures))
    }
}

/// Checks one vCenter after the other. `None` if `shutdown` comes before the end.
async fn check_all(
    read: Settings,
    layers: &Layers,
    arguments: Arguments,
    progress: Progress,
    shutdown: CancellationToken,
) -> Option<Vec<report::VcenterReport>> {
    let mut reports = Vec::new();
    for check in checks(read, layers, arguments, progress) {
        reports.push(check.run(&shutdown).await?);
    }
    Some(reports)
}

fn checks(read: Settings, layers: &Layers, arguments: Arguments, progress: Progress) -> Vec<Check> {
    let state_files: Vec<Option<PathBuf>> = read
        .vcenters
        .iter()
        .map(|vcenter| {
            let file = vcenter.collection.state_file.as_ref()?;
            Some(file.path().to_owned())
        })
        .collect();
    let vcenters = read.for_once(layers).vcenters;
    let vcenters = vcenters.into_iter().zip(state_files);
    let checks = vcenters.map(|(settings, state_file)| Check {
        refusals: Refusals::new(state_file.as_deref(), layers),
        settings,
        arguments,
        progress,
    });
    checks.collect()
}

fn paint(layers: &Layers) -> Paint {
    let is_plain = layers.plain_variable("NO_COLOR").is_some();
    Paint(io::stdout().is_terminal() && !is_plain)
}

fn write(report: &Report, arguments: Arguments, layers: &Layers) -> Result<(), WriteError> {
    let text = match arguments.format {
        Format::Json => format!("{:#}\n", report.to_json(arguments.strict)),
        Format::Text => text::render(report, paint(layers)),
    };
    result_file::write(None, |to| to.write_all(text.as_bytes()))
}
