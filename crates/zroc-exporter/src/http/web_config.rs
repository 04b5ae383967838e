//! TLS and basic authentication of the exporter's own port, from a file of the shape that Prometheus' exporters share.
//!
//! See the [web configuration](https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md) of
//! Prometheus' exporter toolkit.

mod config;
mod error;
mod file;
mod files;
mod source;
mod tls;
mod users;
mod verifier;

pub use self::config::WebConfig;
pub use self::error::WebConfigError;
pub use self::file::{FileError, WebConfigFile};
pub use self::source::WebConfigSource;
pub use self::users::{Refusal, Users};
