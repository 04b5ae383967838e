//! The recovery site: storage, the first copy, VRAs.

use planner_core::plan::assumptions::Compression;
use planner_core::plan::demand::{Demand, Vm};
use planner_core::plan::recovery::SizeIs;
use planner_core::plan::whole::Plan;
use planner_core::units::{Bytes, DataAmount, Gib};
use proptest::prelude::*;

use super::{Run, assert_close, grid, plain, plain_on, rate, rates, series, vm};

fn gib(size: f64) -> DataAmount {
    DataAmount::from(Gib::new(size).unwrap())
}

fn with_vm(bucket_seconds: i64, runs: &[Run], vm: Vm) -> Demand<'static> {
    let rates = rates(runs);
    let series = series(bucket_seconds, &rates);
    Demand::of_series(grid(bucket_seconds, rates.len()), vec![(vm, vec![series])])
}

fn sized(provisioned: Option<u64>, used: Option<u64>) -> Vm {
    let mut sized = vm("sized");
    sized.provisioned = provisioned.map(Bytes::new);
    sized.used = used.map(Bytes::new);
    sized
}

/// S1: 9 TB while 25 MB/s are written, on 1 Gbit/s.
#[test]
fn the_first_copy_competes_with_writes() {
    let steady = [(Some(25e6), 180)];
    let vm = || sized(Some(20_000_000_000_000), Some(9_000_000_000_000));
    let plan = Plan::compute(&with_vm(20, &steady, vm()), &plain_on(1_000.0, 10.0)).unwrap();
    let sync = plan.initial_sync.unwrap();
    assert_eq!((sync.size.get(), sync.size_is), (9e12, SizeIs::Used));
    assert_close(sync.lower.get(), 72_000.0, 1e-9);
    assert_close(sync.upper.unwrap().get(), 90_000.0, 1e-9);
    assert_close(sync.trace.unwrap().get(), 90_000.0, 1e-9);
    let mut halved = plain_on(1_000.0, 10.0);
    halved.assumptions.compression = Compression::new(0.5).unwrap();
    let sync = Plan::compute(&with_vm(20, &steady, vm()), &halved)
        .unwrap()
        .initial_sync
        .unwrap();
    assert_close(sync.lower.get(), 36_000.0, 1e-9);
    assert_close(sync.upper.unwrap().get(), 4.5e12 / 112.5e6, 1e-9);
}

/// S3: quiet and busy hours in turn.
#[test]
fn the_data_repeats_until_the_first_copy_is_done() {
    let runs = [(Some(0.0), 180), (Some(40e6), 180)];
    let vm = sized(None, Some(540_000_000_000));
    let plan = Plan::compute(&with_vm(20, &runs, vm), &plain_on(400.0, 10.0)).unwrap();
    assert_close(
        plan.initial_sync.unwrap().trace.unwrap().get(),
        16_560.0,
        1e-9,
    );
}

