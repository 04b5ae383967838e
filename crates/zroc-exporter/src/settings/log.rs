//! What the exporter logs.

use super::parse::Unfit;
use super::table::{LOG_FORMAT, LOG_LEVEL};
use super::values::{Checked, Values};

/// What the exporter logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSettings {
    /// Least important messages that are logged.
    pub level: tracing::Level,
    /// How they are written.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogSettings {
    pub(super) fn read(values: &mut Values<'_>) -> Checked<Self> {
        let level = values.required(&LOG_LEVEL, |text| {
            match text.to_ascii_uppercase().as_str() {
                "TRACE" => Ok(tracing::Level::TRACE),
                "DEBUG" => Ok(tracing::Level::DEBUG),
                "INFO" => Ok(tracing::Level::INFO),
                "WARNING" => Ok(tracing::Level::WARN),
                "ERROR" => Ok(tracing::Level::ERROR),
                _ => Err(Unfit::NotAllowed),
            }
        });
        let format = values.required(&LOG_FORMAT, |text| {
            match text.to_ascii_lowercase().as_str() {
                "text" => Ok(LogFormat::Text),
                "json" => Ok(LogFormat::Json),
                _ => Err(Unfit::NotAllowed),
            }
        });
        Ok(Self {
            level: level?,
            format: format?,
        })
    }
}
