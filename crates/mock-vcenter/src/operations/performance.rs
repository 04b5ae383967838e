//! The performance manager's questions about itself and its entities.

use std::collections::BTreeSet;

use super::call::Call;
use crate::properties;
use crate::soap::{Fields, SoapFault, reference};
use crate::world::{Kind, Object, SAMPLE_SECONDS};

/// `QueryPerfCounter`: the descriptions of some counters.
pub(super) fn query_counters(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.authenticated()?;
    call.on(Kind::PerformanceManager)?;
    for id in call.request.body.all("counterId") {
        let id: Option<u32> = id.text.trim().parse().ok();
        let counter = id.and_then(|id| Some((id, call.sight.settings.counter(id)?)));
        let (id, counter) = counter.ok_or_else(|| SoapFault::invalid_argument("counterId"))?;
        out.push_str("<returnval>");
        properties::perf_counter(&mut Fields::nested(out), id, counter);
        out.push_str("</returnval>");
    }
    Ok(())
}

/// `QueryPerfProviderSummary`: which kinds of data an entity has.
pub(super) fn provider_summary(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.authenticated()?;
    call.on(Kind::PerformanceManager)?;
    let (entity, moref) = entity(call)?;
    let kind = call.world().kind(entity);
    let current = has_real_time(kind);
    if !current && !has_history(kind) {
        return Err(SoapFault::invalid_argument("entity"));
    }
    out.push_str("<returnval>");
    reference(out, "entity", kind.name(), moref);
    let mut fields = Fields::nested(out);
    fields.boolean("currentSupported", current);
    fields.boolean("summarySupported", true);
    if current {
        fields.long("refreshRate", SAMPLE_SECONDS);
    }
    out.push_str("</returnval>");
    Ok(())
}

/// `QueryAvailablePerfMetric`: the series an entity has, of real-time data or of roll-ups.
pub(super) fn available_metrics(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.authenticated()?;
    call.on(Kind::PerformanceManager)?;
    let (entity, _) = entity(call)?;
    let real_time = call
        .request
        .body
        .text_of("intervalId")
        .is_some_and(|id| id == "20");
    if real_time && !has_real_time(call.world().kind(entity)) {
        return Err(SoapFault::invalid_argument("intervalId"));
    }
    let level = call.sight.settings.statistics_level;
    let all = call
        .world()
        .series(entity, call.sight.settings.aggregate(), &|_| true)
        .unwrap_or_default();
    let metrics: BTreeSet<_> = all
        .iter()
        .filter(|series| real_time || series.kept_at(level))
        .map(|series| {
            (
                call.sight.settings.id_of(series.counter),
                series.instance.as_str(),
            )
        })
        .collect();
    for (counter, instance) in metrics {
        out.push_str("<returnval>");
        let mut fields = Fields::nested(out);
        fields.int("counterId", counter);
        fields.string("instance", instance);
        out.push_str("</returnval>");
    }
    Ok(())
}

fn entity<'c>(call: &'c Call<'_>) -> Result<(Object, &'c str), SoapFault> {
    let moref = call.argument("entity")?;
    let kind = call
        .request
        .body
        .child("entity")
        .and_then(|e| e.reference_type.as_deref());
    let object = call.world().by_moref(moref);
    let object =
        object.ok_or_else(|| SoapFault::not_found(kind.unwrap_or("ManagedEntity"), moref))?;
    Ok((object, moref))
}

pub(super) fn has_real_time(kind: Kind) -> bool {
    matches!(kind, Kind::VirtualMachine | Kind::HostSystem)
}

pub(super) fn has_history(kind: Kind) -> bool {
    has_real_time(kind)
        || kind.is_a("ComputeResource")
        || kind.is_a("ResourcePool")
        || matches!(kind, Kind::Datacenter | Kind::Datastore)
}
