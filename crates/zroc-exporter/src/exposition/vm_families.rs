//! The metric families that have one series per VM, or per virtual disk.

use planner_core::collection::accumulators::Measures;
use planner_core::io_stats::{DiskStats, IoStats, VmIoStats};
use planner_core::snapshot::{Snapshot, SnapshotVm};
use planner_core::units::{Bytes, BytesPerSec, Iops, LatencyMillis, LatencySeconds, MibPerSec};

/// What a family shows of the statistics. Values that are not known, or not finite, are not shown.
///
/// A gauge says what is now, and where: its labels are the VM's name and place. A counter must not be interrupted by a move
/// or a new name: it has the VM's reference alone.
#[derive(Debug, Clone, Copy)]
enum Measure {
    Gauge(fn(&IoStats) -> Option<f64>),
    Counter(fn(&IoStats) -> Option<u64>),
}

/// Whose statistics a family shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// A VM's writes.
    VmWrites,
    /// A VM's reads: there are none unless `COLLECT_READS` is on.
    VmReads,
    /// A disk's writes: there are none unless `PER_DISK_METRICS` is on.
    DiskWrites,
    /// A disk's reads: both must be on.
    DiskReads,
}

/// A family whose values are statistics.
#[derive(Debug, Clone, Copy)]
pub struct VmFamily {
    /// Name on the OpenMetrics page, without the `_total` of counters: a contract with dashboards.
    pub name: &'static str,
    /// Help text on the page.
    pub help: &'static str,
    scope: Scope,
    measure: Measure,
}

/// The value of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum VmValue {
    /// Of a gauge; finite.
    Gauge(f64),
    /// Of a counter.
    Counter(u64),
}

impl VmValue {
    /// Hands over the value as a page has it.
    pub(super) fn write<T>(self, take: impl FnOnce(&str) -> T) -> T {
        match self {
            Self::Gauge(value) => take(dtoa::Buffer::new().format(value)),
            Self::Counter(value) => take(itoa::Buffer::new().format(value)),
        }
    }
}

impl VmFamily {
    /// What the names of its samples have behind its own.
    pub const fn suffix(&self) -> &'static str {
        match self.measure {
            Measure::Gauge(_) => "",
            Measure::Counter(_) => "_total",
        }
    }

    /// Its type.
    pub const fn kind(&self) -> &'static str {
        match self.measure {
            Measure::Gauge(_) => "gauge",
            Measure::Counter(_) => "counter",
        }
    }

    /// Whether there are series of it with these measures.
    pub const fn is_measured(&self, measures: Measures) -> bool {
        match self.scope {
            Scope::VmWrites => true,
            Scope::VmReads => measures.reads,
            Scope::DiskWrites => measures.per_disk,
            Scope::DiskReads => measures.reads && measures.per_disk,
        }
    }

    /// Whether its series are those of disks.
    pub const fn is_of_disks(&self) -> bool {
        matches!(self.scope, Scope::DiskWrites | Scope::DiskReads)
    }

    /// The value of a VM, if it is known and the family is one of VMs.
    pub fn of_vm(&self, stats: &VmIoStats) -> Option<VmValue> {
        match self.scope {
            Scope::VmWrites => self.value(&stats.write),
            Scope::VmReads => self.value(stats.read()?),
            Scope::DiskWrites | Scope::DiskReads => None,
        }
    }

    /// The value of a disk, if it is known and the family is one of disks.
    pub fn of_disk(&self, disk: &DiskStats) -> Option<VmValue> {
        match self.scope {
            Scope::VmWrites | Scope::VmReads => None,
            Scope::DiskWrites => self.value(&disk.write),
            Scope::DiskReads => self.value(disk.read.as_ref()?),
        }
    }

    fn value(&self, stats: &IoStats) -> Option<VmValue> {
        match self.measure {
            Measure::Gauge(measure) => {
                let value = measure(stats).filter(|value| value.is_finite());
                value.map(VmValue::Gauge)
            }
            Measure::Counter(measure) => measure(stats).map(VmValue::Counter),
        }
    }
}

