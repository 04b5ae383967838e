//! A plan whose series the server adds up: what is read grows with the answer, and not with the samples of all VMs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use planner_core::plan::answers::Answers;
use planner_core::plan::assumptions::{History, Inputs};
use planner_core::plan::bucket::Bucket;
use planner_core::plan::demand::{Demand, Group, Vm};
use planner_core::plan::grid::Grid;
use planner_core::plan::series::Series;
use planner_core::plan::summed::{Summed, SummedPart, SummedVm};
use planner_core::plan::survey::{NoGrid, Survey};
use planner_core::plan::whole::{NoSamples, Plan};
use planner_core::units::{BytesPerSec, DataAmount, Seconds};

use super::asking::{Asking, OneVcenter, TOTAL};
use super::error::PrometheusError;
use crate::plan::found::FoundVm;
use crate::plan::selection::Selected;

/// Of this number of largest causes the series are read, to say which link would do without them.
const CAUSES_TRIED: usize = 10;

/// Start and end of a critical interval, in seconds of Unix time.
type Interval = (i64, i64);

/// What the server says.
#[derive(Default)]
struct Found {
    parts: Vec<SummedPart>,
    vms: BTreeMap<usize, SummedVm>,
    /// VMs whose totals begin again, which the server cannot add up. The grid is not known when they are read.
    read: BTreeMap<usize, Series>,
    /// The largest 20 s samples.
    peaks: BTreeMap<usize, BytesPerSec>,
}

/// The plan of what is selected.
pub(super) async fn plan(
    asking: &Asking,
    selected: &Selected,
    inputs: &Inputs,
) -> Result<Plan, PrometheusError> {
    let groups = Groups::new(selected, inputs);
    let vcenters = asking.by_vcenter(&selected.vms).await?;
    let mut found = Found::default();
    for vcenter in &vcenters {
        found.read(asking, vcenter, &groups).await?;
    }
    found.check()?;
    let grid = Arc::new(found.grid()?);
    for (vm, series) in &found.read {
        let mut summed = SummedVm::of_series(series, &grid, groups.history_of(*vm));
        if let Some(summed) = &mut summed {
            summed.peak = found.peaks.get(vm).copied().max(summed.peak);
        }
        found.vms.extend(summed.map(|summed| (*vm, summed)));
    }
    asking.progress.say("computing the plan");
    let first = found.plan(selected, &grid, BTreeMap::new(), inputs)?;
    let mut causes = BTreeMap::new();
    for interval in intervals(&first) {
        let mut bytes = BTreeMap::new();
        for vcenter in &vcenters {
            bytes.extend(found.written_in(asking, vcenter, interval).await?);
        }
        causes.insert(interval, bytes);
    }
    for vcenter in &vcenters {
        let largest = largest(&causes, vcenter, &found);
        let read = asking.growth(vcenter, &largest).await?;
        let read = read.into_iter();
        found
            .read
            .extend(read.map(|(vm, growth)| (vm, growth.finish().series())));
    }
    Ok(found.plan(selected, &grid, causes, inputs)?)
}

/// Which VMs are added up together.
struct Groups<'a> {
    /// By VM; `None` without groups.
    of_vm: Vec<Option<usize>>,
    all: &'a [Group],
    inputs: &'a Inputs,
}

impl<'a> Groups<'a> {
    fn new(selected: &'a Selected, inputs: &'a Inputs) -> Self {
        let groups = &selected.groups;
        let of_the_rest = (!groups.is_empty()).then_some(groups.len());
        let mut of_vm = vec![of_the_rest; selected.vms.len()];
        for (place, group) in groups.iter().enumerate() {
            for vm in &group.members {
                if let Some(of_vm) = of_vm.get_mut(*vm) {
                    *of_vm = Some(place);
                }
            }
        }
        Self {
            of_vm,
            all: groups,
            inputs,
        }
    }

    fn of(&self, vm: usize) -> Option<usize> {
        self.of_vm.get(vm).copied().flatten()
    }

    fn history_of(&self, vm: usize) -> History {
        let group = self.of(vm).and_then(|group| self.all.get(group));
        let history = group.and_then(|group| group.history);
        history.unwrap_or(self.inputs.journal.history)
    }
}

