//! What the recovery site needs: storage, the first copy, VRAs.

use std::cmp::Reverse;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::assumptions::{Assumptions, VraBuffer};
use super::demand::Vm;
use super::rpo::RpoOnLink;
use super::service::Service;
use super::trace::{Trace, net};
use crate::units::{Bytes, BytesPerSec, DataAmount, Seconds};

/// The most volumes that one VRA protects (Zerto's limit).
const VOLUMES_PER_VRA: u64 = 1_500;

/// Storage at the recovery site, beside the journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryStorage {
    /// Size of all disks, as far as known. Growth doesn't apply.
    pub provisioned: Option<DataAmount>,
    /// VMs whose size isn't known: `provisioned` lacks them.
    pub vms_of_unknown_size: u64,
    /// What is used of the disks; `None` unless it is known of all VMs whose size is known.
    pub used: Option<DataAmount>,
    /// What a failover test takes while it runs: as much again as the journals hold.
    pub scratch: DataAmount,
}

impl RecoveryStorage {
    pub(crate) fn new<'a>(vms: impl Iterator<Item = &'a Vm> + Clone, journals: DataAmount) -> Self {
        let sized = vms.clone().filter_map(|vm| vm.provisioned);
        let provisioned: Option<Bytes> = total(sized);
        let used: Option<Vec<Bytes>> = vms
            .clone()
            .filter(|vm| vm.provisioned.is_some() || vm.used.is_some())
            .map(|vm| vm.used)
            .collect();
        let unknown = vms.filter(|vm| vm.provisioned.is_none()).count();
        Self {
            provisioned: provisioned.map(DataAmount::from),
            vms_of_unknown_size: unknown as u64,
            used: used
                .and_then(|used| total(used.into_iter()))
                .map(DataAmount::from),
            scratch: journals,
        }
    }

    /// What the first copy has to send.
    fn size_of_copy(&self) -> Option<(DataAmount, SizeIs)> {
        let used = self.used.map(|used| (used, SizeIs::Used));
        used.or(self.provisioned.map(|all| (all, SizeIs::Provisioned)))
    }
}

/// The sum; `None` of nothing.
fn total(sizes: impl Iterator<Item = Bytes>) -> Option<Bytes> {
    sizes.reduce(Bytes::saturating_add)
}

/// Which size a first copy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeIs {
    /// What the VMs use.
    Used,
    /// What is provisioned, because what is used isn't known.
    Provisioned,
}

/// The first copy of all disks, while writes continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InitialSync {
    /// What is to be copied, before compression.
    pub size: DataAmount,
    /// Which size that is.
    pub size_is: SizeIs,
    /// With nothing written meanwhile.
    pub lower: Seconds,
    /// With the mean of all writes meanwhile; `None` if it never ends.
    pub upper: Option<Seconds>,
    /// With the writes of the data, which repeat; `None` if it never ends.
    pub trace: Option<Seconds>,
}

impl InitialSync {
    /// The first copy over a link. A schedule of the link repeats with the data.
    pub(crate) fn new(
        storage: &RecoveryStorage,
        assumptions: &Assumptions,
        trace: Trace<'_>,
        service: &Service,
    ) -> Option<Self> {
        let (size, size_is) = storage.size_of_copy()?;
        let to_send = size.get() * assumptions.compression_and_overhead();
        let link = service.mean_until(trace.seconds());
        let spare = -net(trace.mean(), link);
        let ends = spare > 0.0;
        Some(Self {
            size,
            size_is,
            lower: Seconds::computed(to_send / link),
            upper: ends.then(|| Seconds::computed(to_send / spare)),
            trace: ends.then(|| Seconds::computed(repeat_until_empty(to_send, trace, service))),
        })
    }
}

