//! When hours close, and what comes late.

use planner_core::collection::source::Source;
use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{History, Scope};
use planner_core::inventory::PowerState;
use planner_core::inventory::entities::{Entities, VmRecord};
use planner_core::inventory::filter::Filter;
use planner_core::plan::row::Row;
use std::sync::Arc;

use super::{Cycle, HOUR, PLENTY, START, UNIT, close_all, expected, past_of, rates, written};
use crate::governor_model::id;
use crate::{at, full_read};

/// How many blocks a history has: one for an open hour with one record, three for a closed one.
fn blocks(history: &History) -> usize {
    history.view().blocks().count()
}

const END: i64 = START + HOUR;

#[test]
fn an_hour_closes_when_every_vm_was_answered_one_overlap_after_its_end() {
    let mut history = History::new(PLENTY);
    Cycle::of(2, START + 30, vec![(0, START + 20, UNIT)]).fold(&mut history);
    assert_eq!(blocks(&history), 1);
    let mut late = Cycle::of(2, END + 119, Vec::new());
    late.fold(&mut history);
    assert_eq!(blocks(&history), 1);
    // The newest samples of a VM are too old yet.
    (late.now, late.newest) = (END + 140, END + 119);
    late.fold(&mut history);
    assert_eq!(blocks(&history), 1);
    late.newest = END + 120;
    late.fold(&mut history);
    assert_eq!(blocks(&history), 3);
}

#[test]
fn an_hour_waits_for_a_vm_that_fails_but_not_longer_than_hosts_keep_samples() {
    let mut history = History::new(PLENTY);
    Cycle::of(2, START + 30, vec![(0, START + 20, UNIT)]).fold(&mut history);
    let mut failing = Cycle::of(2, END + HOUR + 119, Vec::new());
    failing.failed = vec![1];
    failing.fold(&mut history);
    assert_eq!(blocks(&history), 1);
    failing.now += 1;
    failing.fold(&mut history);
    assert_eq!(blocks(&history), 3);
}

/// 180 samples after an outage belong to the hours that they are of.
#[test]
fn a_catch_up_after_an_outage_fills_the_hour_before() {
    let mut history = History::new(PLENTY);
    let first = Cycle::of(
        2,
        START + 30,
        vec![(0, START + 20, 7 * UNIT), (1, START + 20, 0)],
    );
    first.fold(&mut history);
    let now = END + 1_000;
    let stamps = (0..180).map(|back| now - back * 20);
    let samples = stamps.flat_map(|stamp| [(0, stamp, UNIT), (1, stamp, 3 * UNIT)]);
    let catch_up = Cycle::of(2, now, samples.collect());
    catch_up.fold(&mut history);
    let expected = expected(&[first, catch_up]);
    assert_eq!(written(&history.view(), 2), expected);
    close_all(&mut history, 2, now);
    assert_eq!(written(&history.view(), 2), expected);
}

/// What comes for an hour that is closed fills gaps. A sample that is there stays as it is.
#[test]
fn samples_of_a_closed_hour_fill_its_gaps_only() {
    let mut history = History::new(PLENTY);
    Cycle::of(1, START + 30, vec![(0, START + 20, UNIT)]).fold(&mut history);
    close_all(&mut history, 1, START);
    let now = START + 2 * HOUR + 60;
    let late = vec![(0, START + 20, 5 * UNIT), (0, START + 60, 9 * UNIT)];
    Cycle::of(1, now, late).fold(&mut history);
    let filled = [((0, START + 20), UNIT), ((0, START + 60), 9 * UNIT)].into();
    assert_eq!(written(&history.view(), 1), filled);
    Cycle::of(1, now, vec![(0, now, 0)]).fold(&mut history);
    close_all(&mut history, 1, now);
    let mut all = filled;
    all.insert((0, now), 0);
    assert_eq!(written(&history.view(), 1), all);
}

/// What an earlier process has of two VMs.
fn earlier() -> History {
    let mut history = History::new(PLENTY);
    let first = vec![
        (0, START + 20, UNIT),
        (0, START + 40, UNIT),
        (1, START + 40, 0),
    ];
    Cycle::of(2, START + 60, first).fold(&mut history);
    history
}

