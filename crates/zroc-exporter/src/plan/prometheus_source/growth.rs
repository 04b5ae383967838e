//! Totals become samples.

use planner_core::units::BytesPerSec;

use super::query::Point;
use crate::plan::found::{Sample, Samples};

/// What lies between two totals that are further apart is unknown: the exporter itself reads no more than the past hour.
const LONGEST_GAP_SECONDS: u32 = 3_600;

/// What a total grew by, from moment to moment.
#[derive(Debug, Default)]
pub(super) struct Growth {
    samples: Vec<Sample>,
    last: Option<(u32, f64)>,
}

impl Growth {
    /// Adds the next total. `step` is the usual distance, and totals come in the order of time.
    ///
    /// A total that is smaller than the one before it began again at 0: what it has is what was written since then. Over a
    /// longer distance than usual, nobody knows what was lost before.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "moments beyond the calendar of u32 saturate, and then nothing lies between them"
    )]
    pub(super) fn add(&mut self, point: Point, step: u32) {
        if !point.value.is_finite() {
            return;
        }
        let at = point.at.round() as u32;
        let last = self.last.replace((at, point.value));
        let Some((start, before)) = last.filter(|(start, _)| *start < at) else {
            return;
        };
        let seconds = at - start;
        let begins_again = point.value < before;
        if seconds > LONGEST_GAP_SECONDS.max(step) || begins_again && seconds > step {
            return;
        }
        let grown = if begins_again {
            point.value
        } else {
            point.value - before
        };
        if let Some(rate) = BytesPerSec::new(grown / f64::from(seconds)) {
            self.samples.push(Sample {
                start,
                seconds,
                rate,
            });
        }
    }

    pub(super) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(super) fn is_zero(&self) -> bool {
        self.samples.iter().all(|sample| sample.rate.get() == 0.0)
    }

    pub(super) fn finish(self) -> Samples {
        Samples(self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(totals: &[(f64, f64)], step: u32) -> Vec<(u32, u32, f64)> {
        let mut growth = Growth::default();
        for (at, value) in totals {
            let (at, value) = (*at, *value);
            growth.add(Point { at, value }, step);
        }
        let Samples(samples) = growth.finish();
        let samples = samples.into_iter();
        samples
            .map(|it| (it.start, it.seconds, it.rate.get()))
            .collect()
    }

    #[test]
    fn growth_lies_between_the_moments() {
        let totals = [(60.0, 100.0), (120.0, 700.0), (180.0, 700.0)];
        assert_eq!(samples(&totals, 60), [(60, 60, 10.0), (120, 60, 0.0)]);
    }

    #[test]
    fn a_total_that_begins_again_counts_from_zero() {
        let totals = [(60.0, 900.0), (120.0, 60.0), (180.0, 120.0)];
        assert_eq!(samples(&totals, 60), [(60, 60, 1.0), (120, 60, 1.0)]);
        // Over a gap nobody knows.
        let totals = [(60.0, 900.0), (180.0, 60.0), (240.0, 120.0)];
        assert_eq!(samples(&totals, 60), [(180, 60, 1.0)]);
    }

    #[test]
    fn a_gap_is_shared_out_unless_it_is_longer_than_an_hour() {
        let totals = [(0.0, 0.0), (3_600.0, 7_200.0), (7_201.0, 9_000.0)];
        assert_eq!(samples(&totals, 60), [(0, 3_600, 2.0)]);
    }

    #[test]
    fn what_is_not_a_number_is_not_there() {
        let totals = [(60.0, 0.0), (120.0, f64::NAN), (180.0, 120.0)];
        assert_eq!(samples(&totals, 60), [(60, 120, 1.0)]);
        // A moment that comes again adds nothing.
        let totals = [(60.0, 0.0), (60.0, 60.0), (120.0, 120.0)];
        assert_eq!(samples(&totals, 60), [(60, 60, 1.0)]);
    }
}
