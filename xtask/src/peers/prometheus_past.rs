//! Prometheus starts with history: promtool makes blocks of `collect --last`, and a server answers the mock's own truth.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::process::Command;

use super::prometheus::{programs, start_with};
use super::settings::with_everything;
use crate::binaries::Binaries;
use crate::stage::Vcenter;
use crate::{command, http, repository};

/// Distance of the values.
const POLL_SECONDS: i64 = 60;
/// The number of VMs that are compared one by one.
const COMPARED_VMS: usize = 25;
const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";
const THROUGHPUT: &str = "vcenter_vm_disk_write_throughput_mbps";

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let programs = programs().await?;
    let mock_arguments = ["--vms", "200", "--oddities"];
    let (mock, vcenter) = Vcenter::start_mock(&binaries.mock_vcenter, &mock_arguments).await?;
    let control = vcenter.control.as_deref();
    let control = control.context("the mock names no control URL")?;
    let folder = repository::scratch("peers/prometheus-past")?;
    let (page, data) = (folder.join("past.om"), folder.join("data"));
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    collect(&binaries.exporter, &vcenter, &page).await?;
    let mut promtool = Command::new(&programs.promtool);
    promtool
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&page, &data]);
    command::succeed(&mut promtool).await?;
    let config = folder.join("prometheus.yaml");
    fs::write(&config, "scrape_configs: []\n")?;
    let (prometheus, url) = start_with(&programs, &config, &data).await?;

    let written = samples(&fs::read_to_string(&page)?)?;
    let (first, last) = (written.earliest, written.latest);
    for (name, count) in &written.counts {
        let found = found(&url, name, first, last).await?;
        ensure!(
            found == *count,
            "Prometheus has {found} samples of {name}, and {count} were written"
        );
    }
    let compared = compare_values(&url, control, first, last).await?;
    prometheus.stop().await?;
    mock.stop().await?;
    Ok(format!(
        "promtool makes blocks of {} samples, and Prometheus has all of them; {compared} totals and means are the truth",
        written.counts.values().sum::<u64>()
    ))
}

/// Writes the past hour of all VMs to a page, with everything that can be measured.
pub(super) async fn collect(exporter: &Path, vcenter: &Vcenter, page: &Path) -> anyhow::Result<()> {
    let mut settings = with_everything(vcenter.exporter_settings());
    settings.retain(|(name, _)| *name != "POLL_INTERVAL");
    settings.push(("POLL_INTERVAL", POLL_SECONDS.to_string()));
    let mut command = Command::new(exporter);
    command
        .env_clear()
        .envs(settings)
        .args(["collect", "--last", "1h", "--format", "openmetrics"])
        .arg("--output")
        .arg(page);
    command::succeed(&mut command).await?;
    Ok(())
}

/// The samples of a page.
struct Samples {
    /// By metric.
    counts: BTreeMap<String, u64>,
    earliest: i64,
    latest: i64,
}

fn samples(page: &str) -> anyhow::Result<Samples> {
    let mut samples = Samples {
        counts: BTreeMap::new(),
        earliest: i64::MAX,
        latest: 0,
    };
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, _) = line.split_once('{').context("a sample without labels")?;
        let (_, time) = line.rsplit_once(' ').context("a sample without time")?;
        let time = time.parse()?;
        *samples.counts.entry(name.to_owned()).or_default() += 1;
        samples.earliest = samples.earliest.min(time);
        samples.latest = samples.latest.max(time);
    }
    Ok(samples)
}

/// How many samples of a metric Prometheus has.
async fn found(url: &str, name: &str, first: i64, last: i64) -> anyhow::Result<u64> {
    let seconds = last - first + 1;
    let query = format!("sum(count_over_time({name}[{seconds}s]))");
    let result = instant(url, &query, last).await?;
    let value = result.first().and_then(value);
    let value = value.with_context(|| format!("Prometheus has no sample of {name}"))?;
    Ok(value.parse()?)
}

/// Compares what VMs wrote between two moments and the means of five minutes with the mock's truth.
async fn compare_values(url: &str, control: &str, first: i64, last: i64) -> anyhow::Result<usize> {
    let at_last = instant(url, TOTAL, last - POLL_SECONDS).await?;
    ensure!(at_last.len() > COMPARED_VMS, "only {} VMs", at_last.len());
    let mut compared = 0;
    for series in at_last.iter().take(COMPARED_VMS) {
        let moref = series.pointer("/metric/vm_moref").and_then(Value::as_str);
        let moref = moref.context("a total without vm_moref")?;
        for at in [first + 20 * POLL_SECONDS, last - POLL_SECONDS] {
            let begin = at - 300;
            let growth = format!("{TOTAL}{{vm_moref=\"{moref}\"}} - {TOTAL} @ {begin}");
            let mean = format!("{THROUGHPUT}{{vm_moref=\"{moref}\"}} * 1048576 * 300");
            let truth = truth(control, moref, begin, at).await?;
            for (query, tolerance) in [(growth, 0.0), (mean, 1e-6)] {
                let result = instant(url, &query, at).await?;
                let Some(found) = result.first().and_then(value) else {
                    // A VM with gaps may have none.
                    continue;
                };
                let found: f64 = found.parse()?;
                // The mean goes over the samples that there are: with gaps it is larger than what was written.
                let is_gap_filled = query.contains(THROUGHPUT) && found > truth;
                ensure!(
                    (found - truth).abs() <= tolerance * truth || is_gap_filled,
                    "{query} at {at} is {found} and not {truth}"
                );
                compared += 1;
            }
        }
    }
    Ok(compared)
}

/// What a VM wrote, by the mock's own workload.
async fn truth(control: &str, moref: &str, after: i64, until: i64) -> anyhow::Result<f64> {
    let time = |second: i64| jiff::Timestamp::from_second(second);
    let (after, until) = (time(after)?, time(until)?);
    let url = format!("{control}/truth/bytes?vm={moref}&after={after}&until={until}");
    let answer = http::get(&url).await?;
    ensure!(answer.status == 200, "{url}: {}", answer.body);
    Ok(answer.body.trim().parse()?)
}

/// The series that a query has at a moment.
async fn instant(url: &str, query: &str, at: i64) -> anyhow::Result<Vec<Value>> {
    let query = encoded(query);
    let answer = http::get(&format!("{url}/api/v1/query?query={query}&time={at}")).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let result = answer.pointer("/data/result").and_then(Value::as_array);
    Ok(result.with_context(|| answer.to_string())?.clone())
}

fn value(series: &Value) -> Option<&str> {
    series.pointer("/value/1")?.as_str()
}

/// A text as a part of a URL.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        let _ = write!(encoded, "%{byte:02X}");
        encoded
    })
}
