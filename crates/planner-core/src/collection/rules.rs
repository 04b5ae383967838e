//! What counting goes by: the source, the window, and what is measured.

use super::budget::Allowance;
use super::counters::Direction;
use super::source::Source;
use super::timeline::Spacing;

/// Roll-ups and odd samples cover no longer time than this, in seconds.
const LONGEST_REALTIME_SECONDS: u32 = 300;

/// What to measure besides the writes of whole VMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measures {
    /// Reads too.
    pub reads: bool,
    /// Each disk too.
    pub per_disk: bool,
}

/// What counting goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) source: Source,
    pub(super) window_seconds: u32,
    pub(super) measures: Measures,
}

impl Rules {
    /// Usual distance of two samples.
    pub(super) fn spacing_seconds(self) -> u32 {
        self.source.interval_seconds(self.window_seconds).max(1)
    }

    pub(super) fn spacing(self) -> Spacing {
        Spacing {
            usual_seconds: self.spacing_seconds(),
            longest_seconds: match self.source {
                Source::Realtime => LONGEST_REALTIME_SECONDS,
                Source::Historical => u32::MAX,
            },
        }
    }

    /// How long a sample may come late and still counts.
    pub(super) fn open_seconds(self) -> u32 {
        self.source.overlap_samples() * self.spacing_seconds()
    }

    /// How far back a VM's first answer counts.
    pub(super) fn first_seconds(self) -> u32 {
        match self.source {
            Source::Realtime => self.window_seconds,
            Source::Historical => u32::MAX,
        }
    }

    /// How long samples are remembered.
    pub(super) fn remembered_seconds(self) -> u32 {
        self.window_seconds.max(self.open_seconds())
    }

    /// The ways that are measured.
    pub(super) fn directions(self) -> &'static [Direction] {
        if self.measures.reads {
            &[Direction::Write, Direction::Read]
        } else {
            &[Direction::Write]
        }
    }

    /// What a series may have counted when so much time has passed.
    pub(super) fn allowance(self, elapsed_seconds: Option<u32>) -> Allowance {
        Allowance {
            elapsed: elapsed_seconds,
            margin: 2 * self.spacing_seconds(),
            kept: self.source.kept_seconds(self.window_seconds),
        }
    }
}
