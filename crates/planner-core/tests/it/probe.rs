//! What looks at a few VMs say: each habit of a vCenter.

mod aggregates;
mod choice;
mod moves;
mod properties;

use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::SampleTime;
use planner_core::probe::{
    AggregateKind, Clock, Findings, Look, SeriesFindings, SeriesLook, Spread, VmLook,
};

use crate::at;

/// A sample appears so long after its stamp.
const LAG: i64 = 3;

/// What one host answers about one VM at some time: the newest stamps.
fn stamps(now: i64, count: i64) -> Vec<i64> {
    let newest = (now - LAG).div_euclid(20);
    (newest - count + 1..=newest)
        .map(|slot| slot * 20)
        .collect()
}

fn times(stamps: &[i64]) -> Vec<SampleTime> {
    let time = |stamp: &i64| SampleTime {
        at: at(*stamp),
        interval_seconds: 20,
    };
    stamps.iter().map(time).collect()
}

/// What a disk measures at a stamp.
fn value(stamp: i64) -> i64 {
    1 + stamp.rem_euclid(7)
}

/// A series with a value at each of these stamps where there is one.
fn series(
    counter: DiskCounter,
    instance: &str,
    stamps: &[i64],
    value: impl Fn(i64) -> Option<i64>,
) -> SeriesLook {
    SeriesLook {
        counter,
        instance: instance.into(),
        values: stamps.iter().map(|stamp| value(*stamp)).collect(),
    }
}

fn rate(instance: &str, stamps: &[i64], value: impl Fn(i64) -> Option<i64>) -> SeriesLook {
    series(DiskCounter::WRITES[1], instance, stamps, value)
}

/// Looks every 2 s for 3 minutes at one VM, which answers as the function says.
fn probe(answer: impl Fn(i64) -> VmLook) -> Findings {
    let looks = (0..=90).map(|turn| 1_000 + 2 * turn).map(|now| Look {
        at: at(now),
        vms: vec![answer(now)],
    });
    Findings::of(&looks.collect::<Vec<_>>())
}

/// A VM on host 0 with these stamps and series.
fn vm(stamps: &[i64], series: Vec<SeriesLook>) -> VmLook {
    VmLook {
        host: Some(0),
        times: times(stamps),
        series,
    }
}

fn spread(least: i64, median: i64, most: i64) -> Spread {
    Spread {
        least,
        median,
        most,
    }
}

/// The findings about a VM with one series, whose value at a stamp depends on the time of the look.
fn one_series(value: impl Fn(i64, i64) -> Option<i64>) -> SeriesFindings {
    let found = probe(|now| {
        let stamps = stamps(now, 7);
        let series = rate("scsi0:0", &stamps, |stamp| value(now, stamp));
        vm(&stamps, vec![series])
    });
    found.vms[0].series[0].clone()
}

#[test]
fn a_sound_vcenter() {
    let found = probe(|now| {
        let stamps = stamps(now, 7);
        let mut all = Vec::new();
        for instance in ["scsi0:10", "scsi0:2"] {
            for counter in DiskCounter::WRITES {
                all.push(series(counter, instance, &stamps, |it| Some(value(it))));
            }
        }
        vm(&stamps, all)
    });
    assert_eq!(found.seconds, 180);
    assert_eq!(found.moves, []);
    let vm = &found.vms[0];
    assert_eq!((vm.disks, vm.looks_without_samples), (2, 0));
    assert_eq!(vm.age_seconds, Some(spread(4, 14, 22)));
    assert_eq!(vm.appears_after_seconds, Some(spread(4, 4, 4)));
    assert_eq!(vm.hosts, [0]);
    // 7 at first, then one every 20 s.
    assert_eq!((vm.stamps.seen, vm.stamps.most_in_an_answer), (16, 7));
    let odd = &vm.stamps;
    assert_eq!(
        (
            odd.skipped,
            odd.late,
            odd.twice,
            odd.off_grid,
            odd.other_intervals,
            odd.steps_back
        ),
        (0, 0, 0, 0, 0, 0)
    );
    let disks: Vec<_> = vm.series.iter().map(|series| series.disk).collect();
    assert_eq!(disks, [1, 1, 1, 2, 2, 2].map(Some));
    for series in &vm.series {
        assert_eq!(
            (series.slots, series.missing_at_first, series.changed),
            (16, 0, 0)
        );
        assert_eq!(series.filled_after_seconds, None);
    }
    assert_eq!(vm.aggregates.len(), 3);
    assert!(
        vm.aggregates
            .iter()
            .all(|it| it.kind == AggregateKind::Absent)
    );
    let [host] = found.hosts.as_slice() else {
        panic!("{:?}", found.hosts);
    };
    assert_eq!((host.host, host.vms, host.offset_seconds), (0, 1, -14));
    assert_eq!(host.clock, Clock::Agrees);
}

#[test]
fn late_values_are_filled() {
    let found = one_series(|now, stamp| (now >= stamp + LAG + 40).then(|| value(stamp)));
    assert_eq!((found.missing_at_first, found.lost), (11, 0));
    assert_eq!((found.filled, found.open), (9, 2));
    // Those of the first look were listed before.
    assert_eq!(found.filled_after_seconds, Some(spread(4, 40, 40)));
}

