//! Reads the file within bounds.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::bounded_read;
use crate::settings::table::STANDARD_INPUT;

/// A hundred vCenters with every setting need less.
const LONGEST_BYTES: u64 = 256 << 10;

/// Text with settings, and where it is from.
pub(crate) struct Source {
    /// How messages name it.
    pub(crate) name: String,
    /// Its folder, which paths in it are relative to. Those in standard input are relative to the working directory.
    pub(crate) folder: PathBuf,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let bytes = if path == Path::new(STANDARD_INPUT) {
            read_standard_input()?
        } else {
            bounded_read::read(path, LONGEST_BYTES)?
        };
        let text = String::from_utf8(bytes).map_err(|_| invalid("it is not in UTF-8"))?;
        Ok(Self::new(path, text))
    }

    pub(crate) fn new(path: &Path, text: String) -> Self {
        if path == Path::new(STANDARD_INPUT) {
            Self {
                name: "standard input".to_owned(),
                folder: PathBuf::new(),
                text,
            }
        } else {
            Self {
                // It goes into comments and messages.
                name: path.display().to_string().replace(char::is_control, "?"),
                folder: path.parent().map(Path::to_owned).unwrap_or_default(),
                text,
            }
        }
    }
}

fn read_standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(LONGEST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST_BYTES {
        return Err(invalid("it is longer than 256 KiB"));
    }
    Ok(bytes)
}

fn invalid(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}