/// How long a backlog takes to be sent while the data repeats. The mean rate has to be below the link's.
fn repeat_until_empty(backlog: f64, trace: Trace<'_>, service: &Service) -> f64 {
    let once = one_pass(f64::INFINITY, trace, service);
    let sent_per_pass = -once.change;
    // The queue can't become empty in a pass that begins with more than the pass can bring down.
    let passes = ((backlog + once.lowest) / sent_per_pass).floor().max(0.0);
    let mut left = backlog - passes * sent_per_pass;
    let mut seconds = passes * trace.seconds();
    // Two more passes always suffice; rounding may ask for another.
    for _ in 0..4 {
        let pass = one_pass(left, trace, service);
        seconds += pass.seconds;
        if pass.is_empty {
            break;
        }
        left += pass.change;
    }
    seconds
}

struct Pass {
    is_empty: bool,
    /// Up to the moment at which the queue is empty.
    seconds: f64,
    /// Of the backlog.
    change: f64,
    /// The lowest that the change was.
    lowest: f64,
}

fn one_pass(backlog: f64, trace: Trace<'_>, service: &Service) -> Pass {
    let mut pass = Pass {
        is_empty: backlog <= 0.0,
        seconds: 0.0,
        change: 0.0,
        lowest: 0.0,
    };
    let mut segments = service.segments().iter();
    let mut segment = segments.next();
    let mut end = 0.0;
    for (length, rate) in trace.buckets() {
        end += length;
        while pass.seconds < end && !pass.is_empty {
            let Some(current) = segment else { return pass };
            let seconds = end.min(current.until) - pass.seconds;
            let growth = rate - current.rate;
            let left = backlog + pass.change;
            if left + growth * seconds <= 0.0 {
                pass.is_empty = true;
                pass.seconds += left / -growth;
                return pass;
            }
            pass.change += growth * seconds;
            pass.lowest = pass.lowest.min(pass.change);
            pass.seconds = end.min(current.until);
            if current.until <= pass.seconds {
                segment = segments.next();
            }
        }
    }
    pass
}

/// The appliances that send and receive.
#[derive(Debug, Clone, PartialEq)]
pub struct Vras {
    /// Disks of all VMs, as far as known.
    pub volumes: u64,
    /// Hosts of the recovery site, each with one VRA.
    pub recovery_hosts: NonZeroU32,
    /// VRAs that the volumes need at 1,500 each.
    pub needed_for_volumes: u64,
    /// What the VRAs can hold of data to send, if their memory is given.
    pub buffer: Option<DataAmount>,
    /// Whether more would have waited than they hold, which ends in a bitmap sync; `None` without link or memory.
    pub bitmap_sync_likely: Option<bool>,
    /// Hosts by the largest sum of their VMs' writes, largest first.
    pub protected_hosts: Vec<ProtectedHost>,
}

/// A host of the protected site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedHost {
    /// Its name.
    pub host: Arc<str>,
    /// The largest sum of what its VMs write.
    pub peak: BytesPerSec,
}

impl Vras {
    pub(crate) fn new<'a>(
        vms: impl Iterator<Item = &'a Vm>,
        recovery_hosts: NonZeroU32,
        buffer: Option<VraBuffer>,
        rpo: Option<&RpoOnLink>,
        mut protected_hosts: Vec<ProtectedHost>,
    ) -> Self {
        let volumes = vms.filter_map(|vm| vm.volumes).map(u64::from).sum();
        let buffer = buffer.map(VraBuffer::amount);
        protected_hosts.sort_by_key(|host| Reverse(host.peak));
        let overflows = |(rpo, buffer): (&RpoOnLink, DataAmount)| {
            rpo.sustained().is_none() || rpo.largest_backlog > buffer
        };
        Self {
            volumes,
            recovery_hosts,
            needed_for_volumes: volumes.div_ceil(VOLUMES_PER_VRA).max(1),
            buffer,
            bitmap_sync_likely: rpo.zip(buffer).map(overflows),
            protected_hosts,
        }
    }
}
