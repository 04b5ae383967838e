//! Files of a history, and processes that end while they write.

use std::collections::{BTreeMap, BTreeSet};

use planner_core::history::log::{self, Log, NotOurs};
use planner_core::history::{Block, Damage, History};
use planner_core::vcenter_time::VcenterTime;
use proptest::prelude::*;

use super::{Cycle, HOUR, PLENTY, START, UNIT, Written, close_all, written};
use crate::at;

const VMS: usize = 2;

fn blocks() -> Vec<Block> {
    let mut history = History::new(PLENTY);
    let samples = vec![(0, START + 20, UNIT), (1, START + HOUR + 20, 0)];
    Cycle::of(VMS, START + HOUR + 30, samples).fold(&mut history);
    close_all(&mut history, VMS, START);
    history.view().blocks().collect()
}

fn file(blocks: &[Block]) -> Vec<u8> {
    let frames = blocks.iter().flat_map(|block| log::frame(block).unwrap());
    log::head().into_iter().chain(frames).collect()
}

#[test]
fn a_file_is_read_back_up_to_its_last_whole_frame() {
    let blocks = blocks();
    let whole = file(&blocks);
    let ends: Vec<usize> = (0..=blocks.len())
        .map(|of| file(&blocks[..of]).len())
        .collect();
    for length in 0..=whole.len() {
        let log = Log::read(&whole[..length]).unwrap();
        let frames = ends.iter().filter(|end| **end <= length).count();
        assert_eq!(log.blocks, blocks[..frames.saturating_sub(1)]);
        let end = ends[..frames].last().copied().unwrap_or(0);
        assert_eq!(log.length, end);
        assert_eq!(
            log.damage,
            (length == 0 || end < length).then_some(Damage::Truncated)
        );
    }
}

#[test]
fn a_file_of_somebody_else_or_of_a_later_release_is_not_read() {
    let whole = file(&blocks());
    let mut later = whole.clone();
    later[8] = 2;
    assert_eq!(Log::read(&later), Err(NotOurs::OtherVersion { version: 2 }));
    for foreign in [&b"root:x:0:0:"[..], b"r", b"zroc-hi5", &whole[1..]] {
        assert_eq!(Log::read(foreign), Err(NotOurs::Foreign));
    }
    let text = NotOurs::OtherVersion { version: 2 }.to_string();
    assert_eq!(
        text,
        "it has version 2 of the format, and this release reads version 1"
    );
}

proptest! {
    /// Blocks before the change are read, and none that was changed is.
    #[test]
    fn no_changed_block_is_read(place in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let blocks = blocks();
        let mut bytes = file(&blocks);
        let head = log::head().len();
        let place = head + place.index(bytes.len() - head);
        bytes[place] ^= 1 << bit;
        let log = Log::read(&bytes).unwrap();
        prop_assert!(log.damage.is_some());
        prop_assert!(log.length <= place);
        prop_assert_eq!(&log.blocks, &blocks[..log.blocks.len()]);
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Log::read(&bytes);
        let ours = [log::head(), bytes].concat();
        prop_assert!(Log::read(&ours).unwrap().length <= ours.len());
    }
}

/// What a VM writes in the sample of a stamp.
fn truth(vm: usize, stamp: i64) -> u64 {
    (stamp / 20 * 7_919 + i64::try_from(vm).unwrap()).unsigned_abs() % 997 * UNIT
}

/// Files by hour, as an exporter keeps them.
type Files = BTreeMap<i64, Vec<u8>>;

/// Puts what files have under what a process knows.
fn read(files: &mut Files, history: &mut History) {
    let mut earlier = history.to_restore();
    let mut changed = BTreeSet::new();
    for file in files.values() {
        let restored = earlier.restore(Log::read(file).unwrap().blocks);
        assert_eq!(restored.unfit, 0);
        changed.extend(restored.changed);
    }
    changed.extend(history.continue_from(earlier));
    replace(files, history, changed);
}

fn replace(files: &mut Files, history: &History, hours: impl IntoIterator<Item = VcenterTime>) {
    for hour in hours {
        let blocks: Vec<Block> = history.blocks_of(hour).collect();
        files.insert(hour.as_second(), file(&blocks));
    }
}

/// A process that collects until it ends at some byte of its last record. It reads the files before a cycle. Returns when its
/// last cycle was, and the samples of that.
fn run(
    files: &mut Files,
    begin: i64,
    cycles: i64,
    again: i64,
    (reads_before, cut): (i64, usize),
) -> (i64, Written) {
    let mut history = History::new(PLENTY);
    let mut newest = Vec::new();
    let (mut lost, mut now) = (Written::new(), begin);
    for cycle in 0..cycles {
        now = begin + (cycle + 1) * 60;
        if cycle == reads_before {
            read(files, &mut history);
        }
        let first = if cycle == 0 { 1 - again } else { 1 };
        let stamps = (first..=3).map(|sample| now - 60 + sample * 20);
        let samples: Vec<_> = stamps
            .flat_map(|stamp| (0..VMS).map(move |vm| (vm, stamp, truth(vm, stamp))))
            .collect();
        lost = samples
            .iter()
            .map(|(vm, stamp, bytes)| ((*vm, *stamp), *bytes))
            .collect();
        let folded = Cycle::of(VMS, now, samples).fold(&mut history);
        if cycle < reads_before {
            continue;
        }
        newest.clear();
        for record in &folded.records {
            let file = files
                .entry(record.hour().as_second())
                .or_insert_with(log::head);
            file.extend(log::frame(record).unwrap());
            newest = vec![record.hour().as_second()];
        }
        newest.retain(|it| !folded.closed.contains(&at(*it)));
        replace(files, &history, folded.closed);
    }
    // The record of the newest hour is the last one that is written.
    if let Some(file) = newest.first().and_then(|hour| files.get_mut(hour)) {
        let head = log::head().len();
        file.truncate(file.len().saturating_sub(cut).max(head));
    }
    (now, lost)
}

/// Thirty ends, with and without samples that the next process counts once more, of processes that read the files first or
/// while they collect.
#[test]
fn after_thirty_ends_nothing_is_there_twice_and_only_cut_records_are_lost() {
    for (again, reads_before) in [(0, 0), (15, 0), (0, 2), (15, 2)] {
        let (mut files, mut lost) = (Files::new(), BTreeSet::new());
        let mut now = START;
        for kill in 0..30 {
            let cut = 1 + kill * 7 % 20;
            let (end, newest) = run(&mut files, now, 5, again, (reads_before, cut));
            now = end;
            lost.extend(newest.into_keys());
        }
        let mut history = History::new(PLENTY);
        for file in files.values() {
            history.restore(Log::read(file).unwrap().blocks);
        }
        let kept = written(&history.view(), VMS);
        let stamps = (1..=(now - START) / 20).map(|sample| START + sample * 20);
        let mut all: Written = stamps
            .flat_map(|stamp| (0..VMS).map(move |vm| ((vm, stamp), truth(vm, stamp))))
            .collect();
        if again > 0 {
            // Samples before the start came with the first cycle.
            let before = kept.keys().filter(|(_, stamp)| *stamp <= START);
            all.extend(before.map(|(vm, stamp)| ((*vm, *stamp), truth(*vm, *stamp))));
            // Nobody has counted the last record again.
            lost.retain(|(_, stamp)| *stamp > now - 60);
        }
        for (sample, bytes) in &kept {
            assert_eq!(all.remove(sample), Some(*bytes), "{sample:?}");
        }
        assert!(all.keys().all(|sample| lost.contains(sample)), "{all:?}");
        assert!(!all.is_empty());
    }
}
