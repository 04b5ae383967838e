//! Prints the newest write rate of every virtual disk of one machine.
//!
//! ```text
//! VCENTER_PASSWORD=... cargo run --example query_disks -- HOST[:PORT] USER THUMBPRINT VM
//! ```
//!
//! `VM` is the machine's identifier, such as `vm-42`; `any` for the thumbprint accepts any certificate.
#![expect(clippy::print_stdout, reason = "the rates are what the example is for")]

use std::error::Error;

use vsphere_soap::{Client, ClientConfig, MoRef, PerfFormat, PerfMetricId, PerfQuerySpec, Trust};

const COUNTER: &str = "virtualDisk.write.average";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (config, vm) = config()?;
    let client = Client::new(config)?;
    let queried = query(&client, &vm).await;
    client.logout().await?;
    queried
}

async fn query(client: &Client, vm: &MoRef) -> Result<(), Box<dyn Error>> {
    let counters = client.perf_counters().await?;
    let counter = counters
        .iter()
        .find(|counter| counter.full_name() == COUNTER);
    let counter = counter.ok_or("this vCenter has no such counter")?;
    let metrics = [PerfMetricId {
        counter_id: counter.key,
        instance: "*".into(),
    }];
    let spec = PerfQuerySpec {
        entity: vm,
        start_time: None,
        end_time: None,
        max_sample: Some(1),
        metric_ids: &metrics,
        interval_id_seconds: Some(20),
        format: PerfFormat::Csv,
    };
    for entity in client.query_perf(&[spec]).await? {
        for series in entity.series() {
            for (time, value) in series.samples() {
                let value = value.map_or("no value".to_owned(), |value| value.to_string());
                println!("{time} {}: {value} {}", series.instance, counter.unit);
            }
        }
    }
    Ok(())
}

fn config() -> Result<(ClientConfig, MoRef), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("{what} is missing"));
    let server = next("HOST")?;
    let user = next("USER")?;
    let thumbprint = next("THUMBPRINT")?;
    let vm = MoRef::new("VirtualMachine", next("VM")?);
    #[expect(clippy::disallowed_methods, reason = "this is the main of a program")]
    let password = std::env::var("VCENTER_PASSWORD")?;
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse()?),
        None => (server.as_str(), 443),
    };
    let mut config = ClientConfig::new(host, user, password);
    config.port = port;
    config.trust = match thumbprint.as_str() {
        "any" => Trust::AcceptAny,
        thumbprint => Trust::parse_thumbprint(thumbprint)?,
    };
    Ok((config, vm))
}
