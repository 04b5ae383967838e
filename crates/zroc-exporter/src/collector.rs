//! The collection loop: one cycle at a time on a fixed schedule, one report per cycle.

mod announcements;
mod backfill;
mod history;
mod sample_words;
mod schedule;
#[cfg(test)]
mod tests;
mod totals;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use planner_core::collection::{Collection, CycleEnd, CycleReport, Restored};
use planner_core::history::History;
use planner_core::vm_state::VmState;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use self::announcements::Announcements;
use self::backfill::Backfill;
use self::history::HistoryKeeper;
use self::sample_words::SampleWords;
use self::totals::TotalsKeeper;
use crate::advice::explain;
use crate::ask::ask;
use crate::cycle_message;
use crate::self_metrics::CollectionMetrics;
use crate::settings::{CollectionSettings, VcenterSettings};
use crate::status::{Collected, CollectionStatus, Update, VcenterStatus, in_one_line};
use crate::task::{TaskError, survive};
use crate::vcenter::{CollectError, Vcenter};

pub use self::schedule::Schedule;

/// What is known of a vCenter before its first cycle.
pub(crate) fn first_status(
    settings: &VcenterSettings,
    is_labelled: bool,
    metrics: &CollectionMetrics,
) -> VcenterStatus {
    let history = settings.collection.history.as_ref();
    VcenterStatus {
        name: settings.name.clone(),
        is_labelled,
        collection: CollectionStatus::default(),
        report: None,
        about: None,
        history: history.map(|history| History::new(history.limits).view()),
        tls_verified: settings.is_tls_verified(),
        poll_interval: settings.collection.poll_interval,
        custom_attributes: !settings.collection.custom_attributes.is_empty(),
        metrics: metrics.clone(),
    }
}

/// Collects from one vCenter. It owns all that collection knows, and shares only its reports.
#[derive(Debug)]
pub struct Collector {
    vcenter: Vcenter,
    settings: CollectionSettings,
    metrics: CollectionMetrics,
    collection: Collection,
    totals: TotalsKeeper,
    /// `None` where no history is kept.
    history: Option<HistoryKeeper>,
    /// `None` where nothing is read at the start.
    backfill: Option<Backfill>,
    announcements: Announcements,
    sample_words: SampleWords,
    updates: mpsc::Sender<Update>,
}

impl Collector {
    /// A collector that sends its reports to `updates`.
    pub fn new(
        vcenter: Vcenter,
        metrics: CollectionMetrics,
        updates: mpsc::Sender<Update>,
    ) -> Self {
        let name = vcenter.settings().name.clone();
        let settings = vcenter.settings().collection.clone();
        let options = settings.options();
        let history = settings.history.clone();
        Self {
            vcenter,
            backfill: history
                .as_ref()
                .filter(|history| history.backfill)
                .map(|_| Backfill::default()),
            history: history.map(|history| HistoryKeeper::new(history, metrics.clone())),
            sample_words: SampleWords::default(),
            totals: TotalsKeeper::new(settings.state_file.clone(), metrics.clone()),
            metrics,
            collection: Collection::new(name, options),
            settings,
            announcements: Announcements::default(),
            updates,
        }
    }

    /// Collects until `shutdown`, then logs out.
    pub async fn run(mut self, shutdown: CancellationToken) {
        shutdown.run_until_cancelled(self.collect()).await;
        let Self {
            vcenter, history, ..
        } = self;
        let finish = OptionFuture::from(history.map(HistoryKeeper::finish));
        tokio::join!(log_out(&vcenter), finish);
    }

    /// Collects once unless `shutdown` comes before, then logs out.
    pub async fn run_once(mut self, shutdown: CancellationToken) {
        shutdown.run_until_cancelled(self.cycle_or_bug()).await;
        // The logout waits for a login that is not answered. Nobody waits for that longer than for any other call.
        let limit = self.vcenter.settings().request_timeout;
        let _ = timeout(limit, log_out(&self.vcenter)).await;
    }

    async fn collect(&mut self) {
        if let Some((totals, away)) = self.totals.load().await {
            self.collection.restore(totals, away);
        }
        let VcenterSettings { host, port, .. } = self.vcenter.settings();
        tracing::info!(%host, port, "connecting to vCenter");
        let mut schedule = Schedule::new(Instant::now(), self.settings.poll_interval);
        loop {
            self.wait(schedule.next()).await;
            self.cycle_or_bug().await;
            let skipped_ticks = schedule.advance(Instant::now());
            if skipped_ticks > 0 {
                self.metrics.count_skipped_ticks(skipped_ticks);
                tracing::warn!(skipped_ticks, "the cycle took longer than POLL_INTERVAL");
            }
        }
    }

    /// Waits for a moment. Meanwhile files of the history are written, and what it lacks is read.
    async fn wait(&mut self, moment: Instant) {
        let Self {
            vcenter,
            metrics,
            history,
            backfill,
            ..
        } = self;
        let Some(history) = history else {
            return sleep_until(moment).await;
        };
        let Some(backfill) = backfill else {
            return history.until(moment).await;
        };
        history.read_files(moment).await;
        loop {
            backfill.prepare(history.history());
            let found = tokio::select! {
                biased;
                () = history.until(moment) => return,
                found = survive(Box::pin(backfill.read(vcenter, metrics))) => found,
            };
            match found {
                Ok(found) => history.fill(found),
                Err(panic) => backfill.end(&panic.to_string()),
            }
        }
    }

