//! How much data waits for a link: `b <- max(0, b + (r - L) dt)`, exact within buckets.

use super::service::Service;
use super::trace::{Trace, net, seconds_above};

/// What waited for a link while there was data.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Backlog {
    /// The most that waited, in bytes.
    pub(crate) largest: f64,
    /// What waited at the end of the data, in bytes.
    pub(crate) last: f64,
}

impl Backlog {
    /// The backlog of a trace on a link that may change over time.
    pub(crate) fn on(trace: Trace<'_>, service: &Service) -> Self {
        let mut backlog = Self::default();
        let mut segments = service.segments().iter();
        let mut segment = segments.next();
        let mut now = 0.0;
        for (length, rate) in trace.buckets() {
            let end = now + length;
            while now < end {
                let Some(current) = segment else {
                    return backlog;
                };
                let until = end.min(current.until);
                backlog.add(net(rate, current.rate) * (until - now));
                now = until;
                if current.until <= now {
                    segment = segments.next();
                }
            }
        }
        backlog
    }

    fn add(&mut self, bytes: f64) {
        self.last = (self.last + bytes).max(0.0);
        self.largest = self.largest.max(self.last);
    }
}

/// The most that waits for a constant link.
pub(crate) fn largest(trace: Trace<'_>, link: f64) -> f64 {
    let mut backlog = Backlog::default();
    for (length, rate) in trace.buckets() {
        backlog.add(net(rate, link) * length);
    }
    backlog.largest
}

/// The bytes that are older than `rpo` seconds when a constant link has sent them. A byte's delay is the backlog that it
/// finds divided by the link.
pub(crate) fn late_bytes(trace: Trace<'_>, link: f64, rpo: f64) -> f64 {
    let (mut backlog, mut late) = (0.0_f64, 0.0);
    for (length, rate) in trace.buckets() {
        let after = backlog + net(rate, link) * length;
        late += rate * seconds_above(rpo * link, backlog, after, length);
        backlog = after.max(0.0);
    }
    late
}