/// A process that starts counts the newest samples once more.
#[test]
fn what_was_restored_is_not_added_to() {
    let before = earlier();
    let mut after = History::new(PLENTY);
    assert_eq!(after.restore(before.view().blocks()).unfit, 0);
    let again = vec![
        (0, START + 40, UNIT),
        (0, START + 60, 2 * UNIT),
        (1, START + 60, 3 * UNIT),
    ];
    Cycle::of(2, START + 80, again).fold(&mut after);
    let once = [
        ((0, START + 20), UNIT),
        ((0, START + 40), UNIT),
        ((0, START + 60), 2 * UNIT),
        ((1, START + 40), 0),
        ((1, START + 60), 3 * UNIT),
    ];
    assert_eq!(written(&after.view(), 2), once.into());
    close_all(&mut after, 2, START);
    assert_eq!(written(&after.view(), 2), once.into());
}

/// A process that reads what an earlier one had while it collects, before and after the hours that both have close.
#[test]
fn what_an_earlier_process_had_stays_and_its_gaps_are_filled() {
    let mut before = earlier();
    for (is_closed_before, is_closed_here) in
        [(false, false), (true, false), (false, true), (true, true)]
    {
        if is_closed_before {
            close_all(&mut before, 2, START);
        }
        let mut here = History::new(PLENTY);
        let again = vec![(0, START + 40, 5 * UNIT), (0, START + 60, UNIT)];
        Cycle::of(2, START + 80, again).fold(&mut here);
        // Another disk of the same sample.
        Cycle::of(2, START + 140, vec![(0, START + 60, UNIT)]).fold(&mut here);
        if is_closed_here {
            close_all(&mut here, 2, START);
        }
        let mut earlier = here.to_restore();
        assert_eq!(earlier.restore(before.view().blocks()).unfit, 0);
        assert_eq!(here.continue_from(earlier), [at(START)].into());
        let once = [
            ((0, START + 20), UNIT),
            ((0, START + 40), UNIT),
            ((0, START + 60), 2 * UNIT),
            ((1, START + 40), 0),
        ];
        assert_eq!(written(&here.view(), 2), once.into());
        close_all(&mut here, 2, START);
        assert_eq!(written(&here.view(), 2), once.into());
        let sum = Part {
            view: here.view(),
            chosen: Chosen::Sum(Scope::Vcenter),
        };
        let mut row = Row::default();
        Past::new(&[sum], None).unwrap().read(0, &mut row);
        let sum: f64 = row.rates().iter().flatten().map(|rate| rate.get()).sum();
        assert_eq!(sum * 20.0, 4.0 * UNIT as f64);
    }
}

/// Samples of another length, and those of an hour of which only means are left, would replace what is there.
#[test]
fn an_hour_of_another_kind_stays_as_an_earlier_process_had_it() {
    let mut before = History::new(PLENTY);
    let roll_up = Cycle::of(1, START + 310, vec![(0, START + 300, 300 * 1_024)]);
    before.fold(&roll_up.report(Source::Historical, 300));
    let mut here = History::new(PLENTY);
    Cycle::of(1, START + 330, vec![(0, START + 320, UNIT)]).fold(&mut here);
    let mut earlier = here.to_restore();
    earlier.restore(before.view().blocks());
    here.continue_from(earlier);
    let past = past_of(&here.view(), [0]).unwrap();
    let kept: Vec<_> = rates(&past, 0).into_keys().collect();
    assert_eq!(kept, [(START, START + 300)]);
}

/// A file of the future, from a clock that was wrong, would make all others look old.
#[test]
fn hours_in_the_future_age_no_others() {
    let ahead = START + 20_000 * HOUR;
    let mut of_future = History::new(PLENTY);
    Cycle::of(1, ahead, vec![(0, ahead, UNIT)]).fold(&mut of_future);
    close_all(&mut of_future, 1, ahead);
    let mut here = History::new(PLENTY);
    Cycle::of(1, START + 90, vec![(0, START + 80, UNIT)]).fold(&mut here);
    let mut earlier = here.to_restore();
    let mut before = History::new(PLENTY);
    Cycle::of(1, START + 30, vec![(0, START + 20, UNIT)]).fold(&mut before);
    for history in [&of_future, &before] {
        assert_eq!(earlier.restore(history.view().blocks()).unfit, 0);
    }
    here.continue_from(earlier);
    let seen = [((0, START + 20), UNIT), ((0, START + 80), UNIT)];
    assert_eq!(written(&here.view(), 1), seen.into());
    assert!(here.blocks_of(at(ahead - 20)).next().is_some());
}

