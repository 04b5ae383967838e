//! Cycles start on a fixed schedule.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;
use zroc_exporter::collector::Schedule;

#[test]
fn a_cycle_that_takes_too_long_skips_ticks() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut schedule = Schedule::new(start, Duration::from_secs(300));
    assert_eq!(schedule.advance(at(10)), 0);
    assert_eq!(schedule.next(), at(300));
    assert_eq!(schedule.advance(at(1_250)), 3);
    assert_eq!(schedule.next(), at(1_500));
    assert_eq!(schedule.advance(at(1_800)), 0);
    assert_eq!(schedule.next(), at(1_800));
}

proptest! {
    #[test]
    fn ticks_stay_on_multiples_and_none_is_lost(
        interval in 1_u64..1_000,
        durations in prop::collection::vec(0_u64..5_000, 1..20),
    ) {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, Duration::from_secs(interval));
        let mut ticks = 0;
        for duration in durations {
            let end = schedule.next() + Duration::from_secs(duration);
            ticks += 1 + schedule.advance(end);
            prop_assert!(schedule.next() >= end);
            prop_assert_eq!((schedule.next() - start).as_secs(), ticks * interval);
        }
    }
}
