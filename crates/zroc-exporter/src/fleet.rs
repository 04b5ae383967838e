//! The collectors at work, one for each vCenter. What one of them meets costs the others nothing but its share of the CPU.

use std::time::Duration;

use futures_util::future::{Fuse, FusedFuture as _, FutureExt as _, pending};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use planner_core::collection::VcenterName;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use crate::collector::{self, Collector};
use crate::error_chain::with_causes;
use crate::self_metrics::CollectionMetrics;
use crate::settings::VcenterSettings;
use crate::status::{Listed, Update, VcenterStatus};
use crate::task::{TaskError, join};
use crate::vcenter::{CollectError, LogoutHandle, Vcenter};

/// Within this time a collector has ended and logged out.
pub(crate) const LOGOUT_WITHIN: Duration = Duration::from_secs(4);

/// The collectors at work.
pub(crate) struct Fleet {
    runtime: Handle,
    /// Asks all collectors to end. Each has a child of it.
    shutdown: CancellationToken,
    /// Whether series and log lines say which vCenter they are about.
    is_labelled: bool,
    updates: mpsc::Sender<Update>,
    members: Vec<Member>,
    /// Those that were asked to end.
    leaving: JoinSet<()>,
}

/// A collector that can start, because its settings can be used.
pub(crate) struct Ready {
    vcenter: Vcenter,
    metrics: CollectionMetrics,
}

/// A collector at work, and what ends its session if it cannot do so itself.
struct Member {
    settings: VcenterSettings,
    shutdown: CancellationToken,
    task: Fuse<JoinHandle<()>>,
    logout: LogoutHandle,
    /// Says in log lines which vCenter they are about.
    span: Span,
}

/// What [`Fleet::replace`] did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
    pub(crate) unchanged: usize,
}

impl Ready {
    /// Reads the files that the settings name, so it may block. Nothing is sent yet.
    ///
    /// # Errors
    /// When the settings cannot be used after all.
    pub(crate) fn prepare(settings: VcenterSettings) -> Result<Self, CollectError> {
        let metrics = CollectionMetrics::default();
        let vcenter = Vcenter::new(settings, metrics.clone())?;
        Ok(Self { vcenter, metrics })
    }

    fn name(&self) -> &VcenterName {
        &self.vcenter.settings().name
    }

    /// The collector, which sends its reports to `updates`.
    pub(crate) fn collector(self, updates: mpsc::Sender<Update>) -> Collector {
        Collector::new(self.vcenter, self.metrics, updates)
    }

    /// The gateway and what it counts, for who reads without a collector.
    pub(crate) fn into_parts(self) -> (Vcenter, CollectionMetrics) {
        (self.vcenter, self.metrics)
    }

    /// What is known of the vCenter before its first cycle.
    pub(crate) fn status(&self, is_labelled: bool) -> VcenterStatus {
        collector::first_status(self.vcenter.settings(), is_labelled, &self.metrics)
    }
}

impl Fleet {
    /// A fleet whose publisher knows these vCenters already. Collectors work on `runtime` until `shutdown`.
    pub(crate) fn start(
        ready: Vec<Ready>,
        is_labelled: bool,
        updates: mpsc::Sender<Update>,
        runtime: Handle,
        shutdown: CancellationToken,
    ) -> Self {
        let mut fleet = Self {
            runtime,
            shutdown,
            is_labelled,
            updates,
            members: Vec::new(),
            leaving: JoinSet::new(),
        };
        for ready in ready {
            let member = fleet.launch(ready);
            fleet.members.push(member);
        }
        fleet
    }

    pub(crate) fn is_labelled(&self) -> bool {
        self.is_labelled
    }

    fn launch(&self, ready: Ready) -> Member {
        let settings = ready.vcenter.settings().clone();
        let logout = ready.vcenter.logout_handle();
        let shutdown = self.shutdown.child_token();
        // A span of a lower level would be missing from the lines of higher ones.
        let span = if self.is_labelled {
            tracing::error_span!("vcenter", name = settings.name.as_str())
        } else {
            Span::none()
        };
        let collector = ready.collector(self.updates.clone());
        let work = collector.run(shutdown.clone()).instrument(span.clone());
        Member {
            settings,
            shutdown,
            task: self.runtime.spawn(work).fuse(),
            logout,
            span,
        }
    }

    /// The vCenters that are collected from.
    pub(crate) fn vcenters(&self) -> Vec<VcenterSettings> {
        self.members.iter().map(|it| it.settings.clone()).collect()
    }

