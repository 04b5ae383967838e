//! Rates as numbers.

use planner_core::units::{BytesPerSec, MegabitPerSec};

/// A rate in Mbit/s.
pub(super) fn megabit(rate: BytesPerSec) -> f64 {
    MegabitPerSec::from(rate).get()
}
