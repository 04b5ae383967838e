//! A vCenter whose VMs write at known rates.

use planner_core::collection::counters::DiskCounter;
use planner_core::collection::samples::{SampleBuffer, SampleTime};
use planner_core::collection::source::SampleRange;
use planner_core::collection::{Cycle, Intake, Query};
use planner_core::inventory::VmId;
use planner_core::units::Bytes;
use planner_core::vcenter_time::VcenterTime;

use crate::at;

const RATE: DiskCounter = DiskCounter::WRITES[1];
/// Age of the newest sample.
const LAG_SECONDS: u32 = 3;

/// KiB per second that a VM writes in the sample that ends at a stamp.
fn rate(vm: &VmId, stamp: VcenterTime) -> i64 {
    let of_vm: i64 = vm.as_str().bytes().map(i64::from).sum();
    (stamp.as_second() / 20 * 7_919 + of_vm) % 997
}

/// What a VM writes after `start` and up to `end`.
pub(crate) fn written(vm: &VmId, start: VcenterTime, end: VcenterTime) -> Bytes {
    let stamps = (start.as_second() + 1..=end.as_second()).filter(|second| second % 20 == 0);
    let rates = stamps.map(|second| rate(vm, at(second)));
    Bytes::new(rates.map(|rate| rate.unsigned_abs() * 20 * 1_024).sum())
}

/// Hands over the samples of a VM.
pub(crate) fn hand_over(intake: &mut Intake<'_>, vm: &VmId, stamps: &[VcenterTime]) {
    let mut buffer = SampleBuffer::default();
    let mut samples = buffer.begin(stamps.iter().map(|&at| SampleTime {
        at,
        interval_seconds: 20,
    }));
    let rates = stamps.iter().map(|&at| Some(rate(vm, at)));
    samples.push(RATE, "scsi0:0", rates);
    intake.add(vm.as_str(), &samples);
}

/// Answers a query with the newest real-time samples.
pub(crate) fn answer(cycle: &mut Cycle<'_>, query: Query, now: VcenterTime) {
    let newest = now.minus_seconds(LAG_SECONDS).as_second() / 20 * 20;
    let vms: Vec<(VmId, Vec<VcenterTime>)> = query
        .vms()
        .map(|(vm, range)| {
            let SampleRange::Newest(samples) = range else {
                panic!("a range of roll-ups");
            };
            let stamps = (0..i64::from(samples.get())).map(|back| at(newest - back * 20));
            (vm.clone(), stamps.collect())
        })
        .collect();
    cycle.answered(query, |intake| {
        for (vm, stamps) in &vms {
            hand_over(intake, vm, stamps);
        }
    });
}