#[test]
fn a_first_copy_never_ends_on_a_link_as_fast_as_the_writes() {
    let vm = || sized(Some(1_000_000_000), None);
    let steady = [(Some(25e6), 180)];
    let plan = Plan::compute(&with_vm(20, &steady, vm()), &plain_on(200.0, 10.0)).unwrap();
    let sync = plan.initial_sync.unwrap();
    assert_eq!(
        (sync.upper, sync.trace, sync.size_is),
        (None, None, SizeIs::Provisioned)
    );
    assert_close(sync.lower.get(), 40.0, 1e-9);
    assert_eq!(
        Plan::compute(&with_vm(20, &steady, vm()), &plain())
            .unwrap()
            .initial_sync,
        None
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Passes that are skipped give the same as passes that are simulated.
    #[test]
    fn skipping_passes_changes_nothing(rates in prop::collection::vec(0_u32..50, 1..12), size in 1_u64..4_000, megabytes in 1_u32..60) {
        let link = f64::from(megabytes) * 1e6;
        let rates: Vec<f64> = rates.into_iter().map(|rate| f64::from(rate) * 1e6).collect();
        let mean = rates.iter().sum::<f64>() / rates.len() as f64;
        prop_assume!(mean < link * 0.98);
        let mut left = size as f64 * 1e9;
        let mut expected = 0.0;
        for rate in rates.iter().cycle() {
            let growth = (rate - link) * 20.0;
            if left + growth <= 0.0 {
                expected += left / (link - rate);
                break;
            }
            left += growth;
            expected += 20.0;
        }
        let runs: Vec<Run> = rates.iter().map(|rate| (Some(*rate), 1)).collect();
        let demand = with_vm(20, &runs, sized(None, Some(size * 1_000_000_000)));
        let plan = Plan::compute(&demand, &plain_on(link * 8.0 / 1e6, 10.0)).unwrap();
        let actual = plan.initial_sync.unwrap().trace.unwrap().get();
        prop_assert!((actual - expected).abs() <= 1e-6 * expected, "{actual} and {expected}");
    }
}

/// X1, as far as it isn't about choosing VMs: 100, 500, 200, 1,000 and 1,000 GiB on five volumes.
#[test]
fn sizes_and_volumes_add_up() {
    let sizes = [(600, 2), (200, 1), (1_000, 1), (1_000, 1)];
    let vms = sizes.map(|(size, volumes)| {
        let mut vm = vm("vm");
        vm.provisioned = Some(Bytes::new(size * 1_073_741_824));
        vm.volumes = Some(volumes);
        (vm, vec![series(20, &[Some(1e6)])])
    });
    let demand = Demand::of_series(grid(20, 1), vms.to_vec());
    let plan = Plan::compute(&demand, &plain()).unwrap();
    assert_eq!(plan.recovery_storage.provisioned, Some(gib(2_800.0)));
    assert_eq!(plan.recovery_storage.used, None);
    assert_eq!((plan.vras.volumes, plan.vras.needed_for_volumes), (5, 1));
}

/// What isn't known is not zero.
#[test]
fn unknown_sizes_are_counted() {
    let vms = |used: [Option<u64>; 3]| {
        let sizes = [Some(100), Some(200), None];
        let vms = sizes
            .into_iter()
            .zip(used)
            .map(|(provisioned, used)| (sized(provisioned, used), vec![series(20, &[Some(1e6)])]));
        let demand = Demand::of_series(grid(20, 1), vms.collect());
        Plan::compute(&demand, &plain()).unwrap().recovery_storage
    };
    let storage = vms([Some(50), Some(60), None]);
    assert_eq!(storage.provisioned.unwrap().get(), 300.0);
    assert_eq!(storage.vms_of_unknown_size, 1);
    assert_eq!(storage.used.unwrap().get(), 110.0);
    assert_eq!(vms([Some(50), None, None]).used, None);
}

#[test]
fn volumes_need_vras() {
    for (volumes, needed) in [(1, 1), (1_500, 1), (1_501, 2), (4_500, 3)] {
        let mut large = vm("large");
        large.volumes = Some(volumes);
        let plan = Plan::compute(&with_vm(20, &[(Some(1e6), 9)], large), &plain()).unwrap();
        assert_eq!(plan.vras.needed_for_volumes, needed);
        assert_eq!(
            (plan.vras.buffer, plan.vras.bitmap_sync_likely),
            (None, None)
        );
    }
}

/// Hosts by the peak of the sum of their VMs, not by the sum of peaks.
#[test]
fn hosts_are_ranked_by_the_peak_of_their_sum() {
    let on = |host: &str, values: &[Option<f64>]| {
        let mut vm = vm("vm");
        vm.host = Some(host.into());
        (vm, vec![series(20, values)])
    };
    let vms = vec![
        on("apart", &[Some(50e6), Some(0.0)]),
        on("apart", &[Some(0.0), Some(50e6)]),
        on("together", &[Some(30e6), Some(0.0)]),
        on("together", &[Some(30e6), Some(0.0)]),
    ];
    let plan = Plan::compute(&Demand::of_series(grid(20, 2), vms), &plain()).unwrap();
    let hosts = plan.vras.protected_hosts.iter();
    let hosts: Vec<(&str, _)> = hosts.map(|host| (&*host.host, host.peak)).collect();
    assert_eq!(hosts, [("together", rate(60e6)), ("apart", rate(50e6))]);
}
