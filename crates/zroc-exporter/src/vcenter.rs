//! vCenter as the collector sees it: the one place where `vsphere-soap`'s answers become `planner-core`'s values.

mod bounds;
mod catalogue;
mod census;
mod connection;
mod connection_kind;
mod custom_attributes;
mod details;
mod error;
mod inventory;
mod login;
mod look;
mod moment;
mod password_reader;
mod performance;
mod query;
mod records;
mod roll_ups;
#[cfg(test)]
mod tests;
mod trust;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use planner_core::collection::Query;
use planner_core::collection::reason::Reason;
use planner_core::collection::source::{Source, Statistics};
use planner_core::inventory::{Inventory, VmId};
use planner_core::uptime::Uptime;
use tokio::time::timeout;
use vsphere_soap::{Client, Session};

use self::inventory::LiveInventory;
use self::login::Login;
use self::performance::Performance;
use self::trust::TrustKeeper;
use crate::about::About;
use crate::self_metrics::CollectionMetrics;
use crate::settings::{CollectionSettings, VcenterSettings};

pub use self::census::Census;
pub use self::error::CollectError;
pub use self::look::LookAnswer;
pub use self::moment::Moment;
pub use self::query::{Answer, QueryPlan, Reply};
pub use self::roll_ups::RollUps;
pub use vsphere_soap::ServerCertificate;

/// A connection to one vCenter, with what was read from it and is still valid.
#[derive(Debug)]
pub struct Vcenter {
    client: Client,
    settings: VcenterSettings,
    login: Login,
    trust: TrustKeeper,
    inventory: LiveInventory,
    /// What was wrong with the inventory at its latest refresh. A cycle may take long: its own time does not age what it uses.
    inventory_trouble: Option<Reason>,
    performance: Performance,
    about: Option<Arc<About>>,
    /// The session whose login was logged.
    announced_session: Option<u64>,
}

/// Ends a [`Vcenter`]'s session from outside.
#[derive(Debug)]
pub struct LogoutHandle(Client);

impl LogoutHandle {
    /// Ends the session, if there still is one.
    ///
    /// # Errors
    /// When vCenter does not confirm it.
    pub async fn logout(&self) -> Result<(), CollectError> {
        self.0.logout().await?;
        Ok(())
    }
}

impl Vcenter {
    /// Prepares the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the CA file holds no certificate or the password cannot be read.
    pub fn new(
        settings: VcenterSettings,
        metrics: CollectionMetrics,
    ) -> Result<Self, CollectError> {
        let client = connection::client(&settings, metrics)?;
        let collection = &settings.collection;
        Ok(Self {
            login: Login::new(settings.password.clone()),
            trust: TrustKeeper::new(&settings),
            inventory: LiveInventory::new(client.clone(), collection),
            inventory_trouble: None,
            client,
            performance: Performance::new(collection),
            about: None,
            announced_session: None,
            settings,
        })
    }

    /// The settings.
    pub fn settings(&self) -> &VcenterSettings {
        &self.settings
    }

    /// For the part of the program that logs out when the owner of this has failed.
    pub fn logout_handle(&self) -> LogoutHandle {
        LogoutHandle(self.client.clone())
    }

    /// What vCenter's statistics offer, once that is known.
    pub fn statistics(&self) -> Option<Arc<Statistics>> {
        self.performance.statistics()
    }

    /// What vCenter says about itself, as of the latest session; `None` before the first one.
    pub fn about(&self) -> Option<Arc<About>> {
        self.about.clone()
    }

    /// What vCenter keeps of stored roll-ups as long as the window, and how many it gives at once, once that is known.
    pub fn roll_ups(&self) -> Option<RollUps> {
        self.performance.roll_ups()
    }

    /// The certificate that vCenter showed on the newest connection, accepted or not.
    pub fn certificate(&self) -> Option<ServerCertificate> {
        self.client.server_certificate()
    }

    /// Asks every host that the account may see which VMs it has.
    ///
    /// # Errors
    /// When a call fails, or hosts list more than any real vCenter has.
    pub async fn census(&self) -> Result<Census, CollectError> {
        Census::take(&self.client).await
    }

    /// The latest inventory.
    pub fn last_inventory(&self) -> Option<Arc<Inventory>> {
        self.inventory.current()
    }

    /// The names of `CUSTOM_ATTRIBUTES` that vCenter does not define, as far as it was asked.
    pub fn undefined_attributes(&self) -> &[Arc<str>] {
        self.inventory.undefined_attributes()
    }

    /// What is wrong with the inventory, although it is in use.
    pub fn inventory_trouble(&self) -> Option<Reason> {
        self.inventory_trouble.clone()
    }

    /// Forgets what was read, so that the next cycle reads everything. After a panic nobody knows what is left half done.
    pub fn start_over(&mut self) {
        let collection = &self.settings.collection;
        self.inventory = LiveInventory::new(self.client.clone(), collection);
        self.inventory_trouble = None;
        self.performance.start_over(collection);
    }

