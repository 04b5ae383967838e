//! Why not all was collected, and the exit code that says so.

use std::io::{self, ErrorKind};

use crate::once::OnceError;
use crate::result_file::WriteError;
use crate::settings::SettingsError;
use crate::vcenter::CollectError;

/// Why nothing, or not all, was collected.
#[derive(Debug, thiserror::Error)]
pub enum CollectFailure {
    /// The arguments contradict each other, or ask for what can't be done.
    #[error("{0}")]
    Arguments(String),
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The settings of a vCenter cannot be used after all.
    #[error("the connection to vCenter cannot be prepared")]
    Vcenter(#[from] CollectError),
    /// Nothing could be begun.
    #[error(transparent)]
    Once(#[from] OnceError),
    /// A signal came before all vCenters had answered.
    #[error("a signal ended the collection")]
    Interrupted,
    /// What was collected was written, but vCenters gave no values.
    #[error("no values from {}", .0.join("; "))]
    NoValues(Vec<String>),
    /// The page could not be made.
    #[error("the page cannot be rendered")]
    Page(#[source] io::Error),
    /// The result could not be written.
    #[error(transparent)]
    Output(#[from] WriteError),
}

impl CollectFailure {
    /// The exit code of the program.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments(_) | Self::Settings(_) | Self::Vcenter(_) => 2,
            _ => 1,
        }
    }

    /// Whether nothing needs to be said: who closed the pipe has seen enough.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Output(error) if error.source.kind() == ErrorKind::BrokenPipe)
    }
}
