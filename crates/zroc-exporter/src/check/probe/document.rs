//! The figures as JSON: `docs/PROBE.md` explains each field. No name, address or reference is among them.

use planner_core::collection::counters::{DiskCounter, Quantity};
use planner_core::probe::{
    AggregateFindings, HostFindings, Move, SeriesFindings, Spread, StampFindings, VmFindings,
};
use serde_json::{Value, json};

use super::probed::Probed;
use super::words::letters;
use crate::version::VERSION;

/// The format, which is additive: another number is another meaning.
const SCHEMA: &str = "zroc-probe/1";

/// The most characters of what a vCenter says about itself.
const LONGEST_WORD: usize = 64;

/// The document about these vCenters.
pub(super) fn of(probed: &[Probed]) -> Value {
    json!({
        "schema": SCHEMA,
        "exporter": VERSION,
        "vcenters": probed.iter().map(vcenter).collect::<Value>(),
    })
}

fn vcenter(probed: &Probed) -> Value {
    let findings = &probed.findings;
    let about = probed.about.as_deref();
    let said = |text: Option<&str>| text.map(plain);
    json!({
        "product": said(about.map(|about| &*about.product)),
        "version": said(about.map(|about| &*about.version)),
        "build": said(about.map(|about| &*about.build)),
        "api_version": said(about.map(|about| &*about.api_version)),
        "ended": probed.ended.as_str(),
        "seconds": findings.seconds,
        "looks": probed.looks,
        "failed_looks": probed.failed_looks,
        "slowest_query_seconds": probed.slowest.as_millis() as f64 / 1_000.0,
        "vms": findings.vms.iter().zip(1..).map(|(found, number)| vm(found, number)).collect::<Value>(),
        "hosts": findings.hosts.iter().map(host).collect::<Value>(),
        "moves": findings.moves.iter().map(moved).collect::<Value>(),
    })
}

fn vm(found: &VmFindings, number: usize) -> Value {
    json!({
        "vm": number,
        "on_hosts": found.hosts.iter().map(|host| letters(*host)).collect::<Value>(),
        "looks_without_samples": found.looks_without_samples,
        "age_seconds": spread(found.age_seconds),
        "appears_after_seconds": spread(found.appears_after_seconds),
        "stamps": stamps(&found.stamps),
        "disks": found.disks,
        "series": found.series.iter().map(series).collect::<Value>(),
        "aggregates": found.aggregates.iter().map(aggregate).collect::<Value>(),
    })
}

fn stamps(found: &StampFindings) -> Value {
    let StampFindings {
        seen,
        skipped,
        late,
        twice,
        off_grid,
        other_intervals,
        steps_back,
        most_in_an_answer,
    } = found;
    json!({
        "seen": seen,
        "skipped": skipped,
        "late": late,
        "twice": twice,
        "off_grid": off_grid,
        "other_intervals": other_intervals,
        "steps_back": steps_back,
        "most_in_an_answer": most_in_an_answer,
    })
}

fn series(found: &SeriesFindings) -> Value {
    let SeriesFindings {
        counter: measured,
        disk,
        slots,
        missing_at_first,
        filled,
        lost,
        open,
        changed,
        looks_without,
        filled_after_seconds,
    } = found;
    json!({
        "counter": counter(*measured),
        "disk": disk,
        "slots": slots,
        "missing_at_first": missing_at_first,
        "filled": filled,
        "lost": lost,
        "open": open,
        "changed": changed,
        "looks_without": looks_without,
        "filled_after_seconds": spread(*filled_after_seconds),
    })
}

fn aggregate(found: &AggregateFindings) -> Value {
    let AggregateFindings {
        counter: measured,
        kind,
        compared,
        equal,
        rounded,
        percent_of_sum,
    } = found;
    json!({
        "counter": counter(*measured),
        "kind": kind.as_str(),
        "compared": compared,
        "equal": equal,
        "rounded": rounded,
        "percent_of_sum": spread(*percent_of_sum),
    })
}

fn host(found: &HostFindings) -> Value {
    json!({
        "host": letters(found.host),
        "vms": found.vms,
        "offset_seconds": found.offset_seconds,
        "appears_after_seconds": spread(found.appears_after_seconds),
        "clock": found.clock.as_str(),
    })
}

fn moved(found: &Move) -> Value {
    json!({
        "vm": found.vm + 1,
        "from": letters(found.from),
        "to": letters(found.to),
        "after_seconds": found.after_seconds,
        "listed_before": found.listed_before,
        "listed_after": found.listed_after,
        "looks_without_samples": found.looks_without_samples,
        "stamps_kept": found.stamps_kept,
        "stamps_reused": found.stamps_reused,
        "stamp_step_seconds": found.stamp_step_seconds,
        "slots_lost": found.slots_lost,
    })
}

fn spread(spread: Option<Spread>) -> Value {
    spread.map_or(
        Value::Null,
        |Spread {
             least,
             median,
             most,
         }| { json!({"least": least, "median": median, "most": most}) },
    )
}

fn counter(counter: DiskCounter) -> &'static str {
    match counter.quantity {
        Quantity::Iops => "iops",
        Quantity::Rate => "rate",
        Quantity::Latency => "latency",
    }
}

/// The letters, digits and signs of which names of products and versions consist.
fn plain(text: &str) -> String {
    let is_plain = |it: &char| it.is_ascii_alphanumeric() || matches!(it, ' ' | '.' | '-' | '_');
    text.chars().filter(is_plain).take(LONGEST_WORD).collect()
}
