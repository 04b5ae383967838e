//! One reading of all series: sums, and what is known of each VM.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::assumptions::{History, Inputs};
use super::demand::{Demand, SeriesId, Vm, VmIdentity};
use super::grid::Span;
use super::part::Part;
use super::row::{Covered, Row};
use super::sum::SumBuilder;
use super::summed::Summed;
use super::vm_figures::{Common, VmFigures};

/// Series of a demand as a plan counts them: without the time that is excluded.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    demand: &'a Demand<'a>,
    is_excluded: Vec<bool>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(demand: &'a Demand<'a>, excluded: &[Span]) -> Self {
        let touches = |(start, end): (i64, i64)| {
            let mut spans = excluded.iter();
            spans.any(|span| {
                let (from, until) = (span.start.as_second(), span.end);
                from < end
                    && until
                        .duration_since(jiff::Timestamp::UNIX_EPOCH)
                        .as_secs_f64()
                        > start as f64
            })
        };
        Self {
            is_excluded: demand.grid().buckets().map(touches).collect(),
            demand,
        }
    }

    pub(crate) fn read(&self, series: SeriesId, row: &mut Row) {
        self.demand.read(series, row);
        row.blank(&self.is_excluded);
    }
}

/// How each VM is grouped.
#[derive(Debug)]
pub(crate) struct Membership {
    /// For each VM the places of its groups.
    groups_of: Vec<Vec<usize>>,
    /// How many groups there are.
    groups: usize,
}

impl Membership {
    pub(crate) fn new(vms: usize, members: &[&[usize]]) -> Self {
        let mut groups_of = vec![Vec::new(); vms];
        for (group, members) in members.iter().enumerate() {
            for member in *members {
                if let Some(groups) = groups_of.get_mut(*member)
                    && !groups.contains(&group)
                {
                    groups.push(group);
                }
            }
        }
        Self {
            groups_of,
            groups: members.len(),
        }
    }

    pub(crate) fn groups_of(&self, vm: usize) -> &[usize] {
        self.groups_of.get(vm).map_or(&[], Vec::as_slice)
    }

    /// How often what a VM writes is sent: once for each of its groups.
    pub(crate) fn times_sent(&self, vm: usize) -> f64 {
        self.groups_of(vm).len().max(1) as f64
    }

    fn is_any_sent_twice(&self) -> bool {
        self.groups_of.iter().any(|groups| groups.len() > 1)
    }
}

/// What one reading of all series gives.
#[derive(Debug)]
pub(crate) struct FirstReading {
    /// What is written.
    pub(crate) written: SumBuilder,
    /// What is sent, if some VMs are sent several times.
    sent: Option<SumBuilder>,
    pub(crate) groups: Vec<Part>,
    pub(crate) hosts: BTreeMap<Arc<str>, Part>,
    /// Places of the VMs that have samples, with their figures.
    pub(crate) vms: Vec<(usize, VmFigures)>,
    pub(crate) no_samples: Vec<Arc<VmIdentity>>,
}

impl FirstReading {
    /// What is sent.
    pub(crate) fn sent(&self) -> &SumBuilder {
        self.sent.as_ref().unwrap_or(&self.written)
    }

    pub(crate) fn of(
        reader: &Reader<'_>,
        inputs: &Inputs,
        membership: &Membership,
        history_of: impl Fn(usize) -> History,
    ) -> Self {
        let demand = reader.demand;
        let grid = demand.grid();
        let mut reading = Self {
            written: SumBuilder::new(Arc::clone(grid)),
            sent: membership
                .is_any_sent_twice()
                .then(|| SumBuilder::new(Arc::clone(grid))),
            groups: vec![Part::new(grid.len()); membership.groups],
            hosts: BTreeMap::new(),
            vms: Vec::new(),
            no_samples: Vec::new(),
        };
        let common = Common { inputs, grid };
        let mut row = Row::default();
        for (place, vm) in demand.vms().iter().enumerate() {
            let found = reading.read_vm(reader, place, vm, membership, &mut row);
            match found {
                Some(covered) => {
                    let figures = common.figures(vm, &row, covered, history_of(place));
                    reading.vms.push((place, figures));
                }
                None => reading.no_samples.push(Arc::clone(&vm.identity)),
            }
        }
        reading.share_out();
        reading
    }

