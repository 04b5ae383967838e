//! Why a server cannot be asked, or does not answer.

use std::path::PathBuf;

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL.
    #[error("the URL cannot be used: {0}")]
    Url(String),
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file says what cannot be done. The problem never quotes the file, which may hold secrets.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// This system trusts no authority, so that no server could show who it is.
    #[error(
        "this system has no CA certificates: install ca-certificates, or give tls_config.ca_file"
    )]
    NoAuthorities,
    /// There is no usable TLS.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refuses.
    #[error("HTTP cannot be set up")]
    Http(#[source] reqwest::Error),
}

/// Why there is no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection, or a broken one.
    #[error("it does not answer")]
    Broken(#[source] reqwest::Error),
    /// It takes too long.
    #[error("it does not answer within {seconds} s")]
    Deadline {
        /// The limit.
        seconds: u64,
    },
    /// It is too long.
    #[error("an answer is longer than {most} MiB")]
    TooLong {
        /// The limit in MiB.
        most: usize,
    },
}

impl CallError {
    pub(super) fn broken(error: reqwest::Error) -> Self {
        Self::Broken(error.without_url())
    }
}
