//! Finds the VM that an entry names, and never guesses.

use std::collections::HashMap;
use std::sync::Arc;

use crate::plan::found::FoundVm;
use crate::plan::naming::Key;

/// VMs by what lists name them with.
#[derive(Debug)]
pub(super) struct Index {
    by_moref: HashMap<Arc<str>, Vec<usize>>,
    by_name: HashMap<Arc<str>, Vec<usize>>,
}

const MISSING: &str = "no_such_vm";
const AMBIGUOUS: &str = "ambiguous";

impl Index {
    pub(super) fn new(vms: &[FoundVm]) -> Self {
        let mut index = Self {
            by_moref: HashMap::new(),
            by_name: HashMap::new(),
        };
        for (place, vm) in vms.iter().enumerate() {
            let identity = &vm.vm.identity;
            if let Some(moref) = &identity.moref {
                index
                    .by_moref
                    .entry(Arc::clone(moref))
                    .or_default()
                    .push(place);
            }
            let of_name = index.by_name.entry(Arc::clone(&identity.name));
            of_name.or_default().push(place);
        }
        index
    }

    /// The VM of this vCenter and reference, else of this reference if only one has it, else of this name. A VM that is
    /// known to be of another vCenter is none of these.
    pub(super) fn find(&self, vms: &[FoundVm], key: &Key) -> Result<usize, &'static str> {
        let no_places: &[usize] = &[];
        let by_moref = key
            .moref
            .as_ref()
            .and_then(|moref| self.by_moref.get(moref));
        let by_moref = by_moref.map_or(no_places, Vec::as_slice);
        let is_of = |place: &usize| {
            let vm = vms.get(*place);
            vm.is_some_and(|vm| is_of_vcenter(vm, key) == Some(true))
        };
        if let Some(found) = only(by_moref.iter().copied().filter(is_of))? {
            return Ok(found);
        }
        let may_be_of = |place: &usize| {
            let vm = vms.get(*place);
            vm.is_some_and(|vm| is_of_vcenter(vm, key) != Some(false))
        };
        if let Some(found) = only(by_moref.iter().copied().filter(may_be_of))? {
            return Ok(found);
        }
        let by_name = key.name.as_ref().and_then(|name| self.by_name.get(name));
        let by_name = by_name.map_or(no_places, Vec::as_slice);
        only(by_name.iter().copied().filter(may_be_of))?.ok_or(MISSING)
    }
}

/// Whether a VM is of the vCenter that a key names; `None` if either isn't known.
fn is_of_vcenter(vm: &FoundVm, key: &Key) -> Option<bool> {
    let wanted = key.vcenter.as_deref()?;
    let name = vm.vm.identity.vcenter.as_deref();
    match (vm.vcenter_uuid.as_deref(), name) {
        (None, None) => None,
        (uuid, name) => {
            let is_same = |known: &str| known.eq_ignore_ascii_case(wanted);
            Some(uuid.is_some_and(is_same) || name.is_some_and(is_same))
        }
    }
}

fn only(mut places: impl Iterator<Item = usize>) -> Result<Option<usize>, &'static str> {
    match (places.next(), places.next()) {
        (Some(_), Some(_)) => Err(AMBIGUOUS),
        (found, _) => Ok(found),
    }
}
