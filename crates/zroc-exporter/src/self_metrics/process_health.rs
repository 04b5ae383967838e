//! What the exporter notes about its own process: log lines, panics, settings.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::lock::lock;

type Seconds = Gauge<f64, AtomicU64>;

/// How the process itself fares. Clones share the same values.
#[derive(Debug, Clone)]
pub struct ProcessHealth {
    dropped_log_lines: Counter,
    panics: Counter,
    /// 1 or 0.
    last_reload_successful: Gauge,
    last_reload_success: Seconds,
    /// Why the settings could not be read again, when that was asked for last.
    reload_problem: Arc<Mutex<Option<String>>>,
}

impl Default for ProcessHealth {
    /// The files that settings name were read a moment ago, at the start.
    fn default() -> Self {
        let process = Self {
            dropped_log_lines: Counter::default(),
            panics: Counter::default(),
            last_reload_successful: Gauge::default(),
            last_reload_success: Gauge::default(),
            reload_problem: Arc::default(),
        };
        process.note_reload(None, Timestamp::now());
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

    /// The settings were read again at this time, unless there was a problem.
    pub fn note_reload(&self, problem: Option<String>, at: Timestamp) {
        let is_successful = problem.is_none();
        self.last_reload_successful.set(is_successful.into());
        if is_successful {
            self.last_reload_success.set(unix_seconds(at));
        }
        *lock(&self.reload_problem) = problem;
    }

    /// Why the settings could not be read again, when that was asked for last.
    pub fn reload_problem(&self) -> Option<String> {
        lock(&self.reload_problem).clone()
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
            "Whether all settings could be used when they were last to be read: at the start, or when a reload was asked for",
            self.last_reload_successful.clone(),
        );
        registry.register(
            "vcenter_collector_config_last_reload_success_timestamp_seconds",
            "When all settings could be used last, at the start or at a reload",
            self.last_reload_success.clone(),
        );
    }
}

/// As Prometheus wants points in time.
pub(crate) fn unix_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1_000.0
}
