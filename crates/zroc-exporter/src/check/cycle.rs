//! One cycle, of which nothing is published.

use std::io;
use std::sync::Arc;

use planner_core::collection::accumulators::Measures;
use planner_core::collection::reason::Reason;
use planner_core::collection::{Collection, CycleEnd, CycleReport};
use planner_core::inventory::Inventory;
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::snapshot::{Snapshot, SnapshotVm};
use planner_core::vm_state::{NoDataReason, VmState};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::code::Code;
use super::finding::Finding;
use super::text::{counted, grouped};
use crate::about::About;
use crate::advice::explain;
use crate::ask::ask;
use crate::collector::first_status;
use crate::cycle_message;
use crate::exposition::{Format, Pages, series_added};
use crate::filter_message;
use crate::printable::printable;
use crate::self_metrics::CollectionMetrics;
use crate::settings::VcenterSettings;
use crate::status::{Collected, VcenterStatus};
use crate::vcenter::{QueryPlan, Vcenter};

/// A cycle as the exporter would do it.
pub(super) struct OneCycle<'a> {
    pub(super) settings: &'a VcenterSettings,
    pub(super) metrics: &'a CollectionMetrics,
    /// When it began, login and inventory included.
    pub(super) started: Instant,
}

/// What a cycle amounts to.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) facts: Vec<(&'static str, Value)>,
}

impl OneCycle<'_> {
    /// Asks for the samples of all VMs.
    pub(super) async fn run(
        &self,
        vcenter: &mut Vcenter,
        inventory: Arc<Inventory>,
        plan: QueryPlan,
    ) -> CycleReport {
        let settings = &self.settings.collection;
        let options = settings.options();
        let mut collection = Collection::new(self.settings.name.clone(), options);
        let mut cycle = collection.begin(inventory, plan.cycle.clone());
        let limit = settings.cycle_timeout;
        let asking = ask(vcenter, plan, settings, self.metrics, &mut cycle, |_, _| {});
        let asked = timeout_at(self.started + limit, asking).await;
        let end = match asked {
            Ok(Ok(())) => CycleEnd::Completed,
            Ok(Err(error)) => CycleEnd::Stopped(Arc::new(error.reason())),
            Err(_) => CycleEnd::Stopped(Arc::new(Reason::Deadline { limit })),
        };
        let report = cycle.finish(end, self.started.elapsed());
        CycleReport {
            inventory_trouble: vcenter.inventory_trouble().map(Arc::new),
            ..report
        }
    }

    fn calls(&self) -> u64 {
        let calls = self.metrics.calls();
        calls.values().flat_map(|it| it.outcomes.values()).sum()
    }

    fn status(&self, report: Arc<CycleReport>, about: Option<Arc<About>>) -> VcenterStatus {
        let mut status = first_status(self.settings, false, self.metrics);
        status.take(Collected {
            report,
            troubles: Vec::new(),
            about,
            history: None,
        });
        status
    }
}

/// What there is to say of the cycle. Names the VMs without values if that is asked for.
pub(super) fn findings(
    cycle: &OneCycle<'_>,
    report: CycleReport,
    about: Option<Arc<About>>,
    names_vms: bool,
) -> Found {
    let Some(snapshot) = report.snapshot.clone() else {
        return Found {
            findings: vec![Finding::failed(Code::Values, "no inventory was read")],
            facts: Vec::new(),
        };
    };
    let mut findings = vec![values(cycle, &report, &snapshot)];
    findings.extend(without(cycle.settings, &snapshot, names_vms));
    findings.extend(trouble(cycle.settings, &report));
    let idle =
        filter_message::idle_patterns(&cycle.settings.collection.filter, snapshot.inventory());
    let idle = idle.into_iter();
    findings.extend(idle.map(|sentence| Finding::failed(Code::IdlePatterns, sentence)));
    findings.extend(exclusions(&snapshot));
    let measures = report.measures;
    let mut facts = vec![
        ("vms", snapshot.inventory().vms().len().into()),
        ("sampled", snapshot.count(VmState::Sampled).into()),
    ];
    let page = measure(cycle.status(Arc::new(report), about));
    if let Ok((series, bytes)) = page {
        facts.push(("series", series.into()));
        findings.push(series_finding(series, bytes, &snapshot, measures));
    }
    Found { findings, facts }
}

/// The custom attributes that are asked for in vain.
pub(super) fn undefined(names: &[Arc<str>]) -> impl Iterator<Item = Finding> {
    names.iter().map(|name| {
        let message = format!("CUSTOM_ATTRIBUTES: vCenter defines no custom attribute \"{name}\"");
        Finding::failed(Code::UndefinedAttributes, message)
    })
}

fn values(cycle: &OneCycle<'_>, report: &CycleReport, snapshot: &Snapshot) -> Finding {
    let running = snapshot.vms().filter(|row| row.vm.is_running()).count();
    let sampled = snapshot.count(VmState::Sampled);
    let (calls, seconds) = (cycle.calls(), report.duration.as_secs_f64());
    let bytes = cycle.metrics.received_bytes();
    if sampled == 0 {
        let message = match (running, snapshot.inventory().vms().len()) {
            (0, 0) => "there is no VM that could have values".to_owned(),
            (0, all) => format!("none of the {} VMs runs and is chosen", grouped(all)),
            _ => format!("none of the {} running VMs has values", grouped(running)),
        };
        let found = Finding::failed(Code::Values, message);
        let filter = &cycle.settings.collection.filter;
        return match cycle_message::error(report, cycle.settings, filter) {
            Some(error) => found.detail(error),
            None => found,
        };
    }
    let age = snapshot.newest_sample().zip(report.began_at);
    let age = age.map(|(newest, began)| began.seconds_since(newest));
    let age = age.map_or_else(String::new, |age| format!("; newest sample {age} s old"));
    let message = format!(
        "{} of {} running VMs have values{age}; {calls} calls, {seconds:.1} s, {} kB",
        grouped(sampled),
        grouped(running),
        bytes / 1_000
    );
    Finding::passed(Code::Values, message)
        .fact("running", running)
        .fact("sampled", sampled)
        .fact("calls", calls)
        .fact("seconds", seconds)
        .fact("received_bytes", bytes)
}

