//! The web config: what the files ask for, ready for use.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use rustls::ServerConfig;

use super::error::WebConfigError;
use super::file::WebConfigFile;
use super::files::Files;
use super::tls;
use super::users::Users;

/// What a web config file asks for. The default asks for nothing: plain HTTP for everybody.
#[derive(Debug, Default)]
pub struct WebConfig {
    /// How to speak TLS; `None` for plain HTTP.
    pub tls: Option<Arc<ServerConfig>>,
    /// Who may ask.
    pub users: Users,
    /// What everybody may ask for: exactly these paths.
    pub open_paths: BTreeSet<String>,
    /// Headers of every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Digest of the contents of all files that were read.
    digest: u64,
}

impl WebConfig {
    /// Reads the file, and the certificates that it names. Blocks as long as the file system does.
    ///
    /// # Errors
    /// When any part of it cannot be used.
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
            open_paths: file.open_paths,
            headers: file.headers,
            digest: files.digest(),
        })
    }

    /// Whether both were read from the same contents.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}
