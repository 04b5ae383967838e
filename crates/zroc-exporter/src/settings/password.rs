//! The vCenter password, given directly or in a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use secrecy::zeroize::Zeroize as _;

/// A password is a line: a file longer than this is a mistake.
const LONGEST_BYTES: u64 = 4_096;

/// Where the password comes from. Never printed.
#[derive(Debug, Clone)]
pub enum Password {
    /// From `VCENTER_PASSWORD`.
    Value(SecretString),
    /// From the file that `VCENTER_PASSWORD_FILE` names, read anew each time.
    File(PathBuf),
}

impl Password {
    /// The password as it is now.
    ///
    /// # Errors
    /// When the file cannot be read, is empty, longer than 4 KiB or not UTF-8.
    pub fn read(&self) -> io::Result<SecretString> {
        match self {
            Self::Value(password) => Ok(password.clone()),
            Self::File(path) => read_file(path),
        }
    }
}

/// Trailing line breaks, which editors and `echo` add, do not belong to the password.
fn read_file(path: &Path) -> io::Result<SecretString> {
    let mut text = String::new();
    File::open(path)?
        .take(LONGEST_BYTES + 1)
        .read_to_string(&mut text)?;
    let password = text.trim_end_matches(['\r', '\n']);
    let checked = match (password.is_empty(), text.len() as u64 > LONGEST_BYTES) {
        (true, _) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is empty",
        )),
        (_, true) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the file is longer than 4 KiB",
        )),
        _ => Ok(SecretString::from(password)),
    };
    text.zeroize();
    checked
}
