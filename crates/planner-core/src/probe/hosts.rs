//! The clocks of hosts, as the samples of their VMs show them.

use std::collections::BTreeMap;

use super::spread::Spread;
use super::stamps::{ages, appearances};
use super::timeline::Timeline;

/// A sample cannot be seen before its stamp unless the host's clock is ahead. vCenter's clock is read a moment before the
/// samples are, so a few seconds mean nothing.
const SLACK_SECONDS: i64 = 5;

/// A sample appears up to half a minute after its stamp and is the newest one for 20 s.
const USUAL_SECONDS: i64 = 60;

/// What the samples of a host's VMs say about its clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFindings {
    /// The host.
    pub host: usize,
    /// How many of the VMs were seen on it with samples.
    pub vms: usize,
    /// The stamp of the newest sample less vCenter's clock: the median of all looks at its VMs.
    pub offset_seconds: i64,
    /// How long after its stamp each sample appeared that was new during the looks.
    pub appears_after_seconds: Option<Spread>,
    /// What that means.
    pub clock: Clock,
}

/// How a host's clock is set, as far as samples show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Within what is usual.
    Agrees,
    /// Samples have stamps that are still to come.
    Ahead,
    /// The newest sample is always older than a minute: the clock is behind, or samples come late.
    Behind,
}

impl Clock {
    fn of(ages: Spread) -> Self {
        if ages.least < -SLACK_SECONDS {
            Self::Ahead
        } else if ages.least > USUAL_SECONDS {
            Self::Behind
        } else {
            Self::Agrees
        }
    }

    /// The word in the document.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Ahead => "ahead",
            Self::Behind => "behind",
        }
    }
}

#[derive(Default)]
struct Seen {
    vms: usize,
    ages: Vec<i64>,
    appearances: Vec<i64>,
}

/// The hosts with samples, in the order of their numbers.
pub(super) fn of(timelines: &[Timeline<'_>]) -> Vec<HostFindings> {
    let mut hosts: BTreeMap<usize, Seen> = BTreeMap::new();
    for timeline in timelines {
        let mut counted = Vec::new();
        for stay in &timeline.stays {
            let ages = ages(stay);
            let Some(host) = stay.host.filter(|_| !ages.is_empty()) else {
                continue;
            };
            let seen = hosts.entry(host).or_default();
            seen.vms += usize::from(!counted.contains(&host));
            counted.push(host);
            seen.ages.extend(ages);
            seen.appearances.extend(appearances(stay));
        }
    }
    let hosts = hosts.into_iter();
    hosts
        .filter_map(|(host, seen)| {
            let ages = Spread::of(seen.ages)?;
            Some(HostFindings {
                host,
                vms: seen.vms,
                offset_seconds: ages.median.saturating_neg(),
                appears_after_seconds: Spread::of(seen.appearances),
                clock: Clock::of(ages),
            })
        })
        .collect()
}
