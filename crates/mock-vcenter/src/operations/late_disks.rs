//! Disks whose 20 s samples come later than those of the machine's first disk.

use super::call::Call;
use crate::counters::Group;
use crate::world::Series;

/// What an answer about a machine leaves out of its series.
pub(super) struct LateDisks {
    /// The disk that is not late.
    first: Option<String>,
    /// Stamp of the newest sample of the others.
    newest: i64,
}

impl LateDisks {
    /// For an answer with these series.
    pub(super) fn of(call: &Call<'_>, series: &[Series]) -> Self {
        let disks = series.iter().filter(|series| is_of_disk(series));
        let settings = call.sight.settings;
        let now = call.sight.now.as_second();
        Self {
            first: disks.map(|series| &series.instance).min().cloned(),
            newest: settings.newest_sample(now - i64::from(settings.late_disk_seconds)),
        }
    }

    /// Whether the sample stamped `second` has not come yet.
    pub(super) fn lack(&self, series: &Series, second: i64) -> bool {
        second > self.newest && is_of_disk(series) && self.first.as_ref() != Some(&series.instance)
    }
}

fn is_of_disk(series: &Series) -> bool {
    series.counter.group == Group::VirtualDisk && !series.instance.is_empty()
}
