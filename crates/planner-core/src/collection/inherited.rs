//! Samples that had not come when an earlier process saved its totals. They still count, each once.

use std::sync::Arc;

use super::counters::Direction;
use super::rules::Rules;
use super::timeline::second;
use super::totals::OpenSamples;

/// More series than a VM can have.
const MOST_SERIES: usize = 1_024;

/// Stamps up to the newest one that was counted, at which series still lack their rates.
#[derive(Debug)]
pub(super) struct Inherited(Vec<Series>);

#[derive(Debug)]
struct Series {
    instance: Arc<str>,
    direction: Direction,
    /// Ascending, each once.
    stamps: Vec<u32>,
}

impl Series {
    fn key(&self) -> (&str, bool) {
        (&self.instance, self.direction == Direction::Read)
    }

    fn is(&self, instance: &str, direction: Direction) -> bool {
        *self.instance == *instance && self.direction == direction
    }
}

impl Inherited {
    /// What is still asked for of `open`, if anything. `newest` is the newest stamp that was counted.
    pub(super) fn new(open: Vec<OpenSamples>, newest: u32, rules: Rules) -> Option<Box<Self>> {
        let closed = newest.saturating_sub(rules.open_seconds());
        let series = open.into_iter().take(MOST_SERIES).map(|open| {
            let stamps = open.stamps.into_iter().map(second);
            Series {
                instance: open.instance,
                direction: open.direction,
                stamps: stamps.filter(|at| closed < *at && *at <= newest).collect(),
            }
        });
        let mut series: Vec<Series> = series.collect();
        series.retain(|it| rules.directions().contains(&it.direction) && !it.stamps.is_empty());
        // A series may be there twice.
        series.sort_by(|a, b| a.key().cmp(&b.key()));
        series.dedup_by(|next, series| {
            let is_same = next.key() == series.key();
            if is_same {
                series.stamps.append(&mut next.stamps);
            }
            is_same
        });
        for series in &mut series {
            series.stamps.sort_unstable();
            series.stamps.dedup();
        }
        (!series.is_empty()).then(|| Box::new(Self(series)))
    }

    /// The stamps of one series.
    pub(super) fn of(&mut self, instance: &str, direction: Direction) -> Option<&mut Vec<u32>> {
        let mut series = self.0.iter_mut();
        let found = series.find(|it| it.is(instance, direction));
        found.map(|series| &mut series.stamps)
    }

    pub(super) fn has(&self, instance: &str, direction: Direction, at: u32) -> bool {
        let mut series = self.0.iter();
        let found = series.find(|it| it.is(instance, direction));
        found.is_some_and(|series| series.stamps.binary_search(&at).is_ok())
    }

    /// Forgets the stamps up to this one. Returns whether any are left.
    pub(super) fn close(&mut self, closed: u32) -> bool {
        for series in &mut self.0 {
            series.stamps.retain(|at| *at > closed);
        }
        self.0.retain(|series| !series.stamps.is_empty());
        !self.0.is_empty()
    }

    /// The same as it is saved again.
    pub(super) fn open(&self) -> impl Iterator<Item = OpenSamples> {
        let series = self.0.iter().filter(|series| !series.stamps.is_empty());
        series.map(|series| {
            let stamps = series.stamps.iter().copied();
            OpenSamples::new(&series.instance, series.direction, stamps)
        })
    }
}
