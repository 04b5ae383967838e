//! Samples that come late, or in part: each counts once, and what never comes is counted as missing once.

use planner_core::collection::counters::Quantity;
use proptest::prelude::*;

use crate::lateness_model::{START, Simulation, Value, WHOLE_VM, complete, truth_of_disk};
use crate::up;

/// Until then, answers are disturbed. Later ones are complete.
const END: i64 = START + 1_800;

fn is_disturbed(real: i64) -> bool {
    (START..END).contains(&real)
}

/// Looks once a minute, from before the disturbance to long after it. Returns what was counted, what was written, and how
/// many samples are missing.
fn run(mut simulation: Simulation<'_>) -> (i64, i64, u64) {
    simulation.look();
    let (counted, truth) = simulation.grown(|it| it.looks(45, 60));
    (counted, truth, simulation.tally.missing)
}

/// The second disk has its values this many seconds late; `before`, they are something else.
fn late(seconds: i64, before: fn() -> Value) -> impl Fn(i64, usize, Quantity, i64) -> Value {
    move |real, disk, quantity, now| {
        if disk == 1 && now < real + seconds && is_disturbed(real) {
            before()
        } else {
            complete(real, disk, quantity, now)
        }
    }
}

#[test]
fn what_comes_within_two_minutes_counts_in_full() {
    for seconds in [0, 4, 20, 23, 40, 60, 99, 100, 120] {
        let answers = late(seconds, || Value::Missing);
        let (counted, truth, missing) = run(Simulation::new(2, &answers));
        assert_eq!((counted, missing), (truth, 0), "{seconds} s late");
    }
}

#[test]
fn a_list_that_ends_early_loses_nothing() {
    for seconds in [20, 40, 100] {
        let answers = late(seconds, || Value::CutOff);
        let (counted, truth, missing) = run(Simulation::new(3, &answers));
        assert_eq!((counted, missing), (truth, 0), "{seconds} s late");
    }
}

#[test]
fn what_comes_later_is_missing_once_and_counts_never() {
    for seconds in [200, 300, 3_000] {
        let answers = late(seconds, || Value::Missing);
        let (counted, truth, missing) = run(Simulation::new(2, &answers));
        let lost = truth_of_disk(1, START - 20, END - 20);
        assert_eq!((counted, missing), (truth - lost, 90), "{seconds} s late");
    }
}

#[test]
fn a_disk_that_never_comes_back_costs_its_own_samples_only() {
    let answers = late(1_000_000, || Value::NoSeries);
    let (counted, truth, _) = run(Simulation::new(3, &answers));
    let lost = truth_of_disk(1, START - 20, END - 20);
    assert!(counted >= truth - lost, "{counted} of {truth}");
}

/// Each counter of each disk has its own marks.
#[test]
fn a_rate_that_comes_after_the_operations_counts_in_full() {
    for late_quantity in Quantity::ALL {
        let answers = |real: i64, disk, quantity, now: i64| {
            if quantity == late_quantity && now < real + 40 && is_disturbed(real) {
                Value::Missing
            } else {
                complete(real, disk, quantity, now)
            }
        };
        let mut simulation = Simulation::new(2, &answers);
        simulation.look();
        let (counted, truth) = simulation.grown(|it| it.looks(45, 60));
        assert_eq!(counted, truth, "{late_quantity:?}");
        let uptime = up(simulation.now - START);
        let stats = simulation
            .accumulators
            .stats(&crate::accumulator_model::vm(), uptime);
        assert_eq!(stats.unwrap().write.iops.unwrap().get(), 200.0);
    }
}

/// Wherever in the life of the VM the two looks are, also at its begin.
#[test]
fn a_disk_that_is_absent_for_two_looks_loses_nothing() {
    for absent_from in [0, 60, 120, 600] {
        let answers = |real: i64, disk, quantity, now: i64| {
            let absent = START + absent_from..START + absent_from + 120;
            if disk == 1 && absent.contains(&now) {
                Value::NoSeries
            } else {
                complete(real, disk, quantity, now)
            }
        };
        let (counted, truth, missing) = run(Simulation::new(2, &answers));
        // What the disk did in the first window counts when the disk comes.
        let first_window = if absent_from == 0 {
            truth_of_disk(1, START - 100, START - 20)
        } else {
            0
        };
        assert!(
            (truth..=truth + first_window).contains(&counted),
            "{absent_from}: {counted} of {truth}"
        );
        assert_eq!(missing, 0, "{absent_from}");
    }
}

/// A look that brings nothing costs nothing once samples come again.
#[test]
fn answers_without_samples_lose_nothing() {
    let answers = |real: i64, disk, quantity, now: i64| {
        if (START + 60..START + 660).contains(&now) {
            Value::NoSeries
        } else {
            complete(real, disk, quantity, now)
        }
    };
    let (counted, truth, missing) = run(Simulation::new(2, &answers));
    assert_eq!((counted, missing), (truth, 0));
}

