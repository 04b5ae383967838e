//! The link for an RPO in closed form: `L* = max over s < t of bytes(s..t) / (t - s + R)`.
//!
//! With `W` as the bytes written so far, this is the steepest chord from a point `(s, W(s))` to a point `(t + R, W(t))`.
//! The start of the steepest chord to any point lies on the lower convex hull of the starts before it, and a binary search
//! finds it there: `O(n log n)` altogether.

use std::ops::Range;

use super::trace::Trace;

/// Chords whose slopes differ by less than this part count as equally steep.
const TIE: f64 = 1e-9;

/// Buckets that decide about a link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Critical {
    pub(crate) buckets: Range<usize>,
    /// Bytes in them.
    pub(crate) bytes: f64,
    /// Bytes per second.
    pub(crate) link: f64,
}

/// The lower convex hull of chords' starts, which are added from left to right.
#[derive(Debug, Clone, Default)]
pub(crate) struct StartHull {
    vertices: Vec<Vertex>,
}

#[derive(Debug, Clone, Copy)]
struct Vertex {
    seconds: f64,
    bytes: f64,
    /// From the vertex before it.
    slope: f64,
}

impl StartHull {
    pub(crate) fn clear(&mut self) {
        self.vertices.clear();
    }

    pub(crate) fn push(&mut self, seconds: f64, bytes: f64) {
        let mut slope = f64::NEG_INFINITY;
        while let Some(last) = self.vertices.last() {
            slope = (bytes - last.bytes) / (seconds - last.seconds);
            if slope > last.slope {
                break;
            }
            self.vertices.pop();
        }
        self.vertices.push(Vertex {
            seconds,
            bytes,
            slope,
        });
    }

    /// The vertices, as seconds and bytes.
    pub(crate) fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let vertices = self.vertices.iter();
        vertices.map(|vertex| (vertex.seconds, vertex.bytes))
    }

    /// The slope of the steepest chord that ends in a point to the right of all starts; 0 without a start.
    pub(crate) fn steepest_to(&self, seconds: f64, bytes: f64) -> f64 {
        let is_above =
            |vertex: &Vertex| bytes - vertex.bytes > vertex.slope * (seconds - vertex.seconds);
        let after_first = self.vertices.get(1..).unwrap_or_default();
        let touched = self.vertices.get(after_first.partition_point(is_above));
        touched.map_or(0.0, |start| {
            (bytes - start.bytes) / (seconds - start.seconds)
        })
    }
}

/// The steepest chord: `max over s < t of (bytes(s..t) - free_bytes) / (t - s + free_seconds)`, at least 0.
pub(crate) fn steepest(trace: Trace<'_>, free_seconds: f64, free_bytes: f64) -> f64 {
    let mut starts = StartHull::default();
    let (mut seconds, mut bytes, mut steepest) = (0.0, 0.0, 0.0_f64);
    for (length, rate) in trace.buckets() {
        starts.push(seconds, bytes);
        seconds += length;
        bytes += length * rate;
        steepest = steepest.max(starts.steepest_to(seconds + free_seconds, bytes - free_bytes));
    }
    steepest
}

/// The interval that decides about the link for an RPO: the earliest start of those equally steep, then the latest end.
/// `None` if nothing was written. `steepest` is what [`steepest`] finds for this RPO.
pub(crate) fn critical(trace: Trace<'_>, rpo: f64, steepest: f64) -> Option<Critical> {
    if steepest <= 0.0 {
        return None;
    }
    let nearly = steepest * (1.0 - TIE);
    // How far what was written is ahead of what such a link sends, at each end of a bucket.
    let ahead = trace.buckets().scan(0.0, |ahead, (length, rate)| {
        *ahead += (rate - nearly) * length;
        Some(*ahead)
    });
    let ahead: Vec<f64> = std::iter::once(0.0).chain(ahead).collect();
    let needed = nearly * rpo;
    let start = earliest_start(&ahead, needed)?;
    let base = ahead.get(start)?;
    let end = ahead.iter().rposition(|at| at - base >= needed)?;
    let (mut bytes, mut seconds) = (0.0, 0.0);
    for (length, rate) in trace.buckets().take(end).skip(start) {
        bytes += rate * length;
        seconds += length;
    }
    Some(Critical {
        buckets: start..end,
        bytes,
        link: bytes / (seconds + rpo),
    })
}

fn earliest_start(ahead: &[f64], needed: f64) -> Option<usize> {
    let mut found = None;
    let mut highest_after = f64::NEG_INFINITY;
    for (place, at) in ahead.iter().enumerate().rev() {
        if highest_after - at >= needed {
            found = Some(place);
        }
        highest_after = highest_after.max(*at);
    }
    found
}
