//! The limits that the project has set itself, each with what was measured.

use std::fmt::{self, Write as _};

use super::report::{Cycle, Fleet, Load, Piece, Report, Row};

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
/// What a clean release build of that crate takes with all it depends on, seen once on a machine of two cores.
const GENERATED_BUILD_CPU_SECONDS: f64 = 21.0 * 60.0;

pub(super) fn judge(report: &Report, vms: u32) -> Vec<Gate> {
    let mut gates = cycle_gates(report, vms);
    gates.extend(size_gates(report));
    gates.extend(piece_gates(report));
    gates.extend(surface_gates(report));
    gates.extend(fleet_gates(report));
    gates
}

fn gate(
    figure: &str,
    (limit, stretch): (f64, Option<f64>),
    measured: Option<f64>,
    show: fn(f64) -> String,
) -> Gate {
    Gate {
        figure: figure.to_owned(),
        limit,
        stretch,
        measured,
        show,
    }
}

fn row<'r>(report: &'r Report, vms: u32, variant: &str) -> Option<&'r Row> {
    let mut rows = report.rows.iter();
    rows.find(|row| row.vms == vms && row.variant == variant)
}

fn cycle_gates(report: &Report, vms: u32) -> Vec<Gate> {
    let row = row(report, vms, "");
    let peer = |row: &Row| Some(row.full.cost.cpu_seconds / row.peer?.full.cpu_seconds);
    let peer_steady = |row: &Row| Some(row.steady.cost.cpu_seconds / row.peer?.steady.cpu_seconds);
    let floor = |row: &Row| Some(row.full.cost.cpu_seconds / row.floor?.full.cpu_seconds);
    let floor_steady =
        |row: &Row| Some(row.steady.cost.cpu_seconds / row.floor?.steady.cpu_seconds);
    let floor_wall = |row: &Row| Some(row.full.cost.wall_seconds / row.floor?.full.wall_seconds);
    let without_gzip = self::row(report, vms, "without gzip");
    let gzip = row.zip(without_gzip);
    vec![
        gate(
            "full cycle, CPU against the Go program",
            (1.0 / 6.0, Some(0.1)),
            row.and_then(peer),
            part,
        ),
        gate(
            "full cycle, CPU against curl",
            (2.3, Some(2.0)),
            row.and_then(floor),
            times,
        ),
        gate(
            "steady cycle, CPU against the Go program's queries",
            (1.0 / 6.0, None),
            row.and_then(peer_steady),
            part,
        ),
        gate(
            "steady cycle, CPU against curl",
            (1.3, Some(1.1)),
            row.and_then(floor_steady),
            times,
        ),
        gate(
            "full cycle, wall time against curl, one call at a time",
            (1.1, Some(1.05)),
            row.and_then(floor_wall),
            times,
        ),
        gate(
            "full cycle, calls beside pages and batches",
            (10.0, None),
            row.map(|row| calls_beside(&row.full, &["QueryPerf", "WaitForUpdatesEx"])),
            count,
        ),
        gate(
            "steady cycle, calls beside batches",
            (3.0, None),
            row.map(|row| calls_beside(&row.steady, &["QueryPerf"])),
            count,
        ),
        gate(
            "bytes received with gzip, of those without",
            (0.05, None),
            gzip.map(|(row, without)| row.full.received_bytes / without.full.received_bytes),
            percent,
        ),
        gate(
            "full cycle, CPU against a client generated from the whole API (by its ratio to the Go program)",
            (0.5, Some(1.0 / 3.0)),
            row.and_then(peer).map(|ratio| ratio / GENERATED_CLIENT),
            part,
        ),
    ]
}

fn size_gates(report: &Report) -> Vec<Gate> {
    let memory = [
        (15_000, 29.0, 24.0),
        (50_000, 80.0, 50.0),
        (100_000, 134.0, 110.0),
    ];
    let mut gates: Vec<Gate> = memory
        .into_iter()
        .map(|(vms, limit, stretch)| {
            gate(
                &format!("peak memory with {vms} VMs"),
                (limit, Some(stretch)),
                row(report, vms, "").map(|row| megabytes_of(row.peak_memory_bytes)),
                megabytes,
            )
        })
        .collect();
    let mut of_cpu = |cycle: &str, cpu: fn(&Row) -> f64| {
        gates.push(gate(
            &format!("exponent of CPU over VMs, {cycle} cycle"),
            (1.05, Some(1.0)),
            exponent(report, cpu),
            number,
        ));
    };
    of_cpu("full", |row| row.full.cost.cpu_seconds);
    of_cpu("steady", |row| row.steady.cost.cpu_seconds);
    gates
}

