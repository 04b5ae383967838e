//! Totals continue after a restart of the process.

use std::ops::RangeInclusive;
use std::time::Duration;

use planner_core::collection::accumulators::{Accumulators, Measures};
use planner_core::collection::counters::{Direction, DiskCounter};
use planner_core::collection::samples::SampleBuffer;
use planner_core::collection::source::{SampleRange, Source};
use planner_core::collection::totals::OpenSamples;
use planner_core::inventory::VmId;
use proptest::prelude::*;

use crate::accumulator_model::{look, sample_times};
use crate::{at, up};

const RATE: DiskCounter = DiskCounter::WRITES[1];
const LAG_SECONDS: i64 = 23;
const PER_DISK: Measures = Measures {
    reads: false,
    per_disk: true,
};

fn vm() -> VmId {
    VmId::new("vm-1")
}

/// KiB per second of the sample that ends at a time.
fn rate(at: i64) -> i64 {
    at / 20 % 97
}

/// KiB per second of the second disk, of which what was written is not kept by itself.
fn rate_of_second(at: i64) -> i64 {
    at / 20 % 89
}

/// A process that counts, by a clock of its own.
struct Process {
    accumulators: Accumulators,
    started: i64,
    /// By how much the second disk's samples come later than the first one's; `None` if there is no second disk.
    second_disk_late: Option<i64>,
}

impl Process {
    fn start(now: i64) -> Self {
        Self {
            accumulators: Accumulators::new(Source::Realtime, 300, PER_DISK),
            started: now,
            second_disk_late: None,
        }
    }

    /// A process that is handed what this one saved at `saved`.
    fn restarted(&self, saved: i64, now: i64) -> Self {
        let mut new = Self {
            second_disk_late: self.second_disk_late,
            ..Self::start(now)
        };
        let away = Duration::from_secs(u64::try_from(now - saved).unwrap());
        let totals = self.accumulators.totals();
        totals.for_each(|totals| new.accumulators.restore(totals, away));
        new
    }

    /// Takes what a vCenter answers to the query that is due. `clock` is by how much the host's clock is ahead.
    fn cycle(&mut self, now: i64, clock: i64) -> i64 {
        let uptime = now - self.started;
        let range = self.accumulators.range(&vm(), at(now), up(uptime));
        let SampleRange::Newest(samples) = range else {
            panic!("a range of roll-ups");
        };
        let newest = (now + clock - LAG_SECONDS) / 20 * 20;
        let back = 0..i64::from(samples.get());
        let times: Vec<i64> = back.rev().map(|back| newest - back * 20).collect();
        let mut buffer = SampleBuffer::default();
        let mut samples = buffer.begin(sample_times(&times, 20));
        samples.push(RATE, "scsi0:0", times.iter().map(|&at| Some(rate(at))));
        if let Some(late) = self.second_disk_late {
            let is_there = |at: i64| at + LAG_SECONDS + late <= now;
            let value = |&at: &i64| is_there(at).then(|| rate_of_second(at));
            samples.push(RATE, "scsi0:1", times.iter().map(value));
        }
        self.accumulators
            .ingest(&vm(), &samples, look(uptime), |_, _| {});
        newest
    }

    /// By the VM and by its disk.
    fn written(&self) -> [i64; 2] {
        let totals = self.accumulators.totals().next().unwrap();
        [totals.all_disks.write, totals.disks[0].1.write]
            .map(|total| i64::try_from(total.unwrap().get()).unwrap())
    }
}

proptest! {
    #[test]
    fn a_restart_loses_nothing_and_counts_nothing_twice(
        pauses in prop::collection::vec((20_i64..3_400, any::<bool>()), 1..12),
    ) {
        let mut now = 1_000_000;
        let mut process = Process::start(now);
        let first = process.cycle(now, 0);
        let before = process.written();
        let mut newest = first;
        for (pause, restarts) in pauses {
            let saved = now;
            now += pause;
            if restarts {
                process = process.restarted(saved, now);
            }
            newest = process.cycle(now, 0);
        }
        let since = (first + 1..=newest).filter(|second| second % 20 == 0);
        let integral: i64 = since.map(|at| rate(at) * 20 * 1_024).sum();
        prop_assert_eq!(process.written(), before.map(|bytes| bytes + integral));
    }
}

#[test]
fn the_window_is_filled_again_after_a_restart() {
    let now = 1_000_000;
    let mut old = Process::start(now);
    old.cycle(now, 0);
    let mut new = old.restarted(now, now + 40);
    new.cycle(now + 40, 0);
    old.cycle(now + 40, 0);
    let stats = |process: &Process, uptime| process.accumulators.stats(&vm(), up(uptime));
    assert_eq!(stats(&new, 0), stats(&old, 40));
    assert!(stats(&new, 0).is_some());
}