/// The running VMs that have no values, by reason.
fn without(settings: &VcenterSettings, snapshot: &Snapshot, names_vms: bool) -> Option<Finding> {
    let lacks = |row: &SnapshotVm<'_>| {
        use VmState as State;
        matches!(
            row.state,
            State::NoData | State::Failed | State::Quarantined
        )
    };
    let lacking: Vec<SnapshotVm<'_>> = snapshot.vms().filter(lacks).collect();
    if lacking.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    for reason in NoDataReason::ALL {
        parts.push((snapshot.count_without_data(*reason), reason.as_str()));
    }
    for state in [VmState::Failed, VmState::Quarantined] {
        parts.push((snapshot.count(state), state.as_str()));
    }
    parts.retain(|(count, _)| *count > 0);
    let words = parts
        .iter()
        .map(|(count, word)| format!("{} {}", grouped(*count), word.replace('_', " ")));
    let words: Vec<String> = words.collect();
    let message = format!("{} have none: {}", grouped(lacking.len()), words.join(", "));
    let mut found = Finding::failed(Code::VmsWithout, message);
    let by_reason: serde_json::Map<String, Value> = parts
        .iter()
        .map(|(count, word)| ((*word).to_owned(), (*count).into()))
        .collect();
    found = found.fact("by_reason", by_reason);
    if !names_vms {
        return Some(found.hint("zroc-exporter check --vms names them"));
    }
    let mut named = Vec::new();
    for row in lacking {
        let name = cycle_message::describe(snapshot.inventory(), &row.vm.id);
        let reason = reason_of(settings, snapshot, &row);
        named.push(serde_json::json!({
            "moref": printable(row.vm.id.as_str()),
            "name": printable(&row.vm.name),
            "reason": printable(&reason),
        }));
        found = found.detail(format!("{name}: {reason}"));
    }
    Some(found.fact("vms", named))
}

fn reason_of(settings: &VcenterSettings, snapshot: &Snapshot, row: &SnapshotVm<'_>) -> String {
    if row.state == VmState::NoData {
        return NoDataReason::of(row.vm).as_str().replace('_', " ");
    }
    let mut reasons = snapshot.reasons();
    let said = reasons.find(|(other, _)| other.vm.id == row.vm.id);
    said.map_or_else(
        || row.state.as_str().to_owned(),
        |(_, reason)| explain(reason, settings),
    )
}

fn trouble(settings: &VcenterSettings, report: &CycleReport) -> Vec<Finding> {
    let stopped = match &report.end {
        CycleEnd::Completed => None,
        CycleEnd::Stopped(reason) => Some(("the cycle was cut off", reason)),
    };
    let inventory = report.inventory_trouble.as_ref();
    let inventory = inventory.map(|reason| ("the inventory is not complete", reason));
    let found = |(message, reason): (&str, &Arc<Reason>)| {
        Finding::failed(Code::Trouble, message).detail(explain(reason, settings))
    };
    stopped.into_iter().chain(inventory).map(found).collect()
}

fn exclusions(snapshot: &Snapshot) -> Option<Finding> {
    let parts = SizingExclusion::ALL.into_iter().filter_map(|exclusion| {
        let vms = snapshot.inventory().vms().iter();
        let count = vms
            .filter(|vm| SizingExclusion::of(vm) == Some(exclusion))
            .count();
        let word = match exclusion {
            SizingExclusion::ZertoAppliance => "Zerto appliance",
            SizingExclusion::ClusterServices => "vCLS agent",
            SizingExclusion::Placeholder => "placeholder",
        };
        (count > 0).then(|| counted(count, word))
    });
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| {
        let message = format!("left out of sizing: {}", parts.join(", "));
        Finding::passed(Code::SizingExclusions, message)
    })
}

/// How many series the exporter's page would have, and how many bytes.
fn measure(status: VcenterStatus) -> io::Result<(usize, u64)> {
    let pages = Pages::once(vec![status])?;
    let page = pages.page(Format::Text);
    let (mut series, mut begins_line) = (0, true);
    for piece in page.plain() {
        for byte in piece? {
            series += usize::from(begins_line && byte != b'#');
            begins_line = byte == b'\n';
        }
    }
    Ok((series, page.plain_length()))
}

fn series_finding(series: usize, bytes: u64, snapshot: &Snapshot, now: Measures) -> Finding {
    let switches = [
        (
            "PER_DISK_METRICS",
            Measures {
                per_disk: true,
                ..now
            },
        ),
        ("COLLECT_READS", Measures { reads: true, ..now }),
    ];
    let added = switches.into_iter().filter(|(_, then)| *then != now);
    let added: Vec<(&str, usize)> = added
        .map(|(switch, then)| (switch, series_added(snapshot, now, then)))
        .collect();
    let words = added
        .iter()
        .map(|(switch, count)| format!("{switch} would add about {}", grouped(*count)));
    let mut parts = vec![format!(
        "{} series, page of {} kB",
        grouped(series),
        bytes / 1_000
    )];
    parts.extend(words);
    let mut found = Finding::passed(Code::Series, parts.join("; ")).fact("series", series);
    for (switch, count) in added {
        found = found.fact(&format!("added_by_{}", switch.to_lowercase()), count);
    }
    found
}
