//! pyVmomi on the mock vCenter: labels, sizes, samples and the growth of counters equal what is published.

use super::python;
use super::settings::every_second;
use crate::binaries::Binaries;
use crate::stage::{Exporter, Vcenter};

const WINDOW_SECONDS: &str = "300";

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let mock_arguments = ["--vms", "120", "--oddities"];
    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &mock_arguments).await?;
    let mut settings = every_second(&vcenter);
    settings.push(("PERF_INTERVAL_ID", WINDOW_SECONDS.to_owned()));
    let mut exporter = Exporter::start(&binaries.exporter, &settings).await?;
    exporter.collected().await?;

    let mut arguments = vcenter.script_arguments().to_vec();
    arguments.extend([exporter.url.clone(), WINDOW_SECONDS.to_owned()]);
    let summary = python::run("check_mock.py", &arguments).await?;
    exporter.end().await?;
    mock.stop().await?;
    Ok(summary)
}