    /// Asks for other samples from the next cycle on, as these settings say.
    pub fn ask_for(&mut self, collection: &CollectionSettings) {
        self.performance.start_over(collection);
    }

    /// Prepares a cycle: the VMs to ask for, and how to ask. The cycle gets one login, whatever vCenter refuses.
    ///
    /// # Errors
    /// When vCenter cannot be asked or lacks what we need.
    pub async fn open_cycle(&mut self) -> Result<(Arc<Inventory>, QueryPlan), CollectError> {
        self.client.limit_logins(1);
        let inventory = self.refresh(Moment::now()).await?;
        let plan = self.performance.plan(&self.client, &inventory).await?;
        Ok((inventory, plan))
    }

    /// Plans queries for what VMs wrote in samples of a length, by the counters that the latest cycle knew and without effect
    /// on cycles. `None` if vCenter keeps none.
    ///
    /// # Errors
    /// When vCenter cannot be asked.
    pub async fn plan_writes(
        &self,
        source: Source,
        interval_seconds: u32,
    ) -> Result<Option<QueryPlan>, CollectError> {
        let performance = &self.performance;
        performance
            .plan_writes(&self.client, source, interval_seconds)
            .await
    }

    /// A plan with the ids that counters have in the session that there is now.
    ///
    /// # Errors
    /// When vCenter cannot be asked, lacks what we need, or is another one.
    pub async fn renew(&mut self, plan: QueryPlan) -> Result<QueryPlan, CollectError> {
        let session = self.login.session(&self.client).await?;
        self.announce(&session);
        self.performance.refresh(&self.client, &session).await?;
        self.performance.renewed(plan)
    }

    /// Reads the counters again before the next cycle.
    pub fn doubt_counters(&mut self) {
        self.performance.doubt_counters();
    }

    /// Our own time now.
    pub fn uptime(&self) -> Uptime {
        self.performance.uptime()
    }

    /// Brings session, inventory and counters up to date, reading only what is due.
    ///
    /// # Errors
    /// When vCenter cannot be asked or lacks what we need.
    pub async fn refresh(&mut self, now: Moment) -> Result<Arc<Inventory>, CollectError> {
        self.trust.reload(&self.client).await;
        let session = self.login.session(&self.client).await?;
        self.trust.announce(&self.client);
        self.announce(&session);
        let refreshed = self.inventory.refresh(now).await;
        self.inventory_trouble = self.inventory.trouble(now);
        let inventory = refreshed?;
        // The session may have been lost and made again meanwhile.
        let session = self.login.session(&self.client).await?;
        self.announce(&session);
        self.performance.refresh(&self.client, &session).await?;
        Ok(inventory)
    }

    /// Notes each new session once, and logs it.
    fn announce(&mut self, session: &Session) {
        if self.announced_session.replace(session.id()) == Some(session.id()) {
            return;
        }
        self.about = Some(Arc::new(about(session, &self.settings)));
        let vcenter = session.about();
        let (product, api_version) = (&vcenter.full_name, &vcenter.api_version);
        tracing::info!(host = %self.settings.host, %product, %api_version, "logged in");
    }

    /// Asks a query and waits for the complete answer, which is not read yet.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn receive(&self, plan: &QueryPlan, query: &Query) -> Result<Reply, CollectError> {
        plan.receive(&self.client, query).await
    }

    /// Reads vCenter's clock, asks VMs for this number of their newest samples, and on which hosts they are.
    ///
    /// # Errors
    /// When a call fails, or the counters no longer have the ids of the plan.
    pub async fn look(
        &self,
        plan: &QueryPlan,
        vms: &[VmId],
        samples: NonZeroU32,
    ) -> Result<LookAnswer, CollectError> {
        LookAnswer::ask(&self.client, plan, vms, samples).await
    }

    /// Ends the session if that takes no longer than a limit. Returns whether it did. vCenter ends the session when it has been
    /// idle, so a failure costs nothing but that.
    pub async fn leave(&self, within: Duration) -> bool {
        matches!(timeout(within, self.logout()).await, Ok(Ok(_)))
    }

    /// Ends the session. A login under way is waited for, so that it leaves no session behind. Returns whether there was one.
    ///
    /// # Errors
    /// When vCenter does not confirm it.
    pub async fn logout(&self) -> Result<bool, CollectError> {
        Ok(self.client.logout().await?)
    }
}

fn about(session: &Session, settings: &VcenterSettings) -> About {
    let about = session.about();
    About {
        host: settings.host.as_str().into(),
        instance_uuid: about.instance_uuid.clone().unwrap_or_default(),
        product: about.name.clone(),
        version: about.version.clone(),
        build: about.build.clone(),
        api_version: about.api_version.clone(),
    }
}
