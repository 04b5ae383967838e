//! What is kept, for how long, and in how much memory.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use planner_core::history::{Block, Folded, History, Limits};
use planner_core::plan::row::Row;
use planner_core::vcenter_time::VcenterTime;

use super::{Cycle, HOUR, PLENTY, START, UNIT, past_of};
use crate::at;

/// An hour with a sample in each 20 s.
fn fill(history: &mut History, vms: usize, hour: i64) -> Folded {
    let start = START + hour * HOUR;
    let stamps = (1..=180).map(|slot| start + slot * 20);
    let samples = stamps.flat_map(|stamp| {
        (0..vms).map(move |vm| {
            let rate = stamp.unsigned_abs() / 20 * 7_919 % 997 + vm as u64;
            (vm, stamp, rate * UNIT)
        })
    });
    Cycle::of(vms, start + HOUR + 130, samples.collect()).fold(history)
}

/// How many buckets of each length a VM has.
fn lengths(history: &History) -> Vec<(i64, usize)> {
    let past = past_of(&history.view(), [0]).unwrap();
    let mut row = Row::default();
    past.read(0, &mut row);
    let buckets = past.grid().buckets().zip(row.rates());
    let lengths: Vec<i64> = buckets
        .filter_map(|((start, end), rate)| rate.map(|_| end - start))
        .collect();
    let runs = lengths.chunk_by(|one, next| one == next);
    runs.map(|run| (run[0], run.len())).collect()
}

#[test]
fn samples_are_kept_for_hours_and_means_for_days() {
    let limits = Limits {
        hours: NonZeroU32::new(3).unwrap(),
        roll_up_days: 1,
        bytes: 1 << 30,
    };
    let mut history = History::new(limits);
    for hour in 0..40 {
        fill(&mut history, 2, hour);
    }
    assert_eq!(lengths(&history), [(300, 21 * 12), (20, 3 * 180)]);
    assert_eq!(history.oldest(), Some(at(START + 16 * HOUR)));
    assert_eq!(history.dropped_hours(), 0);
}

#[test]
fn without_days_only_samples_are_kept() {
    let limits = Limits {
        hours: NonZeroU32::new(2).unwrap(),
        roll_up_days: 0,
        bytes: 1 << 30,
    };
    let mut history = History::new(limits);
    for hour in 0..5 {
        fill(&mut history, 1, hour);
    }
    assert_eq!(lengths(&history), [(20, 2 * 180)]);
}

/// Those who keep a history in files learn of each change.
#[test]
fn every_change_is_reported() {
    for (bytes, hours) in [(1 << 30, 2), (4_000, 24)] {
        let mut history = History::new(Limits {
            hours: NonZeroU32::new(hours).unwrap(),
            roll_up_days: 1,
            bytes,
        });
        let mut kept: BTreeMap<VcenterTime, Vec<Block>> = BTreeMap::new();
        for hour in 0..40 {
            let folded = fill(&mut history, 2, hour);
            for record in folded.records {
                kept.entry(record.hour()).or_default().push(record);
            }
            for hour in folded.closed.into_iter().chain(folded.dropped) {
                kept.insert(hour, history.blocks_of(hour).collect());
            }
            kept.retain(|_, blocks| !blocks.is_empty());
            let blocks = kept.values().flatten().cloned();
            assert!(blocks.eq(history.view().blocks()), "{hour}");
        }
        assert!(kept.len() < 40);
    }
}

#[test]
fn memory_is_bounded_and_the_oldest_samples_go_first() {
    let all = {
        let mut history = History::new(PLENTY);
        (0..10).for_each(|hour| drop(fill(&mut history, 20, hour)));
        history.bytes()
    };
    for (part, hours_of_samples, hours) in [(1, 10, 10), (2, 3, 10), (20, 0, 2), (10_000, 0, 0)] {
        let mut history = History::new(Limits {
            bytes: all / part,
            ..PLENTY
        });
        for hour in 0..10 {
            fill(&mut history, 20, hour);
            assert!(history.bytes() <= all / part);
        }
        if part == 10_000 {
            assert_eq!(history.bytes(), 0);
            continue;
        }
        let lengths = lengths(&history);
        let of = |length: i64| {
            let found = lengths.iter().find(|(it, _)| *it == length);
            found.map_or(0, |(_, buckets)| *buckets)
        };
        let of_samples = of(20) / 180;
        assert!(of_samples >= hours_of_samples, "{part}: {lengths:?}");
        assert!(of_samples + of(300) / 12 >= hours, "{part}: {lengths:?}");
        assert!(of_samples + of(300) / 12 <= 10, "{part}: {lengths:?}");
        assert_eq!(history.dropped_hours() > 0, part > 1);
    }
}

/// Late samples would replace the means of a whole hour.
#[test]
fn an_hour_of_which_only_means_are_left_takes_no_samples() {
    let mut history = History::new(Limits {
        hours: NonZeroU32::MIN,
        ..PLENTY
    });
    (0..3).for_each(|hour| drop(fill(&mut history, 1, hour)));
    let before = lengths(&history);
    Cycle::of(1, START + 4 * HOUR, vec![(0, START + 20, UNIT)]).fold(&mut history);
    assert_eq!(history.refused_samples(), 1);
    assert_eq!(lengths(&history), before);
}
