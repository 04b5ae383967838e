//! A VM that changes hosts during the looks.

use planner_core::probe::{Findings, VmLook};

use super::{probe, rate, stamps, value, vm};

/// A VM that is on another host from 1100 on, and what it answers there.
fn moving(there: impl Fn(i64) -> Vec<i64>, value_there: impl Fn(i64) -> i64) -> Findings {
    probe(|now| {
        let has_moved = now >= 1_100;
        let stamps = if has_moved {
            there(now)
        } else {
            stamps(now, 7)
        };
        let series = rate("scsi0:0", &stamps, |it| {
            Some(if has_moved {
                value_there(it)
            } else {
                value(it)
            })
        });
        VmLook {
            host: Some(usize::from(has_moved)),
            ..vm(&stamps, vec![series])
        }
    })
}

#[test]
fn a_move_that_costs_samples() {
    // The new host has what it measured since: from 1120 on.
    let since = |now| {
        stamps(now, 7)
            .into_iter()
            .filter(|stamp| *stamp > 1_100)
            .collect()
    };
    let found = moving(since, value);
    let [moved] = found.moves.as_slice() else {
        panic!("{:?}", found.moves);
    };
    assert_eq!(
        (moved.vm, moved.from, moved.to, moved.after_seconds),
        (0, 0, 1, 100)
    );
    assert_eq!((moved.stamps_kept, moved.stamps_reused), (0, 0));
    assert_eq!(moved.listed_before, [7, 7, 7]);
    assert_eq!(moved.listed_after, [0; 10]);
    assert_eq!(moved.looks_without_samples, 12);
    // The newest before is 1080. 1100 was measured by neither.
    assert_eq!(moved.stamp_step_seconds, Some(40));
    assert_eq!(moved.slots_lost, Some(1));
    assert_eq!(found.vms[0].hosts, [0, 1]);
    assert_eq!(found.vms[0].looks_without_samples, 12);
    assert_eq!(found.hosts.len(), 2);
}

#[test]
fn a_move_that_takes_the_history_along_costs_nothing() {
    let found = moving(|now| stamps(now, 7), value);
    let moved = &found.moves[0];
    assert_eq!((moved.stamps_kept, moved.stamps_reused), (6, 0));
    assert_eq!(moved.stamp_step_seconds, Some(20));
    assert_eq!(moved.slots_lost, Some(0));
    let series = &found.vms[0].series[0];
    assert_eq!((series.missing_at_first, series.changed), (0, 0));
}

#[test]
fn a_move_to_a_host_whose_clock_is_behind_uses_stamps_again() {
    let behind = |now| {
        let since = stamps(now, 7).into_iter().filter(|stamp| *stamp >= 1_100);
        since.map(|stamp| stamp - 60).collect()
    };
    let found = moving(behind, |stamp| value(stamp + 60) + 100);
    let moved = &found.moves[0];
    assert_eq!((moved.stamps_kept, moved.stamps_reused), (0, 1));
    assert_eq!(moved.stamp_step_seconds, Some(-40));
    assert_eq!(moved.slots_lost, Some(0));
    // Each host's samples are judged for themselves.
    assert_eq!(found.vms[0].series[0].changed, 0);
}
