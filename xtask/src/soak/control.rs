//! What is done to the mock vCenter, to the exporter and to its password while both run.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tokio::sync::watch;

use crate::http::{self, Answer};

/// One thing to do.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Post {
        path: &'static str,
        body: String,
    },
    Delete {
        path: &'static str,
    },
    WrongPassword,
    RightPassword,
    /// Nobody reads the exporter's log.
    LogSleeps,
    LogIsRead,
    /// The exporter gets SIGHUP.
    Hangup,
    /// The exporter's page must have a line that begins so.
    Expect {
        line: &'static str,
    },
}

impl Step {
    pub(super) fn post(path: &'static str, body: &impl ToString) -> Self {
        let body = body.to_string();
        Self::Post { path, body }
    }

    pub(super) fn delete(path: &'static str) -> Self {
        Self::Delete { path }
    }
}

/// The sessions as the mock counts them.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Sessions {
    pub(super) open: u64,
    /// The most at the same time since the start.
    pub(super) most: u64,
}

pub(super) struct Control {
    /// Base URL of the mock's control endpoint.
    pub(super) url: String,
    pub(super) password_file: PathBuf,
    pub(super) password: String,
    /// Base URL of the exporter.
    pub(super) exporter: String,
    pub(super) exporter_id: Pid,
    pub(super) log_is_read: watch::Sender<bool>,
}

/// A VM as the mock describes it.
#[derive(Debug, Clone, Deserialize)]
struct Vm {
    host_id: String,
}

impl Control {
    /// Returns the lines that were expected on the exporter's page and are not there.
    pub(super) async fn carry_out(&self, steps: &[Step]) -> anyhow::Result<Vec<&'static str>> {
        let mut missing = Vec::new();
        for step in steps {
            match step {
                Step::Post { path, body } => {
                    self.post(path, body).await?;
                }
                Step::Delete { path } => {
                    let url = format!("{}{path}", self.url);
                    accepted(&url, http::delete(&url).await?)?;
                }
                Step::WrongPassword => write_password(&self.password_file, "not-the-password")?,
                Step::RightPassword => write_password(&self.password_file, &self.password)?,
                Step::LogSleeps => {
                    self.log_is_read.send_replace(false);
                }
                Step::LogIsRead => {
                    self.log_is_read.send_replace(true);
                }
                Step::Hangup => kill_process(self.exporter_id, Signal::HUP)?,
                Step::Expect { line } => {
                    let page = http::get(&format!("{}/metrics", self.exporter)).await?.body;
                    if !page.lines().any(|it| it.starts_with(line)) {
                        missing.push(*line);
                    }
                }
            }
        }
        Ok(missing)
    }

    pub(super) async fn post(&self, path: &str, body: &str) -> anyhow::Result<String> {
        let url = format!("{}{path}", self.url);
        let answer = http::post(&url, body.to_owned()).await?;
        accepted(&url, answer)
    }

    pub(super) async fn sessions(&self) -> anyhow::Result<Sessions> {
        let url = format!("{}/sessions", self.url);
        let body = accepted(&url, http::get(&url).await?)?;
        Ok(serde_json::from_str(&body)?)
    }

    /// The ids of the hosts that run VMs.
    pub(super) async fn hosts(&self) -> anyhow::Result<Vec<String>> {
        let url = format!("{}/truth", self.url);
        let body = accepted(&url, http::get(&url).await?)?;
        let vms: Vec<Vm> = serde_json::from_str(&body)?;
        let mut hosts: Vec<String> = vms.into_iter().map(|vm| vm.host_id).collect();
        hosts.sort_unstable();
        hosts.dedup();
        Ok(hosts)
    }
}

/// Replaces the file in one step, as those who manage secrets do.
pub(super) fn write_password(file: &Path, password: &str) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, password)
        .and_then(|()| fs::rename(&new, file))
        .with_context(|| format!("cannot write {}", file.display()))
}

fn accepted(url: &str, answer: Answer) -> anyhow::Result<String> {
    let Answer { status, body } = answer;
    ensure!(
        matches!(status, 200 | 204),
        "{url} answers {status}: {body}"
    );
    Ok(body)
}
