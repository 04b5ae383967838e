//! Totals grow by what the mock vCenter says that its VMs write.
//!
//! That each sample counts once, however late it comes, is tested in `planner_core`.

use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};
use planner_core::collection::CycleReport;
use planner_core::io_stats::VmIoStats;

use crate::probe::Probe;

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
