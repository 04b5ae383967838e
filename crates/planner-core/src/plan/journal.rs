//! Journals: room for all that was written within their history.

use super::assumptions::{History, JournalRules};
use super::grid::Grid;
use super::row::{Covered, Row};
use super::sum::Sum;
use super::summed::SummedVm;
use super::window::{Window, largest};
use crate::units::{BytesPerSec, DataAmount, Gib, Seconds};

/// A journal is at least this large: 8 GiB (Zerto help, "`ManageJournal`").
const FLOOR_GIB: f64 = 8.0;
/// The part of a window that may be absent.
const MAY_BE_ABSENT: f64 = 0.2;

/// The journal of one VM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VmJournal {
    /// The most that was written in any window as long as the history.
    pub written: DataAmount,
    /// The size to order: written, compressed, and at least 8 GiB.
    pub size: DataAmount,
    /// Whether the history is longer than the data, so that `written` is a mean rate times the history.
    pub is_extrapolated: bool,
    /// Whether the size is above the hard limit. It is not cut.
    pub is_over_limit: bool,
}

impl VmJournal {
    /// The journal of a VM. `None` if more than 20 % of its largest window is absent.
    pub(crate) fn new(
        row: &Row,
        covered: Covered,
        grid: &Grid,
        history: History,
        rules: &JournalRules,
        growth: f64,
    ) -> Option<Self> {
        let window = Busiest::of(row, covered, grid, history.time().get())?;
        Some(Self::holding(&window, rules, growth))
    }

    /// The journal of a VM whose largest window somebody else has found. `None` if more than 20 % of all its time is absent,
    /// which then is what is known of that window, or if the window isn't known.
    pub(crate) fn of_summed(
        vm: &SummedVm,
        window_seconds: f64,
        history: History,
        rules: &JournalRules,
        growth: f64,
    ) -> Option<Self> {
        let history = history.time().get();
        let covered = vm.covered.get();
        let is_extrapolated = history > window_seconds;
        if !is_extrapolated && window_seconds - covered > window_seconds * MAY_BE_ABSENT {
            return None;
        }
        let bytes = if history >= window_seconds {
            vm.mean() * history
        } else {
            vm.largest_window?.get()
        };
        let window = Busiest {
            bytes,
            is_extrapolated,
        };
        Some(Self::holding(&window, rules, growth))
    }

    fn holding(window: &Busiest, rules: &JournalRules, growth: f64) -> Self {
        let written = window.bytes * growth;
        let compressed = written * (1.0 - rules.compression.get());
        let floor = DataAmount::from(Gib::computed(FLOOR_GIB));
        let size = DataAmount::computed(compressed).max(floor);
        Self {
            written: DataAmount::computed(written),
            size,
            is_extrapolated: window.is_extrapolated,
            is_over_limit: size > rules.limit,
        }
    }
}

struct Busiest {
    bytes: f64,
    is_extrapolated: bool,
}

impl Busiest {
    fn of(row: &Row, covered: Covered, grid: &Grid, history: f64) -> Option<Self> {
        if history >= grid.seconds() {
            return Self::of_all(covered, grid.seconds(), history);
        }
        let lengths = grid.seconds_of_buckets();
        let (rates, parts): (Vec<f64>, Vec<f64>) = row.filled(covered.mean).into_iter().unzip();
        let window = largest(lengths, &rates, history)?;
        let absent = absent_seconds(lengths, &parts, window, history);
        (absent <= history * MAY_BE_ABSENT).then_some(Self {
            bytes: window.bytes,
            is_extrapolated: false,
        })
    }

    /// The only window there is, or more than there is.
    fn of_all(covered: Covered, seconds: f64, history: f64) -> Option<Self> {
        let is_extrapolated = history > seconds;
        let absent = seconds - covered.seconds;
        let is_known = is_extrapolated || absent <= history * MAY_BE_ABSENT;
        is_known.then_some(Self {
            bytes: covered.mean * history,
            is_extrapolated,
        })
    }
}

fn absent_seconds(lengths: &[f64], parts: &[f64], window: Window, width: f64) -> f64 {
    let end = window.start + width;
    let (mut at, mut absent) = (0.0_f64, 0.0);
    for (length, part) in lengths.iter().zip(parts) {
        let inside = end.min(at + length) - window.start.max(at);
        absent += inside.max(0.0) * (1.0 - part);
        at += length;
    }
    absent
}

/// All journals together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Journals {
    /// The history, unless a group has its own.
    pub history: Seconds,
    /// VMs of which too much is absent.
    pub unknown_vms: u64,
    /// The sizes of all known journals: what to order if each has a volume of its own.
    pub sum: DataAmount,
    /// The most that all journals hold at one moment, after compression: the least that one common volume needs.
    pub joint_peak: DataAmount,
    /// Whether the history is longer than the data, so that `joint_peak` is a mean rate times the history.
    pub is_extrapolated: bool,
    /// The rate of writes that the recovery storage has to bear.
    pub peak_rate: BytesPerSec,
}

impl Journals {
    pub(crate) fn new<'a>(
        vms: impl Iterator<Item = Option<&'a VmJournal>>,
        sum: &Sum,
        lengths: &[f64],
        rules: &JournalRules,
        growth: f64,
    ) -> Self {
        let (mut unknown_vms, mut sizes) = (0, 0.0);
        for vm in vms {
            match vm {
                Some(journal) => sizes += journal.size.get(),
                None => unknown_vms += 1,
            }
        }
        let history = rules.history.time();
        let rates = sum.bare_rates().iter().zip(sum.present());
        let rates: Vec<f64> = rates
            .map(|(rate, is_present)| if *is_present { *rate } else { 0.0 })
            .collect();
        let window = largest(lengths, &rates, history.get());
        let held = window.map_or_else(
            || mean_present(lengths, &rates, sum.present()) * history.get(),
            |window| window.bytes,
        );
        let peak = rates.iter().copied().fold(0.0, f64::max);
        Self {
            history,
            unknown_vms,
            sum: DataAmount::computed(sizes),
            joint_peak: DataAmount::computed(held * growth * (1.0 - rules.compression.get())),
            is_extrapolated: window.is_none(),
            peak_rate: BytesPerSec::computed(peak * growth),
        }
    }
}

fn mean_present(lengths: &[f64], rates: &[f64], present: &[bool]) -> f64 {
    let (mut bytes, mut seconds) = (0.0, 0.0_f64);
    for ((length, rate), is_present) in lengths.iter().zip(rates).zip(present) {
        if *is_present {
            bytes += length * rate;
            seconds += length;
        }
    }
    if seconds > 0.0 { bytes / seconds } else { 0.0 }
}
