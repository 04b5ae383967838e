//! Series over all disks of a VM, instance `""`, and whether they are the sum of the disks.

use super::spread::Spread;
use super::timeline::{SeriesSlots, Timeline};
use crate::collection::counters::{DiskCounter, Quantity};

/// What there is over all disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateKind {
    /// Disks alone.
    Absent,
    /// Disks, and a series over all of them.
    Beside,
    /// A series over all disks alone.
    Only,
}

impl AggregateKind {
    /// The word in the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Beside => "beside",
            Self::Only => "only",
        }
    }
}

/// What there is over all disks of a VM for one counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateFindings {
    /// The counter.
    pub counter: DiskCounter,
    /// Whether there is such a series, and disks.
    pub kind: AggregateKind,
    /// Slots in which it and every disk have values that are not all 0. Latencies have no sum, so none are compared.
    pub compared: usize,
    /// Those in which it is the sum of the disks.
    pub equal: usize,
    /// Those in which it differs from the sum by 1 for each disk at most, as rounding does.
    pub rounded: usize,
    /// What it is in percent of the sum, where the sum is not 0.
    pub percent_of_sum: Option<Spread>,
}

/// Each counter that was answered.
pub(super) fn of(timeline: &Timeline<'_>) -> Vec<AggregateFindings> {
    let mut found: Vec<AggregateFindings> = Vec::new();
    for series in &timeline.series {
        let counter = series.id.counter;
        if !found.iter().any(|it| it.counter == counter) {
            found.push(of_counter(timeline, counter));
        }
    }
    found
}

fn of_counter(timeline: &Timeline<'_>, counter: DiskCounter) -> AggregateFindings {
    let series = timeline.series.iter().filter(|it| it.id.counter == counter);
    let (whole, disks): (Vec<_>, Vec<_>) = series.partition(|it| it.id.instance.is_empty());
    let kind = match (whole.first(), disks.first()) {
        (None, _) => AggregateKind::Absent,
        (Some(_), Some(_)) => AggregateKind::Beside,
        (Some(_), None) => AggregateKind::Only,
    };
    let mut found = AggregateFindings {
        counter,
        kind,
        compared: 0,
        equal: 0,
        rounded: 0,
        percent_of_sum: None,
    };
    let Some(whole) = whole.first().filter(|_| !disks.is_empty()) else {
        return found;
    };
    if counter.quantity == Quantity::Latency {
        return found;
    }
    let mut percents = Vec::new();
    for (value, sum) in pairs(whole, &disks) {
        if value == 0 && sum == 0 {
            continue;
        }
        found.compared += 1;
        let off = value.abs_diff(sum);
        found.equal += usize::from(off == 0);
        found.rounded += usize::from(off > 0 && off <= disks.len() as u64);
        percents.extend(value.saturating_mul(100).checked_div(sum));
    }
    found.percent_of_sum = Spread::of(percents);
    found
}

/// The value over all disks and the sum of the disks, of each slot in which there are both.
fn pairs<'t>(
    whole: &'t SeriesSlots<'_>,
    disks: &'t [&SeriesSlots<'_>],
) -> impl Iterator<Item = (i64, i64)> + 't {
    let stays = whole.by_stay.iter().enumerate();
    let slots = stays.flat_map(|(stay, slots)| slots.iter().map(move |slot| (stay, slot)));
    slots.filter_map(|(stay, (stamp, slot))| {
        let mut values = disks
            .iter()
            .map(|disk| disk.by_stay.get(stay)?.get(stamp)?.value);
        let sum = values.try_fold(0_i64, |sum, value| Some(sum.saturating_add(value?)))?;
        Some((slot.value?, sum))
    })
}
