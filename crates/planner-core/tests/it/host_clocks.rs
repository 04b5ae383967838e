//! VMs that move, and hosts whose clocks are wrong or set: no clock makes a VM count more than time has passed.

use planner_core::collection::counters::Quantity;
use proptest::prelude::*;

use crate::lateness_model::{Host, START, Simulation, Value, complete};

/// One KiB per second in each sample, so that totals are seconds.
fn steady(_real: i64, _disk: usize, quantity: Quantity, _now: i64) -> Value {
    Value::Number(match quantity {
        Quantity::Rate => 1,
        Quantity::Iops | Quantity::Latency => 5,
    })
}

/// Seconds counted and seconds passed while `act` does something.
fn seconds(simulation: &mut Simulation<'_>, act: impl FnOnce(&mut Simulation<'_>)) -> (i64, i64) {
    let (before, began) = (simulation.total(), simulation.now);
    act(simulation);
    let counted = (simulation.total() - before) / 1_024;
    (counted, simulation.now - began)
}

fn move_to(simulation: &mut Simulation<'_>, host: usize, clock: i64) {
    simulation.hosts[host].clock = clock;
    simulation.on = host;
}

#[test]
fn a_clock_that_is_wrong_changes_nothing() {
    for clock in [-7_200, -600, -30, 30, 600, 7_200, 1_000_000] {
        let mut simulation = Simulation::new(2, &complete);
        simulation.hosts[0] = Host {
            clock,
            ..Host::default()
        };
        simulation.pass(3_600);
        simulation.look();
        let (counted, truth) = simulation.grown(|it| it.looks(30, 60));
        assert_eq!(counted, truth, "{clock}");
        let uptime = crate::up(simulation.now - START);
        let vm = crate::accumulator_model::vm();
        assert!(simulation.accumulators.stats(&vm, uptime).is_some());
    }
}

/// What was written on the old host since the last look is lost, and everything since the arrival counts.
#[test]
fn a_move_loses_what_was_written_since_the_last_look_and_nothing_else() {
    for clock in [-600, -30, 0, 10, 30, 600, 7_200] {
        for since_look in [20, 40] {
            let mut simulation = Simulation::new(1, &steady);
            simulation.looks(10, 60);
            let (counted, passed) = seconds(&mut simulation, |it| {
                it.pass(since_look);
                move_to(it, 1, clock);
                it.pass(60 - since_look);
                it.look();
                it.looks(10, 60);
            });
            assert!(
                (passed - since_look - 20..=passed + 40).contains(&counted),
                "clock {clock}, {since_look}: {counted} of {passed}"
            );
            assert_eq!(simulation.tally.host_changes, 1);
        }
    }
}

#[test]
fn a_move_away_and_back_counts_nothing_twice() {
    for (clock, between) in [
        (0, 60),
        (-30, 60),
        (37, 60),
        (600, 20),
        (-600, 600),
        (0, 20),
    ] {
        let mut simulation = Simulation::new(1, &steady);
        simulation.looks(10, 60);
        let (counted, passed) = seconds(&mut simulation, |it| {
            move_to(it, 1, clock);
            it.looks(5, between);
            move_to(it, 0, 0);
            it.looks(10, 60);
        });
        assert!(
            (passed - 40..=passed + 40).contains(&counted),
            "clock {clock}: {counted} of {passed}"
        );
    }
}

/// Half an hour forward or back, and later the other way round, with what the host had before kept or gone.
#[test]
fn a_clock_that_is_set_and_set_again_counts_no_more_than_has_passed() {
    for step in [-7_200, -1_800, -60, -30, 30, 60, 1_800, 7_200] {
        for keeps_history in [true, false] {
            let mut simulation = Simulation::new(1, &steady);
            simulation.looks(10, 60);
            let (counted, passed) = seconds(&mut simulation, |it| {
                for clock in [step, 0, step, 0] {
                    it.hosts[0].clock = clock;
                    if !keeps_history {
                        it.hosts[0].samples.clear();
                    }
                    it.looks(30, 60);
                }
            });
            assert!(counted <= passed + 40, "{step}: {counted} of {passed}");
            assert!(
                counted * 100 >= passed * 95,
                "{step}, history kept: {keeps_history}: {counted} of {passed}"
            );
        }
    }
}

