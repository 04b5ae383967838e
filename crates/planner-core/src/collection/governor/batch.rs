//! VMs that are asked for together.

use std::sync::Arc;

use super::suspicion::Suspicion;
use crate::inventory::VmId;

/// VMs to be asked for in one query. It is settled by value, so nobody settles it twice.
#[derive(Debug)]
#[must_use = "the round waits until its batches are settled"]
pub struct Batch {
    vms: Arc<[VmId]>,
    pub(super) role: Role,
}

/// Why a batch is asked for.
#[derive(Debug, Clone)]
pub(super) enum Role {
    /// Its VMs are asked for the first time, or are what is left of a batch after others were taken out.
    Plain,
    /// Its VMs were in a query that failed for one of them.
    Suspected(Suspicion),
    /// A VM of a host that was sick in the round before.
    HostProbe,
    /// One half of a query that was too large.
    Half,
    /// Its VMs failed before in this round.
    Retry,
}

impl Batch {
    pub(super) fn new(vms: Vec<VmId>, role: Role) -> Self {
        Self {
            vms: vms.into(),
            role,
        }
    }

    /// The VMs, at least one.
    pub fn vms(&self) -> &[VmId] {
        &self.vms
    }

    pub(super) fn into_vms(self) -> Arc<[VmId]> {
        self.vms
    }
}

/// The batches of one round that are not settled yet.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Vec<Arc<[VmId]>>);

impl Unsettled {
    pub(super) fn add(&mut self, batch: &Batch) {
        self.0.push(Arc::clone(&batch.vms));
    }

    /// Settles a batch. Returns it if it is of this round, or `None` for a batch of another one.
    pub(super) fn remove(&mut self, batch: Batch) -> Option<Batch> {
        let is_of_batch = |vms: &Arc<[VmId]>| Arc::ptr_eq(vms, &batch.vms);
        let index = self.0.iter().position(is_of_batch)?;
        self.0.swap_remove(index);
        Some(batch)
    }

    pub(super) fn into_batches(self) -> impl Iterator<Item = Arc<[VmId]>> {
        self.0.into_iter()
    }
}
