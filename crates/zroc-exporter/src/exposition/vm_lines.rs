//! The lines of the families that have one series per VM, or per virtual disk.
//!
//! They are nearly all of a page, so they are written here rather than by the registry: in one pass over the VMs, the
//! labels of each written once for all its series, and compressed once for both formats.

use std::fmt::Write as _;
use std::io;

use planner_core::inventory::Vm;
use planner_core::io_stats::IoStats;
use planner_core::snapshot::{Snapshot, SnapshotVm};
use planner_core::units::Gib;

use super::page::BothFormats;
use super::segment::{Deflater, SEGMENT_BYTES, SummedSegment};
use super::vm_families::{Measure, Scope, VM_FAMILIES, VmFamily};

const PROVISIONED: &str = "vcenter_vm_disk_provisioned_gb";
const PROVISIONED_HELP: &str = "Capacity of the VM's virtual disks in GB of 1073741824 bytes.";

/// Fewer lines than this are not worth a segment of their own.
const LEAST_SEGMENT_BYTES: usize = 4 * 1024;

/// Appends the families of the snapshots. A family without series is not mentioned.
pub(super) fn append<'s>(
    snapshots: impl Iterator<Item = &'s Snapshot>,
    page: &mut BothFormats,
) -> io::Result<()> {
    let mut deflater = Deflater::new();
    let mut provisioned = Lines::new(PROVISIONED, "");
    let mut families = VM_FAMILIES.each_ref().map(|family| {
        let suffix = match family.measure {
            Measure::Gauge(_) => "",
            Measure::Counter(_) => "_total",
        };
        (family, Lines::new(family.name, suffix))
    });
    let mut labels = Labels::default();
    for SnapshotVm { vm, stats, .. } in snapshots.flat_map(by_host) {
        labels.write_vm(vm);
        if let Some(size) = vm.provisioned {
            provisioned.gauge(&labels, Gib::from(size).get());
            provisioned.deflate_when_full(&mut deflater)?;
        }
        let Some(stats) = stats else {
            continue;
        };
        for (family, lines) in &mut families {
            match family.scope {
                Scope::VmWrites => lines.measure(family, &labels, Some(&stats.write)),
                Scope::VmReads => lines.measure(family, &labels, stats.read()),
                Scope::DiskWrites | Scope::DiskReads => {
                    for disk in stats.disks() {
                        labels.write_disk(&disk.instance);
                        let stats = match family.scope {
                            Scope::DiskReads => disk.read.as_ref(),
                            _ => Some(&disk.write),
                        };
                        lines.measure(family, &labels, stats);
                    }
                    labels.drop_disk();
                }
            }
            lines.deflate_when_full(&mut deflater)?;
        }
    }
    provisioned.append_to(page, PROVISIONED_HELP, "gauge", &mut deflater)?;
    for (family, lines) in families {
        let kind = match family.measure {
            Measure::Gauge(_) => "gauge",
            Measure::Counter(_) => "counter",
        };
        lines.append_to(page, family.help, kind, &mut deflater)?;
    }
    Ok(())
}

/// Room for the line that fills a segment; longer ones are rare.
const LONGEST_LINE_BYTES: usize = 1_024;

/// The VMs that have lines. Beside each other, the VMs of a host compress to three quarters of the size.
fn by_host(snapshot: &Snapshot) -> Vec<SnapshotVm<'_>> {
    let observed = snapshot.vms().filter(|row| row.vm.is_running());
    let mut rows: Vec<_> = observed.collect();
    rows.sort_by(|a, b| a.vm.placement.host.cmp(&b.vm.placement.host));
    rows
}

/// The sample lines of one family.
struct Lines {
    family: &'static str,
    suffix: &'static str,
    piece: String,
    segments: Vec<SummedSegment>,
}

impl Lines {
    fn new(family: &'static str, suffix: &'static str) -> Self {
        Self {
            family,
            suffix,
            piece: String::new(),
            segments: Vec::new(),
        }
    }

    fn measure(&mut self, family: &VmFamily, labels: &Labels, stats: Option<&IoStats>) {
        let Some(stats) = stats else {
            return;
        };
        match family.measure {
            Measure::Gauge(measure) => {
                if let Some(value) = measure(stats).filter(|value| value.is_finite()) {
                    self.gauge(labels, value);
                }
            }
            Measure::Counter(measure) => {
                if let Some(value) = measure(stats) {
                    self.line(labels, itoa::Buffer::new().format(value));
                }
            }
        }
    }

    fn gauge(&mut self, labels: &Labels, value: f64) {
        self.line(labels, dtoa::Buffer::new().format(value));
    }

    fn line(&mut self, labels: &Labels, value: &str) {
        if self.piece.capacity() == 0 {
            self.piece.reserve_exact(SEGMENT_BYTES + LONGEST_LINE_BYTES);
        }
        for part in [
            self.family,
            self.suffix,
            "{",
            &labels.text,
            "} ",
            value,
            "\n",
        ] {
            self.piece.push_str(part);
        }
    }

    fn deflate_when_full(&mut self, deflater: &mut Deflater) -> io::Result<()> {
        if self.piece.len() >= SEGMENT_BYTES {
            self.deflate(deflater)?;
        }
        Ok(())
    }

    fn deflate(&mut self, deflater: &mut Deflater) -> io::Result<()> {
        self.segments.push(deflater.segment(&self.piece)?);
        self.piece.clear();
        Ok(())
    }

    fn append_to(
        mut self,
        page: &mut BothFormats,
        help: &str,
        kind: &str,
        deflater: &mut Deflater,
    ) -> io::Result<()> {
        if self.segments.is_empty() && self.piece.is_empty() {
            return Ok(());
        }
        if self.piece.len() >= LEAST_SEGMENT_BYTES {
            self.deflate(deflater)?;
        }
        let Self { family, piece, .. } = self;
        write!(page, "# HELP {family} {help}\n# TYPE {family} {kind}\n")
            .map_err(io::Error::other)?;
        page.append_samples(&self.segments)?;
        page.write_str(&piece).map_err(io::Error::other)
    }
}

/// Labels as they stand between the braces.
#[derive(Default)]
struct Labels {
    text: String,
    vm_length: usize,
}

impl Labels {
    fn write_vm(&mut self, vm: &Vm) {
        self.text.clear();
        self.write("vm_name", &vm.name);
        self.write("vm_moref", vm.id.as_str());
        self.write("cluster", &vm.placement.cluster);
        self.write("host", &vm.placement.host);
        self.write("datacenter", &vm.placement.datacenter);
        self.vm_length = self.text.len();
    }

    fn write_disk(&mut self, disk: &str) {
        self.drop_disk();
        self.write("disk", disk);
    }

    fn drop_disk(&mut self) {
        self.text.truncate(self.vm_length);
    }

    fn write(&mut self, name: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push(',');
        }
        self.text.extend([name, "=\""]);
        for character in value.chars() {
            match character {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                other => self.text.push(other),
            }
        }
        self.text.push('"');
    }
}
