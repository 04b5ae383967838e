//! Habits of the server that can be changed while it runs.

use serde::{Deserialize, Serialize};

use crate::counters::{self, Counter};
use crate::world::{Aggregate, SAMPLE_SECONDS};

/// What an administrator or the load on a real server would change. As JSON an object with these
/// names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Settings {
    /// Statistics level (1 to 4) of the 300 s interval: decides which roll-ups exist.
    pub statistics_level: u8,
    /// Value of the option `config.vpxd.stats.maxQueryMetrics`. `None` leaves it unset, which
    /// means a limit of 256; a value of 0 or less lifts the limit.
    pub max_query_metrics: Option<i64>,
    /// Adds an aggregate series, instance `""`, beside the disks of every machine, as other
    /// counter groups have it. Some versions of vCenter are said to do so for the rates of
    /// `virtualDisk`.
    pub aggregate_series: bool,
    /// By how much later than those of the first disk the 20 s samples of a machine's other disks
    /// come. Until then they are sent as -1.
    pub late_disk_seconds: u32,
    /// How far the newest 20 s sample is behind the clock at least. A recorded 9.0.1 was 23 s
    /// behind.
    pub sample_lag_seconds: u32,
    /// Hosts order their 20 s samples by stamp: once a clock that was ahead is put right, samples of the
    /// future are a host's newest ones and hide those that it takes, for up to an hour.
    pub samples_by_stamp: bool,
    /// The 20 s samples of a machine stay on the host that took them: after a migration it has only those since. No
    /// recording shows what a real vCenter does.
    pub samples_stay_on_hosts: bool,
    /// Declares the namespace of `xsi:type` on each element and under another prefix, as govmomi's
    /// simulator does, instead of once on the envelope.
    pub inline_namespaces: bool,
    /// Hosts list the machines that are hidden from the account too, by reference alone. Whether a real
    /// vCenter does so is not recorded.
    pub hosts_list_hidden_vms: bool,
    /// Added to the ids of all performance counters. A real vCenter may renumber them when it is
    /// upgraded; a change ends all sessions, as an upgrade does.
    pub counter_id_shift: u32,
}

impl Default for Settings {
    /// Level 1, no limit set, and samples as far behind the clock as on a recorded 9.0.1.
    fn default() -> Self {
        Self {
            statistics_level: 1,
            max_query_metrics: None,
            aggregate_series: false,
            late_disk_seconds: 0,
            sample_lag_seconds: 23,
            samples_by_stamp: false,
            samples_stay_on_hosts: false,
            inline_namespaces: false,
            hosts_list_hidden_vms: false,
            counter_id_shift: 0,
        }
    }
}

impl Settings {
    /// The settings with some of them replaced, as `POST /settings` and scripts give them.
    pub(crate) fn merged(
        self,
        replacements: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, serde_json::Error> {
        let mut all = serde_json::to_value(self)?;
        if let Some(fields) = all.as_object_mut() {
            fields.extend(replacements.clone());
        }
        serde_json::from_value(all)
    }

    /// Finds a counter by the id that clients know.
    pub(crate) fn counter(self, id: u32) -> Option<&'static Counter> {
        counters::by_id(id.checked_sub(self.counter_id_shift)?)
    }

    /// The id by which clients know a counter.
    pub(crate) fn id_of(self, counter: &Counter) -> u32 {
        counter.id.saturating_add(self.counter_id_shift)
    }

    pub(crate) fn aggregate(self) -> Aggregate {
        if self.aggregate_series {
            Aggregate::Present
        } else {
            Aggregate::Absent
        }
    }

    /// Unix time of the newest sample at some time.
    pub(crate) fn newest_sample(self, now: i64) -> i64 {
        let interval = SAMPLE_SECONDS;
        (now - i64::from(self.sample_lag_seconds)).div_euclid(interval) * interval
    }
}