/// What was written in the ten minutes between counts, and no more, whatever the host's clock shows now.
#[test]
fn a_clock_that_was_set_while_no_process_ran_changes_no_total() {
    for clock in [-500_000, -7_200, 1_200, 7_200, 500_000] {
        let now = 1_000_000;
        let mut old = Process::start(now);
        old.cycle(now, 0);
        let before = old.written();
        let mut new = old.restarted(now, now + 600);
        let newest = new.cycle(now + 600, clock);
        let since = (newest - 600..=newest).filter(|second| second % 20 == 0);
        let integral: i64 = since.map(|at| rate(at) * 20 * 1_024).sum();
        assert_eq!(
            new.written(),
            before.map(|bytes| bytes + integral),
            "{clock}"
        );
    }
}

proptest! {
    /// Samples that have not come when the totals are saved count after any number of restarts, each once.
    #[test]
    fn samples_that_come_late_across_restarts_count_once(
        pauses in prop::collection::vec((20_i64..200, any::<bool>()), 1..20),
        late in 0_i64..100,
        is_asked_before_saving in any::<bool>(),
    ) {
        let mut now = 1_000_000;
        let mut process = Process::start(now);
        process.second_disk_late = Some(late);
        let first = process.cycle(now, 0);
        let mut newest = first;
        for (pause, restarts) in pauses {
            if restarts {
                process = process.restarted(now, now);
                if is_asked_before_saving {
                    // A process that ends before its first answer hands over what it was handed.
                    process = process.restarted(now, now);
                }
            }
            now += pause;
            newest = process.cycle(now, 0);
        }
        process.second_disk_late = Some(0);
        process.cycle(now, 0);
        let counted = (first - 300 + 1..=newest).filter(|second| second % 20 == 0);
        let integral: i64 = counted.map(|at| (rate(at) + rate_of_second(at)) * 20 * 1_024).sum();
        prop_assert_eq!(process.written()[0], integral);
    }
}

/// What never comes is in no total, and is not waited for any longer than without a restart.
#[test]
fn samples_that_never_come_are_given_up_after_a_restart_too() {
    let now = 1_000_000;
    let mut process = Process::start(now);
    process.second_disk_late = Some(60);
    let first = process.cycle(now, 0);
    let open = |process: &Process| process.accumulators.totals().next().unwrap().open;
    let saved = open(&process);
    assert_eq!(
        (saved.len(), &*saved[0].instance, saved[0].stamps.len()),
        (1, "scsi0:1", 3)
    );
    let restarted = process.restarted(now, now);
    assert_eq!(open(&restarted), saved);

    // No value of the second disk comes for eight minutes, then all of them.
    let mut processes = [process, restarted];
    let mut newest = first;
    for process in &mut processes {
        process.second_disk_late = Some(10_000);
        for step in 1..=8 {
            newest = process.cycle(now + 60 * step, 0);
        }
    }
    let stamps = |open: &[OpenSamples]| -> Vec<i64> {
        let stamps = open.iter().flat_map(|it| &it.stamps);
        stamps.map(|at| at.as_second()).collect()
    };
    let given_up = stamps(&saved);
    let waited_for = stamps(&open(&processes[0]));
    assert!(!waited_for.is_empty());
    assert!(waited_for.iter().all(|at| !given_up.contains(at)));
    let every_sample = |range: RangeInclusive<i64>| range.filter(|at| at % 20 == 0);
    let of_first: i64 = every_sample(first - 299..=newest).map(rate).sum();
    let in_time = every_sample(first - 299..=first).filter(|at| !given_up.contains(at));
    let of_second: i64 = in_time.chain(waited_for).map(rate_of_second).sum();
    for mut process in processes {
        process.second_disk_late = Some(0);
        process.cycle(now + 60 * 8, 0);
        assert_eq!(process.written()[0], (of_first + of_second) * 20 * 1_024);
    }
}

/// A file may say anything.
#[test]
fn stamps_that_no_process_waits_for_do_not_count() {
    let now = 1_000_000;
    let mut process = Process::start(now);
    let newest = process.cycle(now, 0);
    let mut totals = process.accumulators.totals().next().unwrap();
    let before = process.written();
    for second in [
        0,
        newest - 3_600,
        newest - 120,
        newest + 1,
        newest + 20,
        i64::MAX,
    ] {
        totals.open.push(OpenSamples {
            instance: "scsi0:0".into(),
            direction: Direction::Write,
            stamps: vec![at(second), at(second)],
        });
    }
    totals.open.push(OpenSamples {
        instance: "scsi0:0".into(),
        direction: Direction::Read,
        stamps: vec![at(newest)],
    });
    let mut new = Process::start(now);
    new.accumulators.restore(totals, Duration::ZERO);
    new.cycle(now, 0);
    assert_eq!(new.written(), before);
}
