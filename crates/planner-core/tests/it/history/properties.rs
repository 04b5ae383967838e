//! Bytes are conserved, whatever comes in whatever order.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{Block, History, Limits, View};
use planner_core::plan::row::Row;
use proptest::prelude::*;

use super::{
    Cycle, HOUR, PLENTY, START, UNIT, Written, close_all, expected, past_of, rates, written,
};
use crate::governor_model::id;

const VMS: usize = 3;
const HOURS: i64 = 3;

/// Bytes as vCenter's rates give them, odd ones, zeros, and as much as all disks of a VM can do.
fn bytes() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        (0_u64..5_000).prop_map(|rate| rate * UNIT),
        0_u64..1_000_000_000,
        (0_u64..1 << 50),
    ]
}

/// Cycles in the order of time. Each brings samples of any time before, in any order, some of them again.
fn cycles() -> impl Strategy<Value = Vec<Cycle>> {
    let stamp = (1..=HOURS * 180).prop_map(|slot| START + slot * 20);
    let samples = prop::collection::vec((0..VMS, stamp, bytes()), 0..60);
    prop::collection::vec(samples, 1..25).prop_map(|cycles| {
        let cycles = cycles.into_iter().enumerate();
        cycles
            .map(|(number, samples)| {
                let now = START + 2 * HOUR + i64::try_from(number).unwrap();
                let mut cycle = Cycle::of(VMS, now, samples);
                // Nothing closes before all have come.
                cycle.failed = vec![0];
                cycle.newest = START;
                cycle
            })
            .collect()
    })
}

fn fold(cycles: &[Cycle]) -> History {
    let mut history = History::new(PLENTY);
    for cycle in cycles {
        cycle.fold(&mut history);
    }
    history
}

fn restored(view: &View) -> History {
    let mut history = History::new(PLENTY);
    let blocks = view.blocks().map(|block| {
        let read = Block::decode(block.as_bytes().into());
        assert_eq!(read.as_ref(), Ok(&block));
        read.unwrap()
    });
    assert_eq!(history.restore(blocks).unfit, 0);
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn open_closed_and_restored_hours_have_the_same_samples(cycles in cycles()) {
        let all = expected(&cycles);
        let mut history = fold(&cycles);
        let open = written(&history.view(), VMS);
        prop_assert_eq!(&open, &all);
        prop_assert_eq!(&written(&restored(&history.view()).view(), VMS), &all);
        close_all(&mut history, VMS, START + HOURS * HOUR);
        prop_assert_eq!(&written(&history.view(), VMS), &all);
        prop_assert_eq!(&written(&restored(&history.view()).view(), VMS), &all);
    }

    /// However samples are shared out among cycles.
    #[test]
    fn any_split_gives_the_same_blocks(
        samples in prop::collection::btree_map((0..VMS, 1..=180_i64), bytes(), 1..200),
        cuts in prop::collection::btree_set(0_usize..200, 0..10),
        order in any::<u64>(),
    ) {
        let mut samples: Vec<_> = samples.into_iter().collect();
        let all = |part: &[((usize, i64), u64)]| {
            let samples = part.iter().map(|((vm, slot), bytes)| (*vm, START + slot * 20, *bytes));
            Cycle::of(VMS, START + HOUR, samples.collect())
        };
        let mut at_once = History::new(PLENTY);
        all(&samples).fold(&mut at_once);
        shuffle(order, &mut samples);
        let mut in_parts = History::new(PLENTY);
        let mut first = 0;
        for cut in cuts.into_iter().filter(|cut| *cut < samples.len()).chain([samples.len()]) {
            all(&samples[first..cut]).fold(&mut in_parts);
            first = cut;
        }
        for history in [&mut at_once, &mut in_parts] {
            close_all(history, VMS, START + HOUR);
        }
        let blocks = |history: &History| history.view().blocks().collect::<Vec<_>>();
        prop_assert_eq!(blocks(&at_once), blocks(&in_parts));
    }

    /// Of the hours that are too old for samples, means and peaks are left.
    #[test]
    fn means_keep_the_bytes_and_the_peaks_of_an_hour(cycles in cycles()) {
        let mut history = History::new(Limits { hours: NonZeroU32::MIN, ..PLENTY });
        for cycle in &cycles {
            cycle.fold(&mut history);
        }
        let last = START + 9 * HOUR;
        close_all(&mut history, VMS, last);
        Cycle::of(VMS, last + 4 * HOUR, vec![(0, last + 4 * HOUR, 0)]).fold(&mut history);
        close_all(&mut history, VMS, last + 4 * HOUR);
        let all = expected(&cycles);
        if let Some(past) = past_of(&history.view(), 0..VMS) {
            for vm in 0..VMS {
                check_means(&past, vm, &all)?;
            }
        }
    }

    /// Two vCenters on one grid, in any order of the VMs, and some of them twice.
    #[test]
    fn parts_are_read_side_by_side(
        cycles in cycles(),
        chosen in prop::collection::vec(0..VMS + 2, 1..6),
    ) {
        let mut history = fold(&cycles);
        let open = history.view();
        close_all(&mut history, VMS, START + HOURS * HOUR);
        let vms = chosen.iter().map(|vm| id(*vm)).collect();
        let parts = [(open, vec![id(1)]), (history.view(), vms)].map(|(view, vms)| Part {
            view,
            chosen: Chosen::Vms(vms),
        });
        let all = expected(&cycles);
        let Ok(past) = Past::new(&parts, None) else {
            prop_assert!(!all.keys().any(|(vm, _)| *vm == 1 || chosen.contains(vm)));
            return Ok(());
        };
        prop_assert_eq!(past.series(), chosen.len() + 1);
        for (series, vm) in [1].iter().chain(&chosen).enumerate() {
            let stamps: BTreeSet<i64> = rates(&past, series).keys().map(|(_, end)| *end).collect();
            let of_vm = all.keys().filter(|(it, _)| it == vm);
            prop_assert_eq!(stamps, of_vm.map(|(_, stamp)| *stamp).collect::<BTreeSet<_>>());
        }
    }
}