    async fn cycle_or_bug(&mut self) {
        let start = Instant::now();
        if let Err(panic) = survive(Box::pin(self.collect_once())).await {
            self.lose_cycle(&panic, start.elapsed()).await;
        }
    }

    async fn collect_once(&mut self) {
        let mut report = self.cycle().await;
        if let Some(history) = &mut self.history {
            let about = self.vcenter.about();
            history.fold(&report, about.as_deref());
            if let Some(backfill) = &mut self.backfill {
                backfill.note(&report, about.as_deref());
            }
            // Nobody else reads them.
            report.new_samples = Vec::new();
        }
        self.report(report).await;
        if self.totals.is_on() {
            self.totals.save(self.collection.totals()).await;
        }
    }

    async fn report(&mut self, report: CycleReport) {
        self.metrics.count_cycle();
        let (settings, filter) = (self.vcenter.settings(), &self.settings.filter);
        let troubles = cycle_message::troubles(&report, settings, filter);
        let error = in_one_line(&troubles);
        self.announcements
            .cycle(&report, error.as_deref(), settings, filter);
        self.metrics.count_tally(&report.tally);
        self.sample_words.say(&report);
        // Without a receiver nobody reads reports, and the exporter is about to end.
        let _ = self
            .updates
            .send(Update::Cycle(Collected {
                report: Arc::new(report),
                troubles,
                about: self.vcenter.about(),
                history: self.history.as_ref().map(HistoryKeeper::view),
            }))
            .await;
    }

    /// A bug costs the cycle that met it, and no other.
    async fn lose_cycle(&mut self, panic: &TaskError, duration: Duration) {
        let report = self.fail(Arc::new(bug(panic)), duration);
        self.vcenter.start_over();
        self.report(report).await;
    }

    /// A cycle that asked for no VM.
    fn fail(&mut self, reason: Arc<Reason>, duration: Duration) -> CycleReport {
        let inventory = self.vcenter.last_inventory();
        let statistics = self.vcenter.statistics();
        self.collection
            .fail(inventory, statistics, reason, duration)
    }

    async fn cycle(&mut self) -> CycleReport {
        let limit = self.settings.cycle_timeout;
        let start = Instant::now();
        let deadline = start + limit;
        let deadline_exceeded = |_| Arc::new(Reason::Deadline { limit });
        let failed = |error: CollectError| Arc::new(error.reason());

        let opened = timeout_at(deadline, self.vcenter.open_cycle()).await;
        let opened = opened.map_err(deadline_exceeded);
        let (inventory, plan) = match opened.and_then(|opened| opened.map_err(failed)) {
            Ok(opened) => opened,
            Err(reason) => return self.fail(reason, start.elapsed()),
        };
        self.announcements.begin(&inventory);
        let mut cycle = self.collection.begin(inventory, plan.cycle.clone());
        if let Some(restored) = cycle.restored() {
            announce_restored(restored);
        }
        let Self {
            vcenter,
            settings,
            metrics,
            ..
        } = self;
        let asking = ask(vcenter, plan, settings, metrics, &mut cycle, |_, _| {});
        let asked = timeout_at(deadline, survive(asking)).await;
        let end = match asked.map_err(deadline_exceeded) {
            Ok(Ok(Ok(()))) => CycleEnd::Completed,
            Ok(Ok(Err(error))) => CycleEnd::Stopped(failed(error)),
            Ok(Err(panic)) => CycleEnd::Stopped(Arc::new(bug(&panic))),
            Err(reason) => CycleEnd::Stopped(reason),
        };
        let report = cycle.finish(end, start.elapsed());
        if has_no_values(&report) {
            self.vcenter.doubt_counters();
        }
        CycleReport {
            inventory_trouble: self.vcenter.inventory_trouble().map(Arc::new),
            ..report
        }
    }
}

async fn log_out(vcenter: &Vcenter) {
    match vcenter.logout().await {
        Ok(true) => tracing::info!("logged out"),
        Ok(false) => {}
        Err(error) => {
            let reason = explain(&error.reason(), vcenter.settings());
            tracing::warn!(
                reason,
                "could not log out; vCenter ends the session when it has been idle"
            );
        }
    }
}

/// Whether no VM had values although all were asked for.
fn has_no_values(report: &CycleReport) -> bool {
    let snapshot = report.snapshot.as_deref();
    report.end == CycleEnd::Completed
        && snapshot.is_some_and(|snapshot| snapshot.count(VmState::Sampled) == 0)
}

/// A panic as the reason of a failure.
fn bug(panic: &TaskError) -> Reason {
    Reason::Failed(CallFailure {
        kind: FailureKind::Bug,
        operation: None,
        message: panic.to_string().into(),
    })
}

fn announce_restored(restored: Restored) {
    match restored {
        Restored::Resumed { vms } => tracing::info!(vms, "resumed totals"),
        Restored::Foreign => tracing::warn!(
            "the totals in STATE_FILE belong to another vCenter or another PERF_SOURCE; totals restart from zero"
        ),
    }
}
