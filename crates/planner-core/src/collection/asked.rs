//! The VMs of one query, found by their references.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::inventory::VmId;

/// The VMs that were asked for. An answer usually has them in the same order, so most are found without a hash map.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    vms: &'a [VmId],
    /// The index of the VM behind the last one found.
    expected: usize,
    /// Made when a VM is not the expected one.
    by_moref: Option<HashMap<&'a str, usize, RandomState>>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(vms: &'a [VmId]) -> Self {
        Self {
            vms,
            expected: 0,
            by_moref: None,
        }
    }

    /// The VM with this reference, if it was asked for.
    pub(super) fn find(&mut self, moref: &str) -> Option<&'a VmId> {
        let expected = self.vms.get(self.expected);
        let index = if expected.is_some_and(|vm| vm.as_str() == moref) {
            self.expected
        } else {
            let vms = self.vms.iter().enumerate();
            let by_moref = self
                .by_moref
                .get_or_insert_with(|| vms.map(|(index, vm)| (vm.as_str(), index)).collect());
            *by_moref.get(moref)?
        };
        self.expected = index + 1;
        self.vms.get(index)
    }
}
