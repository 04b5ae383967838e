//! A Prometheus, and what a plan asks it.

use std::collections::BTreeMap;

use super::error::PrometheusError;
use super::growth::Growth;
use super::period::Period;
use super::query::{self, Range, Series};
use super::{intervals, selector};
use crate::http_client::HttpClient;
use crate::plan::found::FoundVm;
use crate::progress::Progress;

/// The total whose growth is what a VM writes.
pub(super) const TOTAL: &str = "vcenter_vm_disk_write_bytes_total";

/// The most VMs that one query names.
const MOST_VMS: usize = 500;
/// The most points that a server has to look at for one query. Prometheus refuses 50 million samples.
const MOST_POINTS: i64 = 10_000_000;
/// The most points of a series in one answer. Prometheus refuses more than 11,000.
const MOST_POINTS_OF_SUMS: i64 = 10_000;
/// The same where a query has a series for each VM: the answer has 25 MB.
const MOST_POINTS_OF_VMS: i64 = 2_000;
/// The most samples: 800 MB.
const MOST_SAMPLES: usize = 50_000_000;

/// A server, and the time of the plan.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) server: HttpClient,
    pub(super) period: Period,
    pub(super) bucket_seconds: Option<u32>,
    pub(super) progress: Progress,
}

/// VMs of one vCenter, whose totals grow at the same distance.
#[derive(Debug)]
pub(super) struct OneVcenter {
    vcenter: String,
    /// The distance in seconds.
    pub(super) step: u32,
    /// References and places of its VMs.
    pub(super) places: BTreeMap<String, usize>,
    /// The first moment at which totals are looked at, and the last one.
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Asking {
    /// These VMs by vCenter.
    pub(super) async fn by_vcenter(
        &self,
        vms: &[FoundVm],
    ) -> Result<Vec<OneVcenter>, PrometheusError> {
        let steps = match self.bucket_seconds {
            Some(_) => BTreeMap::new(),
            None => intervals::steps(&self.server, self.period).await?,
        };
        let mut places: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for (place, vm) in vms.iter().enumerate() {
            let identity = &vm.vm.identity;
            let moref = identity.moref.as_deref().unwrap_or_default();
            let vcenter = identity.vcenter.as_deref().unwrap_or_default();
            let of_vcenter = places.entry(vcenter).or_default();
            of_vcenter.insert(moref.to_owned(), place);
        }
        let vcenters = places.into_iter().map(|(vcenter, places)| {
            let step = self.bucket_seconds.or_else(|| steps.get(vcenter).copied());
            let step = step.ok_or(PrometheusError::NoInterval)?;
            let grid = |second: i64| second.div_euclid(i64::from(step)) * i64::from(step);
            Ok(OneVcenter {
                vcenter: vcenter.to_owned(),
                step,
                places,
                first: grid(self.period.start),
                last: grid(self.period.end),
            })
        });
        vcenters.collect()
    }

    /// The totals of VMs, step by step.
    pub(super) async fn growth(
        &self,
        of: &OneVcenter,
        vms: &[&str],
    ) -> Result<BTreeMap<usize, Growth>, PrometheusError> {
        let mut all: BTreeMap<usize, Growth> = BTreeMap::new();
        for vms in vms.chunks(MOST_VMS) {
            let selector = of.selector(vms);
            let query = format!("max by (vm_moref) ({TOTAL}{{{selector}}})");
            for range in of.ranges(of.first, MOST_POINTS_OF_VMS) {
                for series in query::over(&self.server, &query, range).await? {
                    let Some(place) = of.place(&series) else {
                        continue;
                    };
                    let growth = all.entry(place).or_default();
                    for point in series.points {
                        growth.add(point, of.step);
                    }
                }
                let samples: usize = all.values().map(Growth::len).sum();
                if samples > MOST_SAMPLES {
                    let most = MOST_SAMPLES;
                    return Err(PrometheusError::TooMany { most });
                }
            }
            self.progress.say(&format!("{} VMs read", all.len()));
        }
        Ok(all)
    }

    /// The sum of what VMs wrote before each step: bytes by moment.
    pub(super) async fn sums(
        &self,
        of: &OneVcenter,
        vms: &[&str],
    ) -> Result<BTreeMap<i64, f64>, PrometheusError> {
        let mut sums = BTreeMap::new();
        let step = of.step;
        for vms in vms.chunks(of.vms_per_query()) {
            let selector = of.selector(vms);
            let total = format!("{TOTAL}{{{selector}}}");
            let query = format!("sum(clamp_min({total} - {total} offset {step}s, 0))");
            for range in of.ranges(of.first + i64::from(step), MOST_POINTS_OF_SUMS) {
                for series in query::over(&self.server, &query, range).await? {
                    for point in series.points.iter().filter(|it| it.value.is_finite()) {
                        #[allow(clippy::cast_possible_truncation, reason = "a moment of the range")]
                        let at = point.at.round() as i64;
                        *sums.entry(at).or_default() += point.value;
                    }
                }
            }
        }
        Ok(sums)
    }

    /// What a query has at a moment of each VM: `query` makes it of a selector.
    pub(super) async fn of_each(
        &self,
        of: &OneVcenter,
        vms: &[&str],
        second: i64,
        query: impl Fn(&str) -> String,
    ) -> Result<BTreeMap<usize, f64>, PrometheusError> {
        let mut found = BTreeMap::new();
        for vms in vms.chunks(of.vms_per_query()) {
            let query = format!("max by (vm_moref) ({})", query(&of.selector(vms)));
            for series in query::at(&self.server, &query, second).await? {
                let value = series.points.first().map(|point| point.value);
                let value = value.filter(|value| value.is_finite());
                found.extend(of.place(&series).zip(value));
            }
        }
        Ok(found)
    }
}

impl OneVcenter {
    /// The references of all its VMs.
    pub(super) fn vms(&self) -> impl Iterator<Item = (&str, usize)> {
        self.places
            .iter()
            .map(|(moref, place)| (moref.as_str(), *place))
    }

    /// Length of the time that is looked at.
    pub(super) const fn seconds(&self) -> i64 {
        self.last - self.first
    }

    fn selector(&self, vms: &[&str]) -> String {
        selector::of_vms(&self.vcenter, vms)
    }

    fn place(&self, series: &Series) -> Option<usize> {
        self.places.get(series.label("vm_moref")).copied()
    }

    fn vms_per_query(&self) -> usize {
        let points_of_one = (self.seconds() / i64::from(self.step)).max(1);
        let most = usize::try_from(MOST_POINTS / points_of_one).unwrap_or(MOST_VMS);
        most.clamp(1, MOST_VMS)
    }

    /// The moments from `first` on, in ranges of at most this number of points.
    fn ranges(&self, first: i64, points: i64) -> impl Iterator<Item = Range> + use<> {
        let (last, step) = (self.last, self.step);
        let width = points * i64::from(step);
        let starts = std::iter::successors(Some(first), move |start| Some(start + width));
        starts
            .take_while(move |start| *start <= last)
            .map(move |first| Range {
                first,
                last: last.min(first + width - i64::from(step)),
                step,
            })
    }
}