    /// The same of a demand that is added up already.
    pub(crate) fn of_summed(
        reader: &Reader<'_>,
        summed: &Summed<'_>,
        inputs: &Inputs,
        groups: usize,
        history_of: impl Fn(usize) -> History,
    ) -> Self {
        let grid = reader.demand.grid();
        let mut reading = Self {
            written: SumBuilder::new(Arc::clone(grid)),
            sent: None,
            groups: vec![Part::new(grid.len()); groups],
            hosts: BTreeMap::new(),
            vms: Vec::new(),
            no_samples: Vec::new(),
        };
        let mut row = Row::default();
        for part in &summed.parts {
            part.series.write_to(grid, &mut row);
            row.blank(&reader.is_excluded);
            let Some(covered) = row.covered(grid) else {
                continue;
            };
            reading.written.add_times(&row, covered, 1.0);
            let group = part.group.and_then(|group| reading.groups.get_mut(group));
            if let Some(group) = group {
                group.add(&row, covered);
            }
        }
        let common = Common { inputs, grid };
        let mut covered = 0.0;
        let known = summed.vms.iter().chain(std::iter::repeat(&None));
        for ((place, vm), known) in reader.demand.vms().iter().enumerate().zip(known) {
            match known {
                Some(known) => {
                    covered += known.covered.get();
                    let figures = common.summed_figures(vm, known, history_of(place));
                    reading.vms.push((place, figures));
                }
                None => reading.no_samples.push(Arc::clone(&vm.identity)),
            }
        }
        reading
            .written
            .stands_for(reading.vms.len() as u64, covered);
        reading.share_out();
        reading
    }

    /// Counts the series of a VM and leaves what they add up to in `row`; `None` without samples.
    fn read_vm(
        &mut self,
        reader: &Reader<'_>,
        place: usize,
        vm: &Vm,
        membership: &Membership,
        row: &mut Row,
    ) -> Option<Covered> {
        let grid = reader.demand.grid();
        let mut of_disks = (!vm.disks.is_empty()).then(|| SumBuilder::new(Arc::clone(grid)));
        let mut of_vm = None;
        for series in reader.demand.series_of(place) {
            reader.read(series, row);
            let Some(covered) = row.covered(grid) else {
                continue;
            };
            self.count(row, covered, vm, place, membership);
            if let Some(of_disks) = &mut of_disks {
                of_disks.add_times(row, covered, 1.0);
            }
            of_vm = Some(covered);
        }
        of_vm?;
        if let Some(of_disks) = of_disks {
            *row = of_disks.finish().to_row();
            return row.covered(grid);
        }
        of_vm
    }

    fn count(
        &mut self,
        row: &Row,
        covered: Covered,
        vm: &Vm,
        place: usize,
        membership: &Membership,
    ) {
        self.written.add_times(row, covered, 1.0);
        if let Some(sent) = &mut self.sent {
            sent.add_times(row, covered, membership.times_sent(place));
        }
        for group in membership.groups_of(place) {
            if let Some(group) = self.groups.get_mut(*group) {
                group.add(row, covered);
            }
        }
        if let Some(host) = &vm.host {
            let host = self.hosts.entry(Arc::clone(host));
            host.or_insert_with(|| Part::new(row.rates().len()))
                .add(row, covered);
        }
    }

    fn share_out(&mut self) {
        let all: f64 = self.vms.iter().map(|(_, vm)| vm.mean.get()).sum();
        for (_, vm) in &mut self.vms {
            vm.share = super::sum::ratio(vm.mean.get(), all);
        }
    }
}
