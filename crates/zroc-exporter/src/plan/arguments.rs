//! The flags of `zroc-exporter plan`.

use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;
use planner_core::inventory::filter::{Pattern, Property, Role};
use planner_core::plan::grid::Span;
use planner_core::plan::link::DailyRate;
use planner_core::plan::notation;
use planner_core::plan::percent::Percent;
use planner_core::units::{BytesPerSec, DataAmount, Seconds};

/// Where samples come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The vCenter of the settings.
    Vcenter,
    /// A CSV file.
    File(PathBuf),
    /// The history of a running exporter.
    Exporter(String),
    /// A Prometheus.
    Prometheus(String),
}

/// How the plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// The whole plan, as docs/plan.schema.json says.
    Json,
    /// One row per VM.
    Csv,
    /// A workbook.
    Xlsx,
    /// A report with charts, in one file: to read, mail and print.
    Html,
}

/// Percentages separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Percents(pub Vec<Percent>);

/// A scenario as it is given: its name, and what is different in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioText {
    pub(super) name: String,
    /// Words and values in the order in which they are given.
    pub(super) changes: Vec<(String, String)>,
}

/// What to plan, and how.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(args_override_self = true)]
pub struct Arguments {
    /// Where samples come from: `vcenter`, `prometheus:URL`, or a CSV file
    #[arg(long, value_name = "SOURCE", value_parser = origin, help_heading = "Source")]
    pub from: Option<Origin>,
    /// How far back, such as 1h (the default with vCenter) or 7d (the default with Prometheus)
    #[arg(long, value_name = "TIME", value_parser = notation::time, help_heading = "Source")]
    pub last: Option<Seconds>,
    /// The time to plan for begins here: RFC 3339, or seconds of Unix time
    #[arg(long, value_name = "MOMENT", value_parser = notation::moment, help_heading = "Source")]
    pub start: Option<Timestamp>,
    /// The time to plan for ends here
    #[arg(long, value_name = "MOMENT", value_parser = notation::moment, help_heading = "Source")]
    pub end: Option<Timestamp>,
    /// Time that does not count, such as a migration; repeatable
    #[arg(long, value_name = "FROM/TO", value_parser = notation::span, help_heading = "Source")]
    pub exclude_time: Vec<Span>,
    /// Length of the rows of a CSV file [default: the most frequent distance between a VM's rows], or the poll interval of what
    /// Prometheus has [default: what it says itself]
    #[arg(long, value_name = "TIME", value_parser = notation::time, help_heading = "Source")]
    pub bucket: Option<Seconds>,
    /// Read the series of all VMs from Prometheus
    #[arg(long, help_heading = "Source")]
    pub read_series: bool,
    /// How to ask Prometheus: credentials, headers and certificates, as in its own `http_config`
    #[arg(long, value_name = "FILE", help_heading = "Source")]
    pub http_config: Option<PathBuf>,

    /// Only VMs whose name fits one of these, with `*` and `?`
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub include_vms: Vec<Pattern>,
    /// No VMs whose name fits one of these
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub exclude_vms: Vec<Pattern>,
    /// Only VMs in these clusters
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub include_clusters: Vec<Pattern>,
    /// No VMs in these clusters
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub exclude_clusters: Vec<Pattern>,
    /// Only VMs in these datacenters
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub include_datacenters: Vec<Pattern>,
    /// No VMs in these datacenters
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub exclude_datacenters: Vec<Pattern>,
    /// Only VMs whose folder path fits one of these
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub include_folders: Vec<Pattern>,
    /// No VMs whose folder path fits one of these
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub exclude_folders: Vec<Pattern>,
    /// Only the VMs of this list: names or references as TXT or CSV, or an export of RVTools
    #[arg(long, value_name = "FILE", help_heading = "VMs")]
    pub vm_list: Option<PathBuf>,
    /// Count VMs of these names although they would be left out, such as 'Z-VRA*'
    #[arg(long, value_name = "PATTERNS", value_delimiter = ',', value_parser = pattern, help_heading = "VMs")]
    pub count: Vec<Pattern>,
    /// Groups (VPGs) as CSV with the columns vm and vpg, and if wanted priority, history and rpo
    #[arg(long, value_name = "FILE", help_heading = "VMs")]
    pub groups: Option<PathBuf>,
    /// Leave out disks, as VM:DISK patterns such as 'sql*:scsi0:2'; repeatable
    #[arg(long, value_name = "VM:DISK", value_parser = disk_pattern, help_heading = "VMs")]
    pub exclude_disk: Vec<(Pattern, Pattern)>,

