//! What is read of the past for a history that lacks it.

use std::collections::BTreeSet;

use planner_core::collection::NewSample;
use planner_core::history::log::{self, Log};
use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{History, Scope};
use planner_core::units::Bytes;
use planner_core::vcenter_time::VcenterTime;
use proptest::prelude::*;

use super::{Cycle, HOUR, PLENTY, START, UNIT, Written, close_all, past_of, rates, written};
use crate::at;
use crate::governor_model::id;

const VMS: usize = 3;

/// Puts samples (VM, stamp, bytes) of this length under what a history has.
fn fill(history: &mut History, slot_seconds: u32, found: &[(usize, i64, u64)]) -> BTreeSet<i64> {
    let mut filling = history.filling(slot_seconds);
    for (vm, stamp, bytes) in found {
        let sample = NewSample {
            vm: id(*vm),
            at: at(*stamp),
            written: Bytes::new(*bytes),
        };
        filling.add(&[sample], at(START + 3 * HOUR));
    }
    let changed = history.fill(filling).into_iter();
    changed.map(VcenterTime::as_second).collect()
}

/// As a process that starts reads the files of an earlier one.
fn restored(history: &History) -> History {
    let blocks: Vec<_> = history.view().blocks().collect();
    let frames = blocks.iter().flat_map(|block| log::frame(block).unwrap());
    let file: Vec<u8> = log::head().into_iter().chain(frames).collect();
    let mut restored = History::new(PLENTY);
    assert_eq!(restored.restore(Log::read(&file).unwrap().blocks).unfit, 0);
    restored
}

fn samples(amounts: &[Option<u64>], vm: usize) -> Vec<(usize, i64, u64)> {
    let stamps = (1..).map(|slot| START + slot * 20);
    let samples = stamps.zip(amounts);
    samples
        .filter_map(|(stamp, amount)| Some((vm, stamp, (*amount)? * UNIT)))
        .collect()
}

/// Samples of two VMs, of which some are missing.
fn some_samples() -> impl Strategy<Value = Vec<(usize, i64, u64)>> {
    let amounts = || prop::collection::vec(prop::option::of(0_u64..9), 30);
    (amounts(), amounts()).prop_map(|(one, other)| {
        let mut all = samples(&one, 0);
        all.extend(samples(&other, 1));
        all
    })
}

proptest! {
    /// Whether cycles come before or after, a sample counts once: as a restored process had it, else as cycles brought it,
    /// else as it was found.
    #[test]
    fn what_is_found_counts_where_nothing_else_does(
        earlier in some_samples(),
        before in some_samples(),
        found in some_samples(),
        found_again in some_samples(),
        after in some_samples(),
        is_closed in any::<bool>(),
    ) {
        let now = START + 700;
        let mut history = History::new(PLENTY);
        Cycle::of(VMS, now, earlier.clone()).fold(&mut history);
        let mut history = restored(&history);
        Cycle::of(VMS, now, before.clone()).fold(&mut history);
        fill(&mut history, 20, &found);
        fill(&mut history, 20, &found_again);
        Cycle::of(VMS, now, after.clone()).fold(&mut history);
        if is_closed {
            close_all(&mut history, VMS, START);
        }

        let mut expected = Written::new();
        for (vm, stamp, bytes) in found.into_iter().chain(found_again) {
            expected.insert((vm, stamp), bytes);
        }
        let mut of_cycles = Written::new();
        for (vm, stamp, bytes) in before.into_iter().chain(after) {
            *of_cycles.entry((vm, stamp)).or_default() += bytes;
        }
        expected.extend(of_cycles);
        expected.extend(earlier.into_iter().map(|(vm, stamp, bytes)| ((vm, stamp), bytes)));
        prop_assert_eq!(&written(&history.view(), VMS), &expected);
        prop_assert_eq!(&written(&restored(&history).view(), VMS), &expected);
    }
}