#[test]
fn a_server_that_answers_more_than_was_asked_changes_no_total() {
    for seconds in [0, 40, 120, 200] {
        let answers = late(seconds, || Value::Missing);
        let totals = [false, true].map(|ignores_max_sample| {
            run(Simulation {
                ignores_max_sample,
                ..Simulation::new(2, &answers)
            })
        });
        assert_eq!(totals[0], totals[1], "{seconds} s late");
    }
}

#[test]
fn ten_minutes_out_of_sight_lose_nothing() {
    for seconds in [600, 3_400] {
        let mut simulation = Simulation::new(2, &complete);
        simulation.look();
        let (counted, truth) = simulation.grown(|it| {
            it.looks(3, 60);
            it.looks(1, seconds);
            it.looks(3, 60);
        });
        assert_eq!((counted, simulation.tally.missing), (truth, 0), "{seconds}");
    }
}

#[test]
fn of_seventy_minutes_out_of_sight_the_last_hour_counts_and_the_rest_is_missing() {
    let mut simulation = Simulation::new(2, &complete);
    simulation.looks(3, 60);
    let began = simulation.now - 20;
    let (counted, truth) = simulation.grown(|it| {
        it.looks(1, 4_200);
        it.looks(3, 60);
    });
    let lost: i64 = [0, 1]
        .map(|disk| truth_of_disk(disk, began, began + 600))
        .iter()
        .sum();
    assert_eq!((counted, simulation.tally.missing), (truth - lost, 2 * 30));
}

/// vCenter sends a series of the whole VM beside those of the disks. Never both count.
#[test]
fn the_whole_vm_counts_only_where_no_disk_does() {
    let with_whole = |answers: &dyn Fn(i64, usize, Quantity, i64) -> Value| {
        run(Simulation {
            has_whole_vm: true,
            ..Simulation::new(2, answers)
        })
    };
    let (counted, truth, _) = with_whole(&complete);
    assert_eq!(counted, truth);

    // Disks are absent for a few looks, for many, or in every other one.
    let absences: [fn(i64) -> bool; 4] = [
        |now| (START + 60..START + 120).contains(&now),
        |now| (START + 60..START + 300).contains(&now),
        |now| (START + 60..START + 1_200).contains(&now),
        |now| now < END && now / 60 % 2 == 0,
    ];
    for (number, is_absent) in absences.into_iter().enumerate() {
        let (counted, truth, _) = with_whole(&|real, disk, quantity, now| {
            if disk != WHOLE_VM && is_absent(now) && now > START {
                Value::NoSeries
            } else {
                complete(real, disk, quantity, now)
            }
        });
        assert_eq!(counted, truth, "{number}");
    }
}

/// A VM that has a series of the whole VM only, until series of its disks come.
#[test]
fn a_switch_from_the_whole_vm_to_its_disks_counts_nothing_twice() {
    for ignores_max_sample in [false, true] {
        let answers = |real: i64, disk, quantity, now: i64| {
            if disk != WHOLE_VM && now < START + 300 {
                Value::NoSeries
            } else {
                complete(real, disk, quantity, now)
            }
        };
        let (counted, truth, _) = run(Simulation {
            has_whole_vm: true,
            ignores_max_sample,
            ..Simulation::new(2, &answers)
        });
        assert_eq!(counted, truth);
    }
}

/// A disk that is added counts from its first sample on.
#[test]
fn a_disk_that_is_added_counts_from_its_first_sample_on() {
    let answers = |real: i64, disk, quantity, now: i64| {
        if disk == 1 && real <= START + 400 {
            Value::Missing
        } else {
            complete(real, disk, quantity, now)
        }
    };
    let (counted, truth, missing) = run(Simulation::new(2, &answers));
    let before = truth_of_disk(1, START - 20, START + 400);
    assert_eq!((counted, missing), (truth - before, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// For any schedule of lateness within the overlap, each sample of each disk counts exactly once.
    #[test]
    fn every_schedule_of_lateness_counts_each_sample_once(
        salt in 1_i64..1_000_000,
        disks in 1_usize..4,
        polls in prop::collection::vec(1_i64..16, 5..40),
    ) {
        let answers = |real: i64, disk: usize, quantity, now: i64| {
            // Up to 100 s late: whatever is late then is seen before two minutes are over.
            let draw = (real / 20 * salt + i64::try_from(disk).unwrap() * 31 + 7 * salt) % 6;
            if is_disturbed(real) && now < real + 20 * draw {
                Value::Missing
            } else {
                complete(real, disk, quantity, now)
            }
        };
        let mut simulation = Simulation::new(disks, &answers);
        simulation.look();
        let (counted, truth) = simulation.grown(|it| {
            for poll in polls {
                it.looks(1, 20 * poll);
            }
            it.looks(10, 60);
            let rest = END + 600 - it.now;
            it.looks(usize::try_from(rest.max(0) / 60).unwrap(), 60);
        });
        prop_assert_eq!(counted, truth);
        prop_assert_eq!(simulation.tally.missing, 0);
    }
}
