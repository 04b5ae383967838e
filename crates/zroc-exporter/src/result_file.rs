//! Where a command writes its result: a file, or standard output.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Bytes that are written at once.
const BUFFER_BYTES: usize = 64 * 1_024;

/// What a result could not be written to.
#[derive(Debug, thiserror::Error)]
#[error("the result cannot be written to {to}")]
pub struct WriteError {
    to: String,
    pub(crate) source: io::Error,
}

/// Writes a result piece by piece to a file, or else to standard output. A file is there as a whole or as it was before.
pub(crate) fn write(
    output: Option<&Path>,
    result: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    match output {
        Some(path) => write_file(path, result).map_err(|source| WriteError {
            to: path.display().to_string(),
            source,
        }),
        None => write_all(io::stdout().lock(), result).map_err(|source| WriteError {
            to: "standard output".to_owned(),
            source,
        }),
    }
}

fn write_all(
    to: impl Write,
    result: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffered = BufWriter::with_capacity(BUFFER_BYTES, to);
    result(&mut buffered)?;
    buffered.flush()
}

fn write_file(
    path: &Path,
    result: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let is_regular = fs::metadata(path).map(|found| found.is_file());
    if let Ok(false) = is_regular {
        // A device or a pipe can't be replaced.
        return write_all(File::options().write(true).open(path)?, result);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = File::create(&new)
        .and_then(|file| write_all(file, result))
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
