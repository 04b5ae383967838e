//! Reads the files of a web config, and remembers what was in them.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;
use std::path::Path;

use super::error::WebConfigError;
use crate::bounded_read;

/// Configurations and certificates are much shorter.
const LONGEST_FILE_BYTES: u64 = 1 << 20;

/// The files read so far.
#[derive(Default)]
pub(super) struct Files {
    digest: DefaultHasher,
}

impl Files {
    /// The content of one more file.
    pub(super) fn read(&mut self, path: &Path) -> Result<Vec<u8>, WebConfigError> {
        let read = bounded_read::read(path, LONGEST_FILE_BYTES);
        let bytes = read.map_err(|source| WebConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        self.digest.write_usize(bytes.len());
        self.digest.write(&bytes);
        Ok(bytes)
    }

    /// Equal for files with the same contents, read in the same order.
    pub(super) fn digest(&self) -> u64 {
        self.digest.finish()
    }
}
