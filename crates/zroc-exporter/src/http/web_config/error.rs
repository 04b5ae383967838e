//! Why a web config cannot be used.

use std::io;
use std::path::PathBuf;

use super::file::FileError;

/// Why a web config cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebConfigError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file has values that cannot be used.
    #[error("{}", path.display())]
    File {
        /// The web config file.
        path: PathBuf,
        /// What is wrong in it.
        source: FileError,
    },
    /// A TLS server cannot use the certificate, the key or the CA.
    #[error("{}: {problem}", path.display())]
    Tls {
        /// The web config file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}
