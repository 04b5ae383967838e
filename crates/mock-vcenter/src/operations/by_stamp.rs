//! Hosts that order their samples by stamp, so that those of the future hide newer ones.

use std::cmp::Reverse;

use crate::host_clocks::Stamping;

/// What a query asks of such a host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Stamps, both included.
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) max_sample: Option<usize>,
}

/// The vCenter times of the samples that a host answers with, in the order of their stamps. `kept` are those that it has.
pub(super) fn answered(
    kept: impl Iterator<Item = i64>,
    stamping: &Stamping,
    asked: Asked,
) -> Vec<i64> {
    let mut samples: Vec<(i64, i64)> = kept.map(|time| (stamping.of(time), time)).collect();
    samples.retain(|(stamp, _)| {
        asked.start.is_none_or(|start| *stamp >= start) && asked.end.is_none_or(|end| *stamp <= end)
    });
    // A new sample takes the place of an old one with the same stamp.
    samples.sort_unstable_by_key(|(stamp, time)| (*stamp, Reverse(*time)));
    samples.dedup_by_key(|(stamp, _)| *stamp);
    if let Some(most) = asked.max_sample.filter(|most| *most > 0) {
        samples.drain(..samples.len().saturating_sub(most));
    }
    samples.into_iter().map(|(_, time)| time).collect()
}