/// From the smallest to the largest inventory.
fn exponent(report: &Report, cpu: fn(&Row) -> f64) -> Option<f64> {
    let usual = || report.rows.iter().filter(|row| row.variant.is_empty());
    let least = usual().min_by_key(|row| row.vms)?;
    let most = usual().max_by_key(|row| row.vms)?;
    let growth = f64::from(most.vms) / f64::from(least.vms);
    (growth > 1.0).then(|| (cpu(most) / cpu(least)).ln() / growth.ln())
}

fn piece_gates(report: &Report) -> Vec<Gate> {
    let piece = |name: &str| report.pieces.iter().find(|piece| piece.name == name);
    let per_byte = |piece: &Piece| piece.cpu_seconds / piece.bytes as f64;
    // Each piece is of 100 VMs.
    let unwanted = piece("decode_csv_288_samples")
        .zip(piece("decode_csv_1_sample"))
        .map(|(all, one)| (all.cpu_seconds - one.cpu_seconds) * 50.0);
    vec![
        gate(
            "288 unwanted samples per series, CSV: extra CPU per 5,000 VMs",
            (0.3, Some(0.12)),
            unwanted,
            seconds,
        ),
        gate(
            "decoding, normal format, 1 sample (more is better)",
            (1.0 / 200e6, Some(1.0 / 300e6)),
            piece("decode_normal_1_sample").map(per_byte),
            megabytes_per_second,
        ),
    ]
}

fn surface_gates(report: &Report) -> Vec<Gate> {
    let scrapes = report.scrapes.as_ref();
    let build = report.library_build;
    vec![
        gate(
            "CPU per scrape, gzip",
            (2.0, None),
            scrapes.map(|it| it.gzip_cpu_seconds * 1e3),
            milliseconds,
        ),
        gate(
            "scrape p99 during a cycle",
            (20.0, None),
            scrapes.map(|it| it.p99_seconds * 1e3),
            milliseconds,
        ),
        gate(
            "clean release build of vsphere-soap, CPU against a client generated from the whole API",
            (1.0 / 6.0, Some(0.1)),
            build.map(|build| build.cpu_seconds / GENERATED_BUILD_CPU_SECONDS),
            part,
        ),
        gate(
            "static binary",
            (16.0, Some(8.0)),
            Some(megabytes_of(report.binary_bytes)),
            megabytes,
        ),
        gate(
            "start of the process to the first byte of /metrics",
            (50.0, None),
            Some(report.start_seconds * 1e3),
            milliseconds,
        ),
    ]
}

fn fleet_gates(report: &Report) -> Vec<Gate> {
    let fleet = report.fleet.as_ref();
    let cpu = |load: Load, fleet: &Fleet| load.cpu_seconds / fleet.one.cpu_seconds;
    let memory = |load: Load| load.peak_memory_bytes as f64;
    vec![
        gate(
            "several vCenters, CPU against one with all VMs",
            (1.15, None),
            fleet.map(|it| cpu(it.several, it)),
            times,
        ),
        gate(
            "several vCenters, peak memory against one with all VMs",
            (1.15, None),
            fleet.map(|it| memory(it.several) / memory(it.one)),
            times,
        ),
        gate(
            "several vCenters and a slow one among them, CPU against one with all VMs",
            (1.15, None),
            fleet.map(|it| cpu(it.one_of_them_slow, it)),
            times,
        ),
        gate(
            "several vCenters and a slow one among them, ticks that the others skip",
            (0.0, None),
            fleet.map(|it| it.one_of_them_slow.skipped_ticks),
            count,
        ),
    ]
}

fn calls_beside(cycle: &Cycle, operations: &[&str]) -> f64 {
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
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{limit:<11} {stretch:<11} {measured:<11} {verdict:<26} {figure}"
        );
    }
    text
}

fn part(ratio: f64) -> String {
    format!("1 / {:.1}", 1.0 / ratio)
}

fn times(ratio: f64) -> String {
    format!("{ratio:.2} x")
}

fn count(number: f64) -> String {
    format!("{number:.0}")
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

fn seconds(value: f64) -> String {
    format!("{value:.3} s")
}

fn megabytes_per_second(seconds_per_byte: f64) -> String {
    format!("{:.0} MB/s", 1e-6 / seconds_per_byte)
}
