//! vCenter as the collector sees it: the one place where `vsphere-soap`'s answers become `planner-core`'s values.

mod bounds;
mod catalogue;
mod error;
mod inventory;
mod login;
mod moment;
mod password_reader;
mod query;
mod records;

use std::num::NonZeroU32;
use std::sync::Arc;

use planner_core::batches::BatchLimits;
use planner_core::counters::DiskCounter;
use planner_core::inventory::{Inventory, VmId};
use planner_core::source::{QueryRange, Source};
use vsphere_soap::{
    CallOutcome, CallReport, Client, ClientConfig, MoRef, Observer, Operation, Trust,
};

use self::catalogue::Catalogue;
use self::inventory::LiveInventory;
use self::login::Login;
use crate::exposition::CounterAvailability;
use crate::self_metrics::{LoginOutcome, SelfMetrics};
use crate::settings::{CollectionSettings, VcenterSettings};

pub use self::error::CollectError;
pub use self::moment::Moment;
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
    login: Login,
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
        let client = Client::new(config)?;
        Ok(Self {
            inventory: LiveInventory::new(client.clone(), &collection),
            client,
            login: Login::new(settings.password.clone()),
            settings,
            collection,
            catalogue: None,
            source: None,
            realtime_supported: None,
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

    /// How many inventories were read as a whole, rather than by following changes.
    pub fn whole_inventory_reads(&self) -> u64 {
        self.inventory.whole_reads()
    }

    /// Brings session, counters and inventory up to date, reading only what is due.
    ///
    /// # Errors
    /// When vCenter cannot be asked or lacks what we need.
    pub async fn refresh(&mut self, now: Moment) -> Result<Arc<Inventory>, CollectError> {
        self.login.session(&self.client).await?;
        let inventory = self.inventory.refresh(now).await?;
        // Only that tells whether the session still lives, and in the next one counters may have other ids.
        let session = self.login.session(&self.client).await?;
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
            Err(error) if error.fault().is_some() && !error.is_invalid_login() => Ok(true),
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
        report.operation.name(),
        report.outcome.as_str(),
        report.duration,
        report.received_bytes,
    );
    if report.operation == Operation::LOGIN {
        metrics.count_login(match report.outcome {
            CallOutcome::Ok => LoginOutcome::Ok,
            CallOutcome::InvalidLogin => LoginOutcome::Refused,
            _ => LoginOutcome::Failed,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
    use tempfile::NamedTempFile;

    use super::*;
    use crate::settings::Settings;

    /// A vCenter whose password comes from a file, and that file.
    fn vcenter(mock: &MockVcenter) -> (Vcenter, NamedTempFile) {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), Options::default().password).unwrap();
        let variable = |name: &str| match name {
            "VCENTER_HOST" => Some(mock.address().ip().to_string().into()),
            "VCENTER_PORT" => Some(mock.address().port().to_string().into()),
            "VCENTER_PASSWORD_FILE" => Some(file.path().into()),
            _ => None,
        };
        let Settings {
            vcenter,
            collection,
            ..
        } = Settings::load(variable).unwrap();
        let vcenter = Vcenter::new(vcenter, collection, SelfMetrics::default()).unwrap();
        (vcenter, file)
    }

    async fn mock() -> MockVcenter {
        let mut options = Options::default();
        options.world.vms = 5;
        MockVcenter::start(options).await.unwrap()
    }

    fn rule(operation: &str, skip: u32, effect: Effect) -> FaultRule {
        FaultRule {
            operation: operation.to_owned(),
            object: None,
            skip,
            times: None,
            effect,
        }
    }

    fn fault(fault_type: &str) -> Effect {
        Effect::Fault {
            fault_type: fault_type.to_owned(),
            message: String::new(),
            fields_xml: String::new(),
        }
    }

    fn calls(mock: &MockVcenter, operation: &str) -> u64 {
        mock.calls().get(operation).copied().unwrap_or(0)
    }

    #[tokio::test]
    async fn a_password_refused_in_the_midst_of_a_cycle_is_not_sent_in_the_next() {
        let mock = mock().await;
        let (mut vcenter, file) = vcenter(&mock);
        let inventory = vcenter.refresh(Moment::now()).await.unwrap();
        mock.add_fault(rule("Login", 0, fault("InvalidLogin")));
        mock.drop_sessions();
        let error = vcenter.plan(&inventory).await.unwrap_err();
        assert!(matches!(error, CollectError::Vsphere(error) if error.is_invalid_login()));
        for _ in 0..3 {
            let error = vcenter.refresh(Moment::now()).await.unwrap_err();
            assert!(
                matches!(error, CollectError::LoginPaused { .. }),
                "{error:?}"
            );
        }
        assert_eq!(calls(&mock, "Login"), 2);

        fs::write(file.path(), "another").unwrap();
        let error = vcenter.refresh(Moment::now()).await.unwrap_err();
        assert!(matches!(error, CollectError::Vsphere(error) if error.is_invalid_login()));
        assert_eq!(calls(&mock, "Login"), 3);
    }

    #[tokio::test]
    async fn a_session_goes_on_without_its_password_file() {
        let mock = mock().await;
        let (mut vcenter, file) = vcenter(&mock);
        vcenter.refresh(Moment::now()).await.unwrap();
        file.close().unwrap();
        vcenter.refresh(Moment::now()).await.unwrap();
        assert!(!vcenter.login.is_password_readable);
        assert_eq!(calls(&mock, "Login"), 1);
    }

    #[tokio::test]
    async fn there_is_no_session_without_a_password_file() {
        let mock = mock().await;
        let (mut vcenter, file) = vcenter(&mock);
        file.close().unwrap();
        let error = vcenter.refresh(Moment::now()).await.unwrap_err();
        assert!(matches!(error, CollectError::Password(_)), "{error:?}");
        assert_eq!(calls(&mock, "Login"), 0);
    }

    #[tokio::test]
    async fn what_is_optional_keeps_nothing_from_being_collected() {
        let page = Effect::Status {
            code: 404,
            content_type: "text/html".to_owned(),
            body: String::new(),
        };
        for effect in [page, Effect::Garbage(100), fault("SystemError")] {
            let mock = mock().await;
            mock.add_fault(rule("QueryOptions", 0, effect));
            // The counters are read first, then the intervals.
            let mut intervals = rule("RetrievePropertiesEx", 1, fault("NoPermission"));
            intervals.object = Some("PerfMgr".to_owned());
            mock.add_fault(intervals);
            let (mut vcenter, _file) = vcenter(&mock);
            let inventory = vcenter.refresh(Moment::now()).await.unwrap();
            vcenter.plan(&inventory).await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_optional_is_asked_for_again_where_only_the_connection_broke() {
        let mock = mock().await;
        let mut broken = rule("QueryOptions", 0, Effect::CloseConnection);
        broken.times = Some(2);
        mock.add_fault(broken);
        let (mut vcenter, _file) = vcenter(&mock);
        vcenter.refresh(Moment::now()).await.unwrap_err();
        vcenter.refresh(Moment::now()).await.unwrap();
        assert_eq!(calls(&mock, "Login"), 1);
    }
}
