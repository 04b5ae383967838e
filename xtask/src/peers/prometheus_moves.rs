//! A Prometheus that scrapes while VMs move and get other names: no total is interrupted, and the join of README names them.

use std::fs;

use anyhow::Context;

use super::prometheus::{programs, scrape};
use super::python;
use super::settings::{every_second, with_everything};
use crate::binaries::Binaries;
use crate::repository;
use crate::stage::{Exporter, Vcenter};

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let programs = programs().await?;
    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &["--vms", "200"]).await?;
    let control = vcenter
        .control
        .as_deref()
        .context("the mock names no control URL")?;
    let settings = with_everything(every_second(&vcenter));
    let mut exporter = Exporter::start(&binaries.exporter, &settings).await?;
    exporter.collected().await?;
    let (prometheus, url) = scrape(&programs, &exporter, "prometheus-moves").await?;
    let arguments = [
        url,
        exporter.url.clone(),
        control.to_owned(),
        join_of_readme()?,
    ];
    let summary = python::run("check_moves.py", &arguments).await?;
    prometheus.stop().await?;
    exporter.end().await?;
    mock.stop().await?;
    Ok(summary)
}

/// The query that README recommends.
fn join_of_readme() -> anyhow::Result<String> {
    let readme = fs::read_to_string(repository::root().join("README.md"))?;
    let query = readme
        .split_once("```promql\n")
        .and_then(|(_, rest)| rest.split_once("\n```"));
    let (query, _) = query.context("README has no block of promql")?;
    Ok(query.to_owned())
}
