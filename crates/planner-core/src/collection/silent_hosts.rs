//! Hosts whose newest sample does not move, and how they are asked then.
//!
//! A host whose clock was set back may keep samples of the future for up to an hour. They stay its newest ones, so a query
//! for the newest samples brings nothing else. A query by vCenter's time brings those that the host takes now.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::timeline::second;
use crate::uptime::Uptime;
use crate::vcenter_time::VcenterTime;

/// A host is silent after this many looks in a row without a newer sample, and not before this time.
const LOOKS: u32 = 3;
const SILENCE_SECONDS: u32 = 120;

/// Hosts keep samples this long, so those of the future are gone by then.
const KEPT_SECONDS: u32 = 3_600;

/// The newest sample of each host, from look to look.
#[derive(Debug, Default)]
pub(super) struct SilentHosts {
    /// By reference.
    hosts: BTreeMap<Arc<str>, Looks>,
    /// Whether any host is asked by time.
    any_by_time: bool,
}

#[derive(Debug)]
struct Looks {
    /// Newest stamp of any of its VMs in this cycle, and in the one before that had any.
    newest: Option<u32>,
    before: Option<u32>,
    unmoved: u32,
    /// When the newest stamp moved, or another way of asking began.
    since: Uptime,
    asking: Asking,
}

/// How a host is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// For its newest samples.
    Newest,
    /// By time, for one look.
    Trial,
    /// By time, because that brought samples.
    ByTime,
    /// For its newest samples, because asking by time brought none.
    Failed,
}

impl SilentHosts {
    /// Takes the newest stamp of a VM on a host.
    pub(super) fn note(&mut self, host: &Arc<str>, newest: VcenterTime, at: Uptime) {
        let newest = second(newest);
        if let Some(looks) = self.hosts.get_mut(host) {
            looks.newest = looks.newest.max(Some(newest));
            return;
        }
        let looks = Looks {
            newest: Some(newest),
            before: None,
            unmoved: 0,
            since: at,
            asking: Asking::Newest,
        };
        self.hosts.insert(Arc::clone(host), looks);
    }

    /// Ends the looks of a cycle, which began at vCenter's time `then`. It is our time `at` now.
    pub(super) fn conclude(&mut self, then: VcenterTime, at: Uptime) {
        self.hosts.retain(|_, looks| looks.is_remembered(at));
        for looks in self.hosts.values_mut() {
            looks.conclude(second(then), at);
        }
        let mut hosts = self.hosts.values();
        self.any_by_time = hosts.any(Looks::is_by_time);
    }

    /// How many hosts are asked by vCenter's time.
    pub(super) fn asked_by_time(&self) -> usize {
        self.hosts.values().filter(|host| host.is_by_time()).count()
    }

    /// Whether the VMs of this host are asked for by vCenter's time.
    pub(super) fn is_asked_by_time(&self, host: Option<&Arc<str>>) -> bool {
        self.any_by_time
            && host
                .and_then(|host| self.hosts.get(host))
                .is_some_and(Looks::is_by_time)
    }
}

impl Looks {
    fn is_by_time(&self) -> bool {
        matches!(self.asking, Asking::Trial | Asking::ByTime)
    }

    /// A host that has been away for hours is forgotten.
    fn is_remembered(&self, at: Uptime) -> bool {
        self.newest.is_some() || at.seconds_since(self.since) <= 2 * KEPT_SECONDS
    }

    fn conclude(&mut self, then: u32, at: Uptime) {
        let newest = self.newest.take();
        // A host without an answer shows nothing, unless it was asked in a way that it may not understand.
        if newest.is_none() && !self.is_by_time() {
            return;
        }
        let has_moved = newest.is_some() && newest != self.before;
        self.before = newest.or(self.before);
        self.unmoved = if has_moved { 0 } else { self.unmoved + 1 };
        let elapsed = at.seconds_since(self.since);
        let is_silent = self.unmoved >= LOOKS && elapsed >= SILENCE_SECONDS;
        let is_fresh = newest.is_some_and(|newest| newest.saturating_add(SILENCE_SECONDS) >= then);
        let next = match self.asking {
            Asking::Newest if is_silent => Asking::Trial,
            Asking::Trial if is_fresh && has_moved => Asking::ByTime,
            Asking::Trial => Asking::Failed,
            // The time counts from the first query by time, however often the newest stamp moves.
            Asking::ByTime if self.unmoved >= LOOKS || elapsed >= KEPT_SECONDS => Asking::Newest,
            Asking::Failed if has_moved || elapsed >= KEPT_SECONDS => Asking::Newest,
            same => same,
        };
        if next != self.asking {
            self.unmoved = 0;
            self.since = at;
            self.asking = next;
        } else if has_moved && self.asking == Asking::Newest {
            self.since = at;
        }
    }
}
