//! How fast data can be sent, over time.

/// Until when a rate holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    /// Seconds after the start of the data; infinite for the last one.
    pub(crate) until: f64,
    /// Bytes per second.
    pub(crate) rate: f64,
}

/// Rates that follow one another, the last one for ever.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Service {
    segments: Vec<Segment>,
}

impl Service {
    /// These rates in this order. The caller lets the last one hold for ever.
    pub(crate) fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        Self {
            segments: segments.into_iter().collect(),
        }
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The mean rate from the start up to `seconds`.
    pub(crate) fn mean_until(&self, seconds: f64) -> f64 {
        let (mut from, mut bytes) = (0.0, 0.0);
        for segment in &self.segments {
            let until = segment.until.min(seconds);
            if until <= from {
                break;
            }
            bytes += (until - from) * segment.rate;
            from = until;
        }
        bytes / seconds
    }
}
