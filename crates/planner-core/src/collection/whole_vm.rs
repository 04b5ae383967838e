//! The series of a whole VM (instance `""`), which vCenter may send beside those of the disks.

use super::counters::DiskCounter;
use super::rules::Rules;
use super::samples::{Instance, VmSamples};
use super::vm_accumulator::VmAccumulator;

/// For which counters the series of the whole VM are used: where no disk has values, and none had any. Never both.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WholeVm([bool; DiskCounter::COUNT]);

impl WholeVm {
    pub(super) fn of(answer: &VmSamples<'_>, vm: &VmAccumulator, rules: Rules) -> Self {
        let mut whole = Self::default();
        if answer.instances().iter().all(|it| !it.is_whole_vm()) {
            return whole;
        }
        for direction in rules.directions() {
            for counter in DiskCounter::of(*direction) {
                if let Some(is_used) = whole.0.get_mut(counter.index()) {
                    *is_used =
                        !answer.disks_have_data(counter) && !vm.disks_had_data(counter, rules);
                }
            }
        }
        whole
    }

    /// Whether the values of an instance are used.
    pub(super) fn admits(self, instance: &Instance, counter: DiskCounter) -> bool {
        !instance.is_whole_vm() || self.0.get(counter.index()).copied().unwrap_or(false)
    }
}

impl VmAccumulator {
    /// Whether values of this counter are remembered of any disk.
    fn disks_had_data(&self, counter: DiskCounter, rules: Rules) -> bool {
        let mut rows = self.rows(counter.direction, None, self.window(rules), rules);
        rows.any(|row| {
            let mut cells = row.cells.iter();
            !row.is_of_whole_vm && cells.any(|cell| cell.value(counter.quantity).is_some())
        })
    }
}
