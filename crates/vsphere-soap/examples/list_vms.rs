//! Lists virtual machines with power state, host and disks.
//!
//! ```text
//! VCENTER_PASSWORD=... cargo run --example list_vms -- HOST[:PORT] USER THUMBPRINT
//! ```
//!
//! `any` for the thumbprint accepts any certificate.
#![expect(clippy::print_stdout, reason = "the list is what the example is for")]

use std::error::Error;
use std::num::NonZeroU32;

use futures_util::TryStreamExt as _;
use vsphere_soap::{
    Client, ClientConfig, ObjectContent, ObjectSelection, PropertyFilterSpec, PropertySpec,
    PropertyValue, Trust,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(config()?)?;
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

fn config() -> Result<ClientConfig, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("{what} is missing"));
    let server = next("HOST")?;
    let user = next("USER")?;
    let thumbprint = next("THUMBPRINT")?;
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
    Ok(config)
}
