//! What vCenter's statistics offer, and how a cycle asks for them.

use std::num::NonZeroU32;
use std::sync::Arc;

use planner_core::collection::CyclePlan;
use planner_core::collection::batch_limits::BatchLimits;
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::source::{Source, SourceChoice, Statistics};
use planner_core::inventory::Inventory;
use planner_core::uptime::Uptime;
use planner_core::vcenter_time::VcenterTime;
use tokio::time::Instant;
use vsphere_soap::{Client, MoRef, PerfMetricId, Session};

use super::catalogue::{Catalogue, instance_of_all};
use super::error::CollectError;
use super::query::QueryPlan;
use super::roll_ups::RollUps;
use crate::settings::CollectionSettings;

/// The performance manager of one vCenter, as far as it is known.
#[derive(Debug)]
pub(super) struct Performance {
    window_seconds: u32,
    batch_size: NonZeroU32,
    choice: SourceChoice,
    wanted: Vec<DiskCounter>,
    /// Valid for one session.
    catalogue: Option<Catalogue>,
    /// The source announced in this session.
    source: Option<Source>,
    realtime_supported: Option<bool>,
    /// Whether the counters are read again although the session is the same.
    is_doubted: bool,
    started: Instant,
}

impl Performance {
    pub(super) fn new(settings: &CollectionSettings) -> Self {
        let mut wanted = DiskCounter::WRITES.to_vec();
        if settings.measures.reads {
            wanted.extend(DiskCounter::READS);
        }
        Self {
            window_seconds: settings.window_seconds,
            batch_size: settings.batch_size,
            choice: settings.source,
            wanted,
            catalogue: None,
            source: None,
            realtime_supported: None,
            is_doubted: false,
            started: Instant::now(),
        }
    }

    /// Forgets what was read. Our own time passes on: what was counted so far is measured by it.
    pub(super) fn start_over(&mut self, settings: &CollectionSettings) {
        *self = Self {
            started: self.started,
            ..Self::new(settings)
        };
    }

    /// Reads the counters again before the next cycle: no VM had values of those that are known.
    pub(super) fn doubt_counters(&mut self) {
        self.is_doubted = true;
    }

    /// Reads the counters, unless they were read in this session: in another one they may have other ids.
    pub(super) async fn refresh(
        &mut self,
        client: &Client,
        session: &Session,
    ) -> Result<(), CollectError> {
        let known = self.catalogue.as_ref();
        let is_of_session = known.is_some_and(|it| it.session_id == session.id());
        if is_of_session && !self.is_doubted {
            return Ok(());
        }
        if !is_of_session {
            self.source = None;
        }
        self.catalogue = Some(Catalogue::load(client, &self.wanted).await?);
        self.is_doubted = false;
        Ok(())
    }

    /// The same plan with the ids that counters have now.
    pub(super) fn renewed(&self, plan: QueryPlan) -> Result<QueryPlan, CollectError> {
        let catalogue = self.catalogue.as_ref().ok_or(CollectError::NoCounters)?;
        if catalogue.instance != plan.cycle.instance {
            // Another vCenter has taken the place of the one whose VMs the cycle is about.
            return Err(CollectError::SessionReplaced);
        }
        Ok(QueryPlan {
            session_id: catalogue.session_id,
            counters: Arc::clone(&catalogue.counters),
            metric_ids: Arc::clone(&catalogue.metric_ids),
            ..plan
        })
    }

    /// What the statistics offer, once that is known.
    pub(super) fn statistics(&self) -> Option<Arc<Statistics>> {
        let catalogue = self.catalogue.as_ref()?;
        Some(Arc::new(Statistics {
            source: self.source,
            availability: catalogue.availability(self.window_seconds),
        }))
    }

    /// What there is of stored roll-ups as long as the window, once that is known.
    pub(super) fn roll_ups(&self) -> Option<RollUps> {
        let catalogue = self.catalogue.as_ref()?;
        Some(catalogue.roll_ups(self.window_seconds))
    }

    /// Our own time now.
    pub(super) fn uptime(&self) -> Uptime {
        Uptime::new(self.started.elapsed())
    }