/// The server hides what came since a clock was put right behind samples of the future. Asked by time it has them.
#[test]
fn a_host_that_is_silent_behind_samples_of_the_future_is_asked_by_time() {
    for ahead in [600, 1_800, 3_000] {
        let mut simulation = Simulation::new(1, &steady);
        simulation.sorts_by_stamp = true;
        simulation.hosts[0] = Host {
            clock: ahead,
            ..Host::default()
        };
        simulation.pass(3_600);
        simulation.looks(10, 60);
        assert_eq!(simulation.looks_by_time, 0);
        let (counted, passed) = seconds(&mut simulation, |it| {
            it.hosts[0].clock = 0;
            it.looks(180, 60);
        });
        let looks = simulation.looks_by_time;
        assert!(counted <= passed + 40, "{ahead}: {counted} of {passed}");
        assert!(
            counted * 100 >= passed * 97,
            "{ahead}: {counted} of {passed}, {looks}"
        );
        // For an hour; then the samples of the future are gone.
        assert!((1..=62).contains(&looks), "{ahead}: {looks}");
    }
}

/// A clock that is wrong since it was set back has its samples nowhere near vCenter's time: asking by time brings nothing, and
/// is tried once an hour.
#[test]
fn samples_of_the_future_count_once() {
    let mut simulation = Simulation::new(1, &steady);
    simulation.sorts_by_stamp = true;
    simulation.looks(10, 60);
    let (counted, passed) = seconds(&mut simulation, |it| {
        it.hosts[0].clock = -1_800;
        it.looks(60, 60);
    });
    assert!(counted <= passed + 40, "{counted} of {passed}");
    assert!((1..=2).contains(&simulation.looks_by_time));
}

/// A host that stops taking samples and later takes them again.
#[test]
fn a_host_that_is_dead_is_asked_by_time_once_an_hour() {
    let mut simulation = Simulation::new(1, &steady);
    simulation.looks(10, 60);
    for _ in 0..50 {
        simulation.now += 60;
        simulation.look();
    }
    assert_eq!(simulation.looks_by_time, 1);
    let (_, passed) = seconds(&mut simulation, |it| it.looks(30, 60));
    assert_eq!((simulation.looks_by_time, passed), (1, 1_800));
}

#[test]
fn a_host_that_moves_is_never_asked_by_time() {
    for (clock, poll) in [(0, 1), (0, 10), (600, 60), (-7_200, 60), (30, 300)] {
        let mut simulation = Simulation::new(1, &steady);
        simulation.hosts[0].clock = clock;
        simulation.looks(200, poll);
        assert_eq!(simulation.looks_by_time, 0, "{clock}, {poll}");
    }
}

#[test]
fn a_vm_that_was_off_misses_nothing() {
    use planner_core::inventory::PowerState;

    let mut simulation = Simulation::new(1, &steady);
    simulation.looks(10, 60);
    simulation.keep_only(PowerState::PoweredOff);
    // The host takes no samples of it meanwhile.
    simulation.now += 4_200;
    simulation.keep_only(PowerState::PoweredOn);
    let (counted, passed) = seconds(&mut simulation, |it| it.looks(10, 60));
    assert!(
        (passed - 20..=passed + 40).contains(&counted),
        "{counted} of {passed}"
    );
    assert_eq!(simulation.tally.missing, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever clocks do, a VM counts no more seconds than have passed, and forty.
    #[test]
    fn no_clock_makes_a_vm_count_more_than_has_passed(
        events in prop::collection::vec((1_i64..400, -8_000_i64..8_000, 0_usize..2, any::<bool>(), any::<bool>()), 1..40),
        sorts_by_stamp in any::<bool>(),
        ignores_max_sample in any::<bool>(),
    ) {
        let mut simulation = Simulation::new(1, &steady);
        simulation.sorts_by_stamp = sorts_by_stamp;
        simulation.ignores_max_sample = ignores_max_sample;
        simulation.look();
        let (before, began) = (simulation.total(), simulation.now);
        for (pause, clock, host, is_set, is_emptied) in events {
            simulation.on = host;
            if is_set {
                simulation.hosts[host].clock = clock;
            }
            if is_emptied {
                simulation.hosts[host].samples.clear();
            }
            simulation.looks(1, pause);
            let counted = (simulation.total() - before) / 1_024;
            prop_assert!(counted <= simulation.now - began + 40, "{counted} of {}", simulation.now - began);
        }
    }
}
