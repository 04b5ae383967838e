//! The lines of the families that have one series per VM, or per virtual disk.
//!
//! They are nearly all of a page, so they are written here rather than by the registry: in one pass over the VMs, the
//! labels of each written once for all its series, and compressed once for both formats.

use std::array;
use std::fmt::Write as _;
use std::io;
use std::iter::once;

use planner_core::snapshot::{Snapshot, SnapshotVm};
use planner_core::units::{Bytes, Gib};

use super::page::BothFormats;
use super::segment::{Deflater, SEGMENT_BYTES, SummedSegment};
use super::vm_families::{VM_FAMILIES, VmFamily, VmValue};
use super::vm_labels::Labels;
use crate::status::VcenterStatus;

/// OpenMetrics' name of the family; its samples have the suffix.
const INFO: &str = "vcenter_vm";
const INFO_SUFFIX: &str = "_info";
const INFO_HELP: &str =
    "Name and place of the VM, for joins on vm_moref: byte counters do not have them. Always 1.";

/// OpenMetrics' name of the family of what disks lie on; its samples have [`INFO_SUFFIX`].
const DISK_INFO: &str = "vcenter_virtual_disk";
const DISK_INFO_HELP: &str = "What the virtual disk lies on, for joins on vm_moref and disk. What vCenter does not say is empty. Always 1.";

const ATTRIBUTE: &str = "vcenter_vm_custom_attribute";
const ATTRIBUTE_HELP: &str = "Custom attribute of the VM that CUSTOM_ATTRIBUTES names, for joins on vm_moref. Values longer than 256 bytes, or beyond 16 MiB in all, are left out. Always 1.";

/// The family of the provisioned size.
pub const PROVISIONED: &str = "vcenter_vm_disk_provisioned_gb";
const PROVISIONED_HELP: &str = "Capacity of the VM's virtual disks in GB of 1073741824 bytes.";

/// Fewer lines than this are not worth a segment of their own.
const LEAST_SEGMENT_BYTES: usize = 4 * 1024;

/// Families, in the order of the page: the provisioned size, the statistics, what is known of VMs, of disks, and what people
/// noted of VMs.
const FAMILIES: usize = VM_FAMILIES.len() + 4;

/// The lines of one vCenter's VMs, compressed. A page of several vCenters is put together from the lines of each.
#[derive(Debug)]
pub struct VmLines([FamilyLines; FAMILIES]);

/// The lines of one family.
#[derive(Debug, Default)]
struct FamilyLines {
    segments: Vec<SummedSegment>,
    /// Lines that are not worth a segment of their own.
    rest: Box<str>,
}

/// No VM.
impl Default for VmLines {
    fn default() -> Self {
        Self(array::from_fn(|_| FamilyLines::default()))
    }
}

impl VmLines {
    /// Renders the lines of the latest cycle's VMs.
    ///
    /// # Errors
    /// When compression fails, which it does not in memory.
    pub fn render(vcenter: &VcenterStatus) -> io::Result<Self> {
        let report = vcenter.report.as_deref();
        let Some(snapshot) = report.and_then(|it| it.snapshot.as_deref()) else {
            return Ok(Self::default());
        };
        render(snapshot, vcenter.label())
    }
}

fn render(snapshot: &Snapshot, vcenter: Option<&str>) -> io::Result<VmLines> {
    let mut deflater = Deflater::new();
    let mut info = Lines::new(INFO, INFO_SUFFIX);
    let mut disk_info = Lines::new(DISK_INFO, INFO_SUFFIX);
    let mut attributes = Lines::new(ATTRIBUTE, "");
    let mut provisioned = Lines::new(PROVISIONED, "");
    let mut families = VM_FAMILIES
        .each_ref()
        .map(|family| (family, Lines::new(family.name, family.suffix())));
    let mut labels = Labels::default();
    for SnapshotVm { vm, stats, .. } in by_host(snapshot) {
        labels.write_vm(vm, vcenter);
        labels.write_further("folder", &vm.folder);
        info.line(labels.placed(), "1");
        info.deflate_when_full(&mut deflater)?;
        labels.drop_further();
        if let Some(details) = &vm.details {
            for disk in &details.disks {
                labels.write_disk(disk);
                disk_info.line(labels.lasting(), "1");
            }
            disk_info.deflate_when_full(&mut deflater)?;
            for attribute in &details.attributes {
                labels.write_attribute(attribute);
                attributes.line(labels.lasting(), "1");
            }
            attributes.deflate_when_full(&mut deflater)?;
            labels.drop_further();
        }
        if let Some(size) = vm.provisioned {
            provisioned.value(&labels, size_of(size));
            provisioned.deflate_when_full(&mut deflater)?;
        }
        let Some(stats) = stats else {
            continue;
        };
        for (family, lines) in &mut families {
            if let Some(value) = family.of_vm(stats) {
                lines.value(&labels, value);
            }
            if family.is_of_disks() {
                for disk in stats.disks() {
                    if let Some(value) = family.of_disk(disk) {
                        labels.write_further("disk", &disk.instance);
                        lines.value(&labels, value);
                    }
                }
                labels.drop_further();
            }
            lines.deflate_when_full(&mut deflater)?;
        }
    }
    let statistics = families.into_iter().map(|(_, lines)| lines);
    let infos = [info, disk_info, attributes];
    let all = once(provisioned).chain(statistics).chain(infos);
    let mut rendered = VmLines::default();
    for (place, lines) in rendered.0.iter_mut().zip(all) {
        *place = lines.finish(&mut deflater)?;
    }
    Ok(rendered)
}