    /// Plans the queries of a cycle by vCenter's clock.
    pub(super) async fn plan(
        &mut self,
        client: &Client,
        inventory: &Inventory,
    ) -> Result<QueryPlan, CollectError> {
        let window_seconds = self.window_seconds;
        let realtime_supported = self.is_realtime_supported(client, inventory).await?;
        let source = Source::settle(self.choice, window_seconds, realtime_supported);
        let now = client.current_time().await?;
        let catalogue = self.catalogue.as_ref().ok_or(CollectError::NoCounters)?;
        if source == Source::Historical {
            catalogue.check_interval(window_seconds)?;
        }
        if self.source != Some(source) {
            announce(source, window_seconds, catalogue);
            self.source = Some(source);
        }
        let metric_ids = Arc::clone(&catalogue.metric_ids);
        let interval_seconds = source.interval_seconds(window_seconds);
        self.query_plan(
            source,
            interval_seconds,
            VcenterTime::from_timestamp(now),
            metric_ids,
        )
    }

    /// Plans queries for what VMs wrote in samples of a length, without effect on cycles. `None` if vCenter keeps none.
    pub(super) async fn plan_writes(
        &self,
        client: &Client,
        source: Source,
        interval_seconds: u32,
    ) -> Result<Option<QueryPlan>, CollectError> {
        let catalogue = self.catalogue.as_ref().ok_or(CollectError::NoCounters)?;
        let [_, rate, _] = DiskCounter::WRITES;
        let kept = catalogue.counters.info(rate).filter(|info| {
            let level = catalogue.level(interval_seconds);
            source == Source::Realtime
                || catalogue.check_interval(interval_seconds).is_ok() && source.offers(*info, level)
        });
        let Some(info) = kept else { return Ok(None) };
        let now = VcenterTime::from_timestamp(client.current_time().await?);
        let metric_ids = Arc::new([instance_of_all(info.id)]);
        self.query_plan(source, interval_seconds, now, metric_ids)
            .map(Some)
    }

    fn query_plan(
        &self,
        source: Source,
        interval_seconds: u32,
        now: VcenterTime,
        metric_ids: Arc<[PerfMetricId]>,
    ) -> Result<QueryPlan, CollectError> {
        let catalogue = self.catalogue.as_ref().ok_or(CollectError::NoCounters)?;
        let counters = u32::try_from(metric_ids.len()).ok();
        let limits = BatchLimits {
            max_vms: self.batch_size,
            max_query_metrics: catalogue
                .max_query_metrics
                .filter(|_| source == Source::Historical),
            counters: counters
                .and_then(NonZeroU32::new)
                .ok_or(CollectError::NoCounters)?,
        };
        Ok(QueryPlan {
            cycle: CyclePlan {
                instance: Arc::clone(&catalogue.instance),
                source,
                now,
                at: self.uptime(),
                limits,
                statistics: self.statistics().unwrap_or_default(),
            },
            session_id: catalogue.session_id,
            interval_seconds,
            counters: Arc::clone(&catalogue.counters),
            metric_ids,
        })
    }

    /// Asked of one VM: all of a vCenter's VMs are alike in this.
    async fn is_realtime_supported(
        &mut self,
        client: &Client,
        inventory: &Inventory,
    ) -> Result<bool, CollectError> {
        if let Some(known) = self.realtime_supported {
            return Ok(known);
        }
        let Some(vm) = inventory.vms().iter().find(|vm| vm.is_observed()) else {
            return Ok(true);
        };
        let entity = MoRef::new("VirtualMachine", vm.id.as_str());
        match client.query_perf_provider_summary(&entity).await {
            Ok(summary) => {
                self.realtime_supported = Some(summary.current_supported);
                Ok(summary.current_supported)
            }
            Err(error) if error.fault().is_some() && !error.is_invalid_login() => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

/// Logs where values come from, and which counters the statistics level withholds or vCenter lacks.
fn announce(source: Source, window_seconds: u32, catalogue: &Catalogue) {
    let statistics_level = catalogue.level(window_seconds);
    let withheld = |source| catalogue.withheld(source, window_seconds).join(", ");
    let (of_source, of_rollups) = (withheld(source), withheld(Source::Historical));
    let missing: Vec<&str> = catalogue
        .counters
        .missing()
        .map(DiskCounter::full_name)
        .collect();
    let source = source.as_str();
    if of_source.is_empty() {
        tracing::info!(
            source,
            window_seconds,
            statistics_level,
            rollups_withhold = of_rollups,
            "reading samples"
        );
    } else {
        tracing::warn!(
            source,
            window_seconds,
            statistics_level,
            withheld = of_source,
            "reading samples, but the statistics level withholds counters; PERF_SOURCE=realtime has them at every level, \
             for windows up to an hour"
        );
    }
    if !missing.is_empty() {
        tracing::warn!(
            missing = missing.join(", "),
            "vCenter does not know these counters, so their metrics are absent"
        );
    }
}
