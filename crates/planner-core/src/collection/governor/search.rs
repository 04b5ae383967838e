//! The search for VMs that make queries fail: VMs of failed queries are asked for again after all others, in smaller and
//! smaller parts. A later round continues it.

use std::collections::VecDeque;

use super::batch::Role;
use super::suspicion::Part;
use crate::inventory::VmId;

/// Parts to be asked for.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// Single VMs that show whether the others of their host are worth asking for.
    urgent: VecDeque<Part>,
    parts: Vec<Part>,
}

impl Search {
    /// Continues the search of an earlier round.
    pub(super) fn resume(parts: Vec<Part>) -> Self {
        Self {
            urgent: VecDeque::new(),
            parts,
        }
    }

    pub(super) fn add(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// Adds parts, and asks for the first VM of the first one by itself before anything else.
    pub(super) fn add_urgently(&mut self, mut part: Part) {
        if part.vms.len() > 1 {
            self.parts.push(part.split_off(1));
        }
        self.urgent.push_back(part);
    }

    /// Asks for one more VM like these by itself, before anything else. Returns whether there is one.
    pub(super) fn hurry_one(&mut self, is_like: impl Fn(&VmId) -> bool) -> bool {
        let found = self
            .parts
            .iter()
            .position(|part| part.vms.first().is_some_and(&is_like));
        if let Some(index) = found {
            let part = self.parts.swap_remove(index);
            self.add_urgently(part);
        }
        found.is_some()
    }

    /// The next VMs to ask for, at most `most`: the largest part of at most `promising` VMs, or else the smallest one.
    pub(super) fn take(&mut self, most: usize, promising: usize) -> Option<(Vec<VmId>, Role)> {
        if let Some(part) = self.urgent.pop_front() {
            return Some((part.vms, Role::Suspected(part.suspicion)));
        }
        let rank = |(index, part): (usize, &Part)| {
            let size = part.vms.len();
            // Nothing new is to be found out about these: they are asked for to be sure.
            let has_failed_alone = part.suspicion.has_failed_alone;
            (has_failed_alone, size.abs_diff(promising), index)
        };
        let fits = |(_, part): &(usize, &Part)| part.vms.len() <= promising;
        let parts = || self.parts.iter().enumerate();
        let fitting = parts().filter(fits).map(rank).min();
        let (_, _, index) = fitting.or_else(|| parts().map(rank).min())?;
        let mut part = self.parts.remove(index);
        if part.vms.len() > most {
            self.parts.push(part.split_off(most));
        }
        Some((part.vms, Role::Suspected(part.suspicion)))
    }

    /// What was not asked for.
    pub(super) fn into_parts(self) -> impl Iterator<Item = Part> {
        self.urgent.into_iter().chain(self.parts)
    }
}
