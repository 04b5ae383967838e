//! The flags of `zroc-exporter collect`.

use std::path::PathBuf;

use clap::ValueEnum;
use planner_core::plan::notation;
use planner_core::units::Seconds;

/// How the values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The page of /metrics in the text format 0.0.4
    Prometheus,
    /// The page of /metrics in OpenMetrics 1.0.0
    Openmetrics,
    /// One object with the vCenters and their VMs
    Json,
    /// One row per VM and, with `PER_DISK_METRICS`, per disk
    Csv,
}

/// What to collect, and where to write it.
#[derive(Debug, Clone, clap::Args)]
#[command(args_override_self = true)]
pub struct Arguments {
    /// How the values are written
    #[arg(long, value_enum, default_value_t = Format::Prometheus, help_heading = "Result")]
    pub format: Format,
    /// Write the values of the last hour, or of less such as 30m, with their times; needs --format openmetrics
    #[arg(long, value_name = "TIME", value_parser = notation::time, help_heading = "Source")]
    pub last: Option<Seconds>,
    /// The file to write to [default: standard output]
    #[arg(long, value_name = "FILE", help_heading = "Result")]
    pub output: Option<PathBuf>,
}
