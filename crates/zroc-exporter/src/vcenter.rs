//! vCenter as the collector sees it: the one place where `vsphere-soap`'s answers become `planner-core`'s values.

mod catalogue;
mod error;
mod inventory;
mod login_guard;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::batches::{self, BatchLimits};
use planner_core::disk_stats::{Aggregator, VmDiskStats};
use planner_core::inventory::{Inventory, VmId};
use planner_core::source::{QueryRange, Source};
use tokio::time::Instant;
use vsphere_soap::{
    CallOutcome, CallReport, Client, ClientConfig, MoRef, Observer, PerfFormat, PerfQuerySpec,
    Session, Trust,
};

use self::catalogue::Catalogue;
use self::login_guard::LoginGuard;
use crate::exposition::CounterAvailability;
use crate::self_metrics::{LoginOutcome, SelfMetrics};
use crate::settings::{CollectionSettings, VcenterSettings};

pub use self::error::CollectError;

/// How vCenter's list of sessions names us.
const USER_AGENT: &str = concat!("zroc-exporter/", env!("CARGO_PKG_VERSION"));

/// A connection to one vCenter, with what was read from it and is still valid.
#[derive(Debug)]
pub struct Vcenter {
    client: Client,
    settings: VcenterSettings,
    collection: CollectionSettings,
    catalogue: Option<Catalogue>,
    inventory: Option<Arc<Inventory>>,
    realtime_supported: Option<bool>,
    login_guard: LoginGuard,
}

/// What a cycle asks for, once inventory and catalogue are known.
#[derive(Debug, Clone)]
pub struct QueryPlan {
    /// Where samples come from.
    pub source: Source,
    /// The VMs of each call.
    pub batches: Vec<Vec<VmId>>,
    range: QueryRange,
}

impl Vcenter {
    /// Prepares the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the CA file holds no certificate or the password cannot be read.
    pub fn new(
        settings: VcenterSettings,
        collection: CollectionSettings,
        metrics: SelfMetrics,
    ) -> Result<Self, CollectError> {
        let password = settings.password.read().map_err(CollectError::Password)?;
        let mut config = ClientConfig::new(&settings.host, &settings.user, password);
        config.port = settings.port;
        config.trust = settings.trust.clone();
        config.user_agent = USER_AGENT.into();
        config.connect_timeout = settings.connect_timeout;
        config.request_timeout = settings.request_timeout;
        config.observer = Some(Observer::new(move |report| count(&metrics, report)));
        Ok(Self {
            client: Client::new(config)?,
            settings,
            collection,
            catalogue: None,
            inventory: None,
            realtime_supported: None,
            login_guard: LoginGuard::default(),
        })
    }

    /// The settings, for advice.
    pub fn settings(&self) -> &VcenterSettings {
        &self.settings
    }

    /// Whether vCenter's certificate is verified.
    pub fn is_tls_verified(&self) -> bool {
        self.settings.trust != Trust::AcceptAny
    }

    /// What the sources offer, once that is known.
    pub fn availability(&self) -> Vec<CounterAvailability> {
        let catalogue = self.catalogue.as_ref();
        catalogue
            .map(|catalogue| catalogue.availability(self.collection.window_seconds))
            .unwrap_or_default()
    }

    /// The inventory of the last read.
    pub fn last_inventory(&self) -> Option<Arc<Inventory>> {
        self.inventory.clone()
    }

    /// Brings session, counters and inventory up to date, reading only what is due.
    ///
    /// # Errors
    /// When vCenter cannot be asked or lacks what we need.
    pub async fn refresh(&mut self, now: Timestamp) -> Result<Arc<Inventory>, CollectError> {
        let session = self.log_in().await?;
        if self
            .catalogue
            .as_ref()
            .is_none_or(|catalogue| catalogue.session_id != session.id())
        {
            let catalogue = Catalogue::load(&self.client).await?;
            self.announce(session.about(), &catalogue);
            self.catalogue = Some(catalogue);
        }
        match &self.inventory {
            Some(inventory) if !self.is_old(inventory, now) => Ok(Arc::clone(inventory)),
            _ => {
                let inventory = Arc::new(self.load_inventory().await?.resolve(now));
                self.inventory = Some(Arc::clone(&inventory));
                Ok(inventory)
            }
        }
    }

    /// Says what to ask for in this cycle, by vCenter's clock.
    ///
    /// # Errors
    /// When vCenter cannot be asked, or stores no roll-up of the window.
    pub async fn plan(&mut self, inventory: &Inventory) -> Result<QueryPlan, CollectError> {
        let window_seconds = self.collection.window_seconds;
        let realtime_supported = self.is_realtime_supported(inventory).await?;
        let source = Source::settle(self.collection.source, window_seconds, realtime_supported);
        let now = self.client.current_time().await?;
        let catalogue = self.catalogue.as_ref().ok_or(CollectError::NoCounters)?;
        if source == Source::Historical {
            catalogue.check_interval(window_seconds)?;
        }
        let limits = BatchLimits {
            max_vms: self.collection.batch_size,
            max_query_metrics: catalogue
                .max_query_metrics
                .filter(|_| source == Source::Historical),
            counters: u32::try_from(catalogue.metric_ids.len())
                .ok()
                .and_then(std::num::NonZeroU32::new)
                .ok_or(CollectError::NoCounters)?,
        };
        Ok(QueryPlan {
            source,
            batches: batches::cut(inventory, limits),
            range: source.query_range(now, window_seconds),
        })
    }

