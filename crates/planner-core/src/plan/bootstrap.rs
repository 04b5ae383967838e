//! How far figures might be off: what other days like these would have given.
//!
//! Whole days are drawn at random, with repetition, as many as there are. Each draw computes the figure again, and the range
//! holds the middle 90 % of the results. Single buckets are never drawn: a burst is made of neighbours.

use super::chords::{StartHull, steepest};
use super::links::RateRange;
use super::percent::Percent;
use super::quantiles::Distribution;
use super::trace::Trace;
use super::wire::Wire;
use crate::units::BytesPerSec;

const DRAWS: usize = 500;
/// The same data gives the same range.
const SEED: u64 = 0x5EED;
const FEWEST_DAYS: usize = 7;
const DAY_SECONDS: f64 = 86_400.0;
const LOW: Percent = Percent::whole(5);
const HIGH: Percent = Percent::whole(95);

/// Days to draw from.
#[derive(Debug)]
pub(crate) struct Bootstrap {
    days: Vec<Day>,
    /// Present buckets by rate, highest first.
    observed: Vec<Observed>,
    /// For each draw, how often each day was drawn, and the order.
    draws: Vec<Draw>,
}

#[derive(Debug, Default)]
struct Day {
    lengths: Vec<f64>,
    rates: Vec<f64>,
    present_seconds: u64,
}

#[derive(Debug, Clone, Copy)]
struct Observed {
    rate: f64,
    seconds: u64,
    day: usize,
}

#[derive(Debug)]
struct Draw {
    order: Vec<usize>,
    times: Vec<u64>,
}

impl Bootstrap {
    /// `None` if less than 7 days are covered. Days are counted from the start of the data; a rest at its end is left out.
    pub(crate) fn new(wire: &Wire) -> Option<Self> {
        let mut days: Vec<Day> = Vec::new();
        let mut observed = Vec::new();
        let mut start = 0.0_f64;
        let whole_days = (wire.grid().seconds() / DAY_SECONDS).floor();
        for (length, rate, is_present) in wire.buckets() {
            let day_number = (start / DAY_SECONDS).floor();
            start += length as f64;
            if day_number >= whole_days {
                break;
            }
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a number of days"
            )]
            let place = day_number as usize;
            if days.len() <= place {
                days.resize_with(place + 1, Day::default);
            }
            let Some(day) = days.get_mut(place) else {
                break;
            };
            day.lengths.push(length as f64);
            day.rates.push(rate);
            if is_present {
                day.present_seconds += length;
                observed.push(Observed {
                    rate,
                    seconds: length,
                    day: place,
                });
            }
        }
        let covered: u64 = days.iter().map(|day| day.present_seconds).sum();
        if (covered as f64) < FEWEST_DAYS as f64 * DAY_SECONDS {
            return None;
        }
        observed.sort_unstable_by(|one, other| other.rate.total_cmp(&one.rate));
        let draws = draws(days.len());
        Some(Self {
            days,
            observed,
            draws,
        })
    }

    /// The range of a quantile.
    pub(crate) fn quantile(&self, percent: Percent) -> Option<RateRange> {
        range(
            self.draws
                .iter()
                .filter_map(|draw| self.quantile_of(draw, percent)),
        )
    }

    fn quantile_of(&self, draw: &Draw, percent: Percent) -> Option<f64> {
        let times = |day: usize| draw.times.get(day).copied().unwrap_or_default();
        let days = self.days.iter().zip(&draw.times);
        let all: u64 = days.map(|(day, times)| day.present_seconds * times).sum();
        let (mut seen, mut above) = (0, 0);
        let mut quantile: Option<f64> = None;
        for observed in &self.observed {
            let seconds = observed.seconds * times(observed.day);
            if seconds == 0 {
                continue;
            }
            if quantile.is_none_or(|rate| observed.rate < rate) {
                above = seen;
            }
            if !percent.is_reached(all - above, all) {
                break;
            }
            quantile = Some(observed.rate);
            seen += seconds;
        }
        quantile
    }

    /// The range of what replication must get of a link for an RPO, of which a link's nominal rate is `1 / usable_share`.
    pub(crate) fn link(&self, rpo: f64, usable_share: f64) -> Option<RateRange> {
        let shapes: Vec<Shape> = self.days.iter().map(|day| Shape::new(day, rpo)).collect();
        let mut starts = StartHull::default();
        range(self.draws.iter().map(|draw| {
            let days = draw.order.iter().filter_map(|day| shapes.get(*day));
            steepest_of(days, rpo, &mut starts) / usable_share
        }))
    }
}

fn draws(days: usize) -> Vec<Draw> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let draw = || {
        let order: Vec<usize> = (0..days).map(|_| random.usize(..days)).collect();
        let mut times = vec![0; days];
        for day in &order {
            if let Some(times) = times.get_mut(*day) {
                *times += 1;
            }
        }
        Draw { order, times }
    };
    std::iter::repeat_with(draw).take(DRAWS).collect()
}

fn range(results: impl Iterator<Item = f64>) -> Option<RateRange> {
    let results = Distribution::new(results.map(|rate| (rate, 1)));
    Some(RateRange {
        low: BytesPerSec::computed(results.quantile(LOW)?),
        high: BytesPerSec::computed(results.quantile(HIGH)?),
    })
}

/// What decides about chords that begin or end in a day.
struct Shape {
    seconds: f64,
    bytes: f64,
    /// The lower hull of its points, where chords to later days begin.
    starts: Vec<(f64, f64)>,
    /// The upper hull of its points, where chords from earlier days end.
    ends: Vec<(f64, f64)>,
    /// The steepest chord within the day.
    steepest: f64,
}

impl Shape {
    fn new(day: &Day, rpo: f64) -> Self {
        let trace = Trace::new(&day.lengths, &day.rates);
        let (mut seconds, mut bytes) = (0.0, 0.0);
        let (mut starts, mut ends) = (StartHull::default(), StartHull::default());
        for (length, rate) in trace.buckets() {
            starts.push(seconds, bytes);
            seconds += length;
            bytes += length * rate;
            // The lower hull of the points upside down is their upper hull.
            ends.push(seconds, -bytes);
        }
        Self {
            seconds,
            bytes,
            starts: starts.points().collect(),
            ends: ends.points().map(|(x, y)| (x, -y)).collect(),
            steepest: steepest(trace, rpo, 0.0),
        }
    }
}

/// The steepest chord of days that follow one another.
fn steepest_of<'a>(days: impl Iterator<Item = &'a Shape>, rpo: f64, starts: &mut StartHull) -> f64 {
    starts.clear();
    let (mut seconds, mut bytes, mut steepest) = (0.0, 0.0, 0.0_f64);
    for day in days {
        let ends = day.ends.iter();
        let chords = ends.map(|(x, y)| starts.steepest_to(seconds + x + rpo, bytes + y));
        steepest = chords.fold(steepest.max(day.steepest), f64::max);
        for (x, y) in &day.starts {
            starts.push(seconds + x, bytes + y);
        }
        seconds += day.seconds;
        bytes += day.bytes;
    }
    steepest
}
