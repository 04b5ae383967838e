//! What writes need of a link: quantiles of the rate on the wire, and a recommendation.

use super::assumptions::{Assumptions, OneOrMore};
use super::bootstrap::Bootstrap;
use super::links::{LinkForRpo, RateRange};
use super::percent::Percent;
use super::quantiles::{Distribution, bursts};
use super::wire::Wire;
use crate::units::{BytesPerSec, MegabitPerSec, Seconds};

/// Zerto asks for at least 5 Mbit/s (Zerto help, "WAN Sizing").
const LEAST_MEGABIT_PER_SECOND: f64 = 5.0;
const DAY_SECONDS: f64 = 86_400.0;

/// The rate on the wire, and the link to order.
#[derive(Debug, Clone, PartialEq)]
pub struct Wan {
    /// Quantiles of the sum's rate.
    pub quantiles: Vec<WireQuantile>,
    /// Nominal rate of the link for the first RPO at the first percentage, and at least 5 Mbit/s.
    pub recommended: BytesPerSec,
    /// What decides about it.
    pub recommended_for: RecommendedFor,
}

/// What decides about the recommended link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecommendedFor {
    /// The RPO.
    Rpo,
    /// The least link that replication takes.
    Floor,
}

/// A rate that is exceeded for some part of the time only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireQuantile {
    /// The part of the time, weighted by the lengths of buckets.
    pub percent: Percent,
    /// The rate, which was observed.
    pub rate: BytesPerSec,
    /// The time per day with more than this rate.
    pub above_per_day: Seconds,
    /// How often this rate was reached, with pauses of less than 10 minutes ignored.
    pub bursts: u64,
    /// From 7 days on: the range that days like these would give.
    pub bootstrap: Option<RateRange>,
}

impl Wan {
    /// `first` is the link for the first RPO at the first percentage.
    pub(crate) fn new(
        wire: &Wire,
        percents: &OneOrMore<Percent>,
        first: Option<&LinkForRpo>,
        bootstrap: Option<&Bootstrap>,
    ) -> Self {
        let present = wire.buckets().filter(|(_, _, is_present)| *is_present);
        let observed = Distribution::new(present.map(|(length, rate, _)| (rate, length)));
        let quantile = |percent: Percent| {
            let rate = observed.quantile(percent)?;
            Some(WireQuantile {
                percent,
                rate: BytesPerSec::computed(rate),
                above_per_day: Seconds::computed(observed.share_above(rate) * DAY_SECONDS),
                bursts: bursts(wire.buckets(), rate),
                bootstrap: bootstrap.and_then(|bootstrap| bootstrap.quantile(percent)),
            })
        };
        let floor = BytesPerSec::from(MegabitPerSec::computed(LEAST_MEGABIT_PER_SECOND));
        let for_rpo = first.map(|first| first.link).filter(|link| *link >= floor);
        Self {
            quantiles: percents.iter().filter_map(quantile).collect(),
            recommended: for_rpo.unwrap_or(floor),
            recommended_for: match for_rpo {
                Some(_) => RecommendedFor::Rpo,
                None => RecommendedFor::Floor,
            },
        }
    }
}

/// The nominal link whose VRAs never have to buffer more than they can: `max (bytes(s..t) - B) / (t - s)`.
pub(crate) fn link_for_buffer(wire: &Wire, assumptions: &Assumptions, buffer: f64) -> BytesPerSec {
    assumptions.nominal(super::chords::steepest(wire.trace(), 0.0, buffer))
}
