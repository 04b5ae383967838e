//! Where the exporter listens.

use std::fmt;
use std::path::PathBuf;

use super::origin::Origin;
use super::parse;
use super::table::{HTTP_HOST, HTTP_PORT, LISTEN, WEB_CONFIG_FILE, WEB_ENABLE_LIFECYCLE};
use super::values::{Checked, Values};
use crate::http::web_config::WebConfig;

/// Where the exporter listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// At least one address, and none twice.
    pub listen: Vec<ListenAddress>,
    /// The file that asks for TLS and users, if there is one.
    pub web_config_file: Option<PathBuf>,
    /// Whether clients may ask for a reload.
    pub enable_lifecycle: bool,
}

/// An address that the exporter listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress {
    /// IP address or host name, IPv6 without brackets.
    pub host: String,
    /// Port; 0 lets the system choose.
    pub port: u16,
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

impl HttpSettings {
    /// Without a look at the web config file.
    pub(super) fn read(values: &mut Values<'_>) -> Checked<Self> {
        let listen = listen(values);
        let web_config_file = values.path(&WEB_CONFIG_FILE);
        let enable_lifecycle = values.required(&WEB_ENABLE_LIFECYCLE, parse::switch);
        Ok(Self {
            listen: listen?,
            web_config_file: web_config_file?,
            enable_lifecycle: enable_lifecycle?,
        })
    }

    /// Refuses a web config file that cannot be used, whatever else is wrong.
    pub(super) fn read_with_web_config(values: &mut Values<'_>) -> Checked<Self> {
        let settings = Self::read(values);
        if let Some(path) = values.path(&WEB_CONFIG_FILE)?
            && let Err(error) = WebConfig::load(&path)
        {
            return values.unusable(&WEB_CONFIG_FILE, &path.display().to_string(), &error);
        }
        settings
    }
}

fn listen(values: &mut Values<'_>) -> Checked<Vec<ListenAddress>> {
    let list = values.list(&LISTEN, parse::listen_address);
    let host = values.required(&HTTP_HOST, parse::host);
    let port = values.required(&HTTP_PORT, parse::port_or_zero);
    let (list, host, port) = (list?, host?, port?);
    let layer = values.origin(&LISTEN);
    if layer.is_some() && list.is_empty() {
        return values.refuse(&LISTEN, "is an empty list".to_owned());
    }
    let beats_list = |setting| values.origin(setting) > layer;
    let (host_counts, port_counts) = (beats_list(&HTTP_HOST), beats_list(&HTTP_PORT));
    let list = match layer {
        None | Some(Origin::Default) => vec![(None, port)],
        Some(_) => list,
    };
    let mut addresses = Vec::new();
    for (own_host, own_port) in list {
        let address = ListenAddress {
            host: match own_host {
                Some(own) if !host_counts => own,
                _ => host.clone(),
            },
            port: if port_counts { port } else { own_port },
        };
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}
