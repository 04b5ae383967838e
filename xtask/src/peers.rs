//! `cargo xtask peers`: the exporter beside programs that other people wrote.
//!
//! What they need is installed when it is missing: Debian packages, and Python packages in a virtual
//! environment below `target/peers`.

mod cyclonedx;
mod plan_sources;
mod predecessor;
mod prometheus;
mod prometheus_moves;
mod prometheus_past;
mod prometheus_rates;
mod prometheus_tls;
mod python;
mod python_parsers;
mod pyvmomi;
mod settings;
mod vcsim;

use anyhow::bail;
use clap::ValueEnum;

use crate::binaries::Binaries;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// All of them when none is named
    names: Vec<Peer>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Peer {
    /// govmomi's simulator: labels against what pyVmomi reads from it, changes included
    Vcsim,
    /// pyVmomi on the mock vCenter: labels, sizes, samples and the growth of counters
    Pyvmomi,
    /// What the Python predecessor does wrong, done to the mock vCenter with pyVmomi and by the exporter
    Predecessor,
    /// promtool's checks, and a Prometheus that scrapes and is asked for every series and every panel of the dashboards
    Prometheus,
    /// A Prometheus that scrapes while VMs move and get other names: no total is interrupted
    PrometheusMoves,
    /// A Prometheus with blocks that promtool made of `collect --last 1h`: the mock's own truth
    PrometheusPast,
    /// promtool on the windows of `rate()` that README names, and on rules and alerts
    PrometheusRates,
    /// Plans of a Prometheus and of a `VictoriaMetrics`: what the server adds up, what series say, and what was written
    PlanSources,
    /// A Prometheus that scrapes over TLS with a user's password
    PrometheusTls,
    /// The parsers of Python's `prometheus_client` on both formats
    PythonParsers,
    /// CycloneDX's schema on the exporter's bill of materials
    Cyclonedx,
}

pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let peers = if options.names.is_empty() {
        Peer::value_variants()
    } else {
        &options.names
    };
    let binaries = Binaries::r#static().await?;
    let mut failed = 0;
    let mut verdicts = Vec::new();
    for peer in peers {
        let name = name(*peer);
        println!("peers: {name} ...");
        match peer.compare(&binaries).await {
            Ok(summary) => verdicts.push(format!("{name}: passed: {}", summary.trim())),
            Err(error) => {
                println!("{error:#}");
                verdicts.push(format!("{name}: FAILED"));
                failed += 1;
            }
        }
    }
    println!("\n{}", verdicts.join("\n"));
    if failed > 0 {
        bail!("{failed} of {} peers failed", peers.len());
    }
    println!("all {} peers passed", peers.len());
    Ok(())
}

impl Peer {
    async fn compare(self, binaries: &Binaries) -> anyhow::Result<String> {
        match self {
            Self::Vcsim => vcsim::compare(binaries).await,
            Self::Pyvmomi => pyvmomi::compare(binaries).await,
            Self::Predecessor => predecessor::compare(binaries).await,
            Self::Prometheus => prometheus::compare(binaries).await,
            Self::PrometheusMoves => prometheus_moves::compare(binaries).await,
            Self::PrometheusPast => prometheus_past::compare(binaries).await,
            Self::PrometheusRates => prometheus_rates::compare().await,
            Self::PlanSources => plan_sources::compare(binaries).await,
            Self::PrometheusTls => prometheus_tls::compare(binaries).await,
            Self::PythonParsers => python_parsers::compare(binaries).await,
            Self::Cyclonedx => cyclonedx::compare().await,
        }
    }
}

fn name(peer: Peer) -> String {
    let value = peer.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}
