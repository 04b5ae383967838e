//! Many buckets in few columns.

use std::num::NonZeroUsize;

use crate::units::{BytesPerSec, DataAmount};

/// One of equally long parts of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Rates on the wire; `None` if nothing was observed.
    pub rate: Option<Band>,
    /// The most that waited for the link; `None` without a link, and outside of the data.
    pub waiting: Option<DataAmount>,
}

/// Rates within a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Of the slowest bucket.
    pub low: BytesPerSec,
    /// Over what was observed.
    pub mean: BytesPerSec,
    /// Of the fastest bucket.
    pub high: BytesPerSec,
}

/// Columns while they are filled.
#[derive(Debug)]
pub(super) struct Columns {
    start: f64,
    width: f64,
    building: Vec<Building>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Building {
    seconds: f64,
    bytes: f64,
    low: f64,
    high: f64,
    waiting: Option<f64>,
}

impl Columns {
    /// Columns between two moments, which are seconds after the start of the data.
    pub(super) fn new((start, end): (f64, f64), count: NonZeroUsize) -> Self {
        Self {
            start,
            width: (end - start).max(0.0) / count.get() as f64,
            building: vec![Building::default(); count.get()],
        }
    }

    /// Notes a bucket.
    pub(super) fn note_rate(&mut self, start: f64, end: f64, rate: f64) {
        self.visit(start, end, |column, from, to| {
            if column.seconds <= 0.0 {
                (column.low, column.high) = (rate, rate);
            }
            column.low = column.low.min(rate);
            column.high = column.high.max(rate);
            column.seconds += to - from;
            column.bytes += rate * (to - from);
        });
    }

    /// Notes a backlog that changes evenly.
    pub(super) fn note_backlog(&mut self, start: f64, end: f64, before: f64, after: f64) {
        let at = |moment: f64| before + (after - before) * (moment - start) / (end - start);
        self.visit(start, end, |column, from, to| {
            let most = at(from).max(at(to)).max(0.0);
            column.waiting = Some(column.waiting.map_or(most, |so_far| so_far.max(most)));
        });
    }

    /// Visits the columns that a stretch of time touches, each with its part of it.
    fn visit(&mut self, start: f64, end: f64, mut visit: impl FnMut(&mut Building, f64, f64)) {
        if self.width <= 0.0 || end <= self.start {
            return;
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is cut off at the ends"
        )]
        let first = ((start - self.start) / self.width).max(0.0) as usize;
        let columns = self.building.iter_mut().enumerate().skip(first);
        for (place, column) in columns {
            let from = self.start + self.width * place as f64;
            if from >= end {
                break;
            }
            let (from, to) = (from.max(start), (from + self.width).min(end));
            if from < to {
                visit(column, from, to);
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Column> {
        let columns = self.building.into_iter().map(|column| Column {
            rate: (column.seconds > 0.0).then(|| Band {
                low: BytesPerSec::computed(column.low),
                mean: BytesPerSec::computed(column.bytes / column.seconds),
                high: BytesPerSec::computed(column.high),
            }),
            waiting: column.waiting.map(DataAmount::computed),
        });
        columns.collect()
    }
}
