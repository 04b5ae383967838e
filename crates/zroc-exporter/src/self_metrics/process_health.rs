//! What the exporter notes about its own process: log lines, panics, files.

use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Seconds = Gauge<f64, AtomicU64>;
type NoLabels = [(&'static str, &'static str); 0];

/// How the process itself fares. Clones share the same values.
#[derive(Debug, Clone, Default)]
pub struct ProcessHealth {
    dropped_log_lines: Counter,
    panics: Counter,
    /// Without a series where totals are not kept.
    state_saved: Family<NoLabels, Seconds>,
}

impl ProcessHealth {
    /// Counts log lines that nobody will read.
    pub fn count_dropped_log_lines(&self, lines: u64) {
        self.dropped_log_lines.inc_by(lines);
    }

    /// Counts a panic.
    pub fn count_panic(&self) {
        self.panics.inc();
    }

    /// Panics so far.
    pub fn panics(&self) -> u64 {
        self.panics.get()
    }

    /// Totals are to be saved, and never were.
    pub fn expect_saved_totals(&self) {
        self.state_saved.get_or_create(&[]).set(0.0);
    }

    /// Totals were saved, at this time by this machine's clock.
    pub fn note_saved_totals(&self, at: Timestamp) {
        self.state_saved.get_or_create(&[]).set(seconds(at));
    }

    pub(super) fn register(&self, registry: &mut Registry) {
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
            "vcenter_collector_state_saved_timestamp_seconds",
            "When STATE_FILE was written last; 0 if never",
            self.state_saved.clone(),
        );
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1_000.0
}