    /// Continues with these vCenters, each with its settings. `ready` are the collectors of those that are not
    /// among its [`vcenters`](Self::vcenters).
    ///
    /// Those that are the same keep their session and their marks. Those that are gone or changed log out and end before
    /// anything new begins, within 4 seconds, and their series end. If the future is dropped, nothing new begins.
    pub(crate) async fn replace(
        &mut self,
        vcenters: &[VcenterSettings],
        ready: Vec<Ready>,
    ) -> Replaced {
        let (kept, gone): (Vec<_>, Vec<_>) = self
            .members
            .drain(..)
            .partition(|member| vcenters.contains(&member.settings));
        let replaced = Replaced::count(&kept, &gone, &ready);
        self.members = kept;
        for member in gone {
            self.leaving.spawn(member.end());
        }
        self.have_left().await;
        let listed = vcenters.iter().map(|vcenter| {
            match ready.iter().find(|it| *it.name() == vcenter.name) {
                Some(new) => Listed::New(Box::new(new.status(self.is_labelled))),
                None => Listed::Known(vcenter.name.clone()),
            }
        });
        // Without a receiver nobody reads reports, and the exporter is about to end.
        let _ = self.updates.send(Update::Vcenters(listed.collect())).await;
        for ready in ready {
            let member = self.launch(ready);
            self.members.push(member);
        }
        replaced
    }

    /// Waits for the first collector that ends. None does before it is asked to, unless it panics.
    pub(crate) async fn first_to_end(&mut self) -> Result<(), TaskError> {
        let tasks = self.members.iter_mut().map(|member| join(&mut member.task));
        let mut tasks: FuturesUnordered<_> = tasks.collect();
        match tasks.next().await {
            Some(ended) => ended,
            None => pending().await,
        }
    }

    /// Ends all collectors and their sessions, within 4 seconds.
    pub(crate) async fn end(mut self) {
        for member in self.members.drain(..) {
            self.leaving.spawn(member.end());
        }
        self.have_left().await;
    }

    /// Waits for those that were asked to end. Cancel safe.
    async fn have_left(&mut self) {
        while self.leaving.join_next().await.is_some() {}
    }
}

impl Replaced {
    fn count(kept: &[Member], gone: &[Member], ready: &[Ready]) -> Self {
        let is_gone = |new: &&Ready| gone.iter().any(|it| it.settings.name == *new.name());
        let changed = ready.iter().filter(is_gone).count();
        Self {
            added: ready.len() - changed,
            changed,
            removed: gone.len() - changed,
            unchanged: kept.len(),
        }
    }
}

impl Member {
    /// Waits until the collector has ended and vCenter has ended its session, but not for long.
    async fn end(self) {
        self.shutdown.cancel();
        let span = self.span.clone();
        let ending = self.end_session().instrument(span.clone());
        if timeout(LOGOUT_WITHIN, ending).await.is_err() {
            tracing::warn!(
                parent: &span,
                "collection did not end in time; if it has a session, vCenter ends that when it has been idle"
            );
        }
    }

    async fn end_session(self) {
        let has_panicked = self.task.is_terminated() || {
            let ended = join(self.task).await;
            if let Err(error) = &ended {
                tracing::error!(%error, "the collector failed at the end");
            }
            ended.is_err()
        };
        // A collector that panicked has not logged out.
        if has_panicked && let Err(error) = self.logout.logout().await {
            let reason = with_causes(&error);
            tracing::warn!(reason, "could not log out after the collector failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use mock_vcenter::{MockVcenter, Options};
    use tokio::sync::oneshot;

    use super::*;
    use crate::settings::{Given, Settings};
    use crate::vcenter::Moment;

    /// A fleet of one collector, which has logged in and panics when the sender is dropped.
    async fn fleet(mock: &MockVcenter) -> (Fleet, oneshot::Sender<()>) {
        let given = Given::from_iter([
            ("VCENTER_HOST", mock.address().ip().to_string()),
            ("VCENTER_PORT", mock.address().port().to_string()),
            ("VCENTER_PASSWORD", Options::default().password),
        ]);
        let settings = Settings::load(given).unwrap().vcenters.remove(0);
        let mut vcenter = Vcenter::new(settings.clone(), CollectionMetrics::default()).unwrap();
        let logout = vcenter.logout_handle();
        vcenter.refresh(Moment::now()).await.unwrap();
        assert_eq!(mock.open_sessions(), 1);
        let (sender, dropped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let _owned = vcenter;
            dropped.await.unwrap();
        });
        let (updates, _) = mpsc::channel(1);
        let shutdown = CancellationToken::new();
        let mut fleet = Fleet::start(Vec::new(), false, updates, Handle::current(), shutdown);
        fleet.members.push(Member {
            settings,
            shutdown: CancellationToken::new(),
            task: task.fuse(),
            logout,
            span: Span::none(),
        });
        (fleet, sender)
    }

    #[tokio::test]
    async fn a_collector_that_panicked_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (mut fleet, sender) = fleet(&mock).await;
        drop(sender);
        let failed = fleet.first_to_end().await;
        assert!(matches!(failed, Err(TaskError::Panicked(_))));
        fleet.end().await;
        assert_eq!(mock.open_sessions(), 0);
    }

    #[tokio::test]
    async fn a_collector_that_panics_while_it_is_waited_for_leaves_no_session() {
        let mock = MockVcenter::start(Options::default()).await.unwrap();
        let (fleet, sender) = fleet(&mock).await;
        tokio::join!(fleet.end(), async { drop(sender) });
        assert_eq!(mock.open_sessions(), 0);
    }
}
