//! Quantiles, links for RPOs and the curve.

use planner_core::plan::answers;
use planner_core::plan::causes;
use planner_core::plan::links::{self, CriticalInterval};
use planner_core::plan::wan::{self, RecommendedFor, WireQuantile};
use planner_core::units::MegabytePerSec;
use serde::Serialize;

use super::megabit::megabit;
use super::vms::Named;

#[derive(Debug, Serialize)]
pub(super) struct Wan {
    quantiles: Vec<WireRate>,
    recommended_megabit_per_second: f64,
    recommended_for: &'static str,
}

#[derive(Debug, Serialize)]
struct WireRate {
    quantile: f64,
    megabit_per_second: f64,
    megabyte_per_second: f64,
    minutes_per_day_above: f64,
    bursts: u64,
    bootstrap_low_megabit_per_second: Option<f64>,
    bootstrap_high_megabit_per_second: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct LinkForRpo {
    rpo_seconds: f64,
    met_percent: f64,
    megabit_per_second: f64,
    base_link_megabit_per_second: Option<f64>,
    is_lower_bound: bool,
    upper_megabit_per_second: Option<f64>,
    bootstrap_low_megabit_per_second: Option<f64>,
    bootstrap_high_megabit_per_second: Option<f64>,
    critical_interval: Option<Interval>,
}

#[derive(Debug, Serialize)]
struct Interval {
    start: String,
    end: String,
    bytes: f64,
    vms: Vec<Cause>,
}

#[derive(Debug, Serialize)]
struct Cause {
    #[serde(flatten)]
    vm: Named,
    disk: Option<String>,
    bytes: f64,
    share: f64,
    link_without_megabit_per_second: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct CurvePoint {
    megabit_per_second: f64,
    worst_seconds: f64,
}

impl Wan {
    pub(super) fn new(wan: &wan::Wan) -> Self {
        let quantile = |it: &WireQuantile| WireRate {
            quantile: it.percent.get(),
            megabit_per_second: megabit(it.rate),
            megabyte_per_second: MegabytePerSec::from(it.rate).get(),
            minutes_per_day_above: it.above_per_day.get() / 60.0,
            bursts: it.bursts,
            bootstrap_low_megabit_per_second: it.bootstrap.map(|range| megabit(range.low)),
            bootstrap_high_megabit_per_second: it.bootstrap.map(|range| megabit(range.high)),
        };
        Self {
            quantiles: wan.quantiles.iter().map(quantile).collect(),
            recommended_megabit_per_second: megabit(wan.recommended),
            recommended_for: match wan.recommended_for {
                RecommendedFor::Rpo => "rpo",
                RecommendedFor::Floor => "floor",
            },
        }
    }
}

pub(super) fn all(all: &[links::LinkForRpo]) -> Vec<LinkForRpo> {
    let link = |it: &links::LinkForRpo| LinkForRpo {
        rpo_seconds: it.rpo.get(),
        met_percent: it.met.get(),
        megabit_per_second: megabit(it.link),
        base_link_megabit_per_second: it.base_link.map(megabit),
        is_lower_bound: it.is_lower_bound,
        upper_megabit_per_second: it.upper.map(megabit),
        bootstrap_low_megabit_per_second: it.bootstrap.map(|range| megabit(range.low)),
        bootstrap_high_megabit_per_second: it.bootstrap.map(|range| megabit(range.high)),
        critical_interval: it.critical_interval.as_ref().map(interval),
    };
    all.iter().map(link).collect()
}

fn interval(interval: &CriticalInterval) -> Interval {
    let cause = |cause: &causes::Cause| Cause {
        vm: Named::new(&cause.vm),
        disk: cause.disk.as_deref().map(str::to_owned),
        bytes: cause.bytes.get(),
        share: cause.share,
        link_without_megabit_per_second: cause.link_without.map(megabit),
    };
    Interval {
        start: interval.span.start.to_string(),
        end: interval.span.end.to_string(),
        bytes: interval.bytes.get(),
        vms: interval.causes.iter().map(cause).collect(),
    }
}

pub(super) fn curve(points: &[answers::CurvePoint]) -> Vec<CurvePoint> {
    let point = |point: &answers::CurvePoint| CurvePoint {
        megabit_per_second: megabit(point.link),
        worst_seconds: point.worst.get(),
    };
    points.iter().map(point).collect()
}
