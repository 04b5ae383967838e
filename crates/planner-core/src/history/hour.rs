//! One hour of one vCenter: open while samples come, then closed into blocks that don't change.

use std::sync::Arc;

use super::amounts;
use super::block::Block;
use super::merge::Sources;
use super::places::Places;
use super::record;
use super::roll_up;
use super::slots::{HOUR_SECONDS, slots_of, start_second};
use super::sums::Sums;
use super::table::{Builder, Head, Kind, Table};

/// The number of records that are merged into one, in which each VM has its name once.
const MERGED_AT_ONCE: usize = 10;
/// After this number of records, merged or not, all are merged.
const MOST_RECORDS: usize = 30;

/// What is kept of an hour.
#[derive(Debug, Clone)]
pub(super) struct Hour {
    /// Hours since 1970.
    pub(super) number: u32,
    pub(super) slot_seconds: u32,
    pub(super) samples: Sources,
    pub(super) roll_up: Option<Arc<Table>>,
    pub(super) sums: Option<Arc<Table>>,
    pub(super) is_closed: bool,
    /// How many records, of the last ones, are of one cycle each.
    unmerged: usize,
}

impl Hour {
    pub(super) fn new(number: u32, slot_seconds: u32) -> Self {
        Self {
            number,
            slot_seconds,
            samples: Sources::default(),
            roll_up: None,
            sums: None,
            is_closed: false,
            unmerged: 0,
        }
    }

    pub(super) fn start_second(&self) -> i64 {
        start_second(self.number)
    }

    pub(super) fn end_second(&self) -> i64 {
        self.start_second() + i64::from(HOUR_SECONDS)
    }

    /// Whether its samples become a roll-up. Others are as coarse as one already.
    pub(super) fn has_fine_samples(&self) -> bool {
        roll_up::samples_of(self.slot_seconds).is_some()
    }

    /// Whether samples of this length can be added. Where only means and peaks are left, what comes late would replace them.
    pub(super) fn takes_samples_of(&self, slot_seconds: u32) -> bool {
        let has_all = self.samples.settled.is_some() || !self.is_closed;
        has_all && self.slot_seconds == slot_seconds
    }

    pub(super) fn bytes(&self) -> usize {
        let beside = self.roll_up.iter().chain(&self.sums);
        self.samples.bytes() + beside.map(|table| table.as_bytes().len()).sum::<usize>()
    }

