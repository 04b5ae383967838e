//! The queue before a link, first in, first out: how old the oldest byte is that has not been sent.
//!
//! Data written at the rate `r` and sent at the rate `L` ages by `1 - L / r` seconds per second, so the age is made of
//! straight lines. It continues to grow after a burst: the byte in front of the queue is then one from the middle of the
//! burst, and it has waited longer than the last one will.

use super::service::{Segment, Service};
use super::trace::{Trace, net};

/// Data that was written within this many seconds counts as sent with the byte before it. Rounding leaves such rests, and a
/// link that others use for hours would keep them waiting.
const INSTANT: f64 = 1e-7;

/// A time in which data of one bucket leaves at one rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stretch {
    /// Seconds after the start of the data.
    pub(crate) start: f64,
    /// The same at its end.
    pub(crate) end: f64,
    /// Age of the oldest byte at the start, in seconds.
    pub(crate) age_at_start: f64,
    /// The same at the end.
    pub(crate) age_at_end: f64,
    /// The bucket in which the data that leaves was written.
    pub(crate) bucket: usize,
    /// Bytes per second that leave.
    pub(crate) link: f64,
}

impl Stretch {
    pub(crate) fn seconds(&self) -> f64 {
        self.end - self.start
    }

    /// The age at a moment within it.
    pub(crate) fn age_at(&self, moment: f64) -> f64 {
        if moment >= self.end {
            return self.age_at_end;
        }
        let part = (moment - self.start) / self.seconds();
        self.age_at_start + (self.age_at_end - self.age_at_start) * part
    }

    pub(crate) fn largest_age(&self) -> f64 {
        self.age_at_start.max(self.age_at_end)
    }
}

/// What happens to a queue, in order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Event {
    /// Data leaves.
    Sends(Stretch),
    /// The queue was not empty between these seconds.
    WasBehind { start: f64, end: f64 },
}

#[derive(Debug, Clone, Copy)]
struct Piece {
    start: f64,
    end: f64,
    rate: f64,
}

/// Follows the bytes of a trace through a link until all of them are sent. After its end nothing is written.
pub(crate) fn follow(trace: Trace<'_>, service: &Service, mut visit: impl FnMut(Event)) {
    let mut end = 0.0;
    let pieces = trace.buckets().map(|(length, rate)| {
        let start = end;
        end += length;
        Piece { start, end, rate }
    });
    let pieces: Vec<Piece> = pieces.collect();
    let mut queue = Queue {
        pieces: &pieces,
        segments: service.segments(),
        now: 0.0,
        piece: 0,
        segment: 0,
    };
    while let Some(start) = queue.first_byte_that_waits() {
        if !queue.send_all(&mut visit) {
            return;
        }
        visit(Event::WasBehind {
            start,
            end: queue.now,
        });
    }
}

struct Queue<'a> {
    pieces: &'a [Piece],
    segments: &'a [Segment],
    now: f64,
    /// While the queue is empty: what is being written. Else: where the oldest byte was written.
    piece: usize,
    segment: usize,
}

impl Queue<'_> {
    /// Advances an empty queue to the moment at which more is written than sent.
    fn first_byte_that_waits(&mut self) -> Option<f64> {
        loop {
            let piece = self.pieces.get(self.piece)?;
            let segment = self.segments.get(self.segment)?;
            if piece.end <= self.now {
                self.piece += 1;
            } else if segment.until <= self.now {
                self.segment += 1;
            } else if net(piece.rate, segment.rate) > 0.0 {
                return Some(self.now);
            } else {
                self.now = piece.end.min(segment.until);
            }
        }
    }

    /// Sends until the queue is empty. False if that never happens.
    fn send_all(&mut self, visit: &mut impl FnMut(Event)) -> bool {
        let mut oldest = self.now;
        loop {
            let (Some(piece), Some(segment)) =
                (self.pieces.get(self.piece), self.segments.get(self.segment))
            else {
                return false;
            };
            let until_change = segment.until - self.now;
            let until_piece_is_sent = (piece.end - oldest) * piece.rate / segment.rate;
            let until_empty = if segment.rate > piece.rate {
                (self.now - oldest) * piece.rate / (segment.rate - piece.rate)
            } else {
                f64::INFINITY
            };
            let seconds = until_change.min(until_piece_is_sent).min(until_empty);
            if !seconds.is_finite() {
                return false;
            }
            let (start, written) = (self.now, oldest);
            self.now = if seconds >= until_change {
                segment.until
            } else {
                start + seconds
            };
            oldest = written + segment.rate * seconds / piece.rate;
            let is_piece_sent = seconds >= until_piece_is_sent || piece.end - oldest <= INSTANT;
            if is_piece_sent {
                oldest = piece.end;
            }
            let is_empty = seconds >= until_empty || self.now - oldest <= INSTANT;
            visit(Event::Sends(Stretch {
                start,
                end: self.now,
                age_at_start: start - written,
                age_at_end: if is_empty {
                    0.0
                } else {
                    (self.now - oldest).max(0.0)
                },
                bucket: self.piece,
                link: segment.rate,
            }));
            if seconds >= until_change {
                self.segment += 1;
            }
            if is_empty {
                return true;
            }
            if is_piece_sent {
                match self.next_written() {
                    Some(start) if start < self.now => oldest = start,
                    _ => return true,
                }
            }
        }
    }

    /// Moves to the next piece in which something was written and returns its start.
    fn next_written(&mut self) -> Option<f64> {
        let rest = self.pieces.get(self.piece + 1..)?;
        let skipped = rest.iter().position(|piece| piece.rate > 0.0)?;
        let piece = rest.get(skipped)?;
        if piece.start < self.now {
            self.piece += 1 + skipped;
        }
        Some(piece.start)
    }
}
