//! Totals grow by what the mock vCenter says that its VMs write.
//!
//! That each sample counts once, however late it comes, is tested in `planner_core`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::SignedDuration;
use mock_vcenter::{Effect, FaultRule, HostClock, MockVcenter, OddSamples, Options, Settings};
use planner_core::collection::CycleReport;
use planner_core::io_stats::VmIoStats;

use crate::probe::Probe;
use crate::staging::read_afresh;

/// By how many seconds both clocks move between two looks. The last but one ends the session, which has been idle for too
/// long then.
const JUMPS: [u32; 6] = [1, 20, 61, 299, 3_400, 700];

/// Time passes, for vCenter and for us.
fn pass(mock: &MockVcenter, probe: &mut Probe, seconds: u32) {
    mock.advance_clock(i64::from(seconds));
    probe.uptime += Duration::from_secs(u64::from(seconds));
}

fn stats<'r>(report: &'r CycleReport, moref: &str) -> &'r VmIoStats {
    let mut vms = report.snapshot.as_deref().unwrap().vms();
    vms.find(|row| row.vm.id.as_str() == moref)
        .unwrap()
        .stats
        .unwrap()
}

/// Each VM's total has grown by what it wrote between its newest samples.
fn assert_grown_by_what_was_written(mock: &MockVcenter, before: &CycleReport, after: &CycleReport) {
    let vms = mock.world().vms().into_iter().filter(|vm| vm.sampled);
    let vms: Vec<String> = vms.map(|vm| vm.moref).collect();
    assert!(vms.len() >= 10);
    for vm in &vms {
        let (before, after) = (stats(before, vm), stats(after, vm));
        let [from, until] = [before, after].map(|stats| stats.newest_sample.timestamp());
        let written = mock.world().bytes_written(vm, from, until).unwrap();
        let grown = after.write.total.unwrap().get() - before.write.total.unwrap().get();
        assert_eq!(grown, written, "{vm} from {from} until {until}");
    }
}

#[tokio::test]
async fn totals_grow_by_what_is_written_at_whatever_distance_cycles_come() {
    let options = Options::with_vms(10).with_oddities();
    let mock = MockVcenter::start(options).await.unwrap();
    let mut probe = Probe::new(&mock, &[]);
    let (first, _) = probe.cycle().await;
    for seconds in JUMPS {
        pass(&mock, &mut probe, seconds);
        let (report, errors) = probe.cycle().await;
        assert!(errors.is_empty(), "{errors:?}");
        assert_grown_by_what_was_written(&mock, &first, &report);
    }
    assert_eq!(mock.open_sessions(), 1);
    probe.vcenter.logout().await.unwrap();
}

/// A series of the whole VM beside those of its disks, disks that come late, and both.
#[tokio::test]
async fn totals_are_right_however_real_time_samples_come() {
    for (aggregate_series, late_disk_seconds) in [
        (true, 0),
        (false, 20),
        (false, 60),
        (false, 100),
        (true, 40),
        (true, 100),
    ] {
        let mock = MockVcenter::with_vms(15).await.unwrap();
        let mut probe = Probe::new(&mock, &[]);
        let plain = Settings {
            aggregate_series,
            ..Settings::default()
        };
        mock.set_settings(plain);
        let (before, _) = probe.cycle().await;
        mock.set_settings(Settings {
            late_disk_seconds,
            ..plain
        });
        for _ in 0..12 {
            pass(&mock, &mut probe, 60);
            let (report, errors) = probe.cycle().await;
            assert!(errors.is_empty(), "{errors:?}");
            assert_eq!(report.tally.missing, 0);
        }
        mock.set_settings(plain);
        let (after, _) = probe.cycle().await;
        assert_grown_by_what_was_written(&mock, &before, &after);
        probe.vcenter.logout().await.unwrap();
    }
}

/// Samples that come later than two minutes are in no total, and are counted as missing; nothing counts twice.
#[tokio::test]
async fn samples_that_come_too_late_are_missing() {
    let mock = MockVcenter::with_vms(10).await.unwrap();
    let mut probe = Probe::new(&mock, &[]);
    let (before, _) = probe.cycle().await;
    mock.set_settings(Settings {
        late_disk_seconds: 600,
        ..Settings::default()
    });
    let mut missing = 0;
    for _ in 0..12 {
        pass(&mock, &mut probe, 60);
        missing += probe.cycle().await.0.tally.missing;
    }
    mock.set_settings(Settings::default());
    let (after, _) = probe.cycle().await;
    missing += after.tally.missing;
    assert!(missing > 0);
    for vm in mock.world().vms() {
        let [from, until] =
            [&before, &after].map(|report| stats(report, &vm.moref).newest_sample.timestamp());
        let total = |report| stats(report, &vm.moref).write.total.unwrap().get();
        let grown = total(&after) - total(&before);
        assert!(Some(grown) <= mock.world().bytes_written(&vm.moref, from, until));
    }
    probe.vcenter.logout().await.unwrap();
}

