//! What is reported about a call, once.

use std::thread;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;

use crate::error::Error;
use crate::observer::{CallOutcome, CallReport, Observer};
use crate::operation::Operation;

/// The report about a call under way or answered. Dropping a record makes the report. A record that is
/// dropped before the answer is complete makes none: the caller gave the call up, and its outcome is unknown.
pub(super) struct CallRecord {
    report: CallReport,
    is_complete: bool,
    started: Instant,
    observer: Option<Observer>,
    span: Span,
}

impl CallRecord {
    /// Begins to time a call of the current span.
    pub(super) fn begin(operation: Operation, observer: Option<Observer>) -> Self {
        Self {
            report: CallReport {
                operation,
                outcome: CallOutcome::Ok,
                duration: Duration::ZERO,
                received_bytes: 0,
            },
            is_complete: false,
            started: Instant::now(),
            observer,
            span: Span::current(),
        }
    }

    /// The exchange has ended. An answer that nobody decodes counts as a success from here on.
    pub(super) fn received(&mut self, bytes: u64) {
        self.report.duration = self.started.elapsed();
        self.report.received_bytes = bytes;
        self.is_complete = true;
    }

    /// The answer was not a value.
    pub(super) fn failed(mut self, error: &Error) {
        self.report.outcome = CallOutcome::of(error);
    }

    /// The answer was decoded, which took `duration`.
    pub(super) fn decoded<T>(mut self, result: &Result<T, Error>, duration: Duration) {
        self.report.duration += duration;
        if let Err(error) = result {
            self.report.outcome = CallOutcome::of(error);
        }
    }
}

impl Drop for CallRecord {
    fn drop(&mut self) {
        // A panic is not an outcome, and another one in the observer would end the process.
        if !self.is_complete || thread::panicking() {
            return;
        }
        let report = &self.report;
        let _entered = self.span.enter();
        tracing::debug!(
            outcome = report.outcome.as_str(),
            elapsed_ms = u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX),
            bytes = report.received_bytes,
            "call ended"
        );
        if let Some(observer) = &self.observer {
            observer.report(report);
        }
    }
}