const fn family(
    name: &'static str,
    help: &'static str,
    scope: Scope,
    measure: Measure,
) -> VmFamily {
    VmFamily {
        name,
        help,
        scope,
        measure,
    }
}

/// All such families, in the order of the page.
pub const VM_FAMILIES: [VmFamily; 20] = [
    family(
        "vcenter_vm_disk_write_iops",
        "Disk write operations per second, summed over the VM's virtual disks.",
        Scope::VmWrites,
        Measure::Gauge(iops),
    ),
    family(
        "vcenter_vm_disk_write_throughput_mbps",
        "Disk write throughput in MB/s of 1048576 bytes, summed over the VM's virtual disks.",
        Scope::VmWrites,
        Measure::Gauge(throughput),
    ),
    family(
        "vcenter_vm_disk_write_latency_ms",
        "Disk write latency in milliseconds, mean over the VM's virtual disks.",
        Scope::VmWrites,
        Measure::Gauge(latency),
    ),
    family(
        "vcenter_vm_disk_write_bytes",
        "Bytes written to the VM's virtual disks since counting began. It grows once per poll interval, so rate() needs windows of 20 intervals.",
        Scope::VmWrites,
        Measure::Counter(total),
    ),
    family(
        "vcenter_vm_disk_write_peak_bytes_per_second",
        "Largest 20-second sample of the VM's disk write rate in the window.",
        Scope::VmWrites,
        Measure::Gauge(peak),
    ),
    family(
        "vcenter_vm_disk_write_latency_seconds",
        "Latency of the VM's disk writes, mean weighted by their number.",
        Scope::VmWrites,
        Measure::Gauge(weighted_latency),
    ),
    family(
        "vcenter_vm_disk_read_iops",
        "Disk read operations per second, summed over the VM's virtual disks.",
        Scope::VmReads,
        Measure::Gauge(iops),
    ),
    family(
        "vcenter_vm_disk_read_throughput_mbps",
        "Disk read throughput in MB/s of 1048576 bytes, summed over the VM's virtual disks.",
        Scope::VmReads,
        Measure::Gauge(throughput),
    ),
    family(
        "vcenter_vm_disk_read_latency_ms",
        "Disk read latency in milliseconds, mean over the VM's virtual disks.",
        Scope::VmReads,
        Measure::Gauge(latency),
    ),
    family(
        "vcenter_vm_disk_read_bytes",
        "Bytes read from the VM's virtual disks since counting began. It grows once per poll interval, so rate() needs windows of 20 intervals.",
        Scope::VmReads,
        Measure::Counter(total),
    ),
    family(
        "vcenter_vm_disk_read_peak_bytes_per_second",
        "Largest 20-second sample of the VM's disk read rate in the window.",
        Scope::VmReads,
        Measure::Gauge(peak),
    ),
    family(
        "vcenter_vm_disk_read_latency_seconds",
        "Latency of the VM's disk reads, mean weighted by their number.",
        Scope::VmReads,
        Measure::Gauge(weighted_latency),
    ),
    family(
        "vcenter_virtual_disk_write_iops",
        "Write operations per second of the virtual disk.",
        Scope::DiskWrites,
        Measure::Gauge(iops),
    ),
    family(
        "vcenter_virtual_disk_write_throughput_mbps",
        "Write throughput of the virtual disk in MB/s of 1048576 bytes.",
        Scope::DiskWrites,
        Measure::Gauge(throughput),
    ),
    family(
        "vcenter_virtual_disk_write_latency_ms",
        "Write latency of the virtual disk in milliseconds.",
        Scope::DiskWrites,
        Measure::Gauge(latency),
    ),
    family(
        "vcenter_virtual_disk_write_bytes",
        "Bytes written to the virtual disk since counting began. It grows once per poll interval, so rate() needs windows of 20 intervals.",
        Scope::DiskWrites,
        Measure::Counter(total),
    ),
    family(
        "vcenter_virtual_disk_read_iops",
        "Read operations per second of the virtual disk.",
        Scope::DiskReads,
        Measure::Gauge(iops),
    ),
    family(
        "vcenter_virtual_disk_read_throughput_mbps",
        "Read throughput of the virtual disk in MB/s of 1048576 bytes.",
        Scope::DiskReads,
        Measure::Gauge(throughput),
    ),
    family(
        "vcenter_virtual_disk_read_latency_ms",
        "Read latency of the virtual disk in milliseconds.",
        Scope::DiskReads,
        Measure::Gauge(latency),
    ),
    family(
        "vcenter_virtual_disk_read_bytes",
        "Bytes read from the virtual disk since counting began. It grows once per poll interval, so rate() needs windows of 20 intervals.",
        Scope::DiskReads,
        Measure::Counter(total),
    ),
];

