//! Figures that others have published, with where.

use planner_core::plan::assumptions::{Overhead, UsableShare};
use planner_core::plan::rules_of_thumb::{change_per_day, zerto_sheet};
use planner_core::units::{
    Bytes, BytesPerSec, DataAmount, KibPerSec, MegabitPerSec, MegabytePerSec, MibPerSec, Seconds,
};

use super::{
    assert_close, demand, from_megabit, grid, megabit, plain, plain_on, rates, series, vm,
};
use planner_core::plan::demand::Demand;
use planner_core::plan::recovery::InitialSync;
use planner_core::plan::whole::Plan;

fn amount(bytes: f64) -> DataAmount {
    DataAmount::new(bytes).unwrap()
}

/// Zerto's WAN Sizing Estimator as alefreza/Zerto-Bandwidth-Calculator restates it: KB/s x 8 / 1024, halved where data can
/// be compressed, summed over a VPG.
#[test]
fn zerto_counts_binary_megabits() {
    let vms = [(500.0, false), (2_048.0, true), (10_240.0, true)];
    let rate = |kib: f64| BytesPerSec::from(KibPerSec::new(kib).unwrap());
    let sheet: f64 = vms
        .iter()
        .map(|(kib, compressible)| zerto_sheet(rate(*kib), *compressible))
        .sum();
    assert_close(sheet, 51.906_25, 1e-9);
    let halved = |(kib, compressible): &(f64, bool)| if *compressible { kib / 2.0 } else { *kib };
    let sent: BytesPerSec = vms.iter().map(halved).map(rate).sum();
    assert_close(megabit(sent), 54.427_648, 1e-9);
}

/// zerto.com, "How Much Bandwidth Do I Need for Replication?": 1 TB a day is 92.6 Mbps.
#[test]
fn a_terabyte_a_day() {
    assert_close(
        change_per_day(amount(1e12)).get(),
        92.592_592_592_592_6,
        1e-9,
    );
    let steady = rates(&[(Some(1e12 / 86_400.0), 4_320)]);
    let plan = Plan::compute(&demand(20, &[steady]), &plain()).unwrap();
    assert_close(
        plan.rules_of_thumb.change_per_day.get(),
        92.592_592_592_592_6,
        1e-9,
    );
}

/// AWS DRS user guide, communication and bandwidth planning: 5 and 7 MB/s with 20 % headroom are 115.2 Mbps.
#[test]
fn two_servers_with_headroom() {
    let mut inputs = plain();
    inputs.assumptions.overhead = Overhead::new(0.2).unwrap();
    let of = |megabytes: f64| rates(&[(Some(megabytes * 1e6), 180)]);
    let plan = Plan::compute(&demand(20, &[of(5.0), of(7.0)]), &inputs).unwrap();
    let quantile = plan.wan.quantiles[0].rate;
    assert_close(MegabytePerSec::from(quantile).get(), 14.4, 1e-9);
    assert_close(megabit(quantile), 115.2, 1e-9);
}

/// MicrosoftDocs/azure-docs, site-recovery-vmware-deployment-planner-analyze-report.md, limits table: it counts in 1,024s.
#[test]
fn churn_per_day() {
    let published = [
        (2.0, 168.0),
        (4.0, 336.0),
        (5.0, 421.0),
        (8.0, 672.0),
        (20.0, 1_684.0),
    ];
    for (mib, gib_per_day) in published {
        let rate = BytesPerSec::from(MibPerSec::new(mib).unwrap());
        let day = rate.during(Seconds::new(86_400.0).unwrap());
        assert_close(
            planner_core::units::Gib::from(day).get(),
            gib_per_day,
            0.005,
        );
    }
}

/// davidring.ie 2013/04/04, "`RecoverPoint` considerations for journal sizing" begins with 10 Mbit/s for a day: 108 GB.
#[test]
fn ten_megabits_for_a_day() {
    let day = from_megabit(10.0).during(Seconds::new(86_400.0).unwrap());
    assert_close(day.get(), 108e9, 1e-9);
}

fn first_copy(bytes: u64, megabit_per_second: f64, share: f64) -> InitialSync {
    let mut copied = vm("copied");
    copied.used = Some(Bytes::new(bytes));
    let idle = series(20, &rates(&[(Some(0.0), 180)]));
    let demand = Demand::of_series(grid(20, 180), vec![(copied, vec![idle])]);
    let mut inputs = plain_on(megabit_per_second, 10.0);
    inputs.assumptions.usable_share = UsableShare::new(share).unwrap();
    Plan::compute(&demand, &inputs)
        .unwrap()
        .initial_sync
        .unwrap()
}

/// vSphere Replication documentation, "Calculate Bandwidth for vSphere Replication": 100 GB take 200, 30 and 3 hours.
#[test]
fn a_hundred_gigabytes_over_three_links() {
    let links = [
        (
            1.544,
            143.926_309_729_418_53,
            200.0,
            0.719_631_548_647_092_7,
        ),
        (10.0, 22.222_222_222_222_22, 30.0, 0.740_740_740_740_740_7),
        (100.0, 2.222_222_222_222_222_3, 3.0, 0.740_740_740_740_740_8),
    ];
    for (megabit_per_second, hours, published, share) in links {
        let full = first_copy(100_000_000_000, megabit_per_second, 1.0);
        assert_close(full.lower.get() / 3_600.0, hours, 1e-9);
        let shared = first_copy(100_000_000_000, megabit_per_second, share);
        assert_close(shared.lower.get() / 3_600.0, published, 1e-9);
    }
}

/// kubev2v/migration-planner, storageMigration.go: 500 GB of 1,024 MB each at 620 Mbit/s take 110 minutes.
#[test]
fn five_hundred_gigabytes_at_620_megabits() {
    let copy = first_copy(500 * 1_024 * 1_000_000, 620.0, 1.0);
    assert_close(copy.lower.get() / 60.0, 110.107_526_881_720_42, 1e-9);
    assert_eq!(copy.trace, Some(copy.lower));
}

/// U1.
#[test]
fn a_mebibyte_per_second_is_more_than_eight_megabits() {
    let rate = BytesPerSec::from(MibPerSec::new(1.0).unwrap());
    assert_close(MegabitPerSec::from(rate).get(), 8.388_608, 1e-12);
}
