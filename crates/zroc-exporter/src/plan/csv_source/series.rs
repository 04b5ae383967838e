//! Rows become series, and series become VMs.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use jiff::Timestamp;
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::plan::demand::{Vm, VmIdentity};
use planner_core::units::{Bytes, BytesPerSec};

use super::error::CsvError;
use super::row::Row;
use crate::plan::found::{FoundVm, Sample, Samples};

/// The most series: vSphere allows far fewer disks in one vCenter.
const MOST_SERIES: usize = 1_000_000;

/// All series of a file.
#[derive(Debug, Default)]
pub(super) struct AllSeries {
    /// Place of each series by vCenter, VM and disk.
    places: HashMap<Box<[u8]>, usize>,
    series: Vec<OneSeries>,
    key: Vec<u8>,
}

#[derive(Debug)]
struct OneSeries {
    identity: VmIdentity,
    disk: Arc<str>,
    /// From the latest row.
    about: About,
    about_at: u32,
    points: Vec<Point>,
}

/// What rows say about a VM or disk beside its samples.
#[derive(Debug, Default)]
struct About {
    cluster: Arc<str>,
    host: Arc<str>,
    datacenter: Arc<str>,
    provisioned_gib: Option<f64>,
    used_gib: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    start: u32,
    line: u32,
    rate: Option<BytesPerSec>,
}

impl AllSeries {
    pub(super) fn add(&mut self, row: &Row<'_>, line: u64) -> Result<(), CsvError> {
        self.key.clear();
        let (kind, id) = match row.moref {
            "" => (b'n', row.vm),
            moref => (b'm', moref),
        };
        self.key.push(kind);
        for part in [row.vcenter, id, row.disk] {
            self.key.extend_from_slice(part.as_bytes());
            self.key.push(0);
        }
        let place = match self.places.get(&*self.key) {
            Some(place) => *place,
            None => self.begin(row)?,
        };
        if let Some(series) = self.series.get_mut(place) {
            series.note(row);
            series.points.push(Point {
                start: row.start,
                line: u32::try_from(line).unwrap_or(u32::MAX),
                rate: row.rate,
            });
        }
        Ok(())
    }

    fn begin(&mut self, row: &Row<'_>) -> Result<usize, CsvError> {
        let place = self.series.len();
        if place == MOST_SERIES {
            return Err(CsvError::TooMany {
                most: MOST_SERIES as u64,
                what: "VMs and disks",
            });
        }
        let known = |text: &str| (!text.is_empty()).then(|| Arc::from(text));
        self.places.insert(self.key.as_slice().into(), place);
        self.series.push(OneSeries {
            identity: VmIdentity {
                vcenter: known(row.vcenter),
                name: row.vm.into(),
                moref: known(row.moref),
            },
            disk: row.disk.into(),
            about: About::default(),
            about_at: 0,
            points: Vec::new(),
        });
        Ok(place)
    }

    /// The VMs with their series, ordered by name.
    pub(super) fn finish(self, bucket: Option<NonZeroU32>) -> Result<Vec<FoundVm>, CsvError> {
        let mut all = self.series;
        for series in &mut all {
            series
                .points
                .sort_unstable_by_key(|point| (point.start, point.line));
            series.check_duplicates()?;
        }
        let bucket = match bucket {
            Some(bucket) => bucket.get(),
            None => usual_distance(&all)?,
        };
        let mut vms: BTreeMap<VmKey, Vec<OneSeries>> = BTreeMap::new();
        for series in all {
            series.check_overlaps(bucket)?;
            vms.entry(VmKey::of(&series.identity))
                .or_default()
                .push(series);
        }
        let vms = vms.into_values();
        vms.map(|series| vm(series, bucket)).collect()
    }
}

/// What makes two series belong to one VM: vCenter and reference, or else vCenter and name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct VmKey {
    name: Option<Arc<str>>,
    vcenter: Option<Arc<str>>,
    moref: Option<Arc<str>>,
}

impl VmKey {
    fn of(vm: &VmIdentity) -> Self {
        Self {
            name: vm.moref.is_none().then(|| Arc::clone(&vm.name)),
            vcenter: vm.vcenter.clone(),
            moref: vm.moref.clone(),
        }
    }
}

