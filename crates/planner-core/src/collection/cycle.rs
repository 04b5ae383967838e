//! One pass over all VMs: queries out, answers in, a report at the end.

use std::sync::Arc;
use std::time::Duration;

use super::accumulators::{Accumulators, Look};
use super::asked::Asked;
use super::governor::{Attribution, QuarantineCause, Reaction, Round};
use super::host_clocks::HostClocks;
use super::plan::{CollectionOptions, Restored};
use super::query::Query;
use super::reason::Reason;
use super::report::{CycleEnd, CycleReport, NewSample, VcenterName};
use super::samples::VmSamples;
use super::source::{SampleRange, Source, Statistics};
use crate::inventory::Inventory;
use crate::snapshot::Snapshot;
use crate::snapshot_builder::SnapshotBuilder;
use crate::uptime::Uptime;
use crate::vcenter_time::VcenterTime;

/// What a cycle starts from.
#[derive(Debug)]
pub(super) struct Ground<'c> {
    pub(super) vcenter: VcenterName,
    pub(super) options: CollectionOptions,
    pub(super) round: Round<'c>,
    pub(super) accumulators: &'c mut Accumulators,
    pub(super) host_clocks: HostClocks,
    /// Where the snapshot of this cycle is kept for the next one.
    pub(super) latest: &'c mut Option<Arc<Snapshot>>,
    pub(super) snapshot: SnapshotBuilder,
    pub(super) now: VcenterTime,
    pub(super) statistics: Arc<Statistics>,
    pub(super) restored: Option<Restored>,
    /// What to ask of each VM instead of what is new.
    pub(super) range: Option<SampleRange>,
}

/// A cycle under way. What it has found stays in it, so a deadline loses nothing.
#[derive(Debug)]
#[must_use = "a cycle that is not finished reports nothing"]
pub struct Cycle<'c> {
    ground: Ground<'c>,
    new_samples: Vec<NewSample>,
}

impl<'c> Cycle<'c> {
    pub(super) fn new(ground: Ground<'c>) -> Self {
        Self {
            ground,
            new_samples: Vec::new(),
        }
    }

    /// What became of the totals that [`Collection::restore`](super::Collection::restore) was given, in the cycle that
    /// first knows.
    pub fn restored(&self) -> Option<Restored> {
        self.ground.restored
    }

    /// Asks each VM for these samples instead of those that are new.
    pub fn ask_for(&mut self, range: SampleRange) {
        self.ground.range = Some(range);
    }

    /// vCenter's time when the cycle began.
    pub fn now(&self) -> VcenterTime {
        self.ground.now
    }

    /// The next query to ask, or `None` if nothing can be asked before another query is settled. Several queries may be
    /// unsettled at once.
    ///
    /// `at` is our own time now.
    pub fn next_query(&mut self, at: Uptime) -> Option<Query> {
        let batch = self.ground.round.next_batch()?;
        let ground = &self.ground;
        let range = |vm| {
            let new = || ground.accumulators.range(vm, ground.now, at);
            ground.range.unwrap_or_else(new)
        };
        Some(Query {
            asked: at,
            ranges: batch.vms().iter().map(range).collect(),
            batch,
        })
    }

    /// A query was answered, `at` our own time. `read` hands over the samples of the answer, VM by VM. VMs that it does not mention have no
    /// data, which is not a failure.
    ///
    /// A query of another cycle is ignored.
    pub fn answered(&mut self, query: Query, at: Uptime, read: impl FnOnce(&mut Intake<'_>)) {
        let ground = &mut self.ground;
        let asked = query.asked;
        let vms = ground.round.answered(query.batch);
        if vms.is_empty() {
            return;
        }
        let new_samples = &mut self.new_samples;
        read(&mut Intake {
            accumulators: ground.accumulators,
            host_clocks: &mut ground.host_clocks,
            inventory: ground.snapshot.inventory(),
            asked: Asked::new(&vms),
            asked_at: asked,
            answered_at: at,
            new_samples: ground.options.keep_new_samples.then_some(new_samples),
        });
        for vm in &*vms {
            if let Some(stats) = ground.accumulators.stats(vm, asked) {
                ground.snapshot.sampled(vm, stats);
            }
        }
    }

    /// A query failed. Its VMs are asked for again, or fail for `reason`.
    ///
    /// A query of another cycle is ignored.
    pub fn failed(
        &mut self,
        query: Query,
        attribution: Attribution,
        reason: &Arc<Reason>,
    ) -> Reaction {
        self.ground.round.failed(query.batch, attribution, reason)
    }

    /// Ends the cycle, early or not. VMs that were not answered yet fail for the reason of a stop.
    ///
    /// `duration` is how long the cycle took by the caller's monotonic clock.
    pub fn finish(self, end: CycleEnd, duration: Duration) -> CycleReport {
        let Self {
            ground,
            new_samples,
        } = self;
        let missed = match &end {
            CycleEnd::Stopped(reason) => ground.round.finish(reason),
            CycleEnd::Completed => ground.round.finish(&Arc::new(Reason::NotAsked)),
        };
        let mut snapshot = ground.snapshot;
        for failed in &missed.unanswered {
            snapshot.failed(&failed.vm, Arc::clone(&failed.reason));
        }
        for vm in &missed.quarantined {
            let reason = Arc::clone(&vm.reason);
            match vm.cause {
                QuarantineCause::BreaksQueries => snapshot.quarantined(&vm.vm, reason),
                QuarantineCause::Denied => snapshot.denied(&vm.vm, reason),
            }
        }
        let snapshot = Arc::new(snapshot.build());
        *ground.latest = Some(Arc::clone(&snapshot));
        CycleReport {
            vcenter: ground.vcenter,
            began_at: Some(ground.now),
            window_seconds: ground.options.window_seconds,
            measures: ground.options.measures,
            statistics: Some(ground.statistics),
            snapshot: Some(snapshot),
            new_samples,
            tally: ground.accumulators.take_tally(),
            host_clocks: ground.host_clocks.notable(),
            hosts_asked_by_time: ground.accumulators.hosts_asked_by_time(),
            inventory_trouble: None,
            missed,
            end,
            duration,
        }
    }
}

/// Takes the samples of one answer.
#[derive(Debug)]
pub struct Intake<'i> {
    accumulators: &'i mut Accumulators,
    host_clocks: &'i mut HostClocks,
    inventory: &'i Inventory,
    asked: Asked<'i>,
    asked_at: Uptime,
    answered_at: Uptime,
    new_samples: Option<&'i mut Vec<NewSample>>,
}

impl Intake<'_> {
    /// Counts the samples of the VM with this reference. VMs that were not asked for are ignored.
    pub fn add(&mut self, moref: &str, samples: &VmSamples<'_>) {
        let Some(vm) = self.asked.find(moref) else {
            return;
        };
        let known = self.inventory.get(vm);
        let placement = known.map(|vm| &*vm.placement);
        let look = Look {
            asked: self.asked_at,
            answered: self.answered_at,
            host: placement.and_then(|placement| placement.host_moref.as_ref()),
        };
        if let Some(placement) = placement
            && self.accumulators.source() == Source::Realtime
            && let Some(newest) = samples.newest()
        {
            self.host_clocks.note(look, &placement.host, newest);
        }
        let new_samples = &mut self.new_samples;
        self.accumulators.ingest(vm, samples, look, |at, written| {
            if let Some(new_samples) = new_samples {
                new_samples.push(NewSample {
                    vm: vm.clone(),
                    at,
                    written,
                });
            }
        });
    }
}
