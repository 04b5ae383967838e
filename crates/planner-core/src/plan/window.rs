//! The window of a fixed length in which the most was written.

/// Windows whose amounts differ by less than this part count as equal.
const TIE: f64 = 1e-9;

/// A window and what was written in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    /// Seconds after the start of the data.
    pub(crate) start: f64,
    pub(crate) bytes: f64,
}

/// The earliest window of `width` seconds in which the most was written; `None` if the data is shorter. Rates are constant
/// within buckets, so one of the largest windows begins or ends with a bucket.
pub(crate) fn largest(lengths: &[f64], rates: &[f64], width: f64) -> Option<Window> {
    let written = Written::new(lengths, rates);
    let last = written.points.last().map_or(0.0, |point| point.seconds) - width;
    if last < 0.0 {
        return None;
    }
    let points = written.points.iter();
    let starts = points.clone().filter(|point| point.seconds <= last);
    let mut ends = written.reader();
    let from_starts = starts.map(|point| Window {
        start: point.seconds,
        bytes: ends.at(point.seconds + width) - point.bytes,
    });
    let mut windows: Vec<Window> = from_starts.collect();
    let mut starts = written.reader();
    windows.extend(
        points
            .filter(|point| point.seconds >= width)
            .map(|point| Window {
                start: point.seconds - width,
                bytes: point.bytes - starts.at(point.seconds - width),
            }),
    );
    let most = windows.iter().map(|window| window.bytes);
    let nearly = most.fold(0.0, f64::max) * (1.0 - TIE);
    let largest = windows.into_iter().filter(|window| window.bytes >= nearly);
    largest.min_by(|one, other| one.start.total_cmp(&other.start))
}

#[derive(Debug, Clone, Copy)]
struct Point {
    seconds: f64,
    bytes: f64,
}

/// What was written from the start up to each end of a bucket.
struct Written {
    points: Vec<Point>,
}

impl Written {
    fn new(lengths: &[f64], rates: &[f64]) -> Self {
        let mut point = Point {
            seconds: 0.0,
            bytes: 0.0,
        };
        let mut points = Vec::with_capacity(rates.len() + 1);
        points.push(point);
        for (length, rate) in lengths.iter().zip(rates) {
            point.seconds += length;
            point.bytes += length * rate;
            points.push(point);
        }
        Self { points }
    }

    fn reader(&self) -> Reader<'_> {
        Reader { rest: &self.points }
    }
}

/// Reads what was written up to moments that come in ascending order.
struct Reader<'a> {
    rest: &'a [Point],
}

impl Reader<'_> {
    fn at(&mut self, moment: f64) -> f64 {
        while let [_, next, ..] = self.rest
            && next.seconds <= moment
        {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        match self.rest {
            [from, to, ..] => {
                let part = (moment - from.seconds) / (to.seconds - from.seconds);
                from.bytes + (to.bytes - from.bytes) * part
            }
            [last] => last.bytes,
            [] => 0.0,
        }
    }
}
