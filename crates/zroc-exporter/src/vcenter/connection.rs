//! The client: how it is configured, and how its calls are counted.

use vsphere_soap::{CallOutcome, CallReport, Client, ClientConfig, Observer, Operation};

use super::error::CollectError;
use crate::self_metrics::{CollectionMetrics, LoginOutcome};
use crate::settings::{Oddity, VcenterSettings};

/// How vCenter's list of sessions names us.
const USER_AGENT: &str = concat!("zroc-exporter/", env!("CARGO_PKG_VERSION"));

/// Prepares the client. Nothing is sent yet.
pub(super) fn client(
    settings: &VcenterSettings,
    metrics: CollectionMetrics,
) -> Result<Client, CollectError> {
    let password = settings.password.read().map_err(CollectError::Password)?;
    if let Some(oddity) = Oddity::of(&password) {
        tracing::warn!(
            "the vCenter password {oddity}; if that does not belong to it, correct VCENTER_PASSWORD or VCENTER_PASSWORD_FILE"
        );
    }
    let mut config = ClientConfig::new(&settings.host, &settings.user, password);
    config.port = settings.port;
    config.trust = settings.trust.clone();
    config.user_agent = USER_AGENT.into();
    config.connect_timeout = settings.connect_timeout;
    // A call that hangs must leave time for the others.
    config.request_timeout = settings
        .request_timeout
        .min(settings.collection.cycle_timeout / 2);
    config.observer = Some(Observer::new(move |report| count(&metrics, report)));
    config.proxy.clone_from(&settings.proxy);
    if let Some(proxy) = &settings.proxy {
        tracing::info!("vCenter is called through {proxy}");
    }
    Ok(Client::new(config)?)
}

fn count(metrics: &CollectionMetrics, report: &CallReport) {
    metrics.count_call(
        report.operation.name(),
        report.outcome.as_str(),
        &CallOutcome::ALL.map(CallOutcome::as_str),
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