impl Found {
    async fn read(
        &mut self,
        asking: &Asking,
        of: &OneVcenter,
        groups: &Groups<'_>,
    ) -> Result<(), PrometheusError> {
        let seconds = of.seconds();
        let all: Vec<&str> = of.vms().map(|(vm, _)| vm).collect();
        let resets = |vms: &str| format!("resets({TOTAL}{{{vms}}}[{seconds}s]) > 0");
        let resets = asking.of_each(of, &all, of.last, resets).await?;
        let reset: Vec<&str> = of
            .vms()
            .filter(|(_, place)| resets.contains_key(place))
            .map(|(vm, _)| vm)
            .collect();
        for (place, growth) in asking.growth(of, &reset).await? {
            let series = growth.finish().series();
            self.parts.push(SummedPart {
                group: groups.of(place),
                series: series.clone(),
            });
            self.read.insert(place, series);
        }
        let peaks = |vms: &str| {
            format!(
                "max_over_time(vcenter_vm_disk_write_peak_bytes_per_second{{{vms}}}[{seconds}s])"
            )
        };
        for (place, peak) in asking.of_each(of, &all, of.last, peaks).await? {
            self.peaks
                .extend(BytesPerSec::new(peak).map(|peak| (place, peak)));
        }
        let mut by_group: BTreeMap<Option<usize>, Vec<(&str, usize)>> = BTreeMap::new();
        for (vm, place) in of.vms().filter(|(_, place)| !resets.contains_key(place)) {
            let of_group = by_group.entry(groups.of(place)).or_default();
            of_group.push((vm, place));
        }
        for (group, vms) in by_group {
            let morefs: Vec<&str> = vms.iter().map(|(vm, _)| *vm).collect();
            let sums = asking.sums(of, &morefs).await?;
            self.parts.push(SummedPart {
                group,
                series: series(&sums, of.step),
            });
            let place = vms.first().map_or(0, |(_, place)| *place);
            let history = groups.history_of(place);
            self.read_vms(asking, of, &morefs, history).await?;
            asking
                .progress
                .say(&format!("{} VMs added up", self.vms.len()));
        }
        Ok(())
    }

    /// Asks what single VMs add up to.
    async fn read_vms(
        &mut self,
        asking: &Asking,
        of: &OneVcenter,
        vms: &[&str],
        history: History,
    ) -> Result<(), PrometheusError> {
        let (seconds, step) = (of.seconds(), of.step);
        let written = |vms: &str| written_in(vms, seconds);
        let written = asking.of_each(of, vms, of.last, written).await?;
        let covered = |vms: &str| {
            let total = format!("{TOTAL}{{{vms}}}");
            let seconds = seconds - 1;
            format!("count_over_time(({total} - {total} offset {step}s)[{seconds}s:{step}s])")
        };
        let covered = asking.of_each(of, vms, of.last, covered).await?;
        let history = whole_seconds(history);
        let mut windows = BTreeMap::new();
        if history < seconds {
            let moments = seconds - history + i64::from(step) - 1;
            let windows_of = |vms: &str| {
                let total = format!("{TOTAL}{{{vms}}}");
                format!("max_over_time(({total} - {total} offset {history}s)[{moments}s:{step}s])")
            };
            windows = asking.of_each(of, vms, of.last, windows_of).await?;
        }
        for (place, written) in written {
            let amount = |bytes: f64| DataAmount::new(bytes.max(0.0));
            let steps = covered.get(&place).copied().unwrap_or_default();
            let covered = Seconds::new(steps * f64::from(step));
            if let (Some(written), Some(covered)) =
                (amount(written), covered.filter(|_| steps > 0.0))
            {
                let summed = SummedVm {
                    written,
                    covered,
                    peak: self.peaks.get(&place).copied(),
                    largest_window: windows.get(&place).copied().and_then(amount),
                };
                self.vms.insert(place, summed);
            }
        }
        Ok(())
    }

    /// What VMs of a vCenter wrote in an interval.
    async fn written_in(
        &self,
        asking: &Asking,
        of: &OneVcenter,
        (start, end): Interval,
    ) -> Result<Vec<(usize, DataAmount)>, PrometheusError> {
        let is_added_up = |(_, place): &(&str, usize)| !self.read.contains_key(place);
        let vms: Vec<&str> = of.vms().filter(is_added_up).map(|(vm, _)| vm).collect();
        let query = |vms: &str| written_in(vms, end - start);
        let found = asking.of_each(of, &vms, end, query).await?.into_iter();
        let mut bytes: Vec<(usize, DataAmount)> = found
            .filter_map(|(place, bytes)| Some((place, DataAmount::new(bytes.max(0.0))?)))
            .collect();
        for (_, place) in of.vms() {
            if let Some(series) = self.read.get(&place) {
                bytes.push((place, series.written_between(start, end)));
            }
        }
        Ok(bytes)
    }

