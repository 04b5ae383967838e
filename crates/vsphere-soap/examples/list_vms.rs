//! Lists virtual machines with power state, host and disks.
//!
//! ```text
//! VCENTER_PASSWORD=... cargo run --example list_vms -- HOST[:PORT] USER THUMBPRINT
//! ```
//!
//! `any` for the thumbprint accepts any certificate.
#![expect(clippy::print_stdout, reason = "the list is what the example is for")]

#[path = "shared/arguments.rs"]
mod arguments;

use std::error::Error;
use std::num::NonZeroU32;

use futures_util::TryStreamExt as _;
use vsphere_soap::{
    Client, ObjectContent, ObjectSelection, PropertyFilterSpec, PropertySpec, PropertyValue,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = arguments::client_config(&mut std::env::args().skip(1))?;
    let client = Client::new(config)?;
    let listed = list(&client).await;
    client.logout().await?;
    listed
}

async fn list(client: &Client) -> Result<(), Box<dyn Error>> {
    let session = client.session().await?;
    println!("{}", session.about().full_name);
    let root = &session.content().root_folder;
    let view = client
        .create_container_view(root, &["VirtualMachine"], true)
        .await?;
    let spec = PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &[
                "name",
                "runtime.powerState",
                "runtime.host",
                "config.hardware.device",
            ],
        }],
        objects: ObjectSelection::View(view.clone()),
    };
    let pages = client.retrieve_properties(spec, NonZeroU32::new(500));
    let mut machines = std::pin::pin!(pages.into_stream());
    while let Some(machine) = machines.try_next().await? {
        print_machine(&machine);
    }
    client.destroy_view(view).await?;
    Ok(())
}

fn print_machine(machine: &ObjectContent) {
    let name = machine
        .property("name")
        .and_then(PropertyValue::as_str)
        .unwrap_or("?");
    let power = machine
        .property("runtime.powerState")
        .and_then(PropertyValue::as_enum);
    let host = machine
        .property("runtime.host")
        .and_then(PropertyValue::as_moref);
    let host = host.map_or("no host", |host| host.value());
    println!(
        "{} {name:?}, {}, on {host}",
        machine.obj.value(),
        power.unwrap_or("?")
    );
    let devices = machine.property("config.hardware.device");
    let devices = devices
        .and_then(PropertyValue::as_virtual_devices)
        .unwrap_or_default();
    for instance in devices
        .iter()
        .filter_map(|device| device.disk_instance(devices))
    {
        println!("    {instance}");
    }
}
