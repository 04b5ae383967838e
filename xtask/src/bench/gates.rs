//! The limits that the project has set itself, each with what was measured.

use std::fmt;

use super::report::{Report, Row};

/// A figure of which less is better.
pub(super) struct Gate {
    pub(super) figure: String,
    limit: f64,
    stretch: Option<f64>,
    measured: Option<f64>,
    show: fn(f64) -> String,
}

/// How a figure stands to its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    MetWithRoom,
    Met,
    NotMet,
    NotMeasured,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MetWithRoom => "met, and the stretch goal",
            Self::Met => "met",
            Self::NotMet => "NOT MET",
            Self::NotMeasured => "not measured in this run",
        })
    }
}

impl Gate {
    pub(super) fn verdict(&self) -> Verdict {
        match self.measured {
            None => Verdict::NotMeasured,
            Some(measured) if self.stretch.is_some_and(|stretch| measured <= stretch) => {
                Verdict::MetWithRoom
            }
            Some(measured) if measured <= self.limit => Verdict::Met,
            Some(_) => Verdict::NotMet,
        }
    }

    /// Limit, stretch goal and measured value as text.
    pub(super) fn texts(&self) -> [String; 3] {
        let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), self.show);
        [
            show(Some(self.limit)),
            show(self.stretch),
            show(self.measured),
        ]
    }
}

/// A crate generated from the whole of the API took this part of the Go program's time where both were measured once.
const GENERATED_CLIENT: f64 = 0.54 / 1.9;

pub(super) fn judge(report: &Report, vms: u32) -> Vec<Gate> {
    let at = |vms: u32, variant: &str| {
        report
            .rows
            .iter()
            .find(|row| row.vms == vms && row.variant == variant)
    };
    let row = at(vms, "");
    let mut gates = Vec::new();
    let mut gate = |figure: &str, limit, stretch, measured, show| {
        gates.push(Gate {
            figure: figure.to_owned(),
            limit,
            stretch,
            measured,
            show,
        });
    };
    let peer_full = |row: &Row| Some(row.full.cost.cpu_seconds / row.peer?.full.cpu_seconds);
    let peer_steady = |row: &Row| Some(row.steady.cost.cpu_seconds / row.peer?.steady.cpu_seconds);
    let floor_full = |row: &Row| Some(row.full.cost.cpu_seconds / row.floor?.full.cpu_seconds);
    let floor_steady =
        |row: &Row| Some(row.steady.cost.cpu_seconds / row.floor?.steady.cpu_seconds);
    let floor_wall = |row: &Row| Some(row.full.cost.wall_seconds / row.floor?.full.wall_seconds);
    gate(
        "full cycle, CPU against the Go program",
        1.0 / 6.0,
        Some(0.1),
        row.and_then(peer_full),
        part,
    );
    gate(
        "full cycle, CPU against curl",
        3.0,
        Some(2.0),
        row.and_then(floor_full),
        times,
    );
    gate(
        "steady cycle, CPU against the Go program's queries",
        1.0 / 6.0,
        None,
        row.and_then(peer_steady),
        part,
    );
    gate(
        "steady cycle, CPU against curl (stretch goal only)",
        f64::INFINITY,
        Some(1.5),
        row.and_then(floor_steady),
        times,
    );
    gate(
        "full cycle, wall time against curl, one call at a time",
        1.2,
        Some(1.05),
        row.and_then(floor_wall),
        times,
    );
    gate(
        "full cycle, calls beside pages and batches",
        10.0,
        None,
        row.map(|row| calls_beside(&row.full, &["QueryPerf", "WaitForUpdatesEx"])),
        count,
    );
    gate(
        "steady cycle, calls beside batches",
        3.0,
        None,
        row.map(|row| calls_beside(&row.steady, &["QueryPerf"])),
        count,
    );
    let without_gzip = at(vms, "without gzip");
    gate(
        "bytes received with gzip, of those without",
        0.05,
        None,
        row.zip(without_gzip)
            .map(|(row, without)| row.full.received_bytes / without.full.received_bytes),
        percent,
    );
    for (vms, limit, stretch) in [
        (15_000, 32.0, 20.0),
        (50_000, 80.0, 50.0),
        (100_000, 140.0, 90.0),
    ] {
        gate(
            &format!("peak memory with {vms} VMs"),
            limit,
            Some(stretch),
            at(vms, "").map(|row| megabytes_of(row.peak_memory_bytes)),
            megabytes,
        );
    }
    let usual: Vec<&Row> = report
        .rows
        .iter()
        .filter(|row| row.variant.is_empty())
        .collect();
    let exponent = |cpu: fn(&Row) -> f64| {
        let least = usual.iter().min_by_key(|row| row.vms)?;
        let most = usual.iter().max_by_key(|row| row.vms)?;
        let growth = f64::from(most.vms) / f64::from(least.vms);
        (growth > 1.0).then(|| (cpu(most) / cpu(least)).ln() / growth.ln())
    };
    gate(
        "exponent of CPU over VMs, full cycle",
        1.05,
        Some(1.0),
        exponent(|row| row.full.cost.cpu_seconds),
        number,
    );
    gate(
        "exponent of CPU over VMs, steady cycle",
        1.05,
        Some(1.0),
        exponent(|row| row.steady.cost.cpu_seconds),
        number,
    );
    let scrapes = report.scrapes.as_ref();
    gate(
        "CPU per scrape",
        2.0,
        None,
        scrapes.map(|it| it.gzip_cpu_seconds * 1e3),
        milliseconds,
    );
    gate(
        "scrape p99 during a cycle",
        20.0,
        None,
        scrapes.map(|it| it.p99_seconds * 1e3),
        milliseconds,
    );
    gate(
        "full cycle, CPU against a client generated from the whole API (by its ratio to the Go program)",
        0.5,
        Some(1.0 / 3.0),
        row.and_then(peer_full)
            .map(|ratio| ratio / GENERATED_CLIENT),
        part,
    );
    gate(
        "static binary",
        12.0,
        Some(8.0),
        Some(megabytes_of(report.binary_bytes)),
        megabytes,
    );
    gate(
        "start of the process to the first byte of /metrics",
        50.0,
        None,
        Some(report.start_seconds * 1e3),
        milliseconds,
    );
    gates
}

fn calls_beside(cycle: &super::report::Cycle, operations: &[&str]) -> f64 {
    let named: u64 = operations
        .iter()
        .map(|operation| cycle.calls_of(operation))
        .sum();
    (cycle.all_calls() - named) as f64
}

fn megabytes_of(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// For people.
pub(super) fn table(gates: &[Gate]) -> String {
    let mut text = String::from("limit       stretch     measured    verdict\n");
    for gate in gates {
        let [limit, stretch, measured] = gate.texts();
        let (verdict, figure) = (gate.verdict(), &gate.figure);
        text.push_str(&format!(
            "{limit:<11} {stretch:<11} {measured:<11} {verdict:<26} {figure}\n"
        ));
    }
    text
}

fn part(ratio: f64) -> String {
    format!("1 / {:.1}", 1.0 / ratio)
}

fn times(ratio: f64) -> String {
    if ratio.is_infinite() {
        "-".to_owned()
    } else {
        format!("{ratio:.2} x")
    }
}

fn count(calls: f64) -> String {
    format!("{calls:.0}")
}

fn percent(ratio: f64) -> String {
    format!("{:.1} %", ratio * 100.0)
}

fn megabytes(value: f64) -> String {
    format!("{value:.1} MB")
}

fn milliseconds(value: f64) -> String {
    format!("{value:.2} ms")
}

fn number(value: f64) -> String {
    format!("{value:.3}")
}
