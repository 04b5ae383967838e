//! Log lines on standard error, as text or JSON.

use std::io;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt, registry};

use crate::settings::{LogFormat, LogSettings};

/// Installs the process-wide subscriber. Other crates' messages are shown from warnings on.
///
/// # Errors
/// When a subscriber was installed before.
pub fn install(settings: LogSettings) -> Result<(), tracing_subscriber::util::TryInitError> {
    let ours = LevelFilter::from_level(settings.level);
    let targets = Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        .with_target("zroc_exporter", ours)
        .with_target("vsphere_soap", ours);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.with_ansi(false).with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    registry().with(lines.with_filter(targets)).try_init()
}
