//! The command line.

use clap::{Parser, Subcommand};

use crate::plan::arguments::Arguments;

/// Publishes how much every VMware VM writes, for Prometheus. All settings are environment variables.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    /// What to do; `serve` unless given.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program can do.
#[derive(Debug, Clone, Default, Subcommand)]
pub enum Command {
    /// Collect and serve until SIGTERM or SIGINT.
    #[default]
    Serve,
    /// Exit with 0 if the exporter on this machine is healthy, else with 1.
    Healthcheck,
    /// Size link, journal and recovery site from what VMs write, once.
    Plan(Box<Arguments>),
}