    /// The link that is there, such as 300Mbit; without it there is no simulation
    #[arg(long, value_name = "RATE", value_parser = notation::rate, help_heading = "Assumptions")]
    pub link: Option<BytesPerSec>,
    /// Another link at a time of day, such as 22:00-06:00=1Gbit; repeatable
    #[arg(long, value_name = "TIMES=RATE", value_parser = notation::daily_rate, help_heading = "Assumptions")]
    pub link_at: Vec<DailyRate>,
    /// Whose days and times of day count, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "NAME", help_heading = "Assumptions")]
    pub time_zone: Option<String>,
    /// An RPO to find the link for; repeatable [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = notation::time, help_heading = "Assumptions")]
    pub rpo: Vec<Seconds>,
    /// Which percentages of the bytes have to meet the RPO [default: 100]
    #[arg(long, value_name = "PERCENTS", value_parser = percents, help_heading = "Assumptions")]
    pub met: Option<Percents>,
    /// What compression saves, as a fraction [default: 0.5, which is a guess]
    #[arg(long, value_name = "FRACTION", help_heading = "Assumptions")]
    pub compression: Option<f64>,
    /// What the protocol adds, as a fraction [default: 0.05]
    #[arg(long, value_name = "FRACTION", help_heading = "Assumptions")]
    pub overhead: Option<f64>,
    /// Which part of the link replication gets; published figures imply 0.70 to 0.75 [default: 1]
    #[arg(long, value_name = "FRACTION", help_heading = "Assumptions")]
    pub usable_share: Option<f64>,
    /// Growth of the writes in a year, as a fraction; comes with --months
    #[arg(
        long,
        value_name = "FRACTION",
        allow_negative_numbers = true,
        help_heading = "Assumptions"
    )]
    pub growth: Option<f64>,
    /// How long they grow; comes with --growth
    #[arg(long, value_name = "MONTHS", help_heading = "Assumptions")]
    pub months: Option<f64>,
    /// Quantiles of the rate [default: 95,98,99,100]
    #[arg(long, value_name = "PERCENTS", value_parser = percents, help_heading = "Assumptions")]
    pub quantile: Option<Percents>,
    /// How far back journals reach, from 1h to 30d [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = notation::time, help_heading = "Assumptions")]
    pub history: Option<Seconds>,
    /// What compression saves in journals, as a fraction [default: 0]
    #[arg(long, value_name = "FRACTION", help_heading = "Assumptions")]
    pub journal_compression: Option<f64>,
    /// The hard limit of a journal; larger ones are flagged [default: 150GiB]
    #[arg(long, value_name = "SIZE", value_parser = notation::size, help_heading = "Assumptions")]
    pub journal_limit: Option<DataAmount>,
    /// Hosts of the recovery site [default: 1]
    #[arg(long, value_name = "COUNT", help_heading = "Assumptions")]
    pub recovery_hosts: Option<u32>,
    /// Memory of each VRA, such as 3GiB; comes with --vra-count
    #[arg(long, value_name = "SIZE", value_parser = notation::size, help_heading = "Assumptions")]
    pub vra_memory: Option<DataAmount>,
    /// How many VRAs send; comes with --vra-memory
    #[arg(long, value_name = "COUNT", help_heading = "Assumptions")]
    pub vra_count: Option<u32>,
    /// Other assumptions beside these, such as 'fast:link=500Mbit,compression=0.6'; twice at most
    #[arg(long, value_name = "NAME:WORD=VALUE,...", value_parser = scenario, help_heading = "Assumptions")]
    pub scenario: Vec<ScenarioText>,

    /// How the plan is written [default: text]
    #[arg(long, value_enum, help_heading = "Result")]
    pub format: Option<Format>,
    /// The file to write to [default: standard output]
    #[arg(long, value_name = "FILE", help_heading = "Result")]
    pub output: Option<PathBuf>,
    /// A saved plan (JSON) to compare with
    #[arg(long, value_name = "FILE", help_heading = "Result")]
    pub compare: Option<PathBuf>,
    /// Exit with 3 if the samples cover fewer hours than this
    #[arg(long, value_name = "HOURS", help_heading = "Result")]
    pub require_hours: Option<f64>,
}

