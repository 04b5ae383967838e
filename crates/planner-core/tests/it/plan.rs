//! The sizing plan, by demands that are written down in runs of equal buckets.

mod absence;
mod bootstrap;
mod brute_force;
mod cases;
mod causes;
mod course;
mod coverage;
mod groups;
mod inputs;
mod journals;
mod links;
mod published;
mod recovery;
mod resolution;
mod rpo;
mod schedule;
mod summed;
mod what_if;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use planner_core::plan::assumptions::{Assumptions, Compression, Inputs, OneOrMore, Overhead};
use planner_core::plan::bucket::Bucket;
use planner_core::plan::demand::{Demand, Vm, VmIdentity};
use planner_core::plan::grid::Grid;
use planner_core::plan::link::Link;
use planner_core::plan::percent::Percent;
use planner_core::plan::rpo::RpoOnLink;
use planner_core::plan::series::Series;
use planner_core::plan::whole::Plan;
use planner_core::units::{BytesPerSec, MegabitPerSec, Seconds};

/// Buckets of one rate in bytes per second, `None` without samples, and how many of them.
type Run = (Option<f64>, usize);

/// Monday, 1 January 2024, 00:00 UTC.
const MONDAY: i64 = 1_704_067_200;

/// Quiet, then 40 MB/s for 600 s, then quiet, in buckets of 20 s: the burst of most cases.
const BURST: [Run; 3] = [(Some(0.0), 30), (Some(40e6), 30), (Some(0.0), 60)];

fn rate(bytes_per_second: f64) -> BytesPerSec {
    BytesPerSec::new(bytes_per_second).unwrap()
}

fn seconds(value: f64) -> Seconds {
    Seconds::new(value).unwrap()
}

fn percent(value: f64) -> Percent {
    Percent::new(value).unwrap()
}

fn megabit(rate: BytesPerSec) -> f64 {
    MegabitPerSec::from(rate).get()
}

fn from_megabit(value: f64) -> BytesPerSec {
    BytesPerSec::from(MegabitPerSec::new(value).unwrap())
}

fn link(megabit_per_second: f64) -> Link {
    Link::new(from_megabit(megabit_per_second), Vec::new()).unwrap()
}

#[track_caller]
fn assert_close(actual: f64, expected: f64, relative: f64) {
    let difference = (actual - expected).abs();
    assert!(
        difference <= relative * expected.abs().max(actual.abs()),
        "{actual} instead of {expected}"
    );
}

/// The rates of runs, one per bucket.
fn rates(runs: &[Run]) -> Vec<Option<f64>> {
    let runs = runs.iter();
    runs.flat_map(|(rate, count)| std::iter::repeat_n(*rate, *count))
        .collect()
}

/// A series from Monday on.
fn series(bucket_seconds: i64, rates: &[Option<f64>]) -> Series {
    let starts = (0..).map(|place| MONDAY + place * bucket_seconds);
    let buckets = starts.zip(rates).filter_map(|(start, value)| {
        Bucket::new(start, start + bucket_seconds, rate((*value)?), None)
    });
    Series::new(buckets.collect()).unwrap()
}

pub(crate) fn vm(name: &str) -> Vm {
    Vm {
        identity: Arc::new(VmIdentity {
            vcenter: None,
            name: name.into(),
            moref: None,
        }),
        host: None,
        provisioned: None,
        used: None,
        volumes: None,
        disks: Vec::new(),
    }
}

fn grid(bucket_seconds: i64, buckets: usize) -> Arc<Grid> {
    let length = NonZeroU32::new(u32::try_from(bucket_seconds).unwrap()).unwrap();
    let buckets = NonZeroUsize::new(buckets).unwrap();
    Arc::new(Grid::uniform(MONDAY, length, buckets).unwrap())
}

/// VMs named vm-0, vm-1 and so on, one for each list of rates, all as long as the first.
fn demand(bucket_seconds: i64, vms: &[Vec<Option<f64>>]) -> Demand<'static> {
    let with_series = vms.iter().enumerate().map(|(place, rates)| {
        (
            vm(&format!("vm-{place}")),
            vec![series(bucket_seconds, rates)],
        )
    });
    Demand::of_series(grid(bucket_seconds, vms[0].len()), with_series.collect())
}

/// Inputs that take neither compression nor overhead.
fn plain() -> Inputs {
    Inputs {
        assumptions: Assumptions {
            compression: Compression::new(0.0).unwrap(),
            overhead: Overhead::new(0.0).unwrap(),
            ..Assumptions::default()
        },
        ..Inputs::default()
    }
}

/// The same for this link and this RPO.
fn plain_on(megabit_per_second: f64, rpo: f64) -> Inputs {
    let mut inputs = plain();
    inputs.assumptions.link = Some(link(megabit_per_second));
    inputs.assumptions.rpos = OneOrMore::new(seconds(rpo), Vec::new());
    inputs
}

/// The plan of one VM.
fn plan(bucket_seconds: i64, runs: &[Run], inputs: &Inputs) -> Plan {
    Plan::compute(&demand(bucket_seconds, &[rates(runs)]), inputs).unwrap()
}

fn rpo_of(plan: &Plan) -> &RpoOnLink {
    plan.answers.rpo.as_ref().unwrap()
}

fn worst(plan: &Plan) -> f64 {
    rpo_of(plan).sustained().unwrap().worst.get()
}

/// The link for the first RPO at the first percentage, in Mbit/s.
fn link_for_rpo(plan: &Plan) -> f64 {
    megabit(plan.answers.links_for_rpo[0].link)
}
