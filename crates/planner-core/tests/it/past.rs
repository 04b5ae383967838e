//! What samples of an hour say of each moment is what an exporter would have said then.

use planner_core::collection::accumulators::{Accumulators, Measures};
use planner_core::collection::source::Source;
use planner_core::io_stats::{IoStats, VmIoStats};
use proptest::prelude::*;

use crate::accumulator_model::{IOPS, LATENCY, RATE, ingest_at, vm};
use crate::{at, up};

const WINDOW_SECONDS: u32 = 300;
const ALL: Measures = Measures {
    reads: false,
    per_disk: true,
};

/// Values of two disks: IOPS, rate and latency of each, where -1 stands for a missing value.
type Values = Vec<[i64; 6]>;

fn read(window_seconds: u32, stamps: &[i64], values: &[[i64; 6]]) -> Accumulators {
    let mut accumulators = Accumulators::new(Source::Realtime, window_seconds, ALL);
    let column = |place: usize| values.iter().map(|row| row[place]).collect::<Vec<_>>();
    let columns: Vec<Vec<i64>> = (0..6).map(column).collect();
    let counters = [IOPS, RATE, LATENCY, IOPS, RATE, LATENCY];
    let series: Vec<_> = counters
        .into_iter()
        .zip([
            "scsi0:0", "scsi0:0", "scsi0:0", "scsi0:1", "scsi0:1", "scsi0:1",
        ])
        .zip(&columns)
        .map(|((counter, disk), values)| (counter, disk, values.as_slice()))
        .collect();
    ingest_at(&mut accumulators, stamps, &series, 100_000);
    accumulators
}

/// Without what a counter has summed up.
fn values_of(stats: &VmIoStats) -> Vec<IoStats> {
    let disks = stats.disks().iter().map(|disk| &disk.write);
    let all = std::iter::once(&stats.write).chain(disks);
    all.map(|stats| IoStats {
        total: None,
        ..*stats
    })
    .collect()
}

/// How many samples have come by a moment.
fn samples_until(moment: i64) -> usize {
    usize::try_from(moment / 20).unwrap()
}

fn value(most: i64) -> impl Strategy<Value = i64> {
    prop_oneof![1 => Just(-1_i64), 8 => 0..most]
}

fn values() -> impl Strategy<Value = Values> {
    let row = (
        value(1_000),
        value(90_000),
        value(50),
        value(1_000),
        value(90_000),
        value(50),
    );
    let row = row.prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f]);
    prop::collection::vec(row, 16..180)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn each_moment_is_as_an_exporter_would_have_shown_it(mut values in values(), step in 1_i64..90) {
        // The newest stamp has values, and disks are known from the beginning.
        values.iter_mut().take(1).for_each(|row| *row = [1; 6]);
        if let Some(last) = values.last_mut() { *last = [1; 6]; }
        let stamps: Vec<i64> = (1..).map(|place| place * 20).take(values.len()).collect();
        let hour = read(3_600, &stamps, &values);
        let past = hour.past(&vm()).unwrap();
        let reach = past.reach(WINDOW_SECONDS);
        prop_assert_eq!(reach.clone(), 300..=stamps[stamps.len() - 1] + 19);
        let moments = (0..).map(|number| number * step).skip_while(|at| at < reach.start());
        let mut before: Option<(i64, u64)> = None;
        for moment in moments.take_while(|at| at <= reach.end()) {
            let found = past.stats(at(moment), WINDOW_SECONDS).unwrap();
            let seen = samples_until(moment);
            // The exporter's window ends with the newest sample, which may be without a value here.
            let inside = &values[seen.saturating_sub(15)..seen];
            let live = read(WINDOW_SECONDS, &stamps[seen - inside.len()..seen], inside);
            if inside.last().is_some_and(|row| row[1] >= 0) {
                let live = live.stats(&vm(), up(100_000)).unwrap();
                prop_assert_eq!(values_of(&found), values_of(&live));
                prop_assert_eq!(found.newest_sample, live.newest_sample);
            }
            let total = found.write.total.unwrap().get();
            if let Some((earlier, known)) = before {
                let places = samples_until(earlier)..seen;
                let rates = values[places].iter().flat_map(|row| [row[1], row[4]]);
                let kib: i64 = rates.filter(|rate| *rate > 0).sum();
                prop_assert_eq!(total - known, kib.unsigned_abs() * 1_024 * 20);
            }
            before = Some((moment, total));
        }
    }
}

#[test]
fn what_was_never_read_has_no_past() {
    let accumulators = Accumulators::new(Source::Realtime, 3_600, ALL);
    assert!(accumulators.past(&vm()).is_none());
    let short = read(3_600, &[20, 40], &[[1; 6], [2; 6]]);
    let past = short.past(&vm()).unwrap();
    assert!(past.reach(WINDOW_SECONDS).is_empty());
    assert!(past.stats(at(10), WINDOW_SECONDS).is_none());
    assert!(past.stats(at(1_000), WINDOW_SECONDS).is_none());
}
