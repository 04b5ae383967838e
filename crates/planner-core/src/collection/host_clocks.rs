//! How far the clocks of hosts are from vCenter's, as their samples show.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::look::Look;
use crate::uptime::Uptime;
use crate::vcenter_time::VcenterTime;

/// A real-time sample appears up to half a minute after its stamp, so clocks that differ less cannot be told from those that
/// agree.
const NOTABLE_SECONDS: i64 = 60;

/// A host whose clock is more than a minute from vCenter's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostClock {
    /// The host's name, or its reference where the name cannot be read.
    pub host: Arc<str>,
    /// By how many seconds its newest sample is ahead of vCenter's clock; negative if behind.
    pub offset_seconds: i64,
}

/// The newest sample of each host in one cycle.
#[derive(Debug)]
pub(super) struct HostClocks {
    /// The time of vCenter, and ours, when the cycle began.
    began: (VcenterTime, Uptime),
    /// By reference: the name, and the offset.
    offsets: BTreeMap<Arc<str>, (Arc<str>, i64)>,
}

impl HostClocks {
    pub(super) fn new(now: VcenterTime, at: Uptime) -> Self {
        Self {
            began: (now, at),
            offsets: BTreeMap::new(),
        }
    }

    /// Takes the newest stamp of a VM on a host. A VM of the host that is silent is older and changes nothing.
    pub(super) fn note(&mut self, look: Look<'_>, name: &Arc<str>, newest: VcenterTime) {
        let Some(host) = look.host else {
            return;
        };
        let (now, at) = self.began;
        let since_began = i64::from(look.answered.seconds_since(at));
        let offset = newest.seconds_since(now).saturating_sub(since_began);
        if let Some((_, known)) = self.offsets.get_mut(host) {
            *known = offset.max(*known);
        } else {
            let name = if name.is_empty() { host } else { name };
            self.offsets
                .insert(Arc::clone(host), (Arc::clone(name), offset));
        }
    }

    /// The hosts whose clocks are wrong. Of several with one name, the one that is furthest off.
    pub(super) fn notable(self) -> Vec<HostClock> {
        let mut by_name: BTreeMap<Arc<str>, i64> = BTreeMap::new();
        for (name, offset) in self.offsets.into_values() {
            if offset.abs() > NOTABLE_SECONDS {
                let known = by_name.entry(name).or_insert(offset);
                if offset.abs() > known.abs() {
                    *known = offset;
                }
            }
        }
        let hosts = by_name.into_iter();
        hosts
            .map(|(host, offset_seconds)| HostClock {
                host,
                offset_seconds,
            })
            .collect()
    }
}