fn iops(stats: &IoStats) -> Option<f64> {
    stats.iops.map(Iops::get)
}

fn throughput(stats: &IoStats) -> Option<f64> {
    stats.rate.map(|rate| MibPerSec::from(rate).get())
}

fn latency(stats: &IoStats) -> Option<f64> {
    stats.latency.map(LatencyMillis::get)
}

fn total(stats: &IoStats) -> Option<u64> {
    stats.total.map(Bytes::get)
}

fn peak(stats: &IoStats) -> Option<f64> {
    stats.peak_rate.map(|rate| BytesPerSec::from(rate).get())
}

fn weighted_latency(stats: &IoStats) -> Option<f64> {
    stats
        .weighted_latency
        .map(|latency| LatencySeconds::from(latency).get())
}

/// Number of series that the VMs and disks of a snapshot have on a page.
pub fn vm_series(snapshot: &Snapshot) -> usize {
    let in_scope = |scope| {
        VM_FAMILIES
            .iter()
            .filter(|family| family.scope == scope)
            .count()
    };
    let series = |row: SnapshotVm<'_>| {
        let details = row.vm.details.iter();
        let details = details.map(|it| it.disks.len() + it.attributes.len());
        let info = 1 + details.sum::<usize>();
        let of_vm = info + usize::from(row.vm.provisioned.is_some());
        let Some(stats) = row.stats else {
            return of_vm;
        };
        let reads = if stats.read().is_some() {
            in_scope(Scope::VmReads)
        } else {
            0
        };
        let disk_reads = stats
            .disks()
            .iter()
            .filter(|disk| disk.read.is_some())
            .count();
        of_vm
            + in_scope(Scope::VmWrites)
            + reads
            + stats.disks().len() * in_scope(Scope::DiskWrites)
            + disk_reads * in_scope(Scope::DiskReads)
    };
    snapshot
        .vms()
        .filter(|row| row.vm.is_running())
        .map(series)
        .sum()
}

/// About how many series more the VMs and disks of a snapshot would have with these measures than with those. Disks are
/// counted by their VMs' configuration.
pub fn series_added(snapshot: &Snapshot, before: Measures, after: Measures) -> usize {
    let series = |measures: Measures, disks: usize| -> usize {
        let families = VM_FAMILIES.iter();
        let measured = families.filter(|family| family.is_measured(measures));
        measured
            .map(|family| if family.is_of_disks() { disks } else { 1 })
            .sum()
    };
    let running = snapshot.vms().filter(|row| row.vm.is_running());
    running
        .map(|row| {
            let disks = row.vm.disks.unwrap_or(0) as usize;
            let infos = |measures: Measures| if measures.per_disk { disks } else { 0 };
            let all = |measures| match row.stats {
                Some(_) => infos(measures) + series(measures, disks),
                None => infos(measures),
            };
            all(after).saturating_sub(all(before))
        })
        .sum()
}
