//! One vCenter, step by step, with one login at most.

use std::sync::Arc;

use planner_core::collection::reason::{CallFailure, Reason};
use planner_core::inventory::Inventory;
use secrecy::SecretString;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::account;
use super::arguments::Arguments;
use super::connection;
use super::cycle::{self, OneCycle};
use super::finding::Finding;
use super::refusals::{Attempt, Refusals};
use super::report::VcenterReport;
use super::statistics;
use crate::advice::explain;
use crate::printable::printable;
use crate::progress::Progress;
use crate::self_metrics::CollectionMetrics;
use crate::settings::VcenterSettings;
use crate::vcenter::{CollectError, Moment, QueryPlan, Vcenter};

/// The check of one vCenter.
pub(super) struct Check {
    pub(super) settings: VcenterSettings,
    pub(super) refusals: Refusals,
    pub(super) arguments: Arguments,
    pub(super) progress: Progress,
}

/// What a login needs.
pub(super) struct Ready {
    pub(super) password: SecretString,
    pub(super) metrics: CollectionMetrics,
    pub(super) vcenter: Vcenter,
}

impl Check {
    /// Checks until `shutdown`, and logs out in any case. `None` if `shutdown` came before the end.
    pub(super) async fn run(self, shutdown: &CancellationToken) -> Option<VcenterReport> {
        let VcenterSettings {
            name,
            host,
            port,
            user,
            ..
        } = &self.settings;
        let mut report = VcenterReport {
            name: printable(name.as_str()),
            target: printable(&format!("{host}:{port} as {user}")),
            findings: Vec::new(),
            facts: serde_json::Map::new(),
        };
        let Ready {
            password,
            metrics,
            mut vcenter,
        } = match self.ready() {
            Ok(ready) => ready,
            Err(finding) => {
                report.findings.push(finding);
                return Some(report);
            }
        };
        let attempt = self.attempt(&password);
        let looking = Box::pin(self.look(&mut vcenter, &metrics, attempt, &mut report));
        let looked = shutdown.run_until_cancelled(looking).await;
        self.say("logging out");
        let is_out = vcenter.leave(self.settings.request_timeout).await;
        looked?;
        if vcenter.about().is_some() {
            report.findings.push(account::logout(is_out));
        }
        Some(report)
    }

    /// Prepares the login, unless the same one was refused a short while ago.
    pub(super) fn ready(&self) -> Result<Ready, Finding> {
        let password = self.settings.password.read();
        let password = password.map_err(|error| account::without_password(&error))?;
        if !self.arguments.force
            && let Some(seconds) = self.refusals.age_seconds(self.attempt(&password))
        {
            return Err(account::held_back(seconds));
        }
        let metrics = CollectionMetrics::default();
        let vcenter = Vcenter::new(self.settings.clone(), metrics.clone());
        let vcenter = vcenter.map_err(|error| self.failure(&error.reason(), false))?;
        Ok(Ready {
            password,
            metrics,
            vcenter,
        })
    }

    /// What the login is made with.
    pub(super) fn attempt<'a>(&'a self, password: &'a SecretString) -> Attempt<'a> {
        Attempt {
            settings: &self.settings,
            password,
        }
    }

    /// Logs in and reads what a cycle needs.
    pub(super) async fn open(
        &self,
        vcenter: &mut Vcenter,
    ) -> Result<(Arc<Inventory>, QueryPlan), Reason> {
        let limit = self.settings.collection.cycle_timeout;
        match timeout(limit, vcenter.open_cycle()).await {
            Ok(opened) => opened.map_err(|error| error.reason()),
            Err(_) => Err(Reason::Deadline { limit }),
        }
    }

    /// Remembers a login that was refused, and forgets it when one succeeds. Says so if it cannot be remembered.
    pub(super) fn note_login(
        &self,
        attempt: Attempt<'_>,
        has_session: bool,
        failure: Option<&Reason>,
    ) -> Option<Finding> {
        if has_session {
            self.refusals.forget(attempt);
        }
        failure.filter(|reason| account::is_refused(reason))?;
        let kept = self.refusals.remember(attempt);
        kept.err().map(|error| account::not_kept(&error))
    }

