//! What the latest cycle of each vCenter found, in numbers.

use jiff::Timestamp;
use planner_core::collection::source::Source;
use planner_core::inventory::sizing_exclusion::SizingExclusion;
use planner_core::plan::words::digits;
use planner_core::snapshot::Snapshot;
use planner_core::vm_state::{NoDataReason, VmState};

use super::grid::{Grid, GridRow, count, row, seconds};
use crate::advice;
use crate::exposition::vm_series;
use crate::status::VcenterStatus;

/// VMs by state, and by reason where they have no values.
pub(super) fn states(vcenters: &[VcenterStatus]) -> Grid {
    let counted = |name: &str, number: &dyn Fn(&Snapshot) -> usize| {
        let number = |vcenter: &VcenterStatus| Some(count(vcenter.snapshot().map(number)?));
        row(name, vcenters, number)
    };
    let is_any = |number: &dyn Fn(&Snapshot) -> usize| {
        let mut snapshots = vcenters.iter().filter_map(VcenterStatus::snapshot);
        snapshots.any(|snapshot| number(snapshot) > 0)
    };
    let mut rows = Vec::new();
    for state in VmState::ALL.iter().copied() {
        let of_state = |snapshot: &Snapshot| snapshot.count(state);
        if state == VmState::NoData {
            for reason in NoDataReason::ALL.iter().copied() {
                let of_reason = |snapshot: &Snapshot| snapshot.count_without_data(reason);
                if is_any(&of_reason) {
                    let name = format!("without: {}", advice::without_data(reason));
                    rows.push(counted(&name, &of_reason));
                }
            }
        } else if state == VmState::Sampled || is_any(&of_state) {
            rows.push(counted(words(state), &of_state));
        }
    }
    let all = counted("all", &|snapshot| snapshot.inventory().vms().len());
    rows.push(GridRow {
        is_sum: true,
        ..all
    });
    let not_sized = |snapshot: &Snapshot| {
        let vms = snapshot.inventory().vms().iter();
        vms.filter(|vm| SizingExclusion::of(vm).is_some()).count()
    };
    if is_any(&not_sized) {
        let name = "of these not counted in a sizing: appliances, agents, placeholders";
        rows.push(counted(name, &not_sized));
    }
    Grid::of(vcenters, rows)
}

fn words(state: VmState) -> &'static str {
    match state {
        VmState::Sampled => "with values",
        VmState::PoweredOff => "powered off, suspended or a template",
        VmState::NoPermission => "without: the account may not read them",
        VmState::Failed => "without: their queries failed",
        VmState::Quarantined => "without: left out because they make queries fail",
        VmState::Filtered => "left out by the filters",
        other => other.as_str(),
    }
}

/// How the latest cycle went, and what came of all so far.
pub(super) fn cycle(vcenters: &[VcenterStatus]) -> Grid {
    let rows = vec![
        row("Last cycle with values ended", vcenters, |it| {
            Some(moment(it.collection.last_success.as_ref()?.at))
        }),
        row("Latest cycle took", vcenters, |it| {
            Some(seconds(it.report.as_ref()?.duration.as_secs_f64()))
        }),
        row("Age of the newest sample at its begin", vcenters, |it| {
            let newest = it.snapshot()?.newest_sample()?;
            let age = it.report.as_ref()?.began_at?.seconds_since(newest);
            Some(seconds(age as f64))
        }),
        row("Values are means of", vcenters, |it| {
            Some(seconds(f64::from(it.report.as_ref()?.window_seconds)))
        }),
        row("Samples", vcenters, |it| {
            let statistics = it.report.as_ref()?.statistics.as_ref()?;
            Some(match statistics.source? {
                Source::Realtime => "real-time".to_owned(),
                Source::Historical => "roll-ups".to_owned(),
            })
        }),
        row("Hosts none of whose VMs has values", vcenters, |it| {
            Some(count(it.snapshot()?.silent_hosts().len()))
        }),
        row("Series of VMs on /metrics", vcenters, |it| {
            Some(count(vm_series(it.snapshot()?)))
        }),
        row("Cycles so far", vcenters, |it| {
            Some(digits(it.collection.cycles as f64))
        }),
        row("Calls so far", vcenters, |it| {
            let calls = it.metrics.calls();
            let calls: u64 = calls.values().flat_map(|it| it.outcomes.values()).sum();
            Some(digits(calls as f64))
        }),
        row("Received so far", vcenters, |it| {
            let megabytes = it.metrics.received_bytes() as f64 / 1e6;
            Some(format!("{} MB", digits(megabytes)))
        }),
        row("History", vcenters, |it| {
            let history = it.metrics.history()?;
            let megabytes = digits(history.bytes as f64 / 1e6);
            Some(match history.oldest {
                Some(oldest) => format!("since {}, {megabytes} MB", moment(oldest)),
                None => "nothing yet".to_owned(),
            })
        }),
    ];
    Grid::of(vcenters, rows)
}

fn moment(at: Timestamp) -> String {
    at.strftime("%-d %b %Y %H:%M:%S").to_string()
}