    fn check(&self) -> Result<(), PrometheusError> {
        let vms = self.vms.len() + self.read.len();
        let buckets = self.parts.iter().flat_map(|part| part.series.buckets());
        let is_zero = buckets.clone().all(|bucket| bucket.mean().get() == 0.0);
        if vms > 0 && is_zero {
            return Err(PrometheusError::StandsStill { vms });
        }
        Ok(())
    }

    fn grid(&self) -> Result<Grid, NoGrid> {
        let mut survey = Survey::default();
        for bucket in self.parts.iter().flat_map(|part| part.series.buckets()) {
            survey.note(bucket.start_second(), bucket.end_second());
        }
        survey.grid(None)
    }

    fn plan(
        &self,
        selected: &Selected,
        grid: &Arc<Grid>,
        causes: BTreeMap<Interval, BTreeMap<usize, DataAmount>>,
        inputs: &Inputs,
    ) -> Result<Plan, NoSamples> {
        let known: Vec<Vm> = selected
            .vms
            .iter()
            .map(|vm: &FoundVm| vm.vm.clone())
            .collect();
        let vms = (0..known.len()).map(|vm| self.vms.get(&vm).copied());
        let vms = vms.collect();
        let place = Arc::clone(grid);
        let demand = Demand::new(Arc::clone(grid), known, move |id, row| {
            if let Some(series) = self.read.get(&id.vm) {
                series.write_to(&place, row);
            }
        });
        let demand = demand.in_groups(selected.groups.clone());
        let causes = causes.into_iter();
        let summed = Summed {
            demand: &demand,
            parts: self.parts.clone(),
            vms,
            causes: causes
                .map(|(at, bytes)| (at, bytes.into_iter().collect()))
                .collect(),
        };
        Plan::compute_summed(&summed, inputs)
    }
}

/// What VMs wrote in the time before a moment. One that is new begins with its first total, and one that is gone ends with its
/// last.
fn written_in(vms: &str, seconds: i64) -> String {
    let total = format!("{TOTAL}{{{vms}}}");
    format!(
        "last_over_time({total}[{seconds}s]) - ({total} offset {seconds}s or min_over_time({total}[{seconds}s]))"
    )
}

#[allow(clippy::cast_possible_truncation, reason = "from 1 h to 30 d")]
fn whole_seconds(history: History) -> i64 {
    history.time().get().ceil() as i64
}

/// Bytes before each moment as a series.
fn series(sums: &BTreeMap<i64, f64>, step: u32) -> Series {
    let buckets = sums.iter().filter_map(|(at, bytes)| {
        let rate = BytesPerSec::new(bytes / f64::from(step))?;
        Bucket::stamped(*at, step, rate)
    });
    // They are as far apart as they are long.
    Series::new(buckets.collect()).unwrap_or_default()
}

/// The critical intervals of a plan.
fn intervals(plan: &Plan) -> BTreeSet<Interval> {
    let scenarios = plan.scenarios.iter().map(|(_, answers)| answers);
    let all = std::iter::once(&plan.answers).chain(scenarios);
    let links = all.flat_map(|answers: &Answers| &answers.links_for_rpo);
    let intervals = links.filter_map(|link| link.critical_interval.as_ref());
    intervals
        .map(|interval| {
            (
                interval.span.start.as_second(),
                interval.span.end.as_second(),
            )
        })
        .collect()
}

/// The VMs of a vCenter that caused the most in some interval, and whose series have not been read.
fn largest<'v>(
    causes: &BTreeMap<Interval, BTreeMap<usize, DataAmount>>,
    of: &'v OneVcenter,
    found: &Found,
) -> Vec<&'v str> {
    let mut largest = BTreeSet::new();
    for bytes in causes.values() {
        let mut bytes: Vec<_> = bytes.iter().collect();
        bytes.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
        largest.extend(bytes.iter().take(CAUSES_TRIED).map(|(place, _)| **place));
    }
    let is_to_be_read = |place: &usize| largest.contains(place) && !found.read.contains_key(place);
    let vms = of.vms().filter(|(_, place)| is_to_be_read(place));
    vms.map(|(vm, _)| vm).collect()
}
