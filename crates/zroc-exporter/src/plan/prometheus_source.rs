//! Samples from a Prometheus, or from a server that speaks its API: totals of VMs, added up there or read step by step.

mod asking;
pub(super) mod error;
mod growth;
mod intervals;
mod machines;
mod period;
mod pushed;
mod query;
mod selector;

use std::num::NonZeroU32;
use std::path::Path;

use planner_core::inventory::filter::{Filter, Selection};
use planner_core::plan::whole::Plan;

use self::asking::Asking;
use self::error::PrometheusError;
use self::period::Period;
use super::checks::refuse;
use super::error::PlanError;
use super::found::FoundVm;
use super::request::Request;
use super::selection::Selected;
use crate::http_client::HttpClient;
use crate::once;
use crate::progress::Progress;

/// The VMs that are selected, and their plan if the server has added them up. Otherwise they have their samples.
pub(super) fn read(
    url: &str,
    http_config: Option<&Path>,
    request: &Request,
    filter: &Filter,
    progress: Progress,
    select: impl FnOnce(Vec<FoundVm>) -> Result<Selected, PlanError>,
) -> Result<(Selected, Option<Plan>), PlanError> {
    if filter.folders != Selection::default() {
        return refuse("Prometheus knows no folders: choose VMs by name, cluster or datacenter");
    }
    let server = HttpClient::new(url, http_config);
    // A user and a password are refused, and not shown.
    let url = url.rsplit_once('@').map_or(url, |(_, host)| host);
    let asking = Asking {
        server: server.map_err(|source| PlanError::Server {
            url: url.to_owned(),
            source,
        })?,
        period: Period::of(request.asked.time),
        bucket_seconds: request.bucket_seconds.map(NonZeroU32::get),
        progress,
    };
    let failed = |source| PlanError::Prometheus {
        url: url.to_owned(),
        source,
    };
    let work = async {
        progress.say("reading which VMs there are");
        let vms = machines::read(&asking.server, asking.period).await;
        let mut selected = select(vms.map_err(failed)?)?;
        if request.reads_series {
            let read = read_series(&asking, &mut selected.vms).await;
            read.map_err(failed)?;
            return Ok((selected, None));
        }
        if selected.is_any_in_several_groups() {
            return refuse(
                "a VM in several groups needs --read-series: the server would add it up twice",
            );
        }
        let plan = pushed::plan(&asking, &selected, &request.asked.inputs).await;
        Ok((selected, Some(plan.map_err(failed)?)))
    };
    let done = once::run(async |shutdown| shutdown.run_until_cancelled(Box::pin(work)).await)?;
    done.unwrap_or(Err(PlanError::Interrupted))
}

async fn read_series(asking: &Asking, vms: &mut [FoundVm]) -> Result<(), PrometheusError> {
    let (mut sampled, mut is_zero) = (0, true);
    for vcenter in asking.by_vcenter(vms).await? {
        let morefs: Vec<&str> = vcenter.vms().map(|(vm, _)| vm).collect();
        for (place, growth) in asking.growth(&vcenter, &morefs).await? {
            sampled += usize::from(growth.len() > 0);
            is_zero &= growth.is_zero();
            if let Some(vm) = vms.get_mut(place) {
                vm.series = vec![growth.finish()];
            }
        }
    }
    if sampled > 0 && is_zero {
        return Err(PrometheusError::StandsStill { vms: sampled });
    }
    Ok(())
}
