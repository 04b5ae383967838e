//! Why there is no plan, and the exit code that says so.

use std::path::PathBuf;

use planner_core::plan::survey::NoGrid;
use planner_core::plan::whole::NoSamples;

use super::csv_source::CsvError;
use super::prometheus_source::error::PrometheusError;
use crate::http_client::SetupError;
use crate::once::OnceError;
use crate::result_file::WriteError;
use crate::settings::SettingsError;

/// Why a plan could not be made, or covers too little.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The arguments contradict each other, or ask for what can't be done.
    #[error("{0}")]
    Arguments(String),
    /// The settings of the vCenter cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The plan was made and covers too little.
    #[error(
        "the samples cover {covered_hours:.2} h, and --require-hours asks for {required_hours} h"
    )]
    CoversTooLittle {
        /// What is covered.
        covered_hours: f64,
        /// What is asked for.
        required_hours: f64,
    },
    /// The CSV file cannot be read.
    #[error("cannot read {}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CsvError,
    },
    /// Another file cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No VM is left.
    #[error("no VM is chosen: {0}")]
    EmptySelection(String),
    /// The samples make no grid.
    #[error(transparent)]
    NoGrid(#[from] NoGrid),
    /// No VM has samples.
    #[error(transparent)]
    NoSamples(#[from] NoSamples),
    /// The result could not be made into text.
    #[error("the plan cannot be written in this format")]
    Format(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The result could not be written.
    #[error(transparent)]
    Output(#[from] WriteError),
    /// Nothing could be begun.
    #[error(transparent)]
    Once(#[from] OnceError),
    /// vCenter could not be asked.
    #[error("{0}")]
    Vcenter(String),
    /// A server cannot be asked as the flags say.
    #[error("cannot ask {url}")]
    Server {
        /// Its URL.
        url: String,
        /// Why.
        source: SetupError,
    },
    /// A Prometheus gave no samples.
    #[error("cannot read {url}")]
    Prometheus {
        /// Its URL.
        url: String,
        /// Why.
        source: PrometheusError,
    },
    /// A signal came.
    #[error("a signal ended the reading")]
    Interrupted,
}

impl PlanError {
    /// The exit code of the program.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments(_) | Self::Settings(_) | Self::Server { .. } => 2,
            Self::CoversTooLittle { .. } => 3,
            _ => 1,
        }
    }

    pub(super) fn file(
        path: &std::path::Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::File {
            path: path.to_owned(),
            source: source.into(),
        }
    }
}
