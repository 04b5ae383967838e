//! What one VM writes.

use std::sync::Arc;

use super::assumptions::{History, Inputs};
use super::demand::{Vm, VmIdentity};
use super::grid::Grid;
use super::journal::VmJournal;
use super::percent::Percent;
use super::quantiles::Distribution;
use super::row::{Covered, Row};
use super::sum::ratio;
use super::summed::SummedVm;
use crate::units::{BytesPerSec, DataAmount, Seconds};

/// One VM in the plan's table. Rates are written rates with growth, not those on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct VmFigures {
    /// The VM.
    pub vm: Arc<VmIdentity>,
    /// Mean rate over what samples cover.
    pub mean: BytesPerSec,
    /// The quantiles that the plan is asked for. Empty if its series is not known, but only what it adds up to.
    pub quantiles: Vec<(Percent, BytesPerSec)>,
    /// The largest 20 s sample if it is known, else the largest bucket. `None` if neither is.
    pub peak: Option<BytesPerSec>,
    /// What it writes in a day at its mean rate.
    pub per_day: DataAmount,
    /// Its part of what all VMs write.
    pub share: f64,
    /// Size of its disks, if known.
    pub provisioned: Option<DataAmount>,
    /// Number of its disks, if known.
    pub volumes: Option<u32>,
    /// The part of the time that its samples cover.
    pub coverage: f64,
    /// Its journal. `None` if too much is absent to know.
    pub journal: Option<VmJournal>,
}

/// What all VMs of a plan share.
#[derive(Debug)]
pub(crate) struct Common<'a> {
    pub(crate) inputs: &'a Inputs,
    pub(crate) grid: &'a Grid,
}

impl Common<'_> {
    /// The figures of a VM; its share is known once all VMs are read.
    pub(crate) fn figures(
        &self,
        vm: &Vm,
        row: &Row,
        covered: Covered,
        history: History,
    ) -> VmFigures {
        let growth = self.inputs.assumptions.growth.factor();
        let grown = |rate: f64| BytesPerSec::computed(rate * growth);
        let mean = grown(covered.mean);
        let largest = row.largest().map_or(0.0, BytesPerSec::get);
        let rules = &self.inputs.journal;
        VmFigures {
            vm: Arc::clone(&vm.identity),
            mean,
            quantiles: self.quantiles(row, grown),
            peak: Some(grown(largest)),
            per_day: mean.during(Seconds::computed(86_400.0)),
            share: 0.0,
            provisioned: vm.provisioned.map(DataAmount::from),
            volumes: vm.volumes,
            coverage: ratio(covered.seconds, self.grid.seconds()),
            journal: VmJournal::new(row, covered, self.grid, history, rules, growth),
        }
    }

    /// The figures of a VM of which only the sum is known.
    pub(crate) fn summed_figures(&self, vm: &Vm, summed: &SummedVm, history: History) -> VmFigures {
        let growth = self.inputs.assumptions.growth.factor();
        let mean = BytesPerSec::computed(summed.mean() * growth);
        let rules = &self.inputs.journal;
        let seconds = self.grid.seconds();
        VmFigures {
            vm: Arc::clone(&vm.identity),
            mean,
            quantiles: Vec::new(),
            peak: summed
                .peak
                .map(|peak| BytesPerSec::computed(peak.get() * growth)),
            per_day: mean.during(Seconds::computed(86_400.0)),
            share: 0.0,
            provisioned: vm.provisioned.map(DataAmount::from),
            volumes: vm.volumes,
            coverage: ratio(summed.covered.get(), seconds),
            journal: VmJournal::of_summed(summed, seconds, history, rules, growth),
        }
    }

    fn quantiles(
        &self,
        row: &Row,
        grown: impl Fn(f64) -> BytesPerSec,
    ) -> Vec<(Percent, BytesPerSec)> {
        let observed = row.rates().iter().zip(self.grid.lengths());
        let observed = observed.filter_map(|(rate, length)| Some((rate.as_ref()?.get(), length)));
        let percents = self.inputs.quantiles.iter();
        let lowest = percents.min().unwrap_or(Percent::ALL);
        let observed = Distribution::from_quantile(lowest, observed);
        let percents = self.inputs.quantiles.iter();
        let ranked = percents.filter_map(|percent| Some((percent, observed.quantile(percent)?)));
        ranked
            .map(|(percent, rate)| (percent, grown(rate)))
            .collect()
    }
}
