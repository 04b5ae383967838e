//! Measures what a history of 15,000 VMs takes: `cargo run --release -p planner-core --example history [HOURS]`.
#![expect(clippy::print_stdout, reason = "prints what it measures")]
#![expect(clippy::unwrap_used, reason = "a failure ends the measurement")]

use std::fs;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::accumulators::Measures;
use planner_core::collection::governor::Missed;
use planner_core::collection::source::{Source, Statistics};
use planner_core::collection::tally::Tally;
use planner_core::collection::{CycleEnd, CycleReport, NewSample, VcenterName};
use planner_core::history::past::{Chosen, Part, Past};
use planner_core::history::{Block, History, Limits, Scope};
use planner_core::inventory::entities::{Entities, VmRecord};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullReadStamp, Inventory, PowerState, VmId};
use planner_core::io_stats::{IoStats, VmIoStats};
use planner_core::plan::row::Row;
use planner_core::plan::sum::SumBuilder;
use planner_core::snapshot_builder::SnapshotBuilder;
use planner_core::units::Bytes;
use planner_core::vcenter_time::VcenterTime;

const VMS: u64 = 15_000;
/// Samples of a cycle: `POLL_INTERVAL` is 60 s.
const SAMPLES: i64 = 3;
/// Midnight.
const START: i64 = 1_700_006_400;

fn main() {
    let hours: i64 = std::env::args()
        .nth(1)
        .map_or(25, |hours| hours.parse().unwrap());
    let vms: Vec<VmId> = (0..VMS)
        .map(|vm| VmId::new(&format!("vm-{}", 1_000 + vm)))
        .collect();
    let inventory = inventory(&vms);
    let mut history = History::new(Limits {
        hours: NonZeroU32::new(24).unwrap(),
        roll_up_days: 7,
        bytes: 1 << 30,
    });
    println!("before: {} MB", resident());
    let (mut usual, mut closing) = (Vec::new(), Vec::new());
    for cycle in 1..=hours * 180 / SAMPLES {
        let now = START + cycle * SAMPLES * 20;
        let report = report(&vms, &inventory, now);
        let begin = Cpu::now();
        history.fold(&report);
        let took = begin.elapsed();
        if now % 3_600 == 120 {
            &mut closing
        } else {
            &mut usual
        }
        .push(took);
    }
    println!(
        "after {hours} h: {} MB, most {} MB; blocks {} MB",
        resident(),
        peak(),
        history.bytes() / 1_000_000
    );
    let sizes = |history: &History| -> Vec<usize> {
        let blocks = history.view();
        blocks
            .blocks()
            .map(|block| block.as_bytes().len())
            .collect()
    };
    println!("bytes of blocks: {:?}", sizes(&history));
    println!(
        "fold: {}; with closing: {}",
        middle(&mut usual),
        middle(&mut closing)
    );
    let begin = Cpu::now();
    let view = history.view();
    let all = Part {
        view: view.clone(),
        chosen: Chosen::Vms(vms),
    };
    let past = Past::new(&[all], None).unwrap();
    println!("index, with the open hour: {:?}", begin.elapsed());
    let begin = Cpu::now();
    let mut row = Row::default();
    for series in 0..past.series() {
        past.read(series, &mut row);
    }
    let buckets = past.grid().len();
    println!(
        "reading {buckets} buckets of all VMs: {:?}",
        begin.elapsed()
    );
    let begin = Cpu::now();
    let mut sum = SumBuilder::new(Arc::clone(past.grid()));
    for series in 0..past.series() {
        past.read(series, &mut row);
        sum.add(&row);
    }
    let sum = sum.finish();
    println!("and adding them up: {:?}", begin.elapsed());
    println!("share present {}", sum.share_present());
    let begin = Cpu::now();
    let scope = Part {
        view: view.clone(),
        chosen: Chosen::Sum(Scope::Vcenter),
    };
    Past::new(&[scope], None).unwrap().read(0, &mut row);
    println!("the kept sum: {:?}", begin.elapsed());
    let blocks: Vec<Box<[u8]>> = view.blocks().map(|block| block.as_bytes().into()).collect();
    let begin = Cpu::now();
    let blocks: Vec<Block> = blocks
        .into_iter()
        .map(|bytes| Block::decode(bytes).unwrap())
        .collect();
    println!(
        "reading and checking {} blocks: {:?}",
        blocks.len(),
        begin.elapsed()
    );
}

/// Time that this thread had on a processor.
struct Cpu(Duration);

impl Cpu {
    fn now() -> Self {
        let statistics = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        let nanos = statistics.split_whitespace().next().unwrap().parse();
        Self(Duration::from_nanos(nanos.unwrap()))
    }

