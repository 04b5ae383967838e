//! Samples that are in no total, and VMs that moved.

use planner_core::collection::tally::{RefusalReason, Tally};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::labelled_counters::LabelledCounters;

/// What counting found besides values. Clones share the same values.
#[derive(Debug, Clone)]
pub(super) struct SampleCounts {
    missing: Counter,
    refused: LabelledCounters<{ RefusalReason::ALL.len() }>,
    host_changes: Counter,
}

impl Default for SampleCounts {
    fn default() -> Self {
        Self {
            missing: Counter::default(),
            refused: LabelledCounters::new("reason", RefusalReason::ALL.map(RefusalReason::as_str)),
            host_changes: Counter::default(),
        }
    }
}

impl SampleCounts {
    pub(super) fn add(&self, tally: &Tally) {
        self.missing.inc_by(tally.missing);
        self.host_changes.inc_by(tally.host_changes);
        for reason in RefusalReason::ALL {
            self.refused.add(reason.as_str(), tally.refused(reason));
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "vcenter_collector_samples_missing",
            "Rates of disks that never came, so their bytes are in no total",
            self.missing.clone(),
        );
        registry.register(
            "vcenter_collector_samples_refused",
            "Values that do not count as they came, by reason",
            self.refused.clone(),
        );
        registry.register(
            "vcenter_collector_vm_host_changes",
            "VMs found on another host: each may have lost what it wrote since the poll before",
            self.host_changes.clone(),
        );
    }
}