    /// All of it.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block> {
        let samples = self.samples.settled.iter().chain(&self.samples.records);
        let samples = samples.chain(&self.samples.filled);
        let tables = samples.chain(&self.roll_up).chain(&self.sums);
        tables.map(|table| Block(Arc::clone(table)))
    }

    /// Takes back a block that was made of this hour. Returns whether its samples have the same length.
    pub(super) fn restore(&mut self, block: Block) -> bool {
        let table = block.0;
        let head = table.head();
        if head.slot_seconds != self.slot_seconds {
            return false;
        }
        let place = match head.kind {
            Kind::Record => {
                self.samples.records.push(table);
                return true;
            }
            Kind::Samples => &mut self.samples.settled,
            Kind::Filled => &mut self.samples.filled,
            Kind::RollUp => &mut self.roll_up,
            Kind::Sums => &mut self.sums,
        };
        *place = Some(table);
        true
    }

    /// Takes what was restored for settled: it is not added to any more.
    pub(super) fn settle(&mut self) {
        self.samples = Sources {
            settled: self.settled(),
            ..Sources::default()
        };
        self.unmerged = 0;
        self.is_closed = self.sums.is_some();
    }

    /// Puts what an earlier process knew of the same hour under what is here: what is settled there stays as it is, and
    /// samples that are here fill its gaps. Where that cannot be, what was there first stays alone.
    pub(super) fn continue_from(&mut self, earlier: Self, places: &Places) {
        if !earlier.takes_samples_of(self.slot_seconds) {
            *self = earlier;
            return;
        }
        let filled = self.samples.filled.take();
        if self.samples.settled.is_some() {
            let record = self.record_of(&self.samples);
            self.samples.records = vec![Arc::new(record)];
            self.unmerged = 0;
        }
        self.samples.settled = earlier.samples.settled;
        self.samples.filled = filled;
        if self.is_closed {
            self.close(places);
        }
    }

    /// Puts what was read of the past under all that is here.
    pub(super) fn fill(&mut self, found: &Self, places: &Places) {
        let sources = Sources {
            settled: found.settled(),
            filled: self.samples.filled.take(),
            records: Vec::new(),
        };
        self.samples.filled = self.table_of(Kind::Filled, &sources);
        if self.is_closed {
            self.close(places);
        }
    }

    /// Drops its samples. Returns how many bytes they took.
    pub(super) fn drop_samples(&mut self) -> usize {
        self.unmerged = 0;
        std::mem::take(&mut self.samples).bytes()
    }

    /// Drops its samples if a roll-up has their means and peaks. Returns how many bytes they took.
    pub(super) fn drop_fine_samples(&mut self) -> usize {
        if self.has_fine_samples() {
            self.drop_samples()
        } else {
            0
        }
    }

    /// Drops all that is left of it. Returns how many bytes that took.
    pub(super) fn drop_all(&mut self) -> usize {
        let bytes = self.bytes();
        self.drop_samples();
        (self.roll_up, self.sums) = (None, None);
        bytes
    }

    /// Adds samples of some VMs.
    pub(super) fn add(&mut self, record: Arc<Table>) {
        let records = &mut self.samples.records;
        records.push(record);
        self.unmerged += 1;
        if records.len() >= MOST_RECORDS {
            let all = records.len();
            self.merge_last(all);
        } else if self.unmerged == MERGED_AT_ONCE {
            self.merge_last(MERGED_AT_ONCE);
        }
    }

    fn merge_last(&mut self, records: usize) {
        let all = &mut self.samples.records;
        let records = all.split_off(all.len().saturating_sub(records));
        let sources = Sources {
            records,
            ..Sources::default()
        };
        let merged = self.record_of(&sources);
        self.samples.records.push(Arc::new(merged));
        self.unmerged = 0;
    }

    /// All samples of some tables as one record.
    fn record_of(&self, sources: &Sources) -> Table {
        let mut record = Builder::new(self.head(Kind::Record, sources), sources.bytes());
        let mut samples = Vec::new();
        sources.for_each(|vm, slots| {
            samples.clear();
            samples.extend(slots.samples());
            record::put(&mut record, vm, &samples);
        });
        record.finish()
    }

    /// All samples in one table; `None` if there are none.
    pub(super) fn settled(&self) -> Option<Arc<Table>> {
        let sources = &self.samples;
        match &sources.settled {
            Some(settled) if sources.is_settled() => Some(Arc::clone(settled)),
            _ => self.table_of(Kind::Samples, sources),
        }
    }

    /// All samples of some tables as a table of this kind; `None` if there are none.
    fn table_of(&self, kind: Kind, sources: &Sources) -> Option<Arc<Table>> {
        if sources.is_empty() {
            return None;
        }
        let head = self.head(kind, sources);
        let mut samples = Builder::new(head, sources.bytes());
        sources.for_each(|vm, slots| {
            samples.put(vm, |block| amounts::put(slots, head.unit, block));
        });
        Some(Arc::new(samples.finish()))
    }

    /// Makes blocks of all samples that have come. Those that come later are added in the same way.
    pub(super) fn close(&mut self, places: &Places) {
        self.is_closed = true;
        let (Some(slots), false) = (slots_of(self.slot_seconds), self.samples.is_empty()) else {
            return;
        };
        let per_bucket = roll_up::samples_of(self.slot_seconds);
        let head = self.head(Kind::Samples, &self.samples);
        let mut samples = Builder::new(head, self.samples.bytes());
        let means_head = Head {
            kind: Kind::RollUp,
            unit: per_bucket.map_or(0, |it| roll_up::unit_of_means(head.unit, it)),
            ..head
        };
        let mut means = Builder::new(means_head, 0);
        let mut sums = Sums::new(slots);
        self.samples.for_each(|vm, slots| {
            samples.put(vm, |block| amounts::put(slots, head.unit, block));
            if let Some(per_bucket) = per_bucket {
                means.put(vm, |block| {
                    roll_up::put(slots, per_bucket, means_head.unit, block);
                });
            }
            let place = places.of(vm);
            if place.is_none_or(|place| place.is_sized) {
                sums.add(slots, place.map(|place| &place.cluster));
            }
        });
        let samples = Arc::new(samples.finish());
        self.samples = Sources {
            settled: Some(samples),
            ..Sources::default()
        };
        self.unmerged = 0;
        self.roll_up = per_bucket.map(|_| Arc::new(means.finish()));
        self.sums = Some(Arc::new(sums.finish(self.number, self.slot_seconds)));
    }

    fn head(&self, kind: Kind, sources: &Sources) -> Head {
        Head {
            kind,
            hour: self.number,
            slot_seconds: self.slot_seconds,
            unit: sources.unit(),
        }
    }
}
