//! Totals continue after a restart of the process.

use planner_core::collection::accumulators::{Accumulators, Measures};
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::{SampleBuffer, SampleTime};
use planner_core::collection::source::{SampleRange, Source};
use planner_core::inventory::VmId;
use proptest::prelude::*;

use crate::at;

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

/// What a vCenter answers to the query that the accumulators ask for.
fn cycle(accumulators: &mut Accumulators, now: i64) -> i64 {
    let SampleRange::Newest(samples) = accumulators.range(&vm(), at(now)) else {
        panic!("a range of roll-ups");
    };
    let (start, last) = (now - 20 * i64::from(samples.get()), now - LAG_SECONDS);
    let times: Vec<i64> = (start..=last).filter(|second| second % 20 == 0).collect();
    let mut buffer = SampleBuffer::default();
    let mut samples = buffer.begin(times.iter().map(|&second| SampleTime {
        at: at(second),
        interval_seconds: 20,
    }));
    samples.push(RATE, "scsi0:0", times.iter().map(|&at| Some(rate(at))));
    accumulators.ingest(&vm(), &samples, at(now), |_, _| {});
    times.last().copied().unwrap()
}

/// By the VM and by its disk.
fn written(accumulators: &Accumulators, now: i64) -> [i64; 2] {
    let stats = accumulators.stats(&vm(), at(now)).unwrap();
    [stats.write.total, stats.disks()[0].write.total]
        .map(|total| i64::try_from(total.unwrap().get()).unwrap())
}

fn accumulators() -> Accumulators {
    Accumulators::new(Source::Realtime, 300, PER_DISK)
}

/// Accumulators of a new process that was handed what the old one had saved.
fn restarted(old: &Accumulators) -> Accumulators {
    let mut new = accumulators();
    old.totals().for_each(|totals| new.restore(totals));
    new
}

proptest! {
    #[test]
    fn a_restart_loses_nothing_and_counts_nothing_twice(
        pauses in prop::collection::vec((20_i64..3_400, any::<bool>()), 1..12),
    ) {
        let mut now = 1_000_000;
        let mut accumulators = accumulators();
        let first = cycle(&mut accumulators, now);
        let before = written(&accumulators, now);
        let mut newest = first;
        for (pause, restarts) in pauses {
            if restarts {
                accumulators = restarted(&accumulators);
            }
            now += pause;
            newest = cycle(&mut accumulators, now);
        }
        let since = (first + 1..=newest).filter(|second| second % 20 == 0);
        let integral: i64 = since.map(|at| rate(at) * 20 * 1_024).sum();
        prop_assert_eq!(written(&accumulators, now), before.map(|bytes| bytes + integral));
    }
}

#[test]
fn the_window_is_filled_again_after_a_restart() {
    let mut old = accumulators();
    let now = 1_000_000;
    cycle(&mut old, now);
    let mut new = restarted(&old);
    cycle(&mut new, now + 40);
    cycle(&mut old, now + 40);
    assert_eq!(
        new.stats(&vm(), at(now + 40)),
        old.stats(&vm(), at(now + 40))
    );
}

#[test]
fn totals_of_a_clock_that_was_set_back_since_go_on() {
    let mut old = accumulators();
    cycle(&mut old, 2_000_000);
    let before = old.totals().next().unwrap().all_disks.write.unwrap().get();
    let mut new = restarted(&old);
    cycle(&mut new, 1_000_000);
    let after = new.totals().next().unwrap().all_disks.write.unwrap().get();
    assert!(after > before, "{after} after {before}");
}
