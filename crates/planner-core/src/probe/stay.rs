//! The looks at a VM while it was on one host.

use super::look::{Look, VmLook};
use crate::vcenter_time::VcenterTime;

/// One VM on one host, look by look.
#[derive(Debug)]
pub(super) struct Stay<'l> {
    /// The host; `None` if it was never known.
    pub(super) host: Option<usize>,
    /// Each look with its time.
    pub(super) looks: Vec<(VcenterTime, &'l VmLook)>,
}

impl<'l> Stay<'l> {
    /// The looks that found samples.
    pub(super) fn answers(&self) -> impl DoubleEndedIterator<Item = (VcenterTime, &'l VmLook)> {
        let looks = self.looks.iter().copied();
        looks.filter(|(_, look)| look.has_samples())
    }
}

/// The stays of one VM. A host that cannot be read is the one of before.
pub(super) fn stays(looks: &[Look], vm: usize) -> Vec<Stay<'_>> {
    let mut stays: Vec<Stay<'_>> = Vec::new();
    for look in looks {
        let Some(found) = look.vms.get(vm) else {
            continue;
        };
        let seen = (look.at, found);
        match stays.last_mut() {
            Some(stay)
                if stay.host.is_none() || found.host.is_none() || stay.host == found.host =>
            {
                stay.host = stay.host.or(found.host);
                stay.looks.push(seen);
            }
            _ => stays.push(Stay {
                host: found.host,
                looks: vec![seen],
            }),
        }
    }
    stays
}
