//! Asks vCenter what a cycle wants to know. All policy is the cycle's; here are the calls.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use planner_core::collection::governor::Reaction;
use planner_core::collection::{Cycle, Query};
use tokio::time::Instant;

use crate::advice::explain;
use crate::self_metrics::{BatchOutcome, SelfMetrics};
use crate::settings::CollectionSettings;
use crate::vcenter::{Answer, CollectError, QueryPlan, Vcenter};

/// After so many queries in a row that do not reach vCenter, the cycle ends.
const MOST_UNREACHABLE: u32 = 3;

/// Asks all queries of the cycle. An error says why it could not continue.
pub(super) async fn ask_all(
    vcenter: &Vcenter,
    plan: &QueryPlan,
    settings: &CollectionSettings,
    metrics: &SelfMetrics,
    cycle: &mut Cycle<'_>,
) -> Result<(), CollectError> {
    let mut under_way = FuturesUnordered::new();
    let mut starts = Starts::new(settings.batch_delay);
    let mut unreachable_in_a_row = 0;
    let mut stopped = None;
    loop {
        while stopped.is_none()
            && under_way.len() < settings.concurrency
            && let Some(query) = cycle.next_query()
        {
            under_way.push(ask(vcenter, plan, query, starts.next()));
        }
        let Some((query, answer)) = under_way.next().await else {
            return stopped.map_or(Ok(()), Err);
        };
        match answer {
            Ok(answer) => {
                unreachable_in_a_row = 0;
                metrics.count_batch(BatchOutcome::Ok);
                cycle.answered(query, |intake| {
                    answer.for_each_vm(|moref, samples| intake.add(moref, samples));
                });
            }
            Err(error) if error.ends_the_cycle() => return Err(error),
            Err(error) => {
                let reason = Arc::new(error.reason());
                let vms = query.vms().len();
                let reaction = cycle.failed(query, error.attribution(), &reason);
                metrics.count_batch(batch_outcome(reaction));
                let reason = explain(&reason, vcenter.settings());
                tracing::debug!(vms, ?reaction, reason, "a query failed");
                unreachable_in_a_row = if error.is_unreachable() {
                    unreachable_in_a_row + 1
                } else {
                    0
                };
                if unreachable_in_a_row == MOST_UNREACHABLE {
                    stopped = Some(error);
                }
            }
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
    let answer = vcenter.query(plan, &query).await;
    (query, answer)
}

fn batch_outcome(reaction: Reaction) -> BatchOutcome {
    match reaction {
        Reaction::Split => BatchOutcome::Split,
        Reaction::Isolated => BatchOutcome::Isolated,
        Reaction::Retry => BatchOutcome::Retried,
        Reaction::GaveUp => BatchOutcome::Failed,
    }
}

/// When queries may start: each a delay after the one before, and a delay after the answer that made room for it.
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
