//! Reads the files again that settings name, when somebody asks for it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::error_chain::with_causes;
use crate::http::web_config::WebConfigSource;
use crate::limited_read::{LimitedRead, ReadError};
use crate::self_metrics::ProcessHealth;
use crate::settings::VcenterSettings;

/// Reads all files again. Each part of the program looks at its files by itself too, some time later.
#[derive(Debug)]
pub(crate) struct Reload {
    web_config: Arc<WebConfigSource>,
    vcenter: VcenterSettings,
    reading: LimitedRead<Vec<String>>,
    process: ProcessHealth,
}

impl Reload {
    pub(crate) fn new(
        web_config: Arc<WebConfigSource>,
        vcenter: VcenterSettings,
        process: ProcessHealth,
    ) -> Self {
        Self {
            web_config,
            vcenter,
            reading: LimitedRead::default(),
            process,
        }
    }

    /// Reads the files each time that `requests` changes, until its sender is gone.
    pub(crate) async fn whenever(mut self, mut requests: watch::Receiver<()>) {
        while requests.changed().await.is_ok() {
            let problems = self.problems().await;
            self.process
                .note_reload(problems.is_empty(), Timestamp::now());
            if problems.is_empty() {
                tracing::info!("SIGHUP: the files that settings name were read again");
            } else {
                let reason = problems.join("; ");
                tracing::warn!(
                    reason,
                    "SIGHUP: some files that settings name cannot be used; what they said before stays in force"
                );
            }
        }
    }

    /// A sentence about each file that cannot be used.
    async fn problems(&mut self) -> Vec<String> {
        let web_config = self.web_config.reload().await;
        let mut problems: Vec<String> = web_config
            .err()
            .map(|problem| format!("WEB_CONFIG_FILE: {problem}"))
            .into_iter()
            .collect();
        let vcenter = self.vcenter.clone();
        match self.reading.run(move || unusable(&vcenter)).await {
            Ok(unusable) => problems.extend(unusable),
            Err(error @ ReadError::TimedOut) => {
                problems.push(format!("VCENTER_PASSWORD_FILE or VCENTER_CA_FILE: {error}"));
            }
            Err(error @ ReadError::Task(_)) => problems.push(error.to_string()),
        }
        problems
    }
}

/// What is wrong with the files about vCenter. The next call to vCenter reads the password again.
fn unusable(vcenter: &VcenterSettings) -> Vec<String> {
    let password = vcenter.password.read().map(drop);
    let password = password.map_err(|error| ("VCENTER_PASSWORD_FILE", with_causes(&error)));
    let trust = vcenter.trust.check();
    let trust = trust.map_err(|error| ("VCENTER_CA_FILE", with_causes(&error)));
    [password, trust]
        .into_iter()
        .filter_map(Result::err)
        .map(|(setting, problem)| format!("{setting}: {problem}"))
        .collect()
}
