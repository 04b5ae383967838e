//! Reads files that an operator names, without waiting for pipes and within bounds.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// The whole content. Blocks as long as the file system does, but not for a pipe.
///
/// # Errors
/// When it cannot be read, is no regular file or longer than `longest_bytes`.
pub(crate) fn read(path: &Path, longest_bytes: u64) -> io::Result<Vec<u8>> {
    // A pipe would make us wait for somebody to write, and has its content only once.
    if !fs::metadata(path)?.is_file() {
        return Err(invalid("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(longest_bytes + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest_bytes {
        return Err(invalid("it is too long"));
    }
    Ok(bytes)
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
