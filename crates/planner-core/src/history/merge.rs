//! Goes through what several tables say about the same hour, VM by VM.

use std::sync::Arc;

use super::amounts;
use super::damage::Damage;
use super::record;
use super::slots::{Slots, common_unit, slots_of};
use super::table::{Cursor, Head, Kind, Table};

/// The samples of an hour: those that are settled, records beside them, and what was read of the past.
///
/// Records add up. A sample that is settled stays as it is: it was counted in full when its hour was closed, or by an
/// earlier process, and a process that starts counts the newest samples once more. What was read of the past counts only
/// where nothing else does.
#[derive(Debug, Clone, Default)]
pub(super) struct Sources {
    pub(super) settled: Option<Arc<Table>>,
    pub(super) records: Vec<Arc<Table>>,
    pub(super) filled: Option<Arc<Table>>,
}

struct Source<'t> {
    head: Head,
    cursor: Cursor<'t>,
    /// Whether the cursor is at a block.
    is_there: bool,
}

impl Source<'_> {
    fn advance(&mut self) {
        // Tables were checked when they were made.
        self.is_there = self.cursor.advance().unwrap_or(false);
    }
}

impl Sources {
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table> {
        self.settled
            .iter()
            .chain(&self.records)
            .chain(&self.filled)
            .map(|table| &**table)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tables().next().is_none()
    }

    /// Whether nothing lies beside what is settled.
    pub(super) fn is_settled(&self) -> bool {
        self.records.is_empty() && self.filled.is_none()
    }

    pub(super) fn bytes(&self) -> usize {
        self.tables().map(|table| table.as_bytes().len()).sum()
    }

    /// What all amounts are multiples of; 0 if all are zero.
    pub(super) fn unit(&self) -> u64 {
        common_unit(self.tables().map(|table| table.head().unit))
    }

    /// Hands over each VM with its samples, in the order of the names.
    pub(super) fn for_each(&self, mut each: impl FnMut(&str, &Slots)) {
        let mut sources: Vec<Source<'_>> = self
            .tables()
            .map(|table| Source {
                head: table.head(),
                cursor: table.cursor(),
                is_there: false,
            })
            .collect();
        let slots = sources
            .first()
            .and_then(|it| slots_of(it.head.slot_seconds));
        let Some(slots) = slots else { return };
        sources.iter_mut().for_each(Source::advance);
        let [mut sum, mut settled, mut filled] = [(); 3].map(|()| Slots::new(slots));
        let mut name = String::new();
        loop {
            let there = sources.iter().filter(|source| source.is_there);
            let Some(next) = there.map(|source| source.cursor.name()).min() else {
                return;
            };
            name.clear();
            name.push_str(next);
            sum.clear();
            let (mut is_settled, mut is_filled) = (false, false);
            for source in &mut sources {
                if !source.is_there || source.cursor.name() != name {
                    continue;
                }
                let block = source.cursor.block();
                // As above.
                let _: Result<(), Damage> = match source.head.kind {
                    Kind::Samples => {
                        is_settled = true;
                        amounts::read(block, source.head.unit, &mut settled)
                    }
                    Kind::Filled => {
                        is_filled = true;
                        amounts::read(block, source.head.unit, &mut filled)
                    }
                    _ => record::add_to(&mut sum, block, source.head.unit),
                };
                source.advance();
            }
            if is_settled {
                sum.replace_by(&settled);
            }
            if is_filled {
                sum.fill_by(&filled);
            }
            each(&name, &sum);
        }
    }
}
