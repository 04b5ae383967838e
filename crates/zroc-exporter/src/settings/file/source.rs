//! Reads the file within bounds.

use std::io;
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
            bounded_read::read_from(io::stdin().lock(), LONGEST_BYTES)?
        } else {
            bounded_read::read(path, LONGEST_BYTES)?
        };
        let text =
            String::from_utf8(bytes).map_err(|_| bounded_read::invalid("it is not in UTF-8"))?;
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
