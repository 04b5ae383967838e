//! What was counted, of which vCenter, and from which source.

use std::sync::Arc;
use std::time::Duration;

use super::accumulators::Accumulators;
use super::past::Past;
use super::plan::{CollectionOptions, CyclePlan, Restored};
use super::totals::SavedTotals;
use crate::inventory::{Inventory, VmId};

/// The accumulators with what decides whether they still fit.
#[derive(Debug, Default)]
pub(super) struct Counting {
    current: Option<Current>,
    /// Totals of an earlier process, until the first cycle knows whether they fit.
    saved: Option<Saved>,
}

#[derive(Debug)]
struct Saved {
    totals: SavedTotals,
    /// How long before the start of this process they were saved.
    away: Duration,
}

#[derive(Debug)]
struct Current {
    /// vCenter's `instanceUuid`.
    instance: Arc<str>,
    accumulators: Accumulators,
    /// The inventory whose VMs the accumulators cover.
    inventory: Arc<Inventory>,
}

impl Counting {
    pub(super) fn restore(&mut self, totals: SavedTotals, away: Duration) {
        self.saved = Some(Saved { totals, away });
    }

    /// Prepares for a cycle: forgets VMs that are gone, and starts from zero if samples come from another source or another
    /// vCenter, whose VMs may have the same references.
    pub(super) fn begin(
        &mut self,
        options: CollectionOptions,
        inventory: &Arc<Inventory>,
        plan: &CyclePlan,
    ) -> (&mut Accumulators, Option<Restored>) {
        let fitting = self.current.take().filter(|current| {
            current.accumulators.source() == plan.source && current.instance == plan.instance
        });
        let (mut current, restored) = match fitting {
            Some(current) => (current, None),
            None => self.start(options, inventory, plan),
        };
        if !Arc::ptr_eq(&current.inventory, inventory) || restored.is_some() {
            current.accumulators.keep_only(inventory);
        }
        current.accumulators.begin_cycle(plan.now, plan.at);
        current.inventory = Arc::clone(inventory);
        current.instance = Arc::clone(&plan.instance);
        (&mut self.current.insert(current).accumulators, restored)
    }

    pub(super) fn past(&self, vm: &VmId) -> Option<Past<'_>> {
        self.current.as_ref()?.accumulators.past(vm)
    }

    pub(super) fn totals(&self) -> Option<SavedTotals> {
        let current = self.current.as_ref()?;
        Some(SavedTotals {
            instance: Arc::clone(&current.instance),
            source: current.accumulators.source(),
            vms: current.accumulators.totals().collect(),
        })
    }

    fn start(
        &mut self,
        options: CollectionOptions,
        inventory: &Arc<Inventory>,
        plan: &CyclePlan,
    ) -> (Current, Option<Restored>) {
        let mut accumulators =
            Accumulators::new(plan.source, options.window_seconds, options.measures);
        let restored = self.saved.take().map(|saved| {
            let (saved, away) = (saved.totals, saved.away);
            if saved.instance != plan.instance || saved.source != plan.source {
                return Restored::Foreign;
            }
            let vms = saved.vms.len();
            saved
                .vms
                .into_iter()
                .for_each(|totals| accumulators.restore(totals, away));
            Restored::Resumed { vms }
        });
        let current = Current {
            instance: Arc::clone(&plan.instance),
            accumulators,
            inventory: Arc::clone(inventory),
        };
        (current, restored)
    }
}
