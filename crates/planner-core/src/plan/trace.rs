//! A rate over time, as the arithmetic of links sees it: constant within each bucket, without gaps.

/// Lengths of buckets in seconds and their rates in bytes per second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trace<'a> {
    lengths: &'a [f64],
    rates: &'a [f64],
}

/// The relative difference below which two rates count as equal: rounding makes larger ones of equal numbers than none.
const NOISE: f64 = 1e-12;

impl<'a> Trace<'a> {
    pub(crate) fn new(lengths: &'a [f64], rates: &'a [f64]) -> Self {
        Self { lengths, rates }
    }

    pub(crate) fn len(&self) -> usize {
        self.rates.len()
    }

    /// Length and rate of each bucket.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.lengths.iter().copied().zip(self.rates.iter().copied())
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.lengths.iter().sum()
    }

    pub(crate) fn bytes(&self) -> f64 {
        self.buckets().map(|(length, rate)| length * rate).sum()
    }

    pub(crate) fn mean(&self) -> f64 {
        self.bytes() / self.seconds()
    }

    pub(crate) fn largest(&self) -> f64 {
        self.rates.iter().copied().fold(0.0, f64::max)
    }
}

/// How fast data piles up on a link; negative while it is sent.
pub(crate) fn net(rate: f64, link: f64) -> f64 {
    let net = rate - link;
    if net.abs() <= NOISE * link { 0.0 } else { net }
}

/// Whether a link of this mean rate catches up with data of that mean rate.
pub(crate) fn is_sustained(mean_rate: f64, mean_link: f64) -> bool {
    net(mean_rate, mean_link) <= 0.0
}

/// How much of a stretch of `seconds`, in which a value goes evenly `from` one `to` another, it is above `limit`.
pub(crate) fn seconds_above(limit: f64, from: f64, to: f64, seconds: f64) -> f64 {
    match (from > limit, to > limit) {
        (true, true) => seconds,
        (false, false) => 0.0,
        (true, false) => seconds * (from - limit) / (from - to),
        (false, true) => seconds * (to - limit) / (to - from),
    }
}