    fn elapsed(&self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

fn middle(times: &mut [Duration]) -> String {
    times.sort();
    let most = times.last().copied().unwrap_or_default();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    format!(
        "{middle:?} (least {:?}, most {most:?})",
        times.first().copied().unwrap_or_default()
    )
}

fn status(field: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1_024
        / 1_000_000
}

fn resident() -> u64 {
    status("VmRSS")
}

fn peak() -> u64 {
    status("VmHWM")
}

fn inventory(vms: &[VmId]) -> Arc<Inventory> {
    let mut entities = Entities::new();
    for vm in vms {
        *entities.vm(vm.as_str()) = VmRecord {
            power_state: Some(PowerState::PoweredOn),
            ..VmRecord::default()
        };
    }
    let full_read = FullReadStamp {
        number: 1,
        at: Timestamp::UNIX_EPOCH,
    };
    Arc::new(entities.resolve(&Filter::default(), full_read))
}

fn report(vms: &[VmId], inventory: &Arc<Inventory>, now: i64) -> CycleReport {
    let mut snapshot = SnapshotBuilder::new(Arc::clone(inventory), None);
    let mut new_samples = Vec::new();
    // Host by host.
    for host in 0..500 {
        for (vm, number) in vms.iter().zip(0..).skip(host).step_by(500) {
            let at = VcenterTime::from_second(now);
            snapshot.sampled(vm, VmIoStats::new(at, IoStats::default(), None, Vec::new()));
            let stamps = (0..SAMPLES).map(|back| now - (SAMPLES - 1 - back) * 20);
            new_samples.extend(stamps.map(|stamp| NewSample {
                vm: vm.clone(),
                at: VcenterTime::from_second(stamp),
                written: Bytes::new((rate(number, 0, stamp) + rate(number, 1, stamp)) * 20_480),
            }));
        }
    }
    CycleReport {
        vcenter: VcenterName::new("vc1.example"),
        began_at: Some(VcenterTime::from_second(now)),
        window_seconds: 300,
        measures: Measures::default(),
        statistics: Some(Arc::new(Statistics {
            source: Some(Source::Realtime),
            availability: Vec::new(),
        })),
        snapshot: Some(Arc::new(snapshot.build())),
        new_samples,
        tally: Tally::default(),
        host_clocks: Vec::new(),
        hosts_asked_by_time: 0,
        inventory_trouble: None,
        missed: Missed::default(),
        end: CycleEnd::Completed,
        duration: Duration::ZERO,
    }
}

/// KiB per second of a disk, with the distribution of the mock vCenter's load.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are small"
)]
fn rate(vm: u64, disk: u64, second: i64) -> u64 {
    let key = draw(7, vm, disk, 0x10ad);
    let spread = fraction(draw(key, 1, 0, 0));
    let (peak, burst_share) = match draw(key, 2, 0, 0) % 20 {
        0..=3 => (0.3, 0.02),
        4..=11 => (4.0 + 30.0 * spread, 0.05),
        12..=17 => (40.0 + 260.0 * spread, 0.08),
        _ => (400.0 + 1_800.0 * spread, 0.12),
    };
    let kib = [4.0, 8.0, 8.0, 16.0, 32.0, 64.0][(draw(key, 4, 0, 0) % 6) as usize];
    let phase = (7_200.0 * fraction(draw(key, 7, 0, 0))) as i64;
    let span = draw(key, second.div_euclid(300).unsigned_abs(), 8, 0);
    let burst = if fraction(span) < burst_share {
        3.0 + 5.0 * fraction(span.rotate_left(17))
    } else {
        1.0
    };
    let noise = draw(key, second.div_euclid(20).unsigned_abs(), 9, 0);
    let load = day_shape(second + phase) * burst;
    let writes = peak * load * (0.6 + 0.8 * fraction(noise));
    if writes < 0.5 {
        return 0;
    }
    (writes * kib * (1.0 + 0.25 * fraction(noise.rotate_left(43)))).round() as u64
}

fn day_shape(second: i64) -> f64 {
    let hour = second.rem_euclid(86_400) as f64 / 3_600.0;
    let office = 1.0 - ((hour - 13.0).abs() / 9.0).min(1.0);
    let backup = if (2.0..2.75).contains(&hour) {
        0.7
    } else {
        0.0
    };
    (0.15 + 0.85 * office * (2.0 - office) + backup).min(1.2)
}

fn draw(a: u64, b: u64, c: u64, d: u64) -> u64 {
    [a, b, c, d]
        .into_iter()
        .fold(0x9e37_79b9_7f4a_7c15, |hash, part| {
            let hash = (hash ^ part).wrapping_mul(0xff51_afd7_ed55_8ccd);
            let hash = (hash ^ hash >> 32).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
            hash ^ hash >> 29
        })
}

fn fraction(drawn: u64) -> f64 {
    (drawn >> 11) as f64 / (1_u64 << 53) as f64
}
