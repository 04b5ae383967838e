//! What is done to the mock vCenter and to the exporter's password while both run.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use serde::Deserialize;

use crate::http::{self, Answer};

/// One thing to do.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Post { path: &'static str, body: String },
    Delete { path: &'static str },
    WrongPassword,
    RightPassword,
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
}

impl Control {
    pub(super) async fn carry_out(&self, steps: &[Step]) -> anyhow::Result<()> {
        for step in steps {
            match step {
                Step::Post { path, body } => {
                    self.post(path, body).await?;
                }
                Step::Delete { path } => {
                    let url = format!("{}{path}", self.url);
                    accepted(&url, http::delete(&url).await?)?;
                }
                Step::WrongPassword => self.write_password("not-the-password")?,
                Step::RightPassword => self.write_password(&self.password)?,
            }
        }
        Ok(())
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

    /// Replaces the file in one step, as those who manage secrets do.
    pub(super) fn write_password(&self, password: &str) -> anyhow::Result<()> {
        let file = &self.password_file;
        let new = file.with_extension("new");
        fs::write(&new, password)
            .and_then(|()| fs::rename(&new, file))
            .with_context(|| format!("cannot write {}", file.display()))
    }
}

fn accepted(url: &str, answer: Answer) -> anyhow::Result<String> {
    let Answer { status, body } = answer;
    ensure!(
        matches!(status, 200 | 204),
        "{url} answers {status}: {body}"
    );
    Ok(body)
}
