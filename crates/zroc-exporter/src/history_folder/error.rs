//! Why the files of a history cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use crate::state_file::{ReplaceError, cure};

/// Why the files of a history cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// vCenter's UUID is missing, or has other characters than a UUID.
    #[error("this vCenter has no instance UUID that can name a folder")]
    NoName,
    /// Another process keeps its history there.
    #[error(
        "another process, or another `[[vcenter]]` of this one, keeps a history in {}; give one of them another HISTORY_DIR",
        folder.display()
    )]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// Somebody has removed or renamed the folder.
    #[error("{} was removed or replaced; the folder is made again", path.display())]
    Replaced {
        /// The lock that was in it.
        path: PathBuf,
    },
    /// A file cannot be replaced.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// The system refused another step.
    #[error("cannot {step} {}{}", path.display(), cure(source.kind()))]
    System {
        /// What was tried.
        step: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Makes a refusal of the system an error.
pub(super) fn failed(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::System { step, path, source }
}
