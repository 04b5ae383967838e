//! How the real-time samples of a vCenter come: what looks at a few VMs, seconds apart, say about it.
//!
//! A [`Look`] is what every VM answered at one time of vCenter's clock. [`Findings::of`] judges a list of them. It knows no
//! names: VMs and hosts are places in lists, and disks are numbers.

mod aggregate;
mod choice;
mod hosts;
mod look;
mod moves;
mod series;
mod slots;
mod spread;
mod stamps;
mod stay;
mod timeline;

pub use self::aggregate::{AggregateFindings, AggregateKind};
pub use self::choice::{MOST_DISKS, choose};
pub use self::hosts::{Clock, HostFindings};
pub use self::look::{Look, SeriesLook, VmLook};
pub use self::moves::Move;
pub use self::series::SeriesFindings;
pub use self::spread::Spread;
pub use self::stamps::StampFindings;

use self::timeline::Timeline;

/// What a list of looks says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Seconds from the first look to the last, by vCenter's clock.
    pub seconds: i64,
    /// Each VM, in the order of the looks.
    pub vms: Vec<VmFindings>,
    /// Each host on which a VM with samples was seen, in the order of their numbers.
    pub hosts: Vec<HostFindings>,
    /// Each time that a VM was on another host than before.
    pub moves: Vec<Move>,
}

/// What the looks say about one VM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VmFindings {
    /// The hosts that it was on, one after the other.
    pub hosts: Vec<usize>,
    /// Looks in which it had no samples at all.
    pub looks_without_samples: usize,
    /// How old its newest sample was at each look: vCenter's clock less the stamp.
    pub age_seconds: Option<Spread>,
    /// How long after its stamp each sample appeared that was new during the looks.
    pub appears_after_seconds: Option<Spread>,
    /// Its stamps.
    pub stamps: StampFindings,
    /// Disks with series.
    pub disks: usize,
    /// Its series: disk by disk, then those over all disks.
    pub series: Vec<SeriesFindings>,
    /// What there is over all disks, for each counter that was answered.
    pub aggregates: Vec<AggregateFindings>,
}

impl Findings {
    /// Judges looks in the order in which they were made.
    pub fn of(looks: &[Look]) -> Self {
        let vms = looks.iter().map(|look| look.vms.len()).max().unwrap_or(0);
        let timelines: Vec<Timeline<'_>> = (0..vms).map(|vm| Timeline::new(looks, vm)).collect();
        let began = looks.first().map(|look| look.at);
        let ended = looks.last().map(|look| look.at);
        let moves = timelines
            .iter()
            .enumerate()
            .flat_map(|(vm, timeline)| moves::of(vm, timeline, began));
        Self {
            seconds: began.zip(ended).map_or(0, |(a, b)| b.seconds_since(a)),
            vms: timelines.iter().map(VmFindings::of).collect(),
            hosts: hosts::of(&timelines),
            moves: moves.collect(),
        }
    }
}

impl VmFindings {
    fn of(timeline: &Timeline<'_>) -> Self {
        let stays = &timeline.stays;
        let looks = stays.iter().map(|stay| stay.looks.len());
        let answers = stays.iter().map(|stay| stay.answers().count());
        Self {
            hosts: stays.iter().filter_map(|stay| stay.host).collect(),
            looks_without_samples: looks.sum::<usize>().saturating_sub(answers.sum()),
            age_seconds: Spread::of(stays.iter().flat_map(stamps::ages)),
            appears_after_seconds: Spread::of(stays.iter().flat_map(stamps::appearances)),
            stamps: StampFindings::of(stays),
            disks: timeline.disks.len(),
            series: series::of(timeline),
            aggregates: aggregate::of(timeline),
        }
    }
}
