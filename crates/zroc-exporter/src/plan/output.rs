//! Writes the result.

use std::io::{self, ErrorKind, IsTerminal as _};
use std::path::PathBuf;

use super::arguments::Format;
use super::error::PlanError;
use crate::result_file;

/// Refuses to write a workbook to a terminal.
pub(super) fn check(format: Format, output: Option<&PathBuf>) -> Result<(), PlanError> {
    if format == Format::Xlsx && output.is_none() && io::stdout().is_terminal() {
        let problem = "--format xlsx is not for a terminal: give --output FILE";
        return Err(PlanError::Arguments(problem.to_owned()));
    }
    Ok(())
}

/// Writes the result to a file, or else to standard output.
pub(super) fn write(result: &[u8], output: Option<&PathBuf>) -> Result<(), PlanError> {
    match result_file::write(output.map(PathBuf::as_path), |to| to.write_all(result)) {
        // The reader that closed the pipe has seen enough.
        Err(error) if output.is_none() && error.source.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
