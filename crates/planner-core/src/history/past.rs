//! Series for a plan: what chosen VMs wrote, each hour as fine as it is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::slots::{HOUR_SECONDS, Slots, common_unit, start_second};
use super::stretch::Stretch;
use super::sums::Scope;
use super::view::View;
use crate::inventory::VmId;
use crate::plan::cell::Cell;
use crate::plan::grid::Grid;
use crate::plan::row::Row;
use crate::plan::survey::NoGrid;

/// Which series of a history are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// One for each of these VMs.
    Vms(Vec<VmId>),
    /// One of all VMs of a scope together: exact sums of samples, kept as long as the means and peaks of single VMs.
    Sum(Scope),
}

/// The chosen series of one vCenter.
#[derive(Debug, Clone)]
pub struct Part {
    /// What its history has.
    pub view: View,
    /// Which series of it.
    pub chosen: Chosen,
}

/// What was chosen from one or several histories, on one grid. Buckets are 20 s long where samples are kept, else five
/// minutes with peaks.
///
/// Series are numbered by part, and within it in the order of the VMs.
#[derive(Debug)]
pub struct Past {
    grid: Arc<Grid>,
    hours: Vec<GridHour>,
    /// For each series its part and its place there.
    series: Vec<(usize, usize)>,
}

/// An hour on the grid.
#[derive(Debug)]
struct GridHour {
    number: u32,
    /// Length of buckets.
    step_seconds: u32,
    /// Place of its first bucket that is on the grid.
    first: usize,
    /// Buckets before that one.
    skipped: usize,
    buckets: usize,
    /// By part.
    stretches: Vec<Option<Stretch>>,
}

impl Past {
    /// Finds the series. `window` bounds the time, in seconds of Unix time; buckets that lie in it in part are in. Without
    /// one the grid reaches from the first sample to the last.
    ///
    /// # Errors
    ///
    /// If nothing is known of what was chosen, or the time is too long.
    pub fn new(parts: &[Part], window: Option<(i64, i64)>) -> Result<Self, NoGrid> {
        let hours = hours_of(parts, window);
        let (start, end) = match window {
            Some(window) => window,
            None => reach(&hours).ok_or(NoGrid::NoSamples)?,
        };
        let mut edges = Vec::new();
        let mut placed = Vec::new();
        for mut hour in hours {
            let from = edges.last().copied().unwrap_or(start);
            bridge(
                from,
                hour.start_second().min(end),
                hour.step_seconds,
                &mut edges,
            );
            hour.put_edges(start, end, &mut edges);
            placed.push(hour);
        }
        let series = parts.iter().enumerate().flat_map(|(part, it)| {
            let series = match &it.chosen {
                Chosen::Vms(vms) => vms.len(),
                Chosen::Sum(_) => 1,
            };
            (0..series).map(move |place| (part, place))
        });
        Ok(Self {
            grid: Arc::new(Grid::new(edges).ok_or(NoGrid::NoSamples)?),
            hours: placed,
            series: series.collect(),
        })
    }

    /// The buckets.
    pub fn grid(&self) -> &Arc<Grid> {
        &self.grid
    }

    /// How many series there are.
    pub fn series(&self) -> usize {
        self.series.len()
    }

    /// Reads a series.
    pub fn read(&self, series: usize, row: &mut Row) {
        row.reset(self.grid.len());
        let Some((part, place)) = self.series.get(series).copied() else {
            return;
        };
        let mut scratch = Slots::new(0);
        for hour in &self.hours {
            if let Some(Some(stretch)) = hour.stretches.get(part) {
                hour.read(stretch, place, &mut scratch, row);
            }
        }
    }
}

impl GridHour {
    fn start_second(&self) -> i64 {
        start_second(self.number)
    }

    /// Appends the ends of its buckets that lie between two moments, and before them the start of the first one.
    fn put_edges(&mut self, start: i64, end: i64, edges: &mut Vec<i64>) {
        let step = i64::from(self.step_seconds);
        let first = self.start_second();
        let starts = (0..).map(|bucket| first + bucket * step);
        let starts = starts.take((HOUR_SECONDS / self.step_seconds) as usize);
        for (bucket, from) in starts.enumerate() {
            if from + step <= start || from >= end {
                continue;
            }
            if self.buckets == 0 {
                self.skipped = bucket;
                if edges.last() != Some(&from) {
                    edges.push(from);
                }
                self.first = edges.len() - 1;
            }
            self.buckets += 1;
            edges.push(from + step);
        }
    }

