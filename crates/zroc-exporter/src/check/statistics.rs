//! What vCenter measures, and the clocks of hosts.

use planner_core::collection::CycleReport;
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::host_clocks::HostClock;
use planner_core::collection::source::{Source, Statistics};

use super::code::Code;
use super::finding::Finding;
use super::text::counted;
use crate::vcenter::{RollUps, Vcenter};

/// vCenter's default limit since 6.5.
const DEFAULT_MAX_QUERY_METRICS: u32 = 256;

/// More hosts are not named.
const MOST_HOSTS: usize = 10;

/// What there is to say of the statistics that a cycle used.
pub(super) fn of(vcenter: &Vcenter, source: Source, report: &CycleReport) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(statistics) = vcenter.statistics() {
        findings.push(counters(&statistics, source));
    }
    if let Some(roll_ups) = vcenter.roll_ups() {
        findings.push(kept(&roll_ups, source));
        findings.push(limit(&roll_ups));
    }
    if source == Source::Realtime {
        findings.push(host_clocks(&report.host_clocks));
    }
    findings
}

fn counters(statistics: &Statistics, source: Source) -> Finding {
    let of_source = statistics
        .availability
        .iter()
        .filter(|it| it.source == source);
    let (available, lacking): (Vec<_>, Vec<_>) = of_source.partition(|it| it.available);
    let names = |counters: &[_]| {
        let counters: &[&planner_core::collection::source::CounterAvailability] = counters;
        let names: Vec<&str> = counters
            .iter()
            .map(|it| DiskCounter::full_name(it.counter))
            .collect();
        names.join(", ")
    };
    let kind = match source {
        Source::Realtime => "real-time",
        Source::Historical => "roll-ups",
    };
    if lacking.is_empty() {
        return Finding::passed(Code::Counters, format!("{kind}: {}", names(&available)));
    }
    // The exporter still has the others.
    Finding::warning(Code::Counters, format!("{kind} lack {}", names(&lacking)))
        .hint("their metrics are absent; PERF_SOURCE=realtime has every counter that vCenter knows")
        .setting("PERF_SOURCE")
}

fn kept(roll_ups: &RollUps, source: Source) -> Finding {
    let RollUps {
        interval_seconds,
        is_stored,
        level,
        withheld,
        ..
    } = roll_ups;
    let interval = format!("the {interval_seconds} s interval");
    let level = level.map_or_else(|| "unknown".to_owned(), |level| level.to_string());
    let matters = match source {
        Source::Historical => "the cycle uses these roll-ups",
        Source::Realtime => "matters for PERF_SOURCE=historical and `plan --last 1d` only",
    };
    if !is_stored {
        let message = format!("{interval} is not stored");
        return Finding::failed(Code::RollUps, message).hint(matters);
    }
    if withheld.is_empty() {
        let message = format!("{interval} has statistics level {level} and all counters");
        return Finding::passed(Code::RollUps, message);
    }
    Finding::failed(
        Code::RollUps,
        format!("{interval} has statistics level {level}"),
    )
    .detail(format!("withholds {}", withheld.join(", ")))
    .hint(matters)
    .fact("interval_seconds", *interval_seconds)
    .fact("level", roll_ups.level)
    .fact("withheld", withheld.clone())
}

fn limit(roll_ups: &RollUps) -> Finding {
    match roll_ups.max_query_metrics {
        None => Finding::passed(Code::QueryLimit, "maxQueryMetrics is lifted"),
        Some(limit) if limit.get() >= DEFAULT_MAX_QUERY_METRICS => {
            Finding::passed(Code::QueryLimit, format!("maxQueryMetrics {limit}"))
        }
        Some(limit) => Finding::failed(
            Code::QueryLimit,
            format!("maxQueryMetrics is {limit}, less than the usual {DEFAULT_MAX_QUERY_METRICS}"),
        )
        .hint("queries for roll-ups ask for fewer VMs at once; real-time ones are not bound by it")
        .fact("max_query_metrics", limit.get()),
    }
}

fn host_clocks(clocks: &[HostClock]) -> Finding {
    if clocks.is_empty() {
        return Finding::passed(
            Code::HostClocks,
            "clocks of hosts are within a minute of vCenter's",
        );
    }
    let message = format!(
        "more than a minute wrong: clocks of {}",
        counted(clocks.len(), "host")
    );
    let mut found = Finding::failed(Code::HostClocks, message).fact("hosts", clocks.len());
    for HostClock {
        host,
        offset_seconds,
    } in clocks.iter().take(MOST_HOSTS)
    {
        let direction = if *offset_seconds > 0 {
            "ahead"
        } else {
            "behind"
        };
        // Samples appear up to half a minute after their stamps, so seconds would be too precise.
        let minutes = (offset_seconds.unsigned_abs() + 30) / 60;
        found = found.detail(format!("{host} is about {minutes} min {direction}"));
    }
    if clocks.len() > MOST_HOSTS {
        found = found.detail("...");
    }
    found.hint("set NTP on them")
}
