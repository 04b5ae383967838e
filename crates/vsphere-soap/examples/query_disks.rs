//! Prints the newest write rate of every virtual disk of one machine.
//!
//! ```text
//! VCENTER_PASSWORD=... cargo run --example query_disks -- HOST[:PORT] USER THUMBPRINT VM
//! ```
//!
//! `VM` is the machine's identifier, such as `vm-42`; `any` for the thumbprint accepts any certificate.
#![expect(clippy::print_stdout, reason = "the rates are what the example is for")]

#[path = "shared/arguments.rs"]
mod arguments;

use std::error::Error;

use vsphere_soap::{Client, MoRef, PerfFormat, PerfMetricId, PerfQuerySpec};

const COUNTER: &str = "virtualDisk.write.average";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut given = std::env::args().skip(1);
    let config = arguments::client_config(&mut given)?;
    let vm = MoRef::new("VirtualMachine", arguments::next(&mut given, "VM")?);
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
