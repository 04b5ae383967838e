//! The clocks of hosts, which stamp the 20 s samples: each is right until it is set.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::world::SAMPLE_SECONDS;

/// Sets the clock of a host. Samples from then on have its stamps; those of before keep theirs.
///
/// In JSON: `{"host": "host-17", "offset_seconds": -600}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostClock {
    /// The host's managed object id.
    pub host: String,
    /// By how much its clock is ahead of vCenter's, in whole samples of 20 s; negative if behind. 0 sets it right.
    pub offset_seconds: i64,
}

/// Nobody sets a clock more often than this within the hour for which samples are kept.
const MOST_STEPS: usize = 1_000;

/// By host, the clocks that were ever set.
#[derive(Debug, Default)]
pub(crate) struct HostClocks(Mutex<HashMap<String, Stamping>>);

/// How a host stamps its samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stamping {
    /// Offsets in seconds, each with the vCenter time from which on it holds. Before the first one the clock was right.
    steps: Vec<(i64, i64)>,
}

impl HostClocks {
    pub(crate) fn set(&self, now: i64, clock: &HostClock) {
        let mut clocks = self.clocks();
        clocks
            .entry(clock.host.clone())
            .or_default()
            .set(now, clock.offset_seconds);
    }

    /// Sets all of them right.
    pub(crate) fn set_all_right(&self, now: i64) {
        for stamping in self.clocks().values_mut() {
            stamping.set(now, 0);
        }
    }

    /// `None` for a host whose clock was never set.
    pub(crate) fn stamping(&self, host: &str) -> Option<Stamping> {
        self.clocks().get(host).cloned()
    }

    fn clocks(&self) -> MutexGuard<'_, HashMap<String, Stamping>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stamping {
    fn set(&mut self, now: i64, offset_seconds: i64) {
        let whole_samples = offset_seconds.div_euclid(SAMPLE_SECONDS);
        let offset = whole_samples.saturating_mul(SAMPLE_SECONDS);
        if self.current_offset() == offset {
            return;
        }
        self.steps.push((now, offset));
        if self.steps.len() > MOST_STEPS {
            self.steps.remove(0);
        }
    }

    pub(crate) fn current_offset(&self) -> i64 {
        self.steps.last().map_or(0, |(_, offset)| *offset)
    }

    /// What the host stamps a sample with that it takes at some vCenter time.
    pub(crate) fn of(&self, time: i64) -> i64 {
        let in_force = self.steps.iter().rfind(|(from, _)| *from <= time);
        time.saturating_add(in_force.map_or(0, |(_, offset)| *offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_keep_the_stamps_that_they_got() {
        let clocks = HostClocks::default();
        let set = |now, offset_seconds| {
            let host = "host-1".to_owned();
            clocks.set(
                now,
                &HostClock {
                    host,
                    offset_seconds,
                },
            );
        };
        assert_eq!(clocks.stamping("host-1"), None);
        set(1_000, 607);
        set(2_000, -60);
        clocks.set_all_right(3_000);
        let stamping = clocks.stamping("host-1").unwrap_or_default();
        let stamps = [980, 1_000, 1_980, 2_000, 3_000].map(|time| stamping.of(time));
        assert_eq!(stamps, [980, 1_600, 2_580, 1_940, 3_000]);
        assert_eq!(stamping.current_offset(), 0);
        assert_eq!(clocks.stamping("host-2"), None);
    }
}
