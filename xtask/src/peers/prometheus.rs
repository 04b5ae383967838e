//! Prometheus: promtool accepts the text format, and a server that scrapes returns every series.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::process::Command;

use super::python;
use super::settings::everything;
use crate::binaries::Binaries;
use crate::service::Service;
use crate::stage::{Exporter, Vcenter};
use crate::{command, dashboards, debian, http, repository};

/// promtool's advice comes too late for these names: dashboards hold them, or they are promised.
const ACCEPTED_ADVICE: [&str; 7] = [
    "vcenter_collector_history_hours_dropped_total use base unit \"seconds\" instead of \"hours\"",
    "vcenter_collector_last_vm_count non-histogram and non-summary metrics should not have \"_count\" suffix",
    "vcenter_virtual_disk_read_latency_ms metric names should not contain abbreviated units",
    "vcenter_virtual_disk_write_latency_ms metric names should not contain abbreviated units",
    "vcenter_vm_disk_provisioned_gb metric names should not contain abbreviated units",
    "vcenter_vm_disk_read_latency_ms metric names should not contain abbreviated units",
    "vcenter_vm_disk_write_latency_ms metric names should not contain abbreviated units",
];

/// How long a server may take to open its data.
pub(super) const READY_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let programs = programs().await?;
    let mock_arguments = ["--vms", "200", "--oddities"];
    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &mock_arguments).await?;
    let mut exporter = Exporter::start(&binaries.exporter, &everything(&vcenter)).await?;
    exporter.collected().await?;

    check_metrics(&programs, &exporter).await?;
    check_deployed_config(&programs).await?;
    let (prometheus, url) = scrape(&programs, &exporter, "prometheus").await?;
    let summary = python::run("check_prometheus.py", &[url.clone(), exporter.url.clone()]).await?;
    let panels = check_dashboards(&url).await?;
    prometheus.stop().await?;
    exporter.end().await?;
    mock.stop().await?;
    Ok(format!(
        "promtool accepts the text format; {}; {panels} expressions of dashboards have an answer",
        summary.trim()
    ))
}

pub(super) struct Programs {
    prometheus: PathBuf,
    pub(super) promtool: PathBuf,
}

/// Those of the system, or Debian's unpacked: installing the package would start its service.
pub(super) async fn programs() -> anyhow::Result<Programs> {
    let installed = Path::new("/usr/bin");
    let folder = if installed.join("prometheus").exists() && installed.join("promtool").exists() {
        installed.to_owned()
    } else {
        debian::unpack("prometheus", "usr/bin/prometheus")
            .await?
            .join("usr/bin")
    };
    Ok(Programs {
        prometheus: folder.join("prometheus"),
        promtool: folder.join("promtool"),
    })
}

async fn check_metrics(programs: &Programs, exporter: &Exporter) -> anyhow::Result<()> {
    let body = repository::scratch("peers")?.join("metrics.txt");
    fs::write(
        &body,
        http::get(&format!("{}/metrics", exporter.url)).await?.body,
    )?;
    let mut promtool = Command::new(&programs.promtool);
    promtool
        .args(["check", "metrics"])
        .stdin(fs::File::open(&body)?);
    let finished = command::finish(&mut promtool).await?;
    let objections: Vec<&str> = finished
        .stderr
        .lines()
        .filter(|line| !ACCEPTED_ADVICE.contains(line))
        .collect();
    // 3 means advice on names, and then each line is one.
    let read = matches!(finished.status.code(), Some(0 | 3));
    if !read || !objections.is_empty() {
        bail!(
            "promtool check metrics ({}):\n{}",
            finished.status,
            objections.join("\n")
        );
    }
    Ok(())
}

