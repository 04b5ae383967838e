//! A panic is a defect of the exporter. It is logged as one, and counted.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::{panic, thread};

use crate::self_metrics::ProcessHealth;
use crate::task::panic_message;

/// From now on panics are log lines. Rust's own report would wait for standard error.
pub(super) fn log(process: ProcessHealth) {
    panic::set_hook(Box::new(move |panic| {
        process.count_panic();
        let place = panic.location().map(ToString::to_string);
        let thread = thread::current();
        let backtrace = Backtrace::capture();
        let backtrace = match backtrace.status() {
            BacktraceStatus::Captured => Some(backtrace.to_string()),
            _ => None,
        };
        tracing::error!(
            panic = panic_message(panic.payload()),
            place,
            thread = thread.name(),
            backtrace,
            "a bug in the exporter ended a piece of work early; please report this line"
        );
    }));
}
