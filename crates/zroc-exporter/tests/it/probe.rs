//! Whole cycles against a mock vCenter in this process, one query at a time.

use std::sync::Arc;
use std::time::Duration;

use mock_vcenter::MockVcenter;
use planner_core::collection::accumulators::Measures;
use planner_core::collection::{
    Collection, CollectionOptions, Cycle, CycleEnd, CyclePlan, CycleReport, Query, VcenterName,
};
use planner_core::uptime::Uptime;
use zroc_exporter::vcenter::{Answer, CollectError, QueryPlan, Vcenter};

use crate::staging::vcenter;

/// A collection without the exporter around it.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) vcenter: Vcenter,
    collection: Collection,
    /// What our own clock shows in the next cycle.
    pub(crate) uptime: Duration,
}

impl Probe {
    pub(crate) fn new(mock: &MockVcenter, more: &[(&'static str, &str)]) -> Self {
        let options = CollectionOptions {
            window_seconds: 300,
            measures: Measures::default(),
            keep_new_samples: false,
        };
        Self {
            vcenter: vcenter(mock, more),
            collection: Collection::new(VcenterName::new("vc"), options),
            uptime: Duration::ZERO,
        }
    }

    /// Runs a cycle, of which only queries may fail. Returns how each failed one did.
    pub(crate) async fn cycle(&mut self) -> (CycleReport, Vec<CollectError>) {
        let (inventory, plan) = self.vcenter.open_cycle().await.unwrap();
        let at = Uptime::new(self.uptime);
        let cycle_plan = CyclePlan {
            at,
            ..plan.cycle.clone()
        };
        let mut cycle = self.collection.begin(inventory, cycle_plan);
        let mut errors = Vec::new();
        while let Some(query) = cycle.next_query(at) {
            match ask(&self.vcenter, &plan, &query).await {
                Ok(answer) => take(&mut cycle, query, at, &answer),
                Err(error) => {
                    cycle.failed(query, error.attribution(), &Arc::new(error.reason()));
                    errors.push(error);
                }
            }
        }
        (cycle.finish(CycleEnd::Completed, Duration::ZERO), errors)
    }

    /// Asks the first query of a cycle, which must fail.
    pub(crate) async fn first_failure(&mut self) -> CollectError {
        let (inventory, plan) = self.vcenter.open_cycle().await.unwrap();
        let mut cycle = self.collection.begin(inventory, plan.cycle.clone());
        let query = cycle.next_query(Uptime::START).unwrap();
        ask(&self.vcenter, &plan, &query).await.unwrap_err()
    }
}

async fn ask(vcenter: &Vcenter, plan: &QueryPlan, query: &Query) -> Result<Answer, CollectError> {
    vcenter.receive(plan, query).await?.decode().await
}

fn take(cycle: &mut Cycle<'_>, query: Query, at: Uptime, answer: &Answer) {
    cycle.answered(query, at, |intake| {
        answer.for_each_vm(|moref, samples| intake.add(moref, samples));
    });
}
