//! Collects the samples of all VMs of one vCenter, cycle by cycle, without a clock and without I/O.
//!
//! A [`Collection`] lives as long as the process. Each [`Cycle`] gives its caller queries to ask and takes what became of
//! them; it ends with a [`CycleReport`], an immutable value.

pub mod accumulators;
pub mod batch_limits;
pub mod counters;
pub mod governor;
pub mod plausibility;
pub mod reason;
pub mod samples;
pub mod source;
pub mod tally;
pub mod totals;

mod absent;
mod asked;
mod budget;
mod cell;
mod closing;
mod counting;
mod cycle;
mod disk;
mod epoch;
pub mod host_clocks;
mod ingest;
mod inherited;
mod look;
mod past;
mod plan;
mod query;
mod refusals;
mod report;
mod rules;
mod silent_hosts;
mod timeline;
mod vm_accumulator;
mod whole_vm;
mod window;
mod write_rates;

use std::sync::Arc;
use std::time::Duration;

use self::counting::Counting;
use self::cycle::Ground;
use self::governor::{Governor, Missed};
use self::host_clocks::HostClocks;
use self::reason::Reason;
use self::source::Statistics;
use self::tally::Tally;
use self::totals::SavedTotals;
use crate::inventory::{Inventory, VmId};
use crate::snapshot::Snapshot;
use crate::snapshot_builder::SnapshotBuilder;

pub use self::cycle::{Cycle, Intake};
pub use self::past::Past;
pub use self::plan::{CollectionOptions, CyclePlan, Restored};
pub use self::query::Query;
pub use self::report::{CycleEnd, CycleReport, NewSample, VcenterName};

/// All that collection from one vCenter remembers.
#[derive(Debug)]
pub struct Collection {
    vcenter: VcenterName,
    options: CollectionOptions,
    governor: Governor,
    counting: Counting,
    /// The snapshot of the latest cycle.
    latest: Option<Arc<Snapshot>>,
}

impl Collection {
    /// A collection that has counted nothing yet.
    pub fn new(vcenter: VcenterName, options: CollectionOptions) -> Self {
        Self {
            vcenter,
            options,
            governor: Governor::default(),
            counting: Counting::default(),
            latest: None,
        }
    }

    /// Hands over the totals of an earlier process, which were saved `away` before this process began. The first cycle
    /// continues from them if they are of its vCenter and source.
    pub fn restore(&mut self, totals: SavedTotals, away: Duration) {
        self.counting.restore(totals, away);
    }

    /// Begins a cycle. VMs keep their latest values for a while if no fresh ones come.
    pub fn begin(&mut self, inventory: Arc<Inventory>, plan: CyclePlan) -> Cycle<'_> {
        let (accumulators, restored) = self.counting.begin(self.options, &inventory, &plan);
        Cycle::new(Ground {
            vcenter: self.vcenter.clone(),
            options: self.options,
            snapshot: SnapshotBuilder::new(Arc::clone(&inventory), self.latest.clone()),
            latest: &mut self.latest,
            round: self.governor.begin(inventory, plan.limits),
            accumulators,
            host_clocks: HostClocks::new(plan.now, plan.at),
            now: plan.now,
            statistics: plan.statistics,
            restored,
            range: None,
        })
    }

    /// Reports a cycle that failed before any VM could be asked for: all VMs of the inventory, if one is known, have
    /// failed for `reason`.
    pub fn fail(
        &mut self,
        inventory: Option<Arc<Inventory>>,
        statistics: Option<Arc<Statistics>>,
        reason: Arc<Reason>,
        duration: Duration,
    ) -> CycleReport {
        let snapshot = inventory.map(|inventory| {
            let mut snapshot = SnapshotBuilder::new(inventory, self.latest.clone());
            snapshot.all_failed(&reason);
            Arc::new(snapshot.build())
        });
        self.latest.clone_from(&snapshot);
        CycleReport {
            vcenter: self.vcenter.clone(),
            began_at: None,
            window_seconds: self.options.window_seconds,
            measures: self.options.measures,
            statistics,
            snapshot,
            new_samples: Vec::new(),
            tally: Tally::default(),
            host_clocks: Vec::new(),
            hosts_asked_by_time: 0,
            inventory_trouble: None,
            missed: Missed::default(),
            end: CycleEnd::Stopped(reason),
            duration,
        }
    }

    /// What a VM did at moments of the past, as far as its samples are remembered: a window before the newest one.
    pub fn past(&self, vm: &VmId) -> Option<Past<'_>> {
        self.counting.past(vm)
    }

    /// What a later process needs to continue counting; `None` before anything was counted.
    pub fn totals(&self) -> Option<SavedTotals> {
        self.counting.totals()
    }
}