/// A flag that chooses VMs, as the setting of the same name does.
pub(super) struct Choice<'a> {
    /// Without its dashes.
    pub(super) flag: &'static str,
    pub(super) property: Property,
    pub(super) role: Role,
    pub(super) patterns: &'a [Pattern],
}

impl Arguments {
    /// All flags that choose VMs, given or not.
    pub(super) fn choices(&self) -> impl Iterator<Item = Choice<'_>> {
        use Property::{Cluster, Datacenter, Folder, Name};
        use Role::{Exclude, Include};
        let all: [(_, _, _, &[Pattern]); 8] = [
            ("include-vms", Name, Include, &self.include_vms),
            ("exclude-vms", Name, Exclude, &self.exclude_vms),
            ("include-clusters", Cluster, Include, &self.include_clusters),
            ("exclude-clusters", Cluster, Exclude, &self.exclude_clusters),
            (
                "include-datacenters",
                Datacenter,
                Include,
                &self.include_datacenters,
            ),
            (
                "exclude-datacenters",
                Datacenter,
                Exclude,
                &self.exclude_datacenters,
            ),
            ("include-folders", Folder, Include, &self.include_folders),
            ("exclude-folders", Folder, Exclude, &self.exclude_folders),
        ];
        let choice = |(flag, property, role, patterns)| Choice {
            flag,
            property,
            role,
            patterns,
        };
        all.into_iter().map(choice)
    }
}

#[allow(clippy::unnecessary_wraps, reason = "clap wants a result")]
fn origin(text: &str) -> Result<Origin, String> {
    if text == "vcenter" {
        return Ok(Origin::Vcenter);
    }
    if let Some(url) = text.strip_prefix("exporter:") {
        return Ok(Origin::Exporter(url.to_owned()));
    }
    if let Some(url) = text.strip_prefix("prometheus:") {
        return Ok(Origin::Prometheus(url.to_owned()));
    }
    if text.is_empty() {
        return Err("a source has a name".to_owned());
    }
    Ok(Origin::File(text.into()))
}

fn pattern(text: &str) -> Result<Pattern, &'static str> {
    match text.trim() {
        "" => Err("a pattern is not empty"),
        text => Ok(Pattern::new(text)),
    }
}

fn disk_pattern(text: &str) -> Result<(Pattern, Pattern), &'static str> {
    match text.split_once(':') {
        Some((vm, disk)) if !vm.is_empty() && !disk.is_empty() => {
            Ok((Pattern::new(vm), Pattern::new(disk)))
        }
        _ => Err("it is a VM and a disk with a `:` between them, such as 'sql*:scsi0:2'"),
    }
}

fn percents(text: &str) -> Result<Percents, notation::Unreadable> {
    let percents = text.split(',').map(notation::percent);
    percents.collect::<Result<_, _>>().map(Percents)
}

fn scenario(text: &str) -> Result<ScenarioText, String> {
    const FORM: &str = "it is a name and changes, such as 'fast:link=500Mbit,compression=0.6'";
    let (name, changes) = text.split_once(':').ok_or(FORM)?;
    let change = |text: &str| {
        let (word, value) = text.split_once('=').ok_or(FORM)?;
        Ok::<_, String>((word.trim().to_owned(), value.trim().to_owned()))
    };
    let changes = changes.split(',').map(change).collect::<Result<_, _>>()?;
    match name.trim() {
        "" => Err(FORM.to_owned()),
        name => Ok(ScenarioText {
            name: name.to_owned(),
            changes,
        }),
    }
}
