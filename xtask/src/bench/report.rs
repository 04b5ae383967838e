//! What a benchmark found out, as it is kept in `report.json`.

use std::collections::BTreeMap;

use serde::Serialize;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) date: String,
    pub(super) cores: usize,
    /// The command that made it.
    pub(super) command: String,
    /// Each figure is the least of this number of runs.
    pub(super) runs: u32,
    pub(super) rows: Vec<Row>,
    pub(super) pieces: Vec<Piece>,
    /// Several vCenters in one process, if that was asked for.
    pub(super) fleet: Option<Fleet>,
    pub(super) scrapes: Option<Scrapes>,
    /// From the start of the process to the first byte of `/metrics`.
    pub(super) start_seconds: f64,
    /// A release build of `vsphere-soap` with all it depends on, if that was asked for.
    pub(super) library_build: Option<Cost>,
    /// Size of the exporter's binary, the C library included.
    pub(super) binary_bytes: u64,
}

/// One size of the inventory with one set of circumstances.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) vms: u32,
    /// How the row differs from the usual circumstances; empty if not at all.
    pub(super) variant: String,
    /// How many samples of each series a steady cycle asks for.
    pub(super) steady_samples: u64,
    /// The first cycle, with the load of the inventory, from the start of the process.
    pub(super) full: Cycle,
    /// The one behind it: changes only, and the samples since then.
    pub(super) steady: Cycle,
    pub(super) peak_memory_bytes: u64,
    /// `curl` downloading the same answers.
    pub(super) floor: Option<Halves>,
    /// The program over govmomi.
    pub(super) peer: Option<Halves>,
}

/// A piece of a cycle by itself.
#[derive(Debug, Serialize)]
pub(super) struct Piece {
    pub(super) name: String,
    /// What it takes in, or puts out.
    pub(super) bytes: u64,
    pub(super) cpu_seconds: f64,
}

/// One cycle of the exporter.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Cycle {
    pub(super) cost: Cost,
    /// What the mock vCenter used meanwhile.
    pub(super) mock_cpu_seconds: f64,
    pub(super) received_bytes: f64,
    pub(super) sampled: u64,
    pub(super) calls: BTreeMap<String, u64>,
}

/// CPU and wall time.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Cost {
    pub(super) cpu_seconds: f64,
    pub(super) wall_seconds: f64,
}

/// What a full cycle costs and the part of it that a steady cycle has too.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Halves {
    pub(super) full: Cost,
    pub(super) steady: Cost,
}

/// What scrapes of the exporter cost, with the page of `vms` VMs.
#[derive(Debug, Serialize)]
pub(super) struct Scrapes {
    pub(super) vms: u32,
    pub(super) gzip_bytes: u64,
    pub(super) plain_bytes: u64,
    pub(super) gzip_cpu_seconds: f64,
    pub(super) plain_cpu_seconds: f64,
    /// Scrapes by ten clients during a cycle, with one silent client and one that does not read.
    pub(super) during_cycle: u64,
    pub(super) median_seconds: f64,
    pub(super) p99_seconds: f64,
}

/// What two cycles of all VMs cost.
#[derive(Debug, Serialize)]
pub(super) struct Fleet {
    pub(super) vcenters: u32,
    /// Of all vCenters together.
    pub(super) vms: u32,
    /// With all VMs in one vCenter.
    pub(super) one: Load,
    pub(super) several: Load,
    /// One of them takes 5 s for each answer. It is not waited for.
    pub(super) one_of_them_slow: Load,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Load {
    pub(super) cpu_seconds: f64,
    pub(super) peak_memory_bytes: u64,
    /// By the vCenters that are not slow.
    pub(super) skipped_ticks: f64,
}

impl Load {
    /// The lesser of each: what disturbs a run only adds.
    pub(super) fn least(self, other: Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds.min(other.cpu_seconds),
            peak_memory_bytes: self.peak_memory_bytes.min(other.peak_memory_bytes),
            skipped_ticks: self.skipped_ticks.min(other.skipped_ticks),
        }
    }
}

impl Cost {
    /// The lesser of each: what disturbs a run only adds.
    pub(super) fn least(self, other: Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds.min(other.cpu_seconds),
            wall_seconds: self.wall_seconds.min(other.wall_seconds),
        }
    }
}

impl Row {
    pub(super) fn least(self, other: Self) -> Self {
        let of_both = |one: Option<Halves>, another: Option<Halves>| Some(one?.least(another?));
        Self {
            full: self.full.least(other.full),
            steady: self.steady.least(other.steady),
            peak_memory_bytes: self.peak_memory_bytes.min(other.peak_memory_bytes),
            floor: of_both(self.floor, other.floor),
            peer: of_both(self.peer, other.peer),
            ..other
        }
    }
}

impl Halves {
    pub(super) fn least(self, other: Self) -> Self {
        Self {
            full: self.full.least(other.full),
            steady: self.steady.least(other.steady),
        }
    }
}

impl Cycle {
    pub(super) fn least(self, other: Self) -> Self {
        Self {
            cost: self.cost.least(other.cost),
            mock_cpu_seconds: self.mock_cpu_seconds.min(other.mock_cpu_seconds),
            ..other
        }
    }

    pub(super) fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    pub(super) fn calls_of(&self, operation: &str) -> u64 {
        self.calls.get(operation).copied().unwrap_or(0)
    }
}