/// Hosts whose clocks are off, each by another time.
#[tokio::test]
async fn totals_are_right_with_hosts_whose_clocks_are_wrong() {
    let mock = MockVcenter::with_vms(30).await.unwrap();
    let mut hosts = BTreeMap::new();
    for vm in read_afresh(&mock, &[]).await {
        let next = [-7_200, -600, 40, 0, 600, 7_200][hosts.len() % 6];
        let host = vm.placement.host_moref.as_deref().unwrap().to_owned();
        let ahead = *hosts.entry(host.clone()).or_insert(next);
        mock.set_host_clock(&HostClock {
            host,
            offset_seconds: ahead,
        })
        .unwrap();
    }
    // An hour later no sample is left from before.
    mock.advance_clock(3_700);
    let mut probe = Probe::new(&mock, &[]);
    let (before, _) = probe.cycle().await;
    for seconds in [60, 60, 300, 1_200] {
        pass(&mock, &mut probe, seconds);
        let (after, _) = probe.cycle().await;
        for row in after.snapshot.as_deref().unwrap().vms() {
            let ahead = hosts[row.vm.placement.host_moref.as_deref().unwrap()];
            let moref = row.vm.id.as_str();
            let real = |report| {
                let newest = stats(report, moref).newest_sample.timestamp();
                newest - SignedDuration::from_secs(ahead)
            };
            let total = |report| stats(report, moref).write.total.unwrap().get();
            let written = mock
                .world()
                .bytes_written(moref, real(&before), real(&after));
            assert_eq!(
                Some(total(&after) - total(&before)),
                written,
                "{moref}, {ahead}"
            );
        }
    }
    probe.vcenter.logout().await.unwrap();
}

#[tokio::test]
async fn totals_are_right_after_an_outage_of_twenty_minutes() {
    let mock = MockVcenter::with_vms(30).await.unwrap();
    let mut probe = Probe::new(&mock, &[]);
    let (before, _) = probe.cycle().await;
    mock.add_fault(FaultRule::on("QueryPerf", Effect::CloseConnection));
    for _ in 0..4 {
        pass(&mock, &mut probe, 300);
        let (_, errors) = probe.cycle().await;
        assert!(!errors.is_empty());
    }
    mock.clear_faults();
    let (after, _) = probe.cycle().await;
    assert_grown_by_what_was_written(&mock, &before, &after);
    probe.vcenter.logout().await.unwrap();
}

#[tokio::test]
async fn a_restart_of_vcenter_between_two_cycles_loses_nothing() {
    let mock = MockVcenter::with_vms(30).await.unwrap();
    let mut probe = Probe::new(&mock, &[]);
    let (before, _) = probe.cycle().await;
    mock.drop_sessions();
    pass(&mock, &mut probe, 600);
    let (after, _) = probe.cycle().await;
    assert_eq!(mock.open_sessions(), 1);
    assert_grown_by_what_was_written(&mock, &before, &after);
    probe.vcenter.logout().await.unwrap();
}

/// A host whose clock was ahead keeps samples of the future once it is put right. They hide those that it takes.
#[tokio::test]
async fn totals_continue_behind_samples_of_the_future() {
    let mock = MockVcenter::with_vms(30).await.unwrap();
    mock.set_settings(Settings {
        samples_by_stamp: true,
        ..Settings::default()
    });
    let vms = mock.world().vms().into_iter().filter(|vm| vm.sampled);
    let vms: Vec<_> = vms.collect();
    let host = vms[0].host_id.clone();
    let of_host: Vec<&str> = vms
        .iter()
        .filter(|vm| vm.host_id == host)
        .map(|vm| &*vm.moref)
        .collect();
    assert!(of_host.len() < vms.len());
    // All samples are the same, so that bytes are seconds.
    for vm in &of_host {
        mock.add_odd_samples(OddSamples {
            vm: (*vm).to_owned(),
            text: "100".to_owned(),
            every: NonZeroU32::MIN,
        });
    }
    let total = |report: &CycleReport| -> u64 {
        let totals = of_host.iter().map(|vm| stats(report, vm).write.total);
        totals.map(|total| total.unwrap().get()).sum()
    };
    let mut probe = Probe::new(&mock, &[]);
    mock.set_host_clock(&HostClock {
        host,
        offset_seconds: 1_200,
    })
    .unwrap();
    let mut cycles = Vec::new();
    for minute in 0..60 {
        pass(&mock, &mut probe, 60);
        let (report, errors) = probe.cycle().await;
        assert!(errors.is_empty(), "{errors:?}");
        cycles.push(report);
        if minute == 29 {
            mock.set_host_clocks_right();
        }
    }
    let silent = |report: &CycleReport| report.snapshot.as_deref().unwrap().silent_hosts().len();
    // It is found out, asked by time until no sample of the future is left, and is an ordinary host then.
    let states = cycles
        .iter()
        .map(|report| (silent(report), report.hosts_asked_by_time));
    let mut states: Vec<_> = states.collect();
    states.dedup();
    assert!(
        states.contains(&(1, 0)) && states.contains(&(0, 1)),
        "{states:?}"
    );
    let (before, after) = (&cycles[29], &cycles[59]);
    let ahead = SignedDuration::from_secs(1_200);
    let seconds = of_host.iter().map(|vm| {
        let from = stats(before, vm).newest_sample.timestamp() - ahead;
        let until = stats(after, vm).newest_sample.timestamp();
        let rate = stats(after, vm).write.rate.unwrap().get();
        rate * 1_024.0 * until.duration_since(from).as_secs_f64()
    });
    let written: f64 = seconds.sum();
    let share = (total(after) - total(before)) as f64 / written;
    // Of half an hour, a minute may be lost at the change, and 40 seconds may count too much.
    assert!((0.96..1.03).contains(&share), "{share}, {states:?}");
    probe.vcenter.logout().await.unwrap();
}
