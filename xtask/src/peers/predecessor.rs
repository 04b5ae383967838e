//! The Python predecessor's mistakes show on the mock vCenter, and the exporter does not make them.

use anyhow::Context;

use super::python;
use super::settings::every_second;
use crate::binaries::Binaries;
use crate::stage::{Exporter, Vcenter};

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    // The lowest level that keeps all roll-ups the predecessor asks for; a script lowers it to 1.
    let mock_arguments = ["--vms", "120", "--statistics-level", "3"];
    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &mock_arguments).await?;
    let control = vcenter
        .control
        .as_deref()
        .context("the mock names no control URL")?;

    let mut summaries = Vec::new();
    for (source, scenario) in [("historical", "rollups"), ("auto", "samples")] {
        let mut settings = every_second(&vcenter);
        settings.push(("PERF_SOURCE", source.to_owned()));
        let mut exporter = Exporter::start(&binaries.exporter, &settings).await?;
        exporter.collected().await?;
        let mut arguments = vcenter.script_arguments().to_vec();
        arguments.extend([
            exporter.url.clone(),
            control.to_owned(),
            scenario.to_owned(),
        ]);
        let summary = python::run("check_predecessor.py", &arguments).await?;
        summaries.push(summary.trim().to_owned());
        exporter.end().await?;
    }
    mock.stop().await?;
    Ok(summaries.join("; "))
}
