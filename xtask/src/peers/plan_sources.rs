//! Plans of what a Prometheus and a `VictoriaMetrics` hold: what the server adds up, what the series say, and the truth.

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::process::Command;

use self::made::Made;
use super::prometheus::{Programs, READY_WITHIN, programs, start_with};
use super::prometheus_past::collect;
use crate::binaries::Binaries;
use crate::service::Service;
use crate::stage::Vcenter;
use crate::{command, debian, http, repository};

/// What has to be the same, however the server is asked.
const FIGURES: [&str; 14] = [
    "/vms/chosen",
    "/window/hours_covered",
    "/window/share_present",
    "/wan/quantiles/0/megabit_per_second",
    "/wan/quantiles/3/megabit_per_second",
    "/wan/recommended_megabit_per_second",
    "/links_for_rpo/0/megabit_per_second",
    "/links_for_rpo/0/critical_interval/bytes",
    "/rpo/worst_seconds",
    "/rpo/seconds_behind",
    "/journal/joint_peak_gib",
    "/journal/sum_gib",
    "/recovery_storage/provisioned_gib",
    "/rules_of_thumb/change_per_day_megabit_per_second",
];
/// The same, but for the last digits of sums in another order.
const TOLERANCE: f64 = 1e-9;

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let programs = programs().await?;
    let folder = repository::scratch("peers/plan-sources")?;
    let made = Made::new();
    let page = folder.join("made.om");
    fs::write(&page, made.page())?;
    let csv = folder.join("east.csv");
    fs::write(&csv, made.csv_of("east"))?;
    let past = past(binaries, &folder).await?;
    let mut compared = 0;
    for server in [Server::Prometheus, Server::VictoriaMetrics] {
        let (service, url) = server.start(&programs, &folder, &page).await?;
        let asking = Asking {
            exporter: &binaries.exporter,
            url: &url,
            window: made.window(),
        };
        let of_east = ["--include-vms", "east*"];
        let added = asking.plan(&of_east).await?;
        let read = asking
            .plan(&[&of_east[..], &["--read-series"]].concat())
            .await?;
        let truth = asking.plan_of(&csv.display().to_string(), &[]).await?;
        compared += same(&added, &read, "added up and read")?;
        compared += same(&read, &truth, "read and made")?;
        let both = (
            asking.plan(&[]).await?,
            asking.plan(&["--read-series"]).await?,
        );
        compared += same(&both.0, &both.1, "two vCenters, added up and read")?;
        service.stop().await?;

        let (service, url) = server.start(&programs, &folder, &past.page).await?;
        let asking = Asking {
            exporter: &binaries.exporter,
            url: &url,
            window: past.window,
        };
        let bucket = ["--bucket", "60s"];
        let added = asking.plan(&bucket).await?;
        let read = asking
            .plan(&[&bucket[..], &["--read-series"]].concat())
            .await?;
        compared += same(&added, &read, "collected, added up and read")?;
        compared += past.compare(&read)?;
        compared += past.compare(&added)?;
        service.stop().await?;
    }
    Ok(format!(
        "Prometheus and VictoriaMetrics: {compared} figures are the same, added up, read and in truth"
    ))
}

/// How plans are made of a server.
struct Asking<'a> {
    exporter: &'a Path,
    url: &'a str,
    window: (i64, i64),
}

impl Asking<'_> {
    async fn plan(&self, more: &[&str]) -> anyhow::Result<Value> {
        self.plan_of(&format!("prometheus:{}", self.url), more)
            .await
    }

    async fn plan_of(&self, source: &str, more: &[&str]) -> anyhow::Result<Value> {
        let (start, end) = self.window;
        let mut command = Command::new(self.exporter);
        command
            .env_clear()
            .args(["plan", "--format", "json", "--from", source])
            .args(["--start", &start.to_string(), "--end", &end.to_string()])
            .args(["--link", "300Mbit", "--history", "1h"])
            .args(more);
        Ok(serde_json::from_str(
            &command::succeed(&mut command).await?,
        )?)
    }
}

/// Compares two plans, and counts what was compared. What one does not know, the other must not know either.
fn same(one: &Value, other: &Value, what: &str) -> anyhow::Result<usize> {
    let mut compared = 0;
    for figure in FIGURES {
        let number = |plan: &Value| plan.pointer(figure).and_then(Value::as_f64);
        match (number(one), number(other)) {
            (None, None) => {}
            (Some(one), Some(other)) if is_close(one, other) => compared += 1,
            (one, other) => bail!("{what}: {figure} is {one:?} and {other:?}"),
        }
    }
    ensure!(
        compared > FIGURES.len() / 2,
        "{what}: only {compared} figures are known"
    );
    Ok(compared)
}

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= TOLERANCE * one.abs().max(other.abs())
}

