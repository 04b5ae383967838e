//! What one look found, as vCenter answered it.

use crate::collection::counters::DiskCounter;
use crate::collection::samples::SampleTime;
use crate::vcenter_time::VcenterTime;

/// What all VMs answered at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// vCenter's clock, read just before the VMs were asked.
    pub at: VcenterTime,
    /// Each VM, in the same order in every look.
    pub vms: Vec<VmLook>,
}

/// What one VM answered; without times if it was not in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VmLook {
    /// The number of its host; `None` where that cannot be read.
    pub host: Option<usize>,
    /// The times of the samples, in the order of the answer.
    pub times: Vec<SampleTime>,
    /// The series, in the order of the answer.
    pub series: Vec<SeriesLook>,
}

/// What one series answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesLook {
    /// What is measured.
    pub counter: DiskCounter,
    /// vSphere's name of the disk; empty for all of them together.
    pub instance: Box<str>,
    /// Its values, in the order of the times; `None` where the answer has -1 or nothing. The list may be short.
    pub values: Vec<Option<i64>>,
}

/// Which series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeriesId<'l> {
    pub(super) counter: DiskCounter,
    pub(super) instance: &'l str,
}

/// What was sent of a series at a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// The series is not in the answer, or its list is too short.
    Nothing,
    /// -1: no value.
    Missing,
    /// A value.
    Value(i64),
}

impl Sent {
    pub(super) fn value(self) -> Option<i64> {
        match self {
            Self::Nothing | Self::Missing => None,
            Self::Value(value) => Some(value),
        }
    }
}

impl VmLook {
    pub(super) fn has_samples(&self) -> bool {
        !self.times.is_empty()
    }

    /// Whether a series is in the answer.
    pub(super) fn has(&self, id: SeriesId<'_>) -> bool {
        self.series.iter().any(|series| series.id() == id)
    }

    /// What was sent of a series at a place. A server may send a series in parts.
    pub(super) fn sent(&self, id: SeriesId<'_>, place: usize) -> Sent {
        let parts = self.series.iter().filter(|series| series.id() == id);
        let sent = parts.filter_map(|series| series.values.get(place).copied());
        match sent.reduce(Option::or) {
            None => Sent::Nothing,
            Some(None) => Sent::Missing,
            Some(Some(value)) => Sent::Value(value),
        }
    }

    /// The stamps at which any series has a value, in the order of the answer.
    pub(super) fn valued(&self) -> impl Iterator<Item = VcenterTime> {
        let has_value = |place: usize| {
            let mut values = self.series.iter().map(move |it| it.values.get(place));
            values.any(|value| matches!(value, Some(Some(_))))
        };
        let times = self.times.iter().enumerate();
        times.filter_map(move |(place, time)| has_value(place).then_some(time.at))
    }
}

impl SeriesLook {
    pub(super) fn id(&self) -> SeriesId<'_> {
        SeriesId {
            counter: self.counter,
            instance: &self.instance,
        }
    }
}
