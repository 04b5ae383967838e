//! The rows as text, as they come.

use std::fmt::Write as _;

use super::report::{Fleet, Load, Report, Row};

/// CPU and wall times in seconds.
pub(super) const HEAD: &str = "\
                                        |           full cycle            |          steady cycle           |
VMs     circumstances                   |   CPU   wall  calls      MB mock|   CPU   wall  calls      MB mock| peak MB | curl CPU full steady | Go CPU full steady";

pub(super) fn row(row: &Row) -> String {
    let cycle = |cycle: &super::report::Cycle| {
        format!(
            "{:6.3} {:6.2} {:6} {:7.2} {:4.1}",
            cycle.cost.cpu_seconds,
            cycle.cost.wall_seconds,
            cycle.all_calls(),
            cycle.received_bytes / 1e6,
            cycle.mock_cpu_seconds
        )
    };
    let halves = |halves: Option<super::report::Halves>| match halves {
        Some(halves) => format!(
            "{:.3} {:.3}",
            halves.full.cpu_seconds, halves.steady.cpu_seconds
        ),
        None => "-".to_owned(),
    };
    let name = if row.variant.is_empty() {
        "usual"
    } else {
        &row.variant
    };
    format!(
        "{:<7} {name:<32}|{} |{} | {:7.1} | {:20} | {}",
        row.vms,
        cycle(&row.full),
        cycle(&row.steady),
        row.peak_memory_bytes as f64 / 1e6,
        halves(row.floor),
        halves(row.peer),
    )
}

pub(super) fn rest(report: &Report) -> String {
    let mut text = String::new();
    if let Some(scrapes) = &report.scrapes {
        let _ = writeln!(
            text,
            "page of {} VMs: {:.2} MB, {:.2} MB in gzip; CPU per scrape {:.2} ms plain, {:.2} ms gzip; during a cycle \
             {} scrapes, median {:.2} ms, p99 {:.2} ms",
            scrapes.vms,
            scrapes.plain_bytes as f64 / 1e6,
            scrapes.gzip_bytes as f64 / 1e6,
            scrapes.plain_cpu_seconds * 1e3,
            scrapes.gzip_cpu_seconds * 1e3,
            scrapes.during_cycle,
            scrapes.median_seconds * 1e3,
            scrapes.p99_seconds * 1e3,
        );
    }
    let _ = writeln!(
        text,
        "start to first byte of /metrics {:.1} ms; static binary {:.1} MB",
        report.start_seconds * 1e3,
        report.binary_bytes as f64 / 1e6
    );
    text
}

/// Two cycles of all VMs.
pub(super) fn fleet(fleet: &Fleet) -> String {
    let Fleet { vcenters, vms, .. } = fleet;
    let line = |name: &str, load: Load| {
        let megabytes = load.peak_memory_bytes as f64 / 1e6;
        let (cpu, skipped) = (load.cpu_seconds, load.skipped_ticks);
        format!("{name:<40} CPU {cpu:6.3} s, {megabytes:6.1} MB, {skipped} ticks skipped\n")
    };
    [
        line(&format!("{vms} VMs in one vCenter"), fleet.one),
        line(&format!("in {vcenters} vCenters"), fleet.several),
        line("with a slow one among them", fleet.one_of_them_slow),
    ]
    .concat()
}
