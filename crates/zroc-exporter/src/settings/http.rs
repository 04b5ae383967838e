//! Where the exporter listens.

use std::path::PathBuf;

use super::parse;
use super::values::{Checked, Values};
use crate::http::web_config::WebConfig;

/// Where the exporter listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// IP address or host name.
    pub host: String,
    /// Port; 0 lets the system choose.
    pub port: u16,
    /// The file that asks for TLS and users, if there is one.
    pub web_config_file: Option<PathBuf>,
}

impl HttpSettings {
    /// Without a look at the web config file.
    pub(super) fn read(values: &mut Values) -> Checked<Self> {
        let host = values.required("HTTP_HOST", parse::host);
        let port = values.required("HTTP_PORT", parse::port_or_zero);
        let web_config_file = values.text("WEB_CONFIG_FILE");
        Ok(Self {
            host: host?,
            port: port?,
            web_config_file: web_config_file?.map(PathBuf::from),
        })
    }

    /// Refuses a web config file that cannot be used.
    pub(super) fn read_with_web_config(values: &mut Values) -> Checked<Self> {
        let settings = Self::read(values)?;
        if let Some(path) = &settings.web_config_file
            && let Err(error) = WebConfig::load(path)
        {
            return values.unusable("WEB_CONFIG_FILE", &path.display().to_string(), &error);
        }
        Ok(settings)
    }
}
