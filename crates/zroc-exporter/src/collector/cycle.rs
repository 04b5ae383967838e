//! One cycle: everything is asked for once, and what the governor says again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use planner_core::governor::{Batch, Cause, Governor, Missed, Reaction};
use planner_core::inventory::{Inventory, VmId};
use planner_core::meters::Meters;
use planner_core::snapshot::{Snapshot, SnapshotBuilder};
use planner_core::source::QueryRange;
use tokio::time::Instant;

use super::outcome::Outcome;
use crate::advice;
use crate::self_metrics::{BatchOutcome, SelfMetrics};
use crate::settings::CollectionSettings;
use crate::state_file::StateFile;
use crate::vcenter::{Answer, CollectError, Moment, QueryPlan, Vcenter};

/// When so many queries in a row do not reach vCenter, it is away.
const MOST_UNREACHABLE: u32 = 3;

/// What outlives a cycle: samples counted, and lessons learned.
#[derive(Debug, Default)]
pub(super) struct Memory {
    meters: Option<Meters>,
    governor: Option<Governor>,
    /// The inventory whose VMs the meters are of, and the vCenter.
    metered: Option<Arc<Inventory>>,
    vcenter: Option<Arc<str>>,
}

impl Memory {
    /// Keeps the totals in the file, for the next process.
    pub(super) async fn save_totals(&mut self, file: StateFile) {
        let (Some(vcenter), Some(meters)) = (self.vcenter.clone(), self.meters.take()) else {
            return;
        };
        let saving = tokio::task::spawn_blocking(move || {
            if let Err(error) = file.save(&vcenter, &meters) {
                let path = file.path().display();
                tracing::warn!(%path, %error, "totals cannot be kept; see to STATE_FILE");
            }
            meters
        });
        match saving.await {
            Ok(meters) => self.meters = Some(meters),
            Err(error) => tracing::error!(%error, "the totals are lost and begin anew"),
        }
    }
}

/// A cycle under way. What it has found outlives its future, so a deadline loses nothing.
pub(super) struct Cycle<'c> {
    vcenter: &'c mut Vcenter,
    settings: &'c CollectionSettings,
    metrics: &'c SelfMetrics,
    memory: &'c mut Memory,
    snapshot: Option<SnapshotBuilder>,
    /// Whether VMs were asked for: before that all of them failed when the cycle ends early.
    is_asking: bool,
}

/// A batch with what is asked for each of its VMs.
struct Query {
    batch: Batch,
    vms: Vec<(VmId, QueryRange)>,
}

impl<'c> Cycle<'c> {
    /// Starts from the inventory of the cycle before, in case this one does not get as far as its own, and from its values.
    pub(super) fn new(
        vcenter: &'c mut Vcenter,
        settings: &'c CollectionSettings,
        metrics: &'c SelfMetrics,
        memory: &'c mut Memory,
        previous: Option<Snapshot>,
    ) -> Self {
        let inventory = vcenter.last_inventory();
        let snapshot = inventory.map(|inventory| SnapshotBuilder::new(inventory, previous));
        Self {
            vcenter,
            settings,
            metrics,
            memory,
            snapshot,
            is_asking: false,
        }
    }

    /// Collects all there is. An error says why the cycle could not go on.
    pub(super) async fn collect(&mut self) -> Result<(), String> {
        let collected = self.try_collect().await;
        collected.map_err(|error| advice::explain(&error, self.vcenter.settings()))
    }

    async fn try_collect(&mut self) -> Result<(), CollectError> {
        let inventory = self.vcenter.refresh(Moment::now()).await?;
        self.snapshot = Some(match self.snapshot.take() {
            Some(snapshot) => snapshot.onto(Arc::clone(&inventory)),
            None => SnapshotBuilder::new(Arc::clone(&inventory), None),
        });
        let plan = self.vcenter.plan(&inventory).await?;
        self.begin(&plan, &inventory);

        let Self {
            vcenter,
            settings,
            metrics,
            memory,
            snapshot,
            ..
        } = self;
        let vcenter: &Vcenter = vcenter;
        let (Some(meters), Some(governor), Some(snapshot)) =
            (&mut memory.meters, &mut memory.governor, snapshot)
        else {
            return Ok(());
        };
        let mut under_way = FuturesUnordered::new();
        let mut starts = Starts::new(settings.batch_delay);
        let mut unreachable_in_a_row = 0;
        let mut ended_early = None;
        loop {
            while ended_early.is_none()
                && under_way.len() < settings.concurrency
                && let Some(batch) = governor.next_batch()
            {
                let query = Query::new(batch, meters, &plan);
                under_way.push(ask(vcenter, &plan, query, starts.next()));
            }
            let Some((query, answer)) = under_way.next().await else {
                return ended_early.map_or(Ok(()), Err);
            };
            let error = match answer {
                Ok(answer) => {
                    unreachable_in_a_row = 0;
                    metrics.count_batch(BatchOutcome::Ok);
                    take(answer, &query, meters, snapshot, &plan);
                    governor.answered(&query.batch);
                    continue;
                }
                Err(error) if error.ends_the_cycle() => return Err(error),
                Err(error) => error,
            };
            let reason = advice::explain(&error, vcenter.settings());
            let reaction = governor.failed(&query.batch, error.failure(), &reason);
            metrics.count_batch(batch_outcome(reaction));
            tracing::debug!(vms = query.vms.len(), ?reaction, reason, "a batch failed");
            unreachable_in_a_row = if error.is_unreachable() {
                unreachable_in_a_row + 1
            } else {
                0
            };
            if unreachable_in_a_row == MOST_UNREACHABLE {
                ended_early = Some(error);
            }
        }
    }

