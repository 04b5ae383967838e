//! Whether the figures can be trusted, and what they cost.

use super::board::{Board, Kind, OF_EXPORTER, Panel};

/// Metrics of the process, which belong to no vCenter.
const OF_PROCESS: &str = r#"job=~"$job", instance=~"$instance""#;

fn per_second(metric: &str, by: &str) -> String {
    format!("sum by ({by}) (rate({metric}{{{OF_EXPORTER}}}[$__rate_interval]))")
}

const OF_VCENTER: &str = "{{instance}} {{vcenter}}";

pub(super) fn board() -> Board {
    Board::new(
        "zroc-exporter",
        "Zerto sizing / the exporter",
        "Cycles, calls to vCenter, and what goes wrong.",
    )
    .row("Cycles", cycles())
    .row("Calls to vCenter", calls())
    .row("What is missing, and what it costs", losses_and_costs())
}

fn cycles() -> [Panel; 6] {
    [
        Panel {
            kind: Kind::Stat,
            title: "vCenter can be read",
            description: "1 if the last cycle read values, else 0. last_error in /health says why.",
            unit: "none",
            size: (6, 4),
            queries: vec![(format!("vcenter_up{{{OF_EXPORTER}}}"), OF_VCENTER)],
        },
        Panel {
            kind: Kind::Stat,
            title: "Age of the newest sample",
            description: "By the clocks of Prometheus and vCenter. Real-time samples are a minute old or so.",
            unit: "s",
            size: (6, 4),
            queries: vec![(
                format!(
                    "time() - vcenter_collector_newest_sample_timestamp_seconds{{{OF_EXPORTER}}}"
                ),
                OF_VCENTER,
            )],
        },
        Panel {
            kind: Kind::Stat,
            title: "Interval between cycles",
            description: "POLL_INTERVAL.",
            unit: "s",
            size: (6, 4),
            queries: vec![(
                format!("vcenter_collector_poll_interval_seconds{{{OF_EXPORTER}}}"),
                OF_VCENTER,
            )],
        },
        Panel {
            kind: Kind::Stat,
            title: "Version",
            description: "The version and the commit that it was built from.",
            unit: "none",
            size: (6, 4),
            queries: vec![(
                format!("vcenter_collector_build_info{{{OF_PROCESS}}}"),
                "{{version}} {{revision}}",
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "Length of a cycle",
            description: "A cycle that takes longer than the interval makes the next one skip.",
            unit: "s",
            size: (12, 8),
            queries: vec![(
                format!("vcenter_collector_last_collection_duration_seconds{{{OF_EXPORTER}}}"),
                OF_VCENTER,
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "Skipped cycles and refused logins",
            description: "Per second. Both are zero when all is well.",
            unit: "cps",
            size: (12, 8),
            queries: vec![
                (
                    per_second("vcenter_collector_skipped_ticks_total", "instance, vcenter"),
                    "skipped {{vcenter}}",
                ),
                (
                    format!(
                        "sum by (instance, vcenter, outcome) (rate(vcenter_collector_logins_total{{{OF_EXPORTER}, \
                     outcome!=\"ok\"}}[$__rate_interval]))"
                    ),
                    "login {{outcome}} {{vcenter}}",
                ),
            ],
        },
    ]
}

fn calls() -> [Panel; 3] {
    [
        Panel {
            kind: Kind::Lines,
            title: "Calls",
            description: "By operation and outcome.",
            unit: "reqps",
            size: (8, 8),
            queries: vec![(
                per_second(
                    "vcenter_collector_soap_requests_total",
                    "operation, outcome",
                ),
                "{{operation}} {{outcome}}",
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "How long QueryPerf takes",
            description: "The median and the 99th percentile of the calls that fetch samples.",
            unit: "s",
            size: (8, 8),
            queries: ["0.5", "0.99"]
                .map(|quantile| {
                    let bucket = "vcenter_collector_soap_request_duration_seconds_bucket";
                    let query = format!(
                        "histogram_quantile({quantile}, sum by (le) (rate({bucket}{{{OF_EXPORTER}, \
                     operation=\"QueryPerf\"}}[$__rate_interval])))"
                    );
                    let name = if quantile == "0.5" { "median" } else { "99 %" };
                    (query, name)
                })
                .into(),
        },
        Panel {
            kind: Kind::Lines,
            title: "Received",
            description: "Bytes per second from vCenter, before they are unpacked.",
            unit: "Bps",
            size: (8, 8),
            queries: vec![(
                per_second(
                    "vcenter_collector_received_bytes_total",
                    "instance, vcenter",
                ),
                OF_VCENTER,
            )],
        },
    ]
}

fn losses_and_costs() -> [Panel; 3] {
    [
        Panel {
            kind: Kind::Lines,
            title: "Samples that count nowhere",
            description: "Missing: the rate of a disk never came. Refused: no disk reaches it, or a clock was set.",
            unit: "cps",
            size: (8, 8),
            queries: vec![
                (
                    per_second("vcenter_collector_samples_missing_total", "vcenter"),
                    "missing {{vcenter}}",
                ),
                (
                    per_second("vcenter_collector_samples_refused_total", "vcenter, reason"),
                    "refused: {{reason}} {{vcenter}}",
                ),
            ],
        },
        Panel {
            kind: Kind::Lines,
            title: "CPU of the exporter",
            description: "Cores in use.",
            unit: "none",
            size: (8, 8),
            queries: vec![(
                format!("rate(process_cpu_seconds_total{{{OF_PROCESS}}}[$__rate_interval])"),
                "{{instance}}",
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "Memory of the exporter",
            description: "Resident memory.",
            unit: "bytes",
            size: (8, 8),
            queries: vec![(
                format!("process_resident_memory_bytes{{{OF_PROCESS}}}"),
                "{{instance}}",
            )],
        },
    ]
}
