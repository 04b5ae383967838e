//! Serves a mock vCenter until a signal stops it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use mock_vcenter::script::{Script, ScriptError};
use mock_vcenter::{Effect, FaultRule, MockVcenter, Options, Settings, WorldOptions, control};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const SCRIPT_HELP: &str = r#"Scripts hold one JSON object a line; every part may be left out:
  {"after_seconds": 30, "changes": [{"migrate": {"vm": "vm-1001", "host": "host-13"}},
      {"power": {"vm": "vm-1002", "state": "off"}}, {"rename": {"object": "vm-1003", "name": "a/b"}},
      {"delete": {"vm": "vm-1004"}}, {"create": {"name": "new", "host": "host-13", "disks": 2}}]}
  {"after_seconds": 5, "faults": [{"operation": "QueryPerf", "times": 3, "effect": {"delay": 2000}}]}
  {"faults": [{"operation": "QueryPerf", "times": 1, "effect": {"fault": {"fault_type": "InvalidArgument",
      "message": "A specified parameter was not correct: querySpec.size",
      "fields_xml": "<invalidProperty>querySpec.size</invalidProperty>"}}}]}
  {"after_seconds": 60, "clear_faults": true, "advance_clock": 1200,
      "settings": {"statistics_level": 3, "max_query_metrics": 64}}
  {"random_changes": {"seed": 1, "count": 20}, "deny": [{"object": "vm-1005", "kind": "hidden"}]}
(each on a line of its own). Times count from the step before. The control endpoint takes the same
pieces: POST /changes, /faults, /deny, /clock, /settings. It also takes POST /host-clocks and /odd-samples."#;

/// A vCenter for tests and demonstrations. Prints one line of JSON when it is ready.
#[derive(Debug, Parser)]
#[command(name = "mock-vcenter", after_long_help = SCRIPT_HELP)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
struct Arguments {
    /// Ordinary virtual machines, all powered on
    #[arg(long, default_value_t = 200)]
    vms: usize,
    /// Disks of each of them
    #[arg(long, default_value_t = 2)]
    disks: usize,
    /// Datacenters; their number grows with that of the machines unless given
    #[arg(long)]
    datacenters: Option<usize>,
    /// Hosts of each datacenter; their number grows with that of the machines unless given
    #[arg(long)]
    hosts_per_datacenter: Option<usize>,
    /// Hosts of each cluster
    #[arg(long, default_value_t = 8)]
    hosts_per_cluster: usize,
    /// Address of the SOAP service; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Decides names, placement, disks and load, and which vCenter it is
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The one account
    #[arg(long, default_value = "administrator@vsphere.local")]
    user: String,
    /// Its password
    #[arg(long, default_value = "mock-password")]
    password: String,
    /// Adds one virtual machine of every unusual sort
    #[arg(long)]
    oddities: bool,
    /// Statistics level of the 5-minute interval
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    statistics_level: u8,
    /// Objects per page of a retrieval at most
    #[arg(long, default_value_t = 1000)]
    page_limit: usize,
    /// Objects per answer of `WaitForUpdatesEx` at most
    #[arg(long, default_value_t = 1000)]
    update_limit: usize,
    /// The option config.vpxd.stats.maxQueryMetrics; unset by default
    #[arg(long)]
    max_query_metrics: Option<i64>,
    /// Seconds after which an unused session is gone
    #[arg(long, default_value_t = 1800)]
    session_idle: u64,
    /// Seconds added to this machine's clock
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    clock_offset: i64,
    /// Delay of every answer in milliseconds
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Adds a series over all disks, instance "", which some versions are said to have for virtualDisk
    #[arg(long)]
    aggregate_series: bool,
    /// Seconds that the newest sample is behind the clock at least
    #[arg(long, default_value_t = 23)]
    sample_lag: u32,
    /// Declare the namespace of types on each element, as govmomi's simulator does
    #[arg(long)]
    inline_namespaces: bool,
    /// Steps to play as time passes: changes, faults, the clock, settings (see below)
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Never compress answers
    #[arg(long)]
    no_gzip: bool,
    /// How much to compress answers: little and fast, or as HTTP servers do unless told otherwise (6)
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=9))]
    gzip_level: u32,
}

/// The line that says that the server is ready, and where.
#[derive(Serialize)]
struct Ready<'a> {
    url: String,
    host: String,
    port: u16,
    thumbprint: &'a str,
    user: &'a str,
    password: &'a str,
    control: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let script = match &arguments.script {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Some(Script::parse(&text)?)
        }
        None => None,
    };
    let latency = Duration::from_millis(arguments.latency_ms);
    let options = Options {
        world: WorldOptions {
            vms: arguments.vms,
            disks_per_vm: arguments.disks,
            datacenters: arguments.datacenters,
            hosts_per_datacenter: arguments.hosts_per_datacenter,
            hosts_per_cluster: arguments.hosts_per_cluster,
            seed: arguments.seed,
            oddities: arguments.oddities,
        },
        listen: arguments.listen,
        user: arguments.user.clone(),
        password: arguments.password.clone(),
        page_limit: arguments.page_limit,
        update_limit: arguments.update_limit,
        session_idle_seconds: arguments.session_idle,
        clock_offset_seconds: arguments.clock_offset,
        gzip: (!arguments.no_gzip).then_some(arguments.gzip_level),
        settings: Settings {
            statistics_level: arguments.statistics_level,
            max_query_metrics: arguments.max_query_metrics,
            aggregate_series: arguments.aggregate_series,
            late_disk_seconds: 0,
            sample_lag_seconds: arguments.sample_lag,
            samples_by_stamp: false,
            samples_stay_on_hosts: false,
            inline_namespaces: arguments.inline_namespaces,
            hosts_list_hidden_vms: false,
            counter_id_shift: 0,
        },
    };
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let mock = Arc::new(MockVcenter::start(options).await?);
    if !latency.is_zero() {
        mock.add_fault(FaultRule::on("*", Effect::Delay(latency)));
    }
    let control = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    announce(&mock, control.local_addr()?, &arguments)?;
    tokio::select! {
        served = control::serve(control, Arc::clone(&mock)) => served?,
        played = play(script, &mock) => played?,
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    Ok(())
}

/// Ends only if the script cannot be played.
async fn play(script: Option<Script>, mock: &MockVcenter) -> Result<(), ScriptError> {
    if let Some(script) = script {
        script.play(mock).await?;
    }
    std::future::pending().await
}

#[expect(
    clippy::print_stdout,
    reason = "this line is the interface to who started the program"
)]
fn announce(mock: &MockVcenter, control: SocketAddr, arguments: &Arguments) -> anyhow::Result<()> {
    let ready = Ready {
        url: mock.url(),
        host: mock.address().ip().to_string(),
        port: mock.address().port(),
        thumbprint: mock.thumbprint(),
        user: &arguments.user,
        password: &arguments.password,
        control: format!("http://{control}"),
    };
    println!("{}", serde_json::to_string(&ready)?);
    Ok(())
}
