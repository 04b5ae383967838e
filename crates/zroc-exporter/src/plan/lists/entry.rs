//! One VM of a list.

use planner_core::units::Bytes;

use crate::plan::naming::{Key, Unmatched};

/// A VM of a list.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Entry {
    pub(in crate::plan) key: Key,
    /// Line of the file, or row of the sheet.
    pub(in crate::plan) line: usize,
    pub(in crate::plan) left_out: Option<&'static str>,
    pub(in crate::plan) flags: Vec<&'static str>,
    pub(in crate::plan) provisioned: Option<Bytes>,
    pub(in crate::plan) used: Option<Bytes>,
    pub(in crate::plan) volumes: Option<u32>,
}

impl Entry {
    pub(in crate::plan) fn unmatched(&self, reason: &'static str) -> Unmatched {
        Unmatched {
            entry: self.key.shown(),
            from: format!("--vm-list line {}", self.line),
            reason,
        }
    }
}
