//! Prometheus over TLS: a user with the right password gets the series, one with a wrong password gets none.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::prometheus::{programs, start};
use crate::binaries::Binaries;
use crate::service::Service;
use crate::stage::{Exporter, Vcenter};
use crate::{http, repository};

const VMS: usize = 20;
const PASSWORD: &str = "right";
/// A few scrapes, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn compare(binaries: &Binaries) -> anyhow::Result<String> {
    let programs = programs().await?;
    let folder = repository::scratch("peers/tls")?;
    write_web_config(&folder)?;
    let vms = VMS.to_string();
    let (mock, vcenter) =
        Vcenter::start_mock(&binaries.mock_vcenter, &["--vms", vms.as_str()]).await?;
    let mut settings = vcenter.exporter_settings();
    let web_config = folder.join("web.yml").display().to_string();
    settings.push(("WEB_CONFIG_FILE", web_config));
    let exporter = Exporter::start(&binaries.exporter, &settings).await?;

    let config = folder.join("scrape.yml");
    fs::write(&config, scrape_config(&exporter.port))?;
    let (mut prometheus, url) = start(&programs, &config, "prometheus-tls-data").await?;
    for (query, expected) in [
        ("up{job=\"right\"}", 1),
        ("up{job=\"wrong\"}", 0),
        ("up{job=\"plain\"}", 0),
        ("count(vcenter_vm_disk_write_iops{job=\"right\"})", VMS),
    ] {
        value_becomes(&mut prometheus, &url, query, expected).await?;
    }
    prometheus.stop().await?;
    exporter.end().await?;
    mock.stop().await?;
    Ok(format!(
        "{VMS} VMs over TLS with a user's password, none with a wrong one or without TLS"
    ))
}

fn write_web_config(folder: &Path) -> anyhow::Result<()> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    fs::write(folder.join("cert.pem"), cert.pem())?;
    fs::write(folder.join("key.pem"), signing_key.serialize_pem())?;
    let hash = bcrypt::hash(PASSWORD, 10)?;
    let text = format!(
        "tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users: {{prometheus: {hash}}}\n"
    );
    Ok(fs::write(folder.join("web.yml"), text)?)
}

/// Three jobs, of which one may succeed.
fn scrape_config(port: &str) -> String {
    let job = |name: &str, scheme: &str, password: &str| {
        format!(
            "  - job_name: {name}\n    scheme: {scheme}\n    tls_config: {{ca_file: cert.pem}}\n    \
             basic_auth: {{username: prometheus, password: {password}}}\n    \
             static_configs: [{{targets: [\"127.0.0.1:{port}\"]}}]\n"
        )
    };
    let jobs = [
        job("right", "https", PASSWORD),
        job("wrong", "https", "wrong"),
        job("plain", "http", PASSWORD),
    ];
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n{}",
        jobs.concat()
    )
}

async fn value_becomes(
    prometheus: &mut Service,
    url: &str,
    query: &str,
    expected: usize,
) -> anyhow::Result<()> {
    let encoded = query
        .replace('{', "%7B")
        .replace('}', "%7D")
        .replace('"', "%22");
    let url = format!("{url}/api/v1/query?query={encoded}");
    let end = Instant::now() + DEADLINE;
    loop {
        let answer = http::get_until_ok(&url, prometheus, DEADLINE).await?;
        let value = value(&answer.body);
        if value.as_deref() == Some(expected.to_string().as_str()) {
            return Ok(());
        }
        if Instant::now() > end {
            bail!("{query} is {value:?} instead of {expected} after {DEADLINE:?}");
        }
        sleep(PAUSE).await;
    }
}

/// The value of the only series of an answer; `None` when there is none yet.
fn value(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let value = body.pointer("/data/result/0/value/1")?;
    value.as_str().map(str::to_owned)
}