/// The past hour of a mock, and what its VMs wrote in it.
struct Past {
    page: PathBuf,
    window: (i64, i64),
    /// The first total of each VM and the last one, by reference.
    totals: BTreeMap<String, (f64, f64)>,
}

async fn past(binaries: &Binaries, folder: &Path) -> anyhow::Result<Past> {
    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &["--vms", "60"]).await?;
    let page = folder.join("past.om");
    collect(&binaries.exporter, &vcenter, &page).await?;
    mock.stop().await?;
    let text = fs::read_to_string(&page)?;
    let (mut window, mut totals) = ((i64::MAX, i64::MIN), BTreeMap::new());
    for line in text.lines() {
        let Some((moref, total, at)) = total(line) else {
            continue;
        };
        window = (window.0.min(at), window.1.max(at));
        totals.entry(moref.to_owned()).or_insert((total, total)).1 = total;
    }
    ensure!(
        totals.len() > 30,
        "the page has totals of {} VMs",
        totals.len()
    );
    Ok(Past {
        page,
        window,
        totals,
    })
}

/// Reference, total and time of a line with a total.
fn total(line: &str) -> Option<(&str, f64, i64)> {
    let rest = line.strip_prefix("vcenter_vm_disk_write_bytes_total{")?;
    let (labels, rest) = rest.split_once("} ")?;
    let (value, at) = rest.split_once(' ')?;
    let (_, moref) = labels.split_once("vm_moref=\"")?;
    let (moref, _) = moref.split_once('"')?;
    Some((moref, value.parse().ok()?, at.parse().ok()?))
}

impl Past {
    /// Compares what a plan says of each VM with how its total has grown.
    fn compare(&self, plan: &Value) -> anyhow::Result<usize> {
        let seconds = (self.window.1 - self.window.0) as f64;
        let vms = plan.pointer("/vm_table").and_then(Value::as_array);
        let vms = vms.context("the plan has no VMs")?;
        ensure!(!vms.is_empty(), "the plan has no VMs");
        for vm in vms {
            let number = |figure: &str| vm.get(figure).and_then(Value::as_f64).unwrap_or(f64::NAN);
            let written = number("mean_megabyte_per_second") * 1e6 * number("coverage") * seconds;
            let moref = vm.get("moref").and_then(Value::as_str).unwrap_or_default();
            let (first, last) = self.totals.get(moref).context("a VM without totals")?;
            ensure!(
                is_close(written, last - first),
                "{moref} wrote {written} and not {}",
                last - first
            );
        }
        Ok(vms.len())
    }
}

#[derive(Clone, Copy)]
enum Server {
    Prometheus,
    VictoriaMetrics,
}

impl Server {
    /// Starts the server with what pages hold, and returns its URL.
    async fn start(
        self,
        programs: &Programs,
        folder: &Path,
        page: &Path,
    ) -> anyhow::Result<(Service, String)> {
        let data = folder.join("data");
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        match self {
            Self::Prometheus => {
                let mut promtool = Command::new(&programs.promtool);
                promtool
                    .args(["tsdb", "create-blocks-from", "openmetrics"])
                    .args([page, &data]);
                command::succeed(&mut promtool).await?;
                let config = folder.join("prometheus.yaml");
                fs::write(&config, "scrape_configs: []\n")?;
                start_with(programs, &config, &data).await
            }
            Self::VictoriaMetrics => {
                let (service, url) = start_victoria_metrics(&data).await?;
                let text = in_milliseconds(&fs::read_to_string(page)?);
                let import = format!("{url}/api/v1/import/prometheus");
                let answer = http::post(&import, text).await?;
                ensure!(answer.status == 204, "{import}: {}", answer.body);
                http::get(&format!("{url}/internal/force_flush")).await?;
                Ok((service, url))
            }
        }
    }
}

async fn start_victoria_metrics(data: &Path) -> anyhow::Result<(Service, String)> {
    let program = "usr/bin/victoria-metrics";
    let folder = debian::unpack("victoria-metrics", program).await?;
    // It does not say which port it was given if it asks for any.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("http://127.0.0.1:{port}");
    let mut command = Command::new(folder.join(program));
    command
        .arg(format!("-storageDataPath={}", data.display()))
        .arg(format!("-httpListenAddr=127.0.0.1:{port}"));
    let listens = |line: &str| line.contains("starting http server").then_some(());
    let (mut service, ()) = Service::start("victoria-metrics", command, listens).await?;
    http::get_until_ok(&format!("{url}/health"), &mut service, READY_WITHIN).await?;
    Ok((service, url))
}

/// A page whose times are in milliseconds, as the older text format has them.
fn in_milliseconds(page: &str) -> String {
    let mut text = String::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        text.extend([line, "000\n"]);
    }
    text
}
