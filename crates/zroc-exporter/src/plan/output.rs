//! Writes the result.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use super::arguments::Format;
use super::error::PlanError;

/// Refuses to write a workbook to a terminal.
pub(super) fn check(format: Format, output: Option<&PathBuf>) -> Result<(), PlanError> {
    if format == Format::Xlsx && output.is_none() && io::stdout().is_terminal() {
        let problem = "--format xlsx is not for a terminal: give --output FILE";
        return Err(PlanError::Arguments(problem.to_owned()));
    }
    Ok(())
}

/// Writes the result to a file, or else to standard output. A file is there as a whole or as it was before.
pub(super) fn write(result: &[u8], output: Option<&PathBuf>) -> Result<(), PlanError> {
    match output {
        Some(path) => write_file(result, path).map_err(|source| PlanError::Output {
            to: path.display().to_string(),
            source,
        }),
        None => match write_to_stdout(result) {
            // The reader that closed the pipe has seen enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(PlanError::Output {
                to: "standard output".to_owned(),
                source: error,
            }),
            _ => Ok(()),
        },
    }
}

fn write_to_stdout(result: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(result)?;
    stdout.flush()
}

fn write_file(result: &[u8], path: &Path) -> io::Result<()> {
    let is_regular = fs::metadata(path).map(|found| found.is_file());
    if let Ok(false) = is_regular {
        // A device or a pipe can't be replaced.
        return fs::write(path, result);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = fs::write(&new, result).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
