//! Samples that are in no total, and VMs that moved.

use std::fmt;

use planner_core::collection::tally::{RefusalReason, Tally};
use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// What counting found besides values. Clones share the same values.
#[derive(Debug, Clone, Default)]
pub(super) struct SampleCounts {
    missing: Counter,
    refused: Refused,
    host_changes: Counter,
}

/// One counter for each reason, in their order, all of them from the start.
#[derive(Debug, Clone, Default)]
struct Refused([Counter; RefusalReason::ALL.len()]);

impl EncodeMetric for Refused {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        for (reason, counter) in RefusalReason::ALL.iter().zip(&self.0) {
            encoder
                .encode_family(&[("reason", reason.as_str())])?
                .encode_counter::<NoLabelSet, _, u64>(&counter.get(), None)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

impl SampleCounts {
    pub(super) fn add(&self, tally: &Tally) {
        self.missing.inc_by(tally.missing);
        self.host_changes.inc_by(tally.host_changes);
        for (reason, counter) in RefusalReason::ALL.into_iter().zip(&self.refused.0) {
            counter.inc_by(tally.refused(reason));
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
