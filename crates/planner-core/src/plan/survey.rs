//! Finds the grid that samples lie on.

use std::collections::BTreeMap;

use thiserror::Error;

use super::grid::Grid;

/// The most buckets of a grid: almost four years of 20 s samples.
const MOST_BUCKETS: u64 = 6_000_000;
/// The most different lengths of samples. vCenter has five.
const MOST_LENGTHS: usize = 16;

/// What is known of all samples: which lengths there are, and where they begin and end.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    by_length: BTreeMap<u32, Reach>,
}

/// Where the samples of one length lie.
#[derive(Debug, Clone)]
struct Reach {
    start: i64,
    end: i64,
    /// How often samples begin this long after a multiple of their length.
    phases: BTreeMap<i64, u64>,
}

/// Why no grid fits all samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoGrid {
    /// Nothing was sampled in the time of the plan.
    #[error("there is no sample in the time of the plan: choose another time")]
    NoSamples,
    /// It would be too long.
    #[error(
        "from the first sample to the last there are {buckets} buckets, and a plan takes {MOST_BUCKETS} at most: \
         choose a shorter time"
    )]
    TooLong {
        /// How many buckets it would have.
        buckets: u64,
    },
    /// There are too many lengths.
    #[error("the samples have more than {MOST_LENGTHS} different lengths")]
    TooManyLengths,
}

impl Survey {
    /// Notes a sample of the time from `start` to `end`, in seconds of Unix time.
    pub fn note(&mut self, start: i64, end: i64) {
        let Ok(length) = u32::try_from(end.saturating_sub(start)) else {
            return;
        };
        if length == 0 {
            return;
        }
        let reach = self.by_length.entry(length).or_insert_with(|| Reach {
            start,
            end,
            phases: BTreeMap::new(),
        });
        reach.start = reach.start.min(start);
        reach.end = reach.end.max(end);
        *reach
            .phases
            .entry(start.rem_euclid(i64::from(length)))
            .or_default() += 1;
    }

    /// The end of the last sample.
    pub fn end_second(&self) -> Option<i64> {
        self.by_length.values().map(|reach| reach.end).max()
    }

    /// A grid of buckets as short as the shortest samples of their time. `window` bounds it, in seconds of Unix time;
    /// without one it reaches from the first sample to the last.
    ///
    /// # Errors
    ///
    /// If there are no samples, or the grid would be too long.
    pub fn grid(&self, window: Option<(i64, i64)>) -> Result<Grid, NoGrid> {
        if self.by_length.len() > MOST_LENGTHS {
            return Err(NoGrid::TooManyLengths);
        }
        let (start, end) = match window {
            Some(window) => window,
            None => self.reach().ok_or(NoGrid::NoSamples)?,
        };
        let mut edges = vec![start, end];
        let mut finer: Option<(i64, i64)> = None;
        let mut buckets = 0;
        for (length, reach) in &self.by_length {
            let (from, until) = (reach.start.max(start), reach.end.min(end));
            if from >= until {
                continue;
            }
            buckets += from.abs_diff(until) / u64::from(*length);
            if buckets > MOST_BUCKETS {
                return Err(NoGrid::TooLong { buckets });
            }
            let is_free = |edge: &i64| match finer {
                Some((finer_from, finer_until)) => *edge < finer_from || *edge > finer_until,
                None => true,
            };
            edges.extend([from, until].into_iter().filter(is_free));
            edges.extend(reach.edges(*length, from, until).filter(is_free));
            finer = Some(match finer {
                Some((other_from, other_until)) => (from.min(other_from), until.max(other_until)),
                None => (from, until),
            });
        }
        if finer.is_none() {
            return Err(NoGrid::NoSamples);
        }
        edges.sort_unstable();
        edges.dedup();
        Grid::new(edges).ok_or(NoGrid::NoSamples)
    }

    fn reach(&self) -> Option<(i64, i64)> {
        let starts = self.by_length.values().map(|reach| reach.start);
        Some((starts.min()?, self.end_second()?))
    }
}

impl Reach {
    /// The moments between `from` and `until` at which most samples of this length begin.
    fn edges(&self, length: u32, from: i64, until: i64) -> impl Iterator<Item = i64> + use<> {
        let phases = self.phases.iter();
        let usual = phases.max_by_key(|(phase, count)| (**count, -**phase));
        let phase = usual.map_or(0, |(phase, _)| *phase);
        let length = i64::from(length);
        let first = from + (phase - from).rem_euclid(length);
        (0..)
            .map(move |place| first + place * length)
            .take_while(move |edge| *edge < until)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::{NoGrid, Survey};

    fn survey(samples: &[(i64, i64)]) -> Survey {
        let mut survey = Survey::default();
        for (start, end) in samples {
            survey.note(*start, *end);
        }
        survey
    }

    #[test]
    fn equal_samples_make_a_uniform_grid() {
        let grid = survey(&[(7, 27), (67, 87)]).grid(None).unwrap();
        assert_eq!(grid.edges(), [7, 27, 47, 67, 87]);
    }

    #[test]
    fn finer_samples_come_first() {
        let grid = survey(&[(0, 300), (300, 600), (540, 560), (580, 600)])
            .grid(None)
            .unwrap();
        assert_eq!(grid.edges(), [0, 300, 540, 560, 580, 600]);
    }

    #[test]
    fn a_window_cuts_and_extends() {
        let samples = survey(&[(0, 20), (20, 40), (40, 60)]);
        assert_eq!(
            samples.grid(Some((10, 50))).unwrap().edges(),
            [10, 20, 40, 50]
        );
        assert_eq!(
            samples.grid(Some((-100, 30))).unwrap().edges(),
            [-100, 0, 20, 30]
        );
        assert_eq!(samples.grid(Some((60, 90))), Err(NoGrid::NoSamples));
    }

    #[test]
    fn a_grid_is_not_longer_than_memory() {
        let samples = survey(&[(0, 1), (4_000_000_000, 4_000_000_001)]);
        assert!(matches!(samples.grid(None), Err(NoGrid::TooLong { .. })));
        assert!(samples.grid(Some((0, 100))).is_ok());
        assert_eq!(Survey::default().grid(None), Err(NoGrid::NoSamples));
    }
}
