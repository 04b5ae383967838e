//! A disk whose instance is spelled in another way in some answers counts once, and so does each disk that is new.

use planner_core::collection::accumulators::{Accumulators, Measures};
use planner_core::collection::counters::DiskCounter;

use crate::accumulator_model::{IOPS, LATENCY, RATE, accumulators, ingest_at, vm};

/// How the disk of these tests is spelled usually.
const CLEAN: &str = "scsi0:1";
/// The same with a byte that is no text.
const ODD: &str = "scsi0:\u{FFFD}";
const OTHER_ODD: &str = "\u{FFFD}csi0:1";
const SYSTEM_DISK: &str = "scsi0:0";

/// What a disk writes in the sample with this number, in KiB/s: the same whatever it is called.
fn rate(slot: i64) -> i64 {
    1_000 + slot * 7
}

/// The bytes of these samples of one disk.
fn bytes(slots: std::ops::RangeInclusive<i64>) -> u64 {
    let all = slots.map(|slot| rate(slot) * 1_024 * 20);
    u64::try_from(all.sum::<i64>()).unwrap()
}

/// An answer with samples up to this number: the six before it are known. Each disk has its own first sample.
fn answer(accumulators: &mut Accumulators, newest: i64, disks: &[(&str, i64)]) {
    answer_of(accumulators, newest, disks, &[RATE, IOPS, LATENCY]);
}

fn answer_of(
    accumulators: &mut Accumulators,
    newest: i64,
    disks: &[(&str, i64)],
    counters: &[DiskCounter],
) {
    let slots: Vec<i64> = (newest - 8..=newest).collect();
    let times: Vec<i64> = slots.iter().map(|slot| slot * 20).collect();
    let values = disks.iter().map(|(_, first)| {
        let values = slots.iter().map(|slot| {
            let is_there = slot >= first;
            if is_there { rate(*slot) } else { -1 }
        });
        values.collect::<Vec<i64>>()
    });
    let values: Vec<Vec<i64>> = values.collect();
    let mut series = Vec::new();
    for ((disk, _), values) in disks.iter().zip(&values) {
        series.extend(
            counters
                .iter()
                .map(|counter| (*counter, *disk, &values[..])),
        );
    }
    assert!(ingest_at(accumulators, &times, &series, newest * 20 + 3));
}

fn total(accumulators: &Accumulators) -> u64 {
    let totals = accumulators.totals().next().unwrap();
    totals.all_disks.write.unwrap().get()
}

/// What a VM with one disk has counted after a look each minute, with these spellings, and how many samples it missed.
fn assert_counted_once(spellings: &[&str]) -> u64 {
    let mut accumulators = accumulators(Measures::default());
    let mut newest = 100;
    for spelling in spellings {
        answer(&mut accumulators, newest, &[(spelling, 0)]);
        newest += 3;
    }
    let truth = bytes(92..=newest - 3);
    assert_eq!(total(&accumulators), truth, "{spellings:?}");
    accumulators.take_tally().missing
}

#[test]
fn a_spelling_that_changes_counts_nothing_twice() {
    for spellings in [
        &[CLEAN, ODD, CLEAN, CLEAN][..],
        &[ODD, CLEAN, CLEAN],
        &[CLEAN, CLEAN, ODD, ODD, ODD],
        &[CLEAN, ODD, CLEAN, ODD, CLEAN, ODD, CLEAN],
    ] {
        assert_eq!(assert_counted_once(spellings), 0, "{spellings:?}");
    }
    // A spelling that comes back after minutes misses the samples that came under the other two.
    let missing = assert_counted_once(&[CLEAN, ODD, OTHER_ODD, CLEAN, OTHER_ODD, ODD]);
    assert_eq!(missing, 3);
}

#[test]
fn a_spelling_of_one_counter_counts_nothing_twice() {
    let mut accumulators = accumulators(Measures::default());
    answer(&mut accumulators, 100, &[(CLEAN, 0)]);
    let odd = [(ODD, 0)];
    answer_of(&mut accumulators, 103, &odd, &[RATE]);
    answer(&mut accumulators, 106, &[(CLEAN, 0)]);
    assert_eq!(total(&accumulators), bytes(92..=106));
}

#[test]
fn a_disk_among_others_may_change_its_spelling() {
    let mut accumulators = accumulators(Measures::default());
    for (newest, spelling) in [(100, CLEAN), (103, ODD), (106, CLEAN)] {
        answer(
            &mut accumulators,
            newest,
            &[(SYSTEM_DISK, 0), (spelling, 0)],
        );
    }
    assert_eq!(total(&accumulators), 2 * bytes(92..=106));
}

#[test]
fn a_disk_that_is_added_counts_from_its_first_sample() {
    let mut accumulators = accumulators(Measures::default());
    answer(&mut accumulators, 100, &[(SYSTEM_DISK, 0)]);
    // It was added at the time of sample 98, so the answer before lacked it.
    answer(&mut accumulators, 103, &[(SYSTEM_DISK, 0), (CLEAN, 98)]);
    assert_eq!(total(&accumulators), bytes(92..=103) + bytes(98..=103));
}

/// One disk is removed and another one added between two answers.
#[test]
fn a_disk_that_comes_when_another_one_goes_counts_in_full() {
    let mut accumulators = accumulators(Measures::default());
    answer(&mut accumulators, 100, &[(SYSTEM_DISK, 0), (CLEAN, 0)]);
    answer(
        &mut accumulators,
        103,
        &[(SYSTEM_DISK, 0), ("nvme0:0", 101)],
    );
    let added = bytes(101..=103);
    assert_eq!(
        total(&accumulators),
        bytes(92..=103) + bytes(92..=100) + added
    );
}

/// Disks that were in one answer are not the same disk, so one may be late while the other one is gone.
#[test]
fn a_disk_that_is_late_while_another_one_is_gone_counts_in_full() {
    let mut accumulators = accumulators(Measures::default());
    answer(&mut accumulators, 100, &[(SYSTEM_DISK, 0), (CLEAN, 0)]);
    answer(&mut accumulators, 103, &[(SYSTEM_DISK, 0)]);
    answer(&mut accumulators, 106, &[(CLEAN, 0)]);
    answer(&mut accumulators, 109, &[(SYSTEM_DISK, 0), (CLEAN, 0)]);
    assert_eq!(accumulators.take_tally().missing, 0);
    assert_eq!(total(&accumulators), 2 * bytes(92..=109));
    assert_eq!(accumulators.totals().next().unwrap().vm, vm());
}
