//! The page as it was: the families of VMs at moments of the past, each sample with its time.
//!
//! OpenMetrics wants all samples of a family beside each other, so the VMs are gone through once for each family. Nothing of
//! the text is kept.

use std::io::{self, Write};

use planner_core::collection::Collection;
use planner_core::inventory::Vm;
use planner_core::io_stats::VmIoStats;
use planner_core::snapshot::Snapshot;
use planner_core::vcenter_time::VcenterTime;

use super::vm_families::{VmFamily, VmValue};
use super::vm_labels::Labels;
use super::vm_lines::{Content, Family, by_host, families, size_of};

/// The moments of a page: multiples of a step by vCenter's clock.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    /// Later than this, in seconds of Unix time.
    pub after: i64,
    /// Not later than this, in seconds of Unix time.
    pub until: i64,
    /// Their distance in milliseconds; at least 1.
    pub step_millis: i64,
}

/// The past of one vCenter.
#[derive(Debug, Clone, Copy)]
pub struct PastPart<'p> {
    /// The value of the label `vcenter`, if series have it.
    pub label: Option<&'p str>,
    /// Its VMs.
    pub snapshot: &'p Snapshot,
    /// Their samples.
    pub collection: &'p Collection,
    /// Window of the values.
    pub window_seconds: u32,
    /// When there are values.
    pub moments: Moments,
}

/// What is known of a VM at some moment, which is in milliseconds of Unix time.
type Point = (i64, VmIoStats);

impl PastPart<'_> {
    /// Whether any VM has a value at any moment.
    pub fn has_values(&self) -> bool {
        let mut vms = self.snapshot.vms().filter(|row| row.vm.is_running());
        vms.any(|row| self.points(row.vm).next().is_some())
    }

    /// The moments at which a VM has values, as far as its samples fill the window that ends there.
    fn points(&self, vm: &Vm) -> impl Iterator<Item = Point> {
        let past = self.collection.past(&vm.id);
        let known = past.map(|past| (past.reach(self.window_seconds), past));
        known.into_iter().flat_map(move |(reach, past)| {
            let Moments {
                after,
                until,
                step_millis,
            } = self.moments;
            let step = step_millis.max(1);
            let begin = (*reach.start()).max(after.saturating_add(1));
            let end = (*reach.end()).min(until);
            let first = begin.saturating_mul(1_000).div_euclid(step);
            let millis = (first..).map(move |number| number.saturating_mul(step));
            let second = |millis: i64| millis.div_euclid(1_000);
            let millis = millis.skip_while(move |millis| second(*millis) < begin);
            let millis = millis.take_while(move |millis| second(*millis) <= end);
            millis.filter_map(move |millis| {
                let at = VcenterTime::from_second(second(millis));
                Some((millis, past.stats(at, self.window_seconds)?))
            })
        })
    }
}

/// Writes the page of all vCenters. A family without samples is not mentioned.
///
/// # Errors
/// Those of the writer.
pub fn write_past(vcenters: &[PastPart<'_>], to: &mut dyn Write) -> io::Result<()> {
    for family in families() {
        let mut lines = Lines {
            family: &family,
            is_announced: false,
            to,
        };
        for vcenter in vcenters {
            let mut labels = Labels::default();
            for row in by_host(vcenter.snapshot) {
                labels.write_vm(row.vm, vcenter.label);
                lines.write_vm(vcenter, row.vm, &mut labels)?;
            }
        }
    }
    to.write_all(b"# EOF\n")
}

/// The samples of one family.
struct Lines<'l, 'w> {
    family: &'l Family,
    is_announced: bool,
    to: &'l mut (dyn Write + 'w),
}

impl Lines<'_, '_> {
    fn write_vm(&mut self, vcenter: &PastPart<'_>, vm: &Vm, labels: &mut Labels) -> io::Result<()> {
        match self.family.content {
            Content::Provisioned => {
                let Some(size) = vm.provisioned else {
                    return Ok(());
                };
                let mut points = vcenter.points(vm);
                points.try_for_each(|(at, _)| self.value(labels, size_of(size), at))
            }
            Content::Statistic(family) if family.is_of_disks() => {
                let points: Vec<Point> = vcenter.points(vm).collect();
                self.write_disks(family, &points, labels)
            }
            Content::Statistic(family) => vcenter.points(vm).try_for_each(|(at, stats)| {
                let value = family.of_vm(&stats);
                value.map_or(Ok(()), |value| self.value(labels, value, at))
            }),
            Content::Info => {
                labels.write_further("folder", &vm.folder);
                let mut points = vcenter.points(vm);
                points.try_for_each(|(at, _)| self.line(labels.placed(), VmValue::Gauge(1.0), at))
            }
            Content::DiskInfo => {
                let details = vm.details.iter();
                details.flat_map(|it| &it.disks).try_for_each(|disk| {
                    labels.write_disk(disk);
                    self.write_fact(vcenter, vm, labels)
                })
            }
            Content::Attribute => {
                let details = vm.details.iter();
                details
                    .flat_map(|it| &it.attributes)
                    .try_for_each(|attribute| {
                        labels.write_attribute(attribute);
                        self.write_fact(vcenter, vm, labels)
                    })
            }
        }
    }

    /// What is known of a VM now counts for the past too.
    fn write_fact(&mut self, vcenter: &PastPart<'_>, vm: &Vm, labels: &Labels) -> io::Result<()> {
        let mut points = vcenter.points(vm);
        points.try_for_each(|(at, _)| self.line(labels.lasting(), VmValue::Gauge(1.0), at))
    }

    /// A disk has the same place at all moments: those of which no sample is there yet have no values.
    fn write_disks(
        &mut self,
        family: &VmFamily,
        points: &[Point],
        labels: &mut Labels,
    ) -> io::Result<()> {
        let disks = points.first().map_or(0, |(_, stats)| stats.disks().len());
        for place in 0..disks {
            for (at, stats) in points {
                let Some(disk) = stats.disks().get(place) else {
                    continue;
                };
                if let Some(value) = family.of_disk(disk) {
                    labels.write_further("disk", &disk.instance);
                    self.value(labels, value, *at)?;
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, labels: &Labels, value: VmValue, at_millis: i64) -> io::Result<()> {
        self.line(labels.of(value), value, at_millis)
    }

    fn line(&mut self, labels: [&str; 2], value: VmValue, at_millis: i64) -> io::Result<()> {
        if !self.is_announced {
            self.to.write_all(self.family.head().as_bytes())?;
            self.is_announced = true;
        }
        let Family { name, .. } = self.family;
        let suffix = self.family.suffix();
        let [first, further] = labels;
        let (seconds, millis) = (at_millis.div_euclid(1_000), at_millis.rem_euclid(1_000));
        value.write(|number| {
            write!(
                self.to,
                "{name}{suffix}{{{first}{further}}} {number} {seconds}"
            )?;
            match millis {
                0 => self.to.write_all(b"\n"),
                millis => writeln!(self.to, ".{millis:03}"),
            }
        })
    }
}