#[test]
fn values_that_never_come_are_lost_unless_they_may_still() {
    let found = one_series(|_, stamp| (stamp % 60 != 0).then(|| value(stamp)));
    // Stamps 900, 960, 1020, 1080 and 1140: the last two are listed to the end.
    assert_eq!((found.missing_at_first, found.filled), (5, 0));
    assert_eq!((found.lost, found.open), (3, 2));
}

#[test]
fn values_that_change_or_vanish_are_counted() {
    let changing = one_series(|now, stamp| Some(value(stamp) + i64::from(now > stamp + 50)));
    assert_eq!(changing.changed, 9);
    assert_eq!(changing.missing_at_first, 0);
    let vanishing = one_series(|now, stamp| (now <= stamp + 50).then(|| value(stamp)));
    assert_eq!(vanishing.changed, 9);
    // Those that were gone before the first look.
    assert_eq!(vanishing.missing_at_first, 5);
}

#[test]
fn a_series_that_is_left_out_is_late_and_so_is_the_end_of_a_short_list() {
    let found = probe(|now| {
        let stamps = stamps(now, 7);
        let mut short = rate("scsi0:1", &stamps, |it| Some(value(it)));
        if now % 20 < 12 {
            short.values.pop();
        }
        let mut all = vec![rate("scsi0:0", &stamps, |it| Some(value(it))), short];
        if (1_060..1_090).contains(&now) {
            all.remove(0);
        }
        vm(&stamps, all)
    });
    let [absent, short] = found.vms[0].series.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(
        (absent.looks_without, absent.filled, absent.lost),
        (15, 2, 0)
    );
    // The slot of 1080 was listed at 1084, that of 1060 at 1064.
    assert_eq!(absent.filled_after_seconds, Some(spread(6, 6, 26)));
    assert_eq!(short.looks_without, 0);
    assert!(short.filled >= 8 && short.lost == 0, "{short:?}");
}

#[test]
fn nothing_is_expected_of_a_disk_before_it_was_added_and_after_it_was_removed() {
    let found = probe(|now| {
        let stamps = stamps(now, 7);
        let mut all = vec![rate("scsi0:0", &stamps, |it| Some(value(it)))];
        if now >= 1_100 {
            all.push(rate("scsi0:1", &stamps, |it| {
                (it >= 1_100).then(|| value(it))
            }));
        } else {
            all.push(rate("scsi0:2", &stamps, |it| {
                (it <= 1_040).then(|| value(it))
            }));
        }
        vm(&stamps, all)
    });
    for series in &found.vms[0].series {
        assert_eq!(
            (series.missing_at_first, series.lost, series.open),
            (0, 0, 0),
            "{series:?}"
        );
    }
}

#[test]
fn clocks_of_hosts() {
    for (offset, clock) in [
        (-300, Clock::Behind),
        (-20, Clock::Agrees),
        (0, Clock::Agrees),
        (20, Clock::Ahead),
        (7_200, Clock::Ahead),
    ] {
        let found = probe(|now| {
            let stamps: Vec<i64> = stamps(now, 7).iter().map(|it| it + offset).collect();
            let series = rate("scsi0:0", &stamps, |it| Some(value(it)));
            vm(&stamps, vec![series])
        });
        let host = &found.hosts[0];
        assert_eq!(host.clock, clock, "{offset}");
        assert_eq!(host.offset_seconds, offset - 14);
        assert_eq!(
            host.appears_after_seconds,
            Some(spread(4 - offset, 4 - offset, 4 - offset))
        );
    }
}

#[test]
fn stamps_that_lie_oddly() {
    let found = |answer: &dyn Fn(i64) -> Vec<i64>| {
        let found = probe(|now| {
            let stamps = answer(now);
            let series = rate("scsi0:0", &stamps, |it| Some(value(it)));
            vm(&stamps, vec![series])
        });
        found.vms[0].stamps.clone()
    };
    let twice = found(&|now| {
        let mut all = stamps(now, 7);
        all.push(all[6]);
        all
    });
    assert_eq!(
        (twice.twice, twice.seen, twice.most_in_an_answer),
        (91, 16, 8)
    );
    let off = found(&|now| stamps(now, 7).iter().map(|it| it + 7).collect());
    assert_eq!((off.off_grid, off.skipped), (16, 0));
    let gap = found(&|now| {
        stamps(now, 7)
            .into_iter()
            .filter(|it| *it != 1_060)
            .collect()
    });
    assert_eq!((gap.skipped, gap.late, gap.seen), (1, 0, 15));
    let late = found(&|now| {
        let all = stamps(now, 7).into_iter();
        all.filter(|it| *it != 1_060 || now > 1_100).collect()
    });
    assert_eq!((late.skipped, late.late, late.seen), (0, 1, 16));
    let back = found(&|now| {
        let offset = if now < 1_100 { 0 } else { -200 };
        stamps(now, 7).iter().map(|it| it + offset).collect()
    });
    assert_eq!(back.steps_back, 1);
}

#[test]
fn nothing_was_seen() {
    assert_eq!(Findings::of(&[]), Findings::default());
    let found = probe(|_| VmLook::default());
    assert_eq!(found.vms[0].looks_without_samples, 91);
    assert_eq!((found.vms[0].age_seconds, found.hosts.len()), (None, 0));
}