impl OneSeries {
    /// Takes what the latest row says; a field that it leaves empty keeps its value.
    fn note(&mut self, row: &Row<'_>) {
        let is_newer = row.start >= self.about_at;
        let about = &mut self.about;
        for (known, text) in [
            (&mut about.cluster, row.cluster),
            (&mut about.host, row.host),
            (&mut about.datacenter, row.datacenter),
        ] {
            if !text.is_empty() && (is_newer || known.is_empty()) && **known != *text {
                *known = text.into();
            }
        }
        for (known, size) in [
            (&mut about.provisioned_gib, row.provisioned_gib),
            (&mut about.used_gib, row.used_gib),
        ] {
            if is_newer || known.is_none() {
                *known = size.or(*known);
            }
        }
        if is_newer {
            self.about_at = row.start;
            if *self.identity.name != *row.vm {
                self.identity.name = row.vm.into();
            }
        }
    }

    fn name(&self) -> String {
        match (&*self.identity.name, &*self.disk) {
            (vm, "") => format!("{vm:?}"),
            (vm, disk) => format!("disk {disk:?} of {vm:?}"),
        }
    }

    fn neighbours(&self) -> impl Iterator<Item = (&Point, &Point)> {
        self.points.iter().zip(self.points.iter().skip(1))
    }

    fn check_duplicates(&self) -> Result<(), CsvError> {
        let mut pairs = self.neighbours();
        match pairs.find(|(one, other)| one.start == other.start) {
            None => Ok(()),
            Some((one, other)) => Err(CsvError::Duplicate {
                first: one.line,
                second: other.line,
                series: self.name(),
                at: Timestamp::from_second(i64::from(one.start)).unwrap_or_default(),
            }),
        }
    }

    fn check_overlaps(&self, bucket: u32) -> Result<(), CsvError> {
        let mut pairs = self.neighbours();
        match pairs.find(|(one, other)| other.start - one.start < bucket) {
            None => Ok(()),
            Some((one, other)) => Err(CsvError::Overlap {
                first: one.line,
                second: other.line,
                series: self.name(),
                apart: other.start - one.start,
                bucket,
            }),
        }
    }

    fn samples(&self, bucket: u32) -> Samples {
        let samples = self.points.iter().filter_map(|point| {
            Some(Sample {
                start: point.start,
                seconds: bucket,
                rate: point.rate?,
            })
        });
        Samples(samples.collect())
    }
}

/// The most frequent distance between neighbouring rows; the shorter one of two that are equally frequent.
fn usual_distance(all: &[OneSeries]) -> Result<u32, CsvError> {
    let mut counts: HashMap<u32, u64> = HashMap::new();
    for (one, other) in all.iter().flat_map(OneSeries::neighbours) {
        *counts.entry(other.start - one.start).or_default() += 1;
    }
    let usual = counts.into_iter();
    let usual = usual.max_by_key(|(distance, count)| (*count, std::cmp::Reverse(*distance)));
    usual
        .map(|(distance, _)| distance)
        .ok_or(CsvError::NoBucket)
}

fn vm(mut series: Vec<OneSeries>, bucket: u32) -> Result<FoundVm, CsvError> {
    series.sort_by(|one, other| one.disk.cmp(&other.disk));
    let has_disks = series.iter().any(|one| !one.disk.is_empty());
    if has_disks && series.iter().any(|one| one.disk.is_empty()) {
        let vm = series.first().map(|one| one.identity.name.to_string());
        return Err(CsvError::Mixed {
            vm: vm.unwrap_or_default(),
        });
    }
    let sum = |size: fn(&About) -> Option<f64>| {
        let sizes = series.iter().map(|one| size(&one.about));
        sizes.sum::<Option<f64>>().map(bytes)
    };
    let (provisioned, used) = (
        sum(|about| about.provisioned_gib),
        sum(|about| about.used_gib),
    );
    let disks = series.iter().map(|one| Arc::clone(&one.disk));
    let disks: Vec<Arc<str>> = disks.filter(|disk| !disk.is_empty()).collect();
    let latest = series.iter().max_by_key(|one| one.about_at);
    let Some(OneSeries {
        identity, about, ..
    }) = latest
    else {
        return Err(CsvError::Empty);
    };
    Ok(FoundVm {
        vm: Vm {
            identity: Arc::new(identity.clone()),
            host: (!about.host.is_empty()).then(|| Arc::clone(&about.host)),
            provisioned,
            used,
            volumes: u32::try_from(disks.len()).ok().filter(|disks| *disks > 0),
            disks,
        },
        cluster: Arc::clone(&about.cluster),
        datacenter: Arc::clone(&about.datacenter),
        folder: Arc::default(),
        vcenter_uuid: None,
        left_out: SizingExclusion::of_name(&identity.name).map(SizingExclusion::as_str),
        idle: None,
        flags: Vec::new(),
        series: series.iter().map(|one| one.samples(bucket)).collect(),
    })
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 0, and an absurd size saturates"
)]
fn bytes(gib: f64) -> Bytes {
    Bytes::new((gib * 1_073_741_824.0) as u64)
}