    fn begin(&mut self, plan: &QueryPlan, inventory: &Arc<Inventory>) {
        let meters = self
            .memory
            .meters
            .take()
            .filter(|meters| meters.source() == plan.source);
        let mut meters = meters.unwrap_or_else(|| self.new_meters(plan));
        self.memory.vcenter = Some(Arc::clone(&plan.vcenter));
        let metered = self.memory.metered.replace(Arc::clone(inventory));
        if metered.is_none_or(|before| !Arc::ptr_eq(&before, inventory)) {
            meters.keep_only(inventory);
        }
        self.memory.meters = Some(meters);
        let governor = self
            .memory
            .governor
            .get_or_insert_with(|| Governor::new(plan.limits));
        governor.begin(inventory, plan.limits);
        self.is_asking = true;
    }

    /// Meters that go on from the totals of the process before, if they were kept.
    fn new_meters(&self, plan: &QueryPlan) -> Meters {
        let CollectionSettings {
            window_seconds,
            meters,
            state_file,
            ..
        } = self.settings;
        let mut meters = Meters::new(plan.source, *window_seconds, *meters);
        if let Some(file) = state_file {
            let path = file.path().display();
            match file.load(&plan.vcenter, &mut meters) {
                Ok(vms) => tracing::info!(%path, vms, "totals go on"),
                Err(error) => {
                    tracing::warn!(%path, %error, "not all totals could be read; the others begin anew");
                }
            }
        }
        meters
    }

    /// Ends the cycle. `ended_early` says why it could not go on, if so.
    pub(super) fn finish(self, ended_early: Option<String>) -> Outcome {
        let Some(mut snapshot) = self.snapshot else {
            return Outcome {
                snapshot: None,
                missed: Missed::default(),
                ended_early,
            };
        };
        let mut missed = Missed::default();
        match &mut self.memory.governor {
            Some(governor) if self.is_asking => {
                missed = governor.finish(ended_early.as_deref().unwrap_or_default());
                for left_out in governor.left_out() {
                    let moref = left_out.vm.as_str();
                    match left_out.cause {
                        Cause::Poison => snapshot.left_out(moref, left_out.reason),
                        Cause::Denied => snapshot.denied(moref, left_out.reason),
                    }
                }
            }
            _ => snapshot.all_failed(),
        }
        for failed in &missed.unanswered {
            snapshot.failed(failed.vm.as_str());
        }
        Outcome {
            snapshot: Some(snapshot.build()),
            missed,
            ended_early,
        }
    }
}

/// When queries may start: each so long after the one before, and so long after the answer that made room for it.
struct Starts {
    delay: Duration,
    latest: Option<Instant>,
}

impl Starts {
    fn new(delay: Duration) -> Self {
        Self {
            delay,
            latest: None,
        }
    }

    fn next(&mut self) -> Instant {
        let now = Instant::now();
        let next = match self.latest {
            Some(latest) => latest.max(now) + self.delay,
            None => now,
        };
        self.latest = Some(next);
        next
    }
}

impl Query {
    fn new(batch: Batch, meters: &Meters, plan: &QueryPlan) -> Self {
        let range = |vm: &VmId| (vm.clone(), meters.range(vm, plan.now));
        Self {
            vms: batch.vms().iter().map(range).collect(),
            batch,
        }
    }
}

async fn ask(
    vcenter: &Vcenter,
    plan: &QueryPlan,
    query: Query,
    start: Instant,
) -> (Query, Result<Answer, CollectError>) {
    // Even a timer that has run out costs a millisecond.
    if start > Instant::now() {
        tokio::time::sleep_until(start).await;
    }
    let answer = vcenter.query(plan, &query.vms).await;
    (query, answer)
}

fn take(
    answer: Answer,
    query: &Query,
    meters: &mut Meters,
    snapshot: &mut SnapshotBuilder,
    plan: &QueryPlan,
) {
    answer.absorb_into(meters, &query.vms, plan.now);
    for (vm, _) in &query.vms {
        if let Some(stats) = meters.stats(vm, plan.now) {
            snapshot.sampled(vm.as_str(), stats);
        }
    }
}

fn batch_outcome(reaction: Reaction) -> BatchOutcome {
    match reaction {
        Reaction::Split => BatchOutcome::Split,
        Reaction::Isolated => BatchOutcome::Isolated,
        Reaction::Retry => BatchOutcome::Retried,
        Reaction::GaveUp => BatchOutcome::Failed,
    }
}
