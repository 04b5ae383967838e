//! Files that a file names, and secrets in them.

use std::path::Path;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::SetupError;
use crate::bounded_read;

pub(super) const LONGEST_FILE_BYTES: u64 = 1 << 20;

/// The file and its folder, from which other paths are relative.
pub(super) struct Files<'p> {
    pub(super) path: &'p Path,
}

impl Files<'_> {
    pub(super) fn problem(&self, problem: impl Into<String>) -> SetupError {
        SetupError::File {
            path: self.path.to_owned(),
            problem: problem.into(),
        }
    }

    pub(super) fn read(&self, file: &Path) -> Result<Vec<u8>, SetupError> {
        let path = self.path.parent().unwrap_or(Path::new("")).join(file);
        bounded_read::read(&path, LONGEST_FILE_BYTES)
            .map_err(|source| SetupError::Read { path, source })
    }

    /// A secret that is given, or that is the content of a file without its line end.
    pub(super) fn secret(
        &self,
        name: &str,
        given: Option<SecretString>,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, SetupError> {
        match (given, file) {
            (Some(_), Some(_)) => {
                Err(self.problem(format!("only one of {name} and {name}_file may be given")))
            }
            (given, None) => Ok(given),
            (None, Some(file)) => {
                let content = self.read(file)?;
                let text = String::from_utf8(content)
                    .map_err(|_| self.problem(format!("{name}_file is not text in UTF-8")))?;
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned().into()))
            }
        }
    }

    pub(super) fn header(
        &self,
        name: &str,
        value: &SecretString,
    ) -> Result<HeaderValue, SetupError> {
        let value = HeaderValue::from_str(value.expose_secret());
        let mut value = value.map_err(|_| {
            self.problem(format!(
                "{name} has characters that no header may have, such as a line feed"
            ))
        })?;
        value.set_sensitive(true);
        Ok(value)
    }
}
