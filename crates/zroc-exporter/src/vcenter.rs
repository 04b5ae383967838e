//! vCenter as the collector sees it: the one place where `vsphere-soap`'s answers become `planner-core`'s values.

mod catalogue;
mod error;
mod inventory;
mod login_guard;
mod pending;
mod query;
mod records;
mod resync;

use std::num::NonZeroU32;
use std::sync::Arc;

use jiff::Timestamp;
use planner_core::batches::BatchLimits;
use planner_core::counters::DiskCounter;
use planner_core::inventory::{Inventory, VmId};
use planner_core::source::{QueryRange, Source};
use tokio::time::Instant;
use vsphere_soap::{
    CallOutcome, CallReport, Client, ClientConfig, MoRef, Observer, Session, Trust,
};

use self::catalogue::Catalogue;
use self::inventory::LiveInventory;
use self::login_guard::LoginGuard;
use crate::exposition::CounterAvailability;
use crate::self_metrics::{LoginOutcome, SelfMetrics};
use crate::settings::{CollectionSettings, VcenterSettings};

pub use self::error::CollectError;
pub use self::query::{Answer, QueryPlan};

/// How vCenter's list of sessions names us.
const USER_AGENT: &str = concat!("zroc-exporter/", env!("CARGO_PKG_VERSION"));

/// A connection to one vCenter, with what was read from it and is still valid.
#[derive(Debug)]
pub struct Vcenter {
    client: Client,
    settings: VcenterSettings,
    collection: CollectionSettings,
    inventory: LiveInventory,
    catalogue: Option<Catalogue>,
    /// The source announced in this session.
    source: Option<Source>,
    realtime_supported: Option<bool>,
    login_guard: LoginGuard,
}

/// Ends a [`Vcenter`]'s session from outside.
#[derive(Debug)]
pub struct LogoutHandle(Client);

impl LogoutHandle {
    /// Ends the session, if there still is one.
    ///
    /// # Errors
    /// When vCenter cannot be told.
    pub async fn logout(&self) -> Result<(), CollectError> {
        Ok(self.0.logout().await?)
    }
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
        // A call that hangs must leave time for the others.
        config.request_timeout = settings.request_timeout.min(collection.cycle_timeout / 2);
        config.observer = Some(Observer::new(move |report| count(&metrics, report)));
        Ok(Self {
            client: Client::new(config)?,
            inventory: LiveInventory::new(&collection),
            settings,
            collection,
            catalogue: None,
            source: None,
            realtime_supported: None,
            login_guard: LoginGuard::default(),
        })
    }

    /// The settings, for advice.
    pub fn settings(&self) -> &VcenterSettings {
        &self.settings
    }

    /// For whoever has to log out when the owner of this has failed.
    pub fn logout_handle(&self) -> LogoutHandle {
        LogoutHandle(self.client.clone())
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

    /// Where samples come from, once that is settled.
    pub fn source(&self) -> Option<Source> {
        self.source
    }

    /// The inventory of the last look.
    pub fn last_inventory(&self) -> Option<Arc<Inventory>> {
        self.inventory.current()
    }

    /// Brings session, counters and inventory up to date, reading only what is due.
    ///
    /// # Errors
    /// When vCenter cannot be asked or lacks what we need.
    pub async fn refresh(&mut self, now: Timestamp) -> Result<Arc<Inventory>, CollectError> {
        self.log_in().await?;
        let inventory = self.inventory.refresh(&self.client, now).await?;
        // Only that tells whether the session still lives, and in the next one counters may have other ids.
        let session = self.log_in().await?;
        if self
            .catalogue
            .as_ref()
            .is_none_or(|catalogue| catalogue.session_id != session.id())
        {
            self.source = None;
            self.catalogue = Some(Catalogue::load(&self.client, &self.wanted_counters()).await?);
            let about = session.about();
            let (product, api_version) = (&about.full_name, &about.api_version);
            tracing::info!(vcenter = %self.settings.host, %product, %api_version, "connected");
        }
        Ok(inventory)
    }

    /// Says what to ask by in this cycle, and by vCenter's clock.
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
        if self.source != Some(source) {
            announce(source, window_seconds, catalogue);
            self.source = Some(source);
        }
        let counters = u32::try_from(catalogue.metric_ids.len())
            .ok()
            .and_then(NonZeroU32::new);
        Ok(QueryPlan {
            vcenter: Arc::clone(&catalogue.vcenter),
            source,
            now,
            limits: BatchLimits {
                max_vms: self.collection.batch_size,
                max_query_metrics: catalogue
                    .max_query_metrics
                    .filter(|_| source == Source::Historical),
                counters: counters.ok_or(CollectError::NoCounters)?,
            },
            counters: Arc::clone(&catalogue.counters),
            metric_ids: Arc::clone(&catalogue.metric_ids),
        })
    }

    /// Asks for the samples of each VM in its own range.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn query(
        &self,
        plan: &QueryPlan,
        vms: &[(VmId, QueryRange)],
    ) -> Result<Answer, CollectError> {
        plan.ask(&self.client, vms).await
    }

    /// Ends the session. A login under way is waited for, so that it leaves no session behind.
    ///
    /// # Errors
    /// When vCenter cannot be told.
    pub async fn logout(&self) -> Result<(), CollectError> {
        Ok(self.client.logout().await?)
    }

    fn wanted_counters(&self) -> Vec<DiskCounter> {
        let mut counters = DiskCounter::WRITES.to_vec();
        if self.collection.meters.reads {
            counters.extend(DiskCounter::READS);
        }
        counters
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

    /// Asked of one VM: all of a vCenter's VMs are alike in this.
    async fn is_realtime_supported(&mut self, inventory: &Inventory) -> Result<bool, CollectError> {
        if let Some(known) = self.realtime_supported {
            return Ok(known);
        }
        let Some(vm) = inventory.vms().iter().find(|vm| vm.is_observed()) else {
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
}

/// One line says where values come from, and which counters the statistics level withholds or vCenter lacks.
fn announce(source: Source, window_seconds: u32, catalogue: &Catalogue) {
    let level = catalogue.level(window_seconds);
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
            level,
            rollups_withhold = of_rollups,
            "reading samples"
        );
    } else {
        tracing::warn!(
            source,
            window_seconds,
            level,
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