/// Appends the families of all vCenters. A family without series is not mentioned.
pub(super) fn append(vcenters: &[&VmLines], page: &mut BothFormats) -> io::Result<()> {
    for (place, family) in families().enumerate() {
        let lines = || vcenters.iter().filter_map(|vcenter| vcenter.0.get(place));
        if lines().all(FamilyLines::is_empty) {
            continue;
        }
        page.write_str(&family.head()).map_err(io::Error::other)?;
        for FamilyLines { segments, rest } in lines() {
            page.append_samples(segments)?;
            page.write_str(rest).map_err(io::Error::other)?;
        }
    }
    Ok(())
}

/// What a page says about a family before its lines.
pub(super) struct Family {
    pub(super) name: &'static str,
    help: &'static str,
    kind: &'static str,
    pub(super) content: Content,
}

/// What a family shows.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Provisioned,
    Statistic(&'static VmFamily),
    Info,
    DiskInfo,
    Attribute,
}

impl Family {
    /// The lines before those of the series, in OpenMetrics.
    pub(super) fn head(&self) -> String {
        let Self {
            name, help, kind, ..
        } = self;
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n")
    }

    /// What the names of its samples have behind its own.
    pub(super) const fn suffix(&self) -> &'static str {
        match self.content {
            Content::Provisioned | Content::Attribute => "",
            Content::Statistic(family) => family.suffix(),
            Content::Info | Content::DiskInfo => INFO_SUFFIX,
        }
    }
}

/// In the order of the page.
pub(super) fn families() -> impl Iterator<Item = Family> {
    let statistics = VM_FAMILIES.iter().map(|family| Family {
        name: family.name,
        help: family.help,
        kind: family.kind(),
        content: Content::Statistic(family),
    });
    let provisioned = Family {
        name: PROVISIONED,
        help: PROVISIONED_HELP,
        kind: "gauge",
        content: Content::Provisioned,
    };
    let infos = [
        (INFO, INFO_HELP, "info", Content::Info),
        (DISK_INFO, DISK_INFO_HELP, "info", Content::DiskInfo),
        (ATTRIBUTE, ATTRIBUTE_HELP, "gauge", Content::Attribute),
    ];
    let infos = infos.map(|(name, help, kind, content)| Family {
        name,
        help,
        kind,
        content,
    });
    once(provisioned).chain(statistics).chain(infos)
}

/// The provisioned size as a page has it.
pub(super) fn size_of(size: Bytes) -> VmValue {
    VmValue::Gauge(Gib::from(size).get())
}

/// Room for the line that fills a segment; longer ones are rare.
const LONGEST_LINE_BYTES: usize = 1_024;

/// The VMs that have lines. Beside each other, the VMs of a host compress to three quarters of the size.
pub(super) fn by_host(snapshot: &Snapshot) -> Vec<SnapshotVm<'_>> {
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

    fn value(&mut self, labels: &Labels, value: VmValue) {
        let labels = labels.of(value);
        value.write(|number| self.line(labels, number));
    }

    fn line(&mut self, [first, further]: [&str; 2], value: &str) {
        if self.piece.capacity() == 0 {
            self.piece.reserve_exact(SEGMENT_BYTES + LONGEST_LINE_BYTES);
        }
        for part in [
            self.family,
            self.suffix,
            "{",
            first,
            further,
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

    fn finish(mut self, deflater: &mut Deflater) -> io::Result<FamilyLines> {
        if self.piece.len() >= LEAST_SEGMENT_BYTES {
            self.deflate(deflater)?;
        }
        Ok(FamilyLines {
            segments: self.segments,
            rest: self.piece.into_boxed_str(),
        })
    }
}

impl FamilyLines {
    fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.rest.is_empty()
    }
}
