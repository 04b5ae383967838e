//! The parsers of Python's `prometheus_client` accept both formats, whatever VMs are called.

use anyhow::Context;

use super::python;
use super::settings::everything;
use crate::binaries::Binaries;
use crate::stage::{Exporter, Vcenter};

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let mock_arguments = ["--vms", "20", "--oddities"];
    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &mock_arguments).await?;
    let mut exporter = Exporter::start(&binaries.exporter, &everything(&vcenter)).await?;
    exporter.collected().await?;

    let control = vcenter.control.context("the mock names no control URL")?;
    let arguments = [exporter.url.clone(), format!("{control}/truth")];
    let summary = python::run("check_parsers.py", &arguments).await?;
    exporter.end().await?;
    mock.stop().await?;
    Ok(summary)
}
