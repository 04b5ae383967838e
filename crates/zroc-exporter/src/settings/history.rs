//! Whether a history is kept, where, and how much of it.

use std::num::NonZeroU32;
use std::path::PathBuf;

use planner_core::history::Limits;
use planner_core::plan::notation::size;

use super::parse::{self, Parsed, Unfit};
use super::table::{
    HISTORY_BACKFILL, HISTORY_DIR, HISTORY_HOURS, HISTORY_MAX_BYTES, HISTORY_ROLLUP_DAYS,
};
use super::values::{Checked, Values};

/// A year: more would be a mistake.
const MOST_DAYS: u32 = 366;

const LEAST_BYTES: f64 = 65_536.0;
const MOST_BYTES: f64 = 1_099_511_627_776.0;

/// Where a history is kept, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistorySettings {
    /// The folder in which each vCenter has one of its own; `None` keeps it in memory alone.
    pub folder: Option<PathBuf>,
    /// How much is kept.
    pub limits: Limits,
    /// Whether what it lacks at the start is read from vCenter.
    pub backfill: bool,
}

impl HistorySettings {
    /// `None` where no history is kept.
    pub(super) fn read(values: &mut Values<'_>) -> Checked<Option<Self>> {
        let folder = values.fitting_path(&HISTORY_DIR, parse::folder);
        let hours = values.required(&HISTORY_HOURS, |text| {
            parse::number(text, 0..=MOST_DAYS * 24)
        });
        let days = values.required(&HISTORY_ROLLUP_DAYS, |text| {
            parse::number(text, 0..=MOST_DAYS)
        });
        let bytes = values.required(&HISTORY_MAX_BYTES, bytes);
        let backfill = values.required(&HISTORY_BACKFILL, parse::switch);
        let (folder, hours, roll_up_days, bytes) = (folder?, hours?, days?, bytes?);
        let backfill = backfill?;
        Ok(NonZeroU32::new(hours).map(|hours| Self {
            folder,
            limits: Limits {
                hours,
                roll_up_days,
                bytes,
            },
            backfill,
        }))
    }
}

fn bytes(text: &str) -> Parsed<usize> {
    let bytes = size(text).map_err(|_| Unfit::NotAllowed)?.get();
    if !(LEAST_BYTES..=MOST_BYTES).contains(&bytes) {
        return Err(Unfit::NotAllowed);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the bounds"
    )]
    let bytes = bytes as u64;
    usize::try_from(bytes)
        .map_err(|_| Unfit::because("which is more than this machine can address"))
}
