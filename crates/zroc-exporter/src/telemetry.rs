//! Log lines on standard error, as text or JSON, and panics among them.

mod json;
mod panics;
mod queue;

use std::fmt;

use jiff::Timestamp;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer as _, fmt as lines, registry};

use crate::self_metrics::ProcessHealth;
use crate::settings::{LogFormat, LogSettings};

pub use self::queue::LogQueue;

/// Installs what writes all log lines of the process to the queue, panics too. Other crates' messages are shown from
/// warnings on.
///
/// # Errors
/// When this was done before.
pub fn install(
    settings: LogSettings,
    queue: LogQueue,
    process: ProcessHealth,
) -> Result<(), TryInitError> {
    let ours = LevelFilter::from_level(settings.level);
    let targets = Targets::new()
        .with_default(ours.min(LevelFilter::WARN))
        .with_target("zroc_exporter", ours)
        .with_target("vsphere_soap", ours);
    let lines = lines::layer()
        .with_writer(queue)
        .log_internal_errors(false)
        .with_ansi(false);
    let lines = match settings.format {
        LogFormat::Text => lines.with_target(false).with_timer(Milliseconds).boxed(),
        LogFormat::Json => lines
            .fmt_fields(JsonFields::new())
            .event_format(json::Json)
            .boxed(),
    };
    registry().with(lines.with_filter(targets)).try_init()?;
    panics::log(process);
    Ok(())
}

/// The present time in UTC, to the millisecond.
struct Milliseconds;

impl FormatTime for Milliseconds {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.3}", Timestamp::now())
    }
}