    pub(super) fn say(&self, what: &str) {
        let name = printable(self.settings.name.as_str());
        self.progress.say(&format!("{name}: {what}"));
    }

    pub(super) fn failure(&self, reason: &Reason, has_session: bool) -> Finding {
        account::failure(reason, has_session, &self.settings)
    }

    async fn look(
        &self,
        vcenter: &mut Vcenter,
        metrics: &CollectionMetrics,
        attempt: Attempt<'_>,
        report: &mut VcenterReport,
    ) {
        self.say("connecting");
        report
            .findings
            .extend(connection::address(&self.settings).await);
        self.say("logging in and reading the inventory");
        let started = Instant::now();
        let opened = self.open(vcenter).await;
        let failure = opened.as_ref().err();
        let certificate = vcenter.certificate();
        if let Some(certificate) = &certificate {
            let has_connected = failure.is_none_or(|reason| !is_about_certificates(reason));
            let found = connection::certificate(certificate, &self.settings, has_connected);
            report.findings.extend(found);
        }
        if let Some(about) = vcenter.about() {
            report.findings.push(connection::product(&about));
            report.findings.push(account::login(&self.settings));
            let product = format!("{} {} build-{}", about.product, about.version, about.build);
            report.fact("product", printable(&product));
            report.fact("api_version", printable(&about.api_version));
            report.fact("instance_uuid", printable(&about.instance_uuid));
        }
        let not_kept = self.note_login(attempt, vcenter.about().is_some(), failure);
        let (inventory, plan) = match opened {
            Ok(opened) => opened,
            Err(reason) => {
                let certificate = certificate.filter(|_| is_about_certificates(&reason));
                let failure = self.failure(&reason, vcenter.about().is_some());
                report.findings.push(match &certificate {
                    Some(certificate) => connection::with_certificate(failure, certificate),
                    None => failure,
                });
                report.findings.extend(not_kept);
                return;
            }
        };
        report.findings.push(connection::clock(plan.cycle.now));
        self.examine(vcenter, metrics, (inventory, plan), started, report)
            .await;
    }

    async fn examine(
        &self,
        vcenter: &mut Vcenter,
        metrics: &CollectionMetrics,
        (inventory, plan): (Arc<Inventory>, QueryPlan),
        started: Instant,
        report: &mut VcenterReport,
    ) {
        let source = plan.cycle.source;
        let cycle = OneCycle {
            settings: &self.settings,
            metrics,
            started,
        };
        self.say("asking for samples");
        let done = cycle.run(vcenter, Arc::clone(&inventory), plan).await;
        self.say("looking for hidden VMs");
        let limit = self.settings.collection.cycle_timeout;
        let hidden = timeout(limit, compare(vcenter, inventory)).await;
        report.findings.extend(match hidden {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => account::no_census(&explain(&error.reason(), &self.settings)),
            Err(_) => account::no_census("hosts took longer than CYCLE_TIMEOUT"),
        });
        report.findings.extend(account::withheld(&done));
        report
            .findings
            .extend(statistics::of(vcenter, source, &done));
        if let Some(level) = vcenter.roll_ups().and_then(|it| it.level) {
            report.fact("statistics_level", level);
        }
        let about = vcenter.about();
        let found = cycle::findings(&cycle, done, about, self.arguments.vms);
        for (name, value) in found.facts {
            report.fact(name, value);
        }
        report.findings.extend(found.findings);
        let undefined = vcenter.undefined_attributes();
        report.findings.extend(cycle::undefined(undefined));
    }
}

/// Compares the VMs of hosts with those of the inventory. What is missing may be new: then the inventory is read again.
async fn compare(
    vcenter: &mut Vcenter,
    inventory: Arc<Inventory>,
) -> Result<Vec<Finding>, CollectError> {
    let census = vcenter.census().await?;
    let inventory = match census.hidden_from(&inventory) {
        (0, _) => inventory,
        _ => vcenter.refresh(Moment::now()).await?,
    };
    Ok(account::hidden(&census, &inventory))
}

fn is_about_certificates(reason: &Reason) -> bool {
    matches!(reason, Reason::Failed(CallFailure { kind, .. }) if account::is_about_certificates(*kind))
}
