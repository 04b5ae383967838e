//! TLS and basic authentication of the exporter's own port, from a file of the shape that Prometheus' exporters share.
//!
//! See the [web configuration](https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md) of
//! Prometheus' exporter toolkit.

mod file;
mod source;
mod tls;
mod users;

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use rustls::ServerConfig;

use crate::regular_file;

pub use self::file::{FileError, WebConfigFile};
pub use self::source::WebConfigSource;
pub use self::users::{Refusal, Users};

/// Configurations and certificates are much shorter.
const LONGEST_FILE_BYTES: u64 = 1 << 20;

/// What a web config file asks for. The default asks for nothing: plain HTTP for everybody.
#[derive(Debug, Default)]
pub struct WebConfig {
    /// How to speak TLS; `None` for plain HTTP.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who may ask.
    pub users: Users,
    /// Headers of every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Tells the contents of all files involved from others.
    digest: u64,
}

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
    /// It says something that cannot be done.
    #[error("{}", path.display())]
    File {
        /// The web config file.
        path: PathBuf,
        /// What is wrong in it.
        source: FileError,
    },
    /// Certificate, key and CA make no TLS server.
    #[error("{}: {problem}", path.display())]
    Tls {
        /// The web config file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

impl WebConfig {
    /// Reads the file, and the certificates that it names. Blocks as long as the file system does.
    ///
    /// # Errors
    /// When it cannot be used as it is. Nothing is left out silently.
    pub fn load(path: &Path) -> Result<Self, WebConfigError> {
        let mut files = Files::default();
        let text = files.read(path)?;
        let file = WebConfigFile::parse(&String::from_utf8_lossy(&text));
        let file = file.map_err(|source| WebConfigError::File {
            path: path.to_owned(),
            source,
        })?;
        let tls = match &file.tls {
            Some(settings) => Some(tls::server_config(settings, path, &mut files)?),
            None => None,
        };
        Ok(Self {
            tls,
            users: Users::new(file.users),
            headers: file.headers,
            digest: files.digest.finish(),
        })
    }

    /// Whether both were read from the same contents.
    fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// Reads files, and remembers what was in them.
#[derive(Default)]
struct Files {
    digest: DefaultHasher,
}

impl Files {
    fn read(&mut self, path: &Path) -> Result<Vec<u8>, WebConfigError> {
        let bytes = regular_file::read(path, LONGEST_FILE_BYTES).map_err(|source| {
            WebConfigError::Read {
                path: path.to_owned(),
                source,
            }
        })?;
        self.digest.write_usize(bytes.len());
        self.digest.write(&bytes);
        Ok(bytes)
    }
}