#[test]
fn a_vm_that_is_off_writes_nothing() {
    let mut entities = Entities::new();
    for (number, state) in [(0, PowerState::PoweredOn), (1, PowerState::PoweredOff)] {
        *entities.vm(id(number).as_str()) = VmRecord {
            power_state: Some(state),
            ..VmRecord::default()
        };
    }
    let inventory = Arc::new(entities.resolve(&Filter::default(), full_read(1)));
    let mut history = History::new(PLENTY);
    for now in [START + 65, START + 125] {
        let mut cycle = Cycle::of(0, now, Vec::new());
        cycle.inventory = Arc::clone(&inventory);
        cycle.fold(&mut history);
    }
    let off = [80, 100, 120].map(|second| ((1, START + second), 0));
    assert_eq!(written(&history.view(), 2), off.into());
}

#[test]
fn samples_of_wrong_clocks_are_refused() {
    let mut history = History::new(PLENTY);
    let now = START + 10 * HOUR;
    let samples = vec![
        (0, now, UNIT),
        (0, now + 3 * HOUR, UNIT),
        (0, now - 200 * HOUR, UNIT),
        (0, -5, UNIT),
        (0, i64::MIN, UNIT),
        (0, i64::MAX, UNIT),
    ];
    Cycle::of(1, now - 20, vec![(0, now - 20, UNIT)]).fold(&mut history);
    Cycle::of(1, now, samples).fold(&mut history);
    assert_eq!(history.refused_samples(), 5);
    let kept = [((0, now - 20), UNIT), ((0, now), UNIT)];
    assert_eq!(written(&history.view(), 1), kept.into());
}

/// A clock of vCenter that was ahead for a while keeps nothing out.
#[test]
fn hours_in_the_future_are_out_of_sight() {
    let mut history = History::new(PLENTY);
    let ahead = START + 20_000 * HOUR;
    Cycle::of(1, ahead, vec![(0, ahead, UNIT)]).fold(&mut history);
    Cycle::of(1, START + 30, vec![(0, START + 20, 2 * UNIT)]).fold(&mut history);
    let seen = [((0, START + 20), 2 * UNIT)];
    assert_eq!(written(&history.view(), 1), seen.into());
    assert_eq!(history.refused_samples(), 0);
}

/// A stamp beside the usual ones counts in the 20 seconds that it lies in.
#[test]
fn odd_stamps_lose_no_bytes() {
    let mut history = History::new(PLENTY);
    let samples = vec![(0, START + 7, 3), (0, START + 19, 5), (0, START + 21, 11)];
    Cycle::of(1, START + 30, samples).fold(&mut history);
    let kept = [((0, START + 20), 8), ((0, START + 40), 11)];
    assert_eq!(written(&history.view(), 1), kept.into());
}

/// Roll-ups of five minutes are kept as they are, without peaks, for the days of roll-ups.
#[test]
fn roll_ups_of_vcenter_are_kept_as_long_as_own_ones() {
    let mut history = History::new(PLENTY);
    for hour in 0..60 {
        let now = START + hour * HOUR + 300;
        let cycle = Cycle::of(1, now, vec![(0, now, 300 * 1_024 * 7)]);
        history.fold(&cycle.report(Source::Historical, 300));
    }
    let past = past_of(&history.view(), [0]).unwrap();
    let rates = rates(&past, 0);
    assert_eq!(rates.len(), 60);
    assert!(
        rates
            .iter()
            .all(|((start, end), rate)| { end - start == 300 && rate.get() == 7.0 * 1_024.0 })
    );
}

#[test]
fn a_window_cuts_and_extends() {
    let mut history = History::new(PLENTY);
    let samples = (1..=30).map(|slot| (0, START + slot * 20, UNIT)).collect();
    Cycle::of(1, START + 600, samples).fold(&mut history);
    let chosen = Part {
        view: history.view(),
        chosen: Chosen::Vms(vec![id(0), id(7)]),
    };
    let past = Past::new(
        std::slice::from_ref(&chosen),
        Some((START - 50, START + 70)),
    )
    .unwrap();
    assert_eq!(past.grid().start_second(), START - 50);
    assert_eq!(past.grid().end_second(), START + 80);
    let mut row = Row::default();
    past.read(0, &mut row);
    assert_eq!(row.rates().iter().flatten().count(), 4);
    past.read(1, &mut row);
    assert_eq!(row.rates().iter().flatten().count(), 0);
    assert!(Past::new(&[chosen], Some((START - 50, START))).is_err());
}