/// A closed hour has means and sums, which are of all samples again.
#[test]
fn an_hour_that_is_closed_is_closed_again() {
    let mut history = History::new(PLENTY);
    Cycle::of(VMS, START + 30, vec![(0, START + 20, UNIT)]).fold(&mut history);
    close_all(&mut history, VMS, START);
    let changed = fill(
        &mut history,
        20,
        &[(0, START + 40, 2 * UNIT), (1, START + 20, 4 * UNIT)],
    );
    assert_eq!(changed, BTreeSet::from([START]));
    let sum = Part {
        view: history.view(),
        chosen: Chosen::Sum(Scope::Vcenter),
    };
    let past = Past::new(&[sum], None).unwrap();
    let rates = rates(&past, 0);
    let bytes = rates[&(START, START + 20)].get() * 20.0;
    assert!((bytes - 5.0 * UNIT as f64).abs() < 1.0, "{bytes}");
}

/// Longer samples fill the hours of which nothing is known, and no other ones.
#[test]
fn samples_of_another_length_fill_whole_hours() {
    let mut history = History::new(PLENTY);
    let recent = START + 2 * HOUR + 20;
    Cycle::of(VMS, recent + 10, vec![(0, recent, UNIT)]).fold(&mut history);
    let found = [
        (0, START + 300, 15 * UNIT),
        (0, START + 600, 30 * UNIT),
        (0, recent + 280, 15 * UNIT),
    ];
    assert_eq!(fill(&mut history, 300, &found), BTreeSet::from([START]));
    close_all(&mut history, VMS, recent);
    let past = past_of(&history.view(), [0]).unwrap();
    let rates = rates(&past, 0);
    let bytes = |from: i64, until: i64| {
        let rate = rates.get(&(START + from, START + until))?;
        Some((rate.get() * (until - from) as f64 / UNIT as f64).round())
    };
    assert_eq!(bytes(0, 300), Some(15.0));
    assert_eq!(bytes(300, 600), Some(30.0));
    assert_eq!(bytes(2 * HOUR, 2 * HOUR + 20), Some(1.0));
    assert_eq!(rates.len(), 3);
}

#[test]
fn it_is_known_which_vms_and_hours_lack_something() {
    let mut history = History::new(PLENTY);
    let all = |vm: usize| (1..=270).map(move |slot| (vm, START + slot * 20, UNIT));
    let mut samples: Vec<_> = all(0).chain(all(1)).chain(all(2)).collect();
    samples.retain(|(vm, stamp, _)| *vm != 1 || *stamp != START + 200);
    Cycle::of(VMS, START + HOUR + 1_800, samples).fold(&mut history);
    let of = |from, until| {
        let vms = history.vms_with_all(20, (at(START + from), at(START + until)));
        let mut vms: Vec<String> = vms.iter().map(ToString::to_string).collect();
        vms.sort();
        vms
    };
    let names = |vms: &[usize]| vms.iter().map(|vm| id(*vm).to_string()).collect::<Vec<_>>();
    assert_eq!(of(200, HOUR + 1_800), names(&[0, 1, 2]));
    assert_eq!(of(180, HOUR + 1_800), names(&[0, 2]));
    assert_eq!(of(200, HOUR + 1_820), names(&[]));
    assert_eq!(of(-20, HOUR), names(&[]));
    let of_means = history.vms_with_all(300, (at(START), at(START + HOUR)));
    assert!(of_means.is_empty());

    let unknown = |from, until| {
        let found = history.unknown_hours((at(START + from), at(START + until)));
        found.map(|(from, until)| (from.as_second() - START, until.as_second() - START))
    };
    assert_eq!(unknown(-3 * HOUR - 1, HOUR), Some((-3 * HOUR, 0)));
    assert_eq!(unknown(-HOUR - 1, 4 * HOUR), Some((-HOUR, 4 * HOUR)));
    assert_eq!(unknown(-HOUR + 1, 2 * HOUR), None);
    assert_eq!(unknown(-HOUR - 1, -1), None);
}
