//! What the exporter notes about its own process: log lines, panics, settings.

use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Seconds = Gauge<f64, AtomicU64>;

/// How the process itself fares. Clones share the same values.
#[derive(Debug, Clone)]
pub struct ProcessHealth {
    dropped_log_lines: Counter,
    panics: Counter,
    /// 1 or 0.
    last_reload_successful: Gauge,
    last_reload_success: Seconds,
}

impl Default for ProcessHealth {
    /// The files that settings name were read a moment ago, at the start.
    fn default() -> Self {
        let process = Self {
            dropped_log_lines: Counter::default(),
            panics: Counter::default(),
            last_reload_successful: Gauge::default(),
            last_reload_success: Gauge::default(),
        };
        process.note_reload(true, Timestamp::now());
        process
    }
}

impl ProcessHealth {
    /// Counts log lines that nobody will read.
    pub fn count_dropped_log_lines(&self, lines: u64) {
        self.dropped_log_lines.inc_by(lines);
    }

    /// Such log lines so far.
    pub fn dropped_log_lines(&self) -> u64 {
        self.dropped_log_lines.get()
    }

    /// Counts a panic.
    pub fn count_panic(&self) {
        self.panics.inc();
    }

    /// Panics so far.
    pub fn panics(&self) -> u64 {
        self.panics.get()
    }

    /// All files that settings name were read again at this time, or some could not be.
    pub fn note_reload(&self, is_successful: bool, at: Timestamp) {
        self.last_reload_successful.set(is_successful.into());
        if is_successful {
            self.last_reload_success.set(unix_seconds(at));
        }
    }

    /// Makes the values part of a page.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "vcenter_collector_log_lines_dropped",
            "Log lines that were not written because standard error was closed or nobody read it",
            self.dropped_log_lines.clone(),
        );
        registry.register(
            "vcenter_collector_panics",
            "Defects of the exporter that ended a piece of work early",
            self.panics.clone(),
        );
        registry.register(
            "vcenter_collector_config_last_reload_successful",
            "Whether all files that settings name could be read at the start or at the last SIGHUP since",
            self.last_reload_successful.clone(),
        );
        registry.register(
            "vcenter_collector_config_last_reload_success_timestamp_seconds",
            "When all files that settings name could be read last, at the start or at a SIGHUP",
            self.last_reload_success.clone(),
        );
    }
}

/// As Prometheus wants points in time.
pub(crate) fn unix_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1_000.0
}
