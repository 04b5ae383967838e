//! Asks vCenter what a cycle wants to know. All policy is the cycle's; here are the calls.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::Either;
use futures_util::stream::FuturesUnordered;
use planner_core::collection::governor::Reaction;
use planner_core::collection::samples::VmSamples;
use planner_core::collection::{Cycle, Query};
use planner_core::uptime::Uptime;
use tokio::time::Instant;

use crate::advice::explain;
use crate::self_metrics::{BatchOutcome, CollectionMetrics};
use crate::settings::CollectionSettings;
use crate::vcenter::{Answer, CollectError, QueryPlan, Reply, Vcenter};

/// After this number of queries in a row that do not reach vCenter, the cycle ends.
const MOST_UNREACHABLE: u32 = 3;

/// A query that has come one step further.
enum Step {
    Received(Query, Result<Reply, CollectError>),
    /// With our own time when the answer was complete.
    Decoded(Query, Uptime, Result<Answer, CollectError>),
}

/// Asks all queries of the cycle, and the rest again if counters have other ids by then. An error says why the cycle could
/// not continue. `observe` sees the samples of each VM too.
pub(crate) async fn ask(
    vcenter: &mut Vcenter,
    plan: QueryPlan,
    settings: &CollectionSettings,
    metrics: &CollectionMetrics,
    cycle: &mut Cycle<'_>,
    mut observe: impl FnMut(&str, &VmSamples<'_>),
) -> Result<(), CollectError> {
    let asked = ask_all(vcenter, &plan, settings, metrics, cycle, &mut observe).await;
    match asked {
        Err(error) if error.needs_new_ids() => {
            let plan = vcenter.renew(plan).await?;
            ask_all(vcenter, &plan, settings, metrics, cycle, &mut observe).await
        }
        asked => asked,
    }
}

/// Asks all queries of the cycle. The next query is on its way while the last answer is decoded and counted. An error says
/// why the cycle could not continue.
async fn ask_all(
    vcenter: &Vcenter,
    plan: &QueryPlan,
    settings: &CollectionSettings,
    metrics: &CollectionMetrics,
    cycle: &mut Cycle<'_>,
    observe: &mut impl FnMut(&str, &VmSamples<'_>),
) -> Result<(), CollectError> {
    let mut steps = FuturesUnordered::new();
    let (mut calls, mut answers) = (0, 0);
    let mut starts = Starts::new(settings.batch_delay);
    let mut unreachable_in_a_row = 0;
    let mut stopped = None;
    loop {
        // While one answer is decoded, one more may wait for that.
        while stopped.is_none()
            && calls < settings.concurrency
            && answers <= 1
            && let Some(query) = cycle.next_query(vcenter.uptime())
        {
            calls += 1;
            steps.push(Either::Left(receive(vcenter, plan, query, starts.next())));
        }
        let (query, error) = match steps.next().await {
            None => return stopped.map_or(Ok(()), Err),
            Some(Step::Received(query, Ok(reply))) => {
                (calls, answers) = (calls - 1, answers + 1);
                steps.push(Either::Right(decode(query, vcenter.uptime(), reply)));
                continue;
            }
            Some(Step::Decoded(query, at, Ok(answer))) => {
                answers -= 1;
                unreachable_in_a_row = 0;
                metrics.count_batch(BatchOutcome::Ok);
                cycle.answered(query, at, |intake| {
                    answer.for_each_vm(|moref, samples| {
                        intake.add(moref, samples);
                        observe(moref, samples);
                    });
                });
                continue;
            }
            Some(Step::Received(query, Err(error))) => {
                calls -= 1;
                (query, error)
            }
            Some(Step::Decoded(query, _, Err(error))) => {
                answers -= 1;
                (query, error)
            }
        };
        if error.ends_the_cycle() {
            return Err(error);
        }
        let (vms, reason) = (query.vms().len(), Arc::new(error.reason()));
        let reaction = cycle.failed(query, error.attribution(), &reason);
        metrics.count_batch(batch_outcome(reaction));
        let reason = explain(&reason, vcenter.settings());
        tracing::debug!(vms, ?reaction, reason, "a query failed");
        unreachable_in_a_row = if error.is_unreachable() {
            unreachable_in_a_row + 1
        } else {
            0
        };
        if unreachable_in_a_row == MOST_UNREACHABLE || error.needs_new_ids() {
            stopped = Some(error);
        }
    }
}

async fn receive(vcenter: &Vcenter, plan: &QueryPlan, query: Query, start: Instant) -> Step {
    // Even a timer that has run out costs a millisecond.
    if start > Instant::now() {
        tokio::time::sleep_until(start).await;
    }
    let reply = vcenter.receive(plan, &query).await;
    Step::Received(query, reply)
}

async fn decode(query: Query, at: Uptime, reply: Reply) -> Step {
    let answer = reply.decode().await;
    Step::Decoded(query, at, answer)
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