    /// Asks for the samples of one batch, and gives each VM's statistics to `found`. VMs without data are left out.
    ///
    /// # Errors
    /// When the call fails. Then nothing was given to `found`.
    pub async fn query(
        &self,
        plan: &QueryPlan,
        batch: &[VmId],
        mut found: impl FnMut(&str, VmDiskStats),
    ) -> Result<(), CollectError> {
        let catalogue = self.catalogue.as_ref().ok_or(CollectError::NoCounters)?;
        let entities: Vec<MoRef> = batch
            .iter()
            .map(|vm| MoRef::new("VirtualMachine", vm.as_str()))
            .collect();
        let spec = |entity| PerfQuerySpec {
            entity,
            start_time: Some(plan.range.start),
            end_time: Some(plan.range.end),
            max_sample: plan.range.max_sample,
            metric_ids: &catalogue.metric_ids,
            interval_id_seconds: i32::try_from(plan.range.interval_seconds).ok(),
            format: PerfFormat::Csv,
        };
        let specs: Vec<_> = entities.iter().map(spec).collect();
        let answer = self.client.query_perf(&specs).await?;
        let mut aggregator = Aggregator::new(self.collection.window_seconds);
        for metrics in &answer {
            for series in &metrics.series {
                if let Some(counter) = catalogue.counters.by_id(series.counter_id) {
                    aggregator.push(counter, &series.instance, metrics.samples(series));
                }
            }
            if let Some(stats) = aggregator.finish() {
                found(metrics.entity.value(), stats);
            }
        }
        Ok(())
    }

    /// Ends the session. A login under way is waited for, so that it leaves no session behind.
    ///
    /// # Errors
    /// When vCenter cannot be told.
    pub async fn logout(&self) -> Result<(), CollectError> {
        Ok(self.client.logout().await?)
    }

    /// The present session, or a new one if the password may be tried.
    async fn log_in(&mut self) -> Result<Arc<Session>, CollectError> {
        let password = self
            .settings
            .password
            .read()
            .map_err(CollectError::Password)?;
        if let Some(wait) = self.login_guard.wait(&password, Instant::now()) {
            return Err(CollectError::LoginPaused {
                seconds: wait.as_secs().max(1),
            });
        }
        self.client.set_password(password.clone());
        let session = self.client.session().await;
        match &session {
            Ok(_) => self.login_guard.accepted(),
            Err(error) if error.is_invalid_login() => {
                self.login_guard.refused(password, Instant::now());
            }
            Err(_) => {}
        }
        Ok(session?)
    }

    fn is_old(&self, inventory: &Inventory, now: Timestamp) -> bool {
        let age = Duration::try_from(now.duration_since(inventory.taken_at()));
        age.is_ok_and(|age| age >= self.collection.inventory_ttl)
    }

    /// A session that ends meanwhile takes the view with it, so the read is started once more.
    async fn load_inventory(
        &self,
    ) -> Result<planner_core::entities::Entities, vsphere_soap::Error> {
        match inventory::load(&self.client).await {
            Err(error) if error.is_session_lost() => inventory::load(&self.client).await,
            result => result,
        }
    }

    /// Asked of one VM: all of a vCenter's VMs are alike in this.
    async fn is_realtime_supported(&mut self, inventory: &Inventory) -> Result<bool, CollectError> {
        if let Some(known) = self.realtime_supported {
            return Ok(known);
        }
        let Some(vm) = inventory.vms().iter().find(|vm| vm.is_running()) else {
            return Ok(true);
        };
        let entity = MoRef::new("VirtualMachine", vm.id.as_str());
        match self.client.query_perf_provider_summary(&entity).await {
            Ok(summary) => {
                self.realtime_supported = Some(summary.current_supported);
                Ok(summary.current_supported)
            }
            Err(error) if error.fault().is_some() => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    fn announce(&self, about: &vsphere_soap::About, catalogue: &Catalogue) {
        let window_seconds = self.collection.window_seconds;
        tracing::info!(
            vcenter = %self.settings.host,
            product = %about.full_name,
            api_version = %about.api_version,
            interval_seconds = window_seconds,
            statistics_level = catalogue.level(window_seconds),
            "connected"
        );
        for counter in catalogue.counters.missing() {
            tracing::warn!(
                counter = counter.full_name(),
                "this vCenter does not have the counter"
            );
        }
    }
}

fn count(metrics: &SelfMetrics, report: &CallReport) {
    metrics.count_call(
        report.operation,
        report.outcome.as_str(),
        report.duration,
        report.received_bytes,
    );
    if report.operation == "Login" {
        metrics.count_login(match report.outcome {
            CallOutcome::Ok => LoginOutcome::Ok,
            CallOutcome::InvalidLogin => LoginOutcome::Refused,
            _ => LoginOutcome::Failed,
        });
    }
}