    fn read(&self, stretch: &Stretch, place: usize, scratch: &mut Slots, row: &mut Row) {
        let places = self.first..self.first + self.buckets;
        if stretch.is_of_samples(self.step_seconds) {
            if let Some(samples) = stretch.samples(place, scratch) {
                let rates = row.rates_mut(places);
                for (rate, sample) in rates.iter_mut().zip(samples.skip(self.skipped)) {
                    *rate = sample;
                }
            }
            return;
        }
        let step = stretch.seconds().div_ceil(self.step_seconds) as usize;
        let mut put = |bucket: usize, cell: &Cell| {
            for bucket in bucket * step..(bucket + 1) * step {
                let place = bucket.checked_sub(self.skipped).map(|it| it + self.first);
                if let Some(place) = place.filter(|place| places.contains(place)) {
                    row.put(place, cell);
                }
            }
        };
        stretch.for_each(place, scratch, &mut put);
    }
}

/// The hours in which anything is known of what was chosen, without their places on a grid.
fn hours_of(parts: &[Part], window: Option<(i64, i64)>) -> Vec<GridHour> {
    let mut hours: BTreeMap<u32, GridHour> = BTreeMap::new();
    for (number, part) in parts.iter().enumerate() {
        let order = order(&part.chosen);
        for hour in part.view.hours() {
            let is_outside =
                |(start, end): (i64, i64)| hour.end_second() <= start || hour.start_second() >= end;
            if window.is_some_and(is_outside) {
                continue;
            }
            let stretch = match &part.chosen {
                Chosen::Vms(vms) => Stretch::of_vms(hour, vms, &order),
                Chosen::Sum(scope) => Stretch::of_sum(hour, scope),
            };
            let Some(stretch) = stretch else { continue };
            let known = hours.entry(hour.number).or_insert_with(|| GridHour {
                number: hour.number,
                step_seconds: 0,
                first: 0,
                skipped: 0,
                buckets: 0,
                stretches: parts.iter().map(|_| None).collect(),
            });
            let steps = [known.step_seconds, stretch.seconds()].map(u64::from);
            let step = u32::try_from(common_unit(steps.into_iter()));
            known.step_seconds = step.unwrap_or(HOUR_SECONDS);
            if let Some(place) = known.stretches.get_mut(number) {
                *place = Some(stretch);
            }
        }
    }
    hours.into_values().collect()
}

/// Places of the VMs in the order of their references.
fn order(chosen: &Chosen) -> Vec<usize> {
    let Chosen::Vms(vms) = chosen else {
        return Vec::new();
    };
    let mut order: Vec<usize> = (0..vms.len()).collect();
    order.sort_by_key(|place| vms.get(*place));
    order
}

/// From the first sample to the last.
fn reach(hours: &[GridHour]) -> Option<(i64, i64)> {
    let spans = |hour: &GridHour| {
        let stretches = hour.stretches.iter().flatten();
        let spans = stretches.filter_map(Stretch::span);
        let start = hour.start_second();
        let (starts, ends): (Vec<u32>, Vec<u32>) = spans.unzip();
        let first = starts.into_iter().min()?;
        let last = ends.into_iter().max()?;
        Some((start + i64::from(first), start + i64::from(last)))
    };
    let (start, _) = hours.iter().find_map(spans)?;
    let (_, end) = hours.iter().rev().find_map(spans)?;
    Some((start, end))
}

/// Appends edges between two moments of which nothing is known.
fn bridge(from: i64, until: i64, step_seconds: u32, edges: &mut Vec<i64>) {
    if from >= until {
        return;
    }
    if edges.is_empty() {
        edges.push(from);
    }
    let step = i64::from(step_seconds);
    let next = (from.div_euclid(step) + 1) * step;
    let mut next = next;
    while next < until {
        edges.push(next);
        next += step;
    }
    edges.push(until);
}
