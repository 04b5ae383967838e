//! One query for samples, as a value.

use super::governor::Batch;
use super::source::SampleRange;
use crate::inventory::VmId;
use crate::uptime::Uptime;

/// VMs to ask for together, and which samples of each.
///
/// A query is settled by value: [`Cycle::answered`](super::Cycle::answered) or [`Cycle::failed`](super::Cycle::failed)
/// takes it. One that never comes back, because a deadline passed, is still known to its cycle, which lists its VMs as
/// unanswered.
#[derive(Debug)]
#[must_use = "the cycle waits until its queries are settled"]
pub struct Query {
    pub(super) batch: Batch,
    /// Our own time when it was asked.
    pub(super) asked: Uptime,
    /// One for each VM of the batch, in the same order.
    pub(super) ranges: Vec<SampleRange>,
}

impl Query {
    /// Each VM with the samples to ask for; at least one.
    pub fn vms(&self) -> impl ExactSizeIterator<Item = (&VmId, SampleRange)> + Clone {
        self.batch.vms().iter().zip(self.ranges.iter().copied())
    }
}