fn check_means(past: &Past, vm: usize, expected: &Written) -> Result<(), TestCaseError> {
    let mut by_bucket: BTreeMap<i64, Vec<u64>> = BTreeMap::new();
    for ((_, stamp), bytes) in expected.iter().filter(|((it, _), _)| *it == vm) {
        let bucket = (stamp - 1).div_euclid(300) * 300;
        by_bucket.entry(bucket).or_default().push(*bytes);
    }
    let mut row = Row::default();
    past.read(vm, &mut row);
    let mut of_hours: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    let values = row.rates().iter().zip(row.peaks());
    for ((start, end), (rate, peak)) in past.grid().buckets().zip(values) {
        if end - start != 300 {
            continue;
        }
        let samples = by_bucket.remove(&start).unwrap_or_default();
        prop_assert_eq!(samples.is_empty(), rate.is_none());
        prop_assert_eq!(rate.is_some(), peak.is_some());
        let Some((rate, peak)) = (*rate).zip(*peak) else {
            continue;
        };
        let samples: Vec<f64> = samples
            .into_iter()
            .map(|bytes| bytes as f64 / 20.0)
            .collect();
        let largest = samples.iter().copied().fold(0.0, f64::max);
        prop_assert!((peak.get() - largest.max(rate.get())).abs() <= peak.get() * 1e-12);
        // A bucket of one sample may have the rest of one with fifteen.
        prop_assert!(peak.get() <= largest + 15.0 * UNIT as f64 / 20.0);
        let of_hour = of_hours.entry(start.div_euclid(HOUR)).or_default();
        of_hour.0 += rate.get() * samples.len() as f64;
        of_hour.1 += samples.iter().sum::<f64>();
    }
    prop_assert!(by_bucket.is_empty());
    for (kept, written) in of_hours.into_values() {
        prop_assert!(
            (kept - written).abs() <= written * 1e-12,
            "{} {}",
            kept,
            written
        );
    }
    Ok(())
}

/// Puts samples in an order that a number decides.
fn shuffle(seed: u64, samples: &mut [((usize, i64), u64)]) {
    samples.sort_by_key(|((vm, slot), _)| {
        let key = *vm as u64 * 1_000 + slot.unsigned_abs();
        (key ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
}