/// Asks Prometheus what the panels of the dashboards ask, until each has an answer.
async fn check_dashboards(url: &str) -> anyhow::Result<usize> {
    let queries: Vec<String> = dashboards::all()
        .iter()
        .flat_map(|board| {
            board
                .queries()
                .iter()
                .map(|query| with_everything_chosen(query))
        })
        .collect();
    let count = queries.len();
    let script = repository::scratch("peers")?.join("panels.json");
    fs::write(&script, serde_json::to_vec(&queries)?)?;
    let arguments = [url.to_owned(), script.display().to_string()];
    python::run("check_panels.py", &arguments).await?;
    Ok(count)
}

/// What Grafana makes of an expression.
fn with_everything_chosen(query: &str) -> String {
    let query = query
        .replace("$__rate_interval", "1m")
        .replace("$__range", "1h");
    let variables = [
        "job",
        "instance",
        "vcenter",
        "datacenter",
        "cluster",
        "vm_name",
    ];
    variables.iter().fold(query, |query, variable| {
        query.replace(&format!("\"${variable}\""), "\".*\"")
    })
}

async fn check_deployed_config(programs: &Programs) -> anyhow::Result<()> {
    let for_zroc = repository::root().join("deploy/zroc/scrape-job.yaml");
    for config in [deployed("scrape.yaml"), for_zroc] {
        let mut promtool = Command::new(&programs.promtool);
        promtool.args(["check", "config"]).arg(config);
        command::succeed(&mut promtool).await?;
    }
    Ok(())
}

/// Starts a Prometheus with the deployed job turned to the exporter and the deployed rules, and returns its URL.
pub(super) async fn scrape(
    programs: &Programs,
    exporter: &Exporter,
    folder: &str,
) -> anyhow::Result<(Service, String)> {
    let config = repository::scratch(&format!("peers/{folder}"))?.join("scrape.yaml");
    let text = fs::read_to_string(deployed("scrape.yaml"))?;
    let address = exporter.url.trim_start_matches("http://");
    let ours = text
        .replace("zroc-exporter:9272", address)
        .replace("scrape_interval: 60s", "scrape_interval: 1s")
        .replace("scrape_timeout: 30s", "scrape_timeout: 1s");
    ensure!(
        ours.contains(address) && ours.contains("scrape_interval: 1s"),
        "the deployed scrape job has another target or interval than this check expects"
    );
    fs::write(
        &config,
        format!("global: {{evaluation_interval: 1s}}\n{ours}"),
    )?;
    for rules in ["rules.yaml", "alerts.yaml"] {
        fs::copy(deployed(rules), config.with_file_name(rules))?;
    }
    start(programs, &config, &format!("{folder}-data")).await
}

/// Starts a Prometheus on a free port, without any data, and returns its URL.
pub(super) async fn start(
    programs: &Programs,
    config: &Path,
    data: &str,
) -> anyhow::Result<(Service, String)> {
    let data = repository::scratch("peers")?.join(data);
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    start_with(programs, config, &data).await
}

/// Starts a Prometheus on a free port with the data of a folder, and returns its URL.
pub(super) async fn start_with(
    programs: &Programs,
    config: &Path,
    data: &Path,
) -> anyhow::Result<(Service, String)> {
    let mut command = Command::new(&programs.prometheus);
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", data.display()))
        .args(["--web.listen-address=127.0.0.1:0", "--log.format=json"]);
    let (mut service, address) = Service::start("prometheus", command, listening).await?;
    let url = format!("http://{address}");
    // It listens before it has opened its data.
    http::get_until_ok(&format!("{url}/-/ready"), &mut service, READY_WITHIN).await?;
    Ok((service, url))
}

/// The address in the log entry `Listening on`, written once the port is open.
fn listening(line: &str) -> Option<String> {
    let entry: serde_json::Value = serde_json::from_str(line).ok()?;
    let said = entry.get("msg")? == "Listening on";
    said.then(|| entry.get("address")?.as_str().map(str::to_owned))?
}

pub(super) fn deployed(file: &str) -> PathBuf {
    repository::root().join("deploy/prometheus").join(file)
}
