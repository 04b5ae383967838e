//! Where VMs run, and which of them a sizing counts.

use std::sync::Arc;

use crate::inventory::Inventory;
use crate::inventory::sizing_exclusion::SizingExclusion;
use crate::vm_map::VmMap;

/// What the sums need to know of a VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Empty if unknown.
    pub(super) cluster: Arc<str>,
    pub(super) is_sized: bool,
}

/// The VMs of the latest inventory, and those that have left it since they were [forgotten](Self::forget) last.
#[derive(Debug, Default)]
pub(super) struct Places {
    by_vm: VmMap<Place>,
    inventory: Option<Arc<Inventory>>,
}

impl Places {
    pub(super) fn update(&mut self, inventory: &Arc<Inventory>) {
        let known = self.inventory.as_ref();
        if known.is_some_and(|known| Arc::ptr_eq(known, inventory)) {
            return;
        }
        for vm in inventory.vms() {
            let place = Place {
                cluster: Arc::clone(&vm.placement.cluster),
                is_sized: SizingExclusion::of(vm).is_none(),
            };
            self.by_vm.insert(vm.id.clone(), place);
        }
        self.inventory = Some(Arc::clone(inventory));
    }

    /// Forgets the VMs that the latest inventory doesn't have.
    pub(super) fn forget(&mut self) {
        if let Some(inventory) = &self.inventory {
            self.by_vm.retain(|vm, _| inventory.get(vm).is_some());
        }
    }

    pub(super) fn of(&self, vm: &str) -> Option<&Place> {
        self.by_vm.get(vm)
    }

    /// The latest inventory.
    pub(super) fn inventory(&self) -> Option<&Arc<Inventory>> {
        self.inventory.as_ref()
    }
}
