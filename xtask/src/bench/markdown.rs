//! The report as a document.

use std::fmt::Write as _;

use super::gates;
use super::report::{Cycle, Halves, Report, Row};
use super::table;

pub(super) fn render(report: &Report, gate_vms: u32) -> String {
    let mut text = head(report);
    text.push_str(&gate_section(report, gate_vms));
    text.push_str(&row_section(report));
    text.push_str(&piece_section(report));
    text
}

fn head(report: &Report) -> String {
    let (date, cores, runs, command) = (&report.date, report.cores, report.runs, &report.command);
    format!(
        "# Performance

Made on {date} by

```console
$ {command} --write
```

on a machine with {cores} cores that the mock vCenter, the exporter and what measures them shared. Every figure is the
least of {runs} runs; unusual circumstances were measured once. Absolute times belong to that machine; the ratios were taken
in the same run and hold elsewhere.

- **Exporter**: the static release binary, as in the image, with default settings but `BATCH_DELAY=0` and, except in the row that has one,
  without a history (`HISTORY_HOURS=0`), over TLS with gzip, 2 disks per
  VM, real-time samples. A *full* cycle is the first one after the start of the process, with the inventory and 15
  samples per series; a *steady* one follows it by a schedule in real time, with changes of the inventory and the samples
  since then, six of them once more. CPU is user and system time of the exporter alone, from its start or the end of the
  cycle before until its page is rendered.
- **curl**: downloads the same answers with the same requests over one TLS connection, decompresses them and throws
  them away. Less is not possible without leaving something out.
- **Go**: `xtask/bench/peer/main.go` over govmomi from Debian: view, one retrieval, queries of 100 VMs in CSV for as
  many samples, text output. Its *steady* figure asks for samples alone.
- **mock**: CPU time of the mock vCenter, which is no part of the exporter's. It compresses with zlib's default level.

"
    )
}

fn gate_section(report: &Report, gate_vms: u32) -> String {
    let mut text = format!(
        "## Gates\n\nWith {gate_vms} VMs unless the figure says otherwise.\n\n\
         | figure | gate | stretch | measured | |\n|---|---|---|---|---|\n"
    );
    for gate in gates::judge(report, gate_vms) {
        let [limit, stretch, measured] = gate.texts();
        let (figure, verdict) = (&gate.figure, gate.verdict());
        let _ = writeln!(
            text,
            "| {figure} | {limit} | {stretch} | {measured} | {verdict} |"
        );
    }
    text.push_str(
        "\nOn wall time: one call at a time means that server and client take turns. The mock answers within a few \
         milliseconds, so what the exporter does between two calls (reading an answer, adding it up, and at the end making the \
         page) shows beside curl, which does nothing. Half of it is the inventory, whose every page has to be read before \
         the next can be asked for. The rows with latency show how little is left of that as soon as the server takes longer.\n\n\
         On exponents: a VM costs a little more among many, presumably because the samples of 1,000 VMs fit into a processor's \
         cache and those of 100,000 do not. The smallest figure is a few hundredths of a second, which a busy machine blurs: the \
         same program has given 0.91 and 1.00.\n\n",
    );
    text
}

fn row_section(report: &Report) -> String {
    let mut text = String::from(
        "## Cycles\n\nTimes in seconds; MB are those received; samples are those of each series that are asked for.\n\n\
         | VMs | circumstances | full: CPU | wall | calls | MB | mock | steady: samples | CPU | wall | calls | MB | mock | peak MB |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in &report.rows {
        let name = if row.variant.is_empty() {
            "usual"
        } else {
            &row.variant
        };
        let _ = writeln!(
            text,
            "| {} | {name} | {} | {} | {} | {:.1} |",
            row.vms,
            cycle(&row.full),
            row.steady_samples,
            cycle(&row.steady),
            row.peak_memory_bytes as f64 / 1e6
        );
    }
    text.push_str(
        "\n| VMs | circumstances | curl full: CPU | wall | curl steady: CPU | wall | Go full: CPU | wall | Go steady: CPU | wall |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in report.rows.iter().filter(|row| row.floor.is_some()) {
        text.push_str(&comparison(row));
    }
    text.push_str(&fleet_section(report));
    text.push_str(&scrape_section(report));
    text
}

fn fleet_section(report: &Report) -> String {
    let Some(fleet) = &report.fleet else {
        return String::new();
    };
    format!(
        "\n## Several vCenters\n\nOne process, a first and a second cycle of each vCenter. The slow vCenter takes 5 s for each answer, \
         and nobody waits for its cycles.\n\n```text\n{}```\n",
        table::fleet(fleet)
    )
}

fn cycle(cycle: &Cycle) -> String {
    format!(
        "{:.3} | {:.2} | {} | {:.2} | {:.2}",
        cycle.cost.cpu_seconds,
        cycle.cost.wall_seconds,
        cycle.all_calls(),
        cycle.received_bytes / 1e6,
        cycle.mock_cpu_seconds
    )
}

fn comparison(row: &Row) -> String {
    let halves = |halves: Option<Halves>| match halves {
        Some(Halves { full, steady }) => format!(
            "{:.3} | {:.2} | {:.3} | {:.2}",
            full.cpu_seconds, full.wall_seconds, steady.cpu_seconds, steady.wall_seconds
        ),
        None => "- | - | - | -".to_owned(),
    };
    let name = if row.variant.is_empty() {
        "usual"
    } else {
        &row.variant
    };
    format!(
        "| {} | {name} | {} | {} |\n",
        row.vms,
        halves(row.floor),
        halves(row.peer)
    )
}

fn piece_section(report: &Report) -> String {
    let mut text = String::from(
        "\n## Pieces\n\nCPU time of one run, each with 100 VMs of 2 disks and 3 counters, the page with 1,000 VMs in both formats. \
         `cargo bench` times them with statistics, and `cargo xtask instructions` counts their instructions.\n\n\
         | piece | MB | ms | MB/s |\n|---|---|---|---|\n",
    );
    for piece in &report.pieces {
        let megabytes = piece.bytes as f64 / 1e6;
        let _ = writeln!(
            text,
            "| {} | {megabytes:.2} | {:.3} | {:.0} |",
            piece.name,
            piece.cpu_seconds * 1e3,
            megabytes / piece.cpu_seconds
        );
    }
    text
}

fn scrape_section(report: &Report) -> String {
    let mut text = String::from("\n## Scrapes and start\n\n");
    if let Some(scrapes) = &report.scrapes {
        let _ = write!(
            text,
            "The page of {} VMs has {:.2} MB, and {:.2} MB in gzip. One scrape takes {:.2} ms of CPU in gzip and {:.2} \
             ms uncompressed. With ten scrapers at once during a cycle, one more client that sends nothing and one that \
             reads nothing, the median of {} scrapes was {:.2} ms and the 99th percentile {:.2} ms.\n\n",
            scrapes.vms,
            scrapes.plain_bytes as f64 / 1e6,
            scrapes.gzip_bytes as f64 / 1e6,
            scrapes.gzip_cpu_seconds * 1e3,
            scrapes.plain_cpu_seconds * 1e3,
            scrapes.during_cycle,
            scrapes.median_seconds * 1e3,
            scrapes.p99_seconds * 1e3,
        );
    }
    let _ = writeln!(
        text,
        "From the start of the process to the first byte of `/metrics` it takes {:.1} ms. The static binary has {:.1} MB.",
        report.start_seconds * 1e3,
        report.binary_bytes as f64 / 1e6
    );
    text
}
