//! Writes a decoded answer as text, one line per thing, to compare with what was read off by other means.

use std::fmt::Write as _;

use vsphere_soap::decode::{self, Refusal};
use vsphere_soap::{
    ApiVersion, CollectorUpdates, MoRef, ObjectContent, PerfCounterInfo, PerfEntityMetrics,
    PerfInterval, PropertyValue, VirtualDevice, VirtualDeviceKind, VirtualHardware,
};

/// How the element of an answer names its namespace. Very old clients are answered in the first one.
const NAMESPACES: [&str; 2] = ["xmlns=\"urn:vim2\"", "xmlns=\"urn:vim25\""];

/// The operation that a body answers, by plain search: not by the decoders under test.
pub(super) fn operation(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut ends = text.match_indices("Response");
    ends.find_map(|(at, word)| {
        let (before, after) = text.split_at_checked(at)?;
        let attributes = after.strip_prefix(word)?.trim_start();
        let is_answer = NAMESPACES.iter().any(|it| attributes.starts_with(it));
        let (_, operation) = before.rsplit_once('<').filter(|_| is_answer)?;
        Some(operation.to_owned())
    })
}

/// The answer as text; a fault or a decoding error as such.
pub(super) fn render(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if text.contains("<namespaces") {
        return match decode::service_versions(body) {
            Ok(versions) => render_versions(&versions),
            Err(error) => format!("error: {error}"),
        };
    }
    match render_answer(body) {
        Ok(text) => text,
        Err(Refusal::Fault(fault)) => format!("fault {fault}\n"),
        Err(Refusal::Malformed(error)) => format!("error: {error}\n"),
    }
}

fn render_answer(body: &[u8]) -> Result<String, Refusal> {
    let Some(operation) = operation(body) else {
        return Ok(format!("fault {}\n", decode::fault(body)?));
    };
    Ok(match operation.as_str() {
        "RetrieveServiceContent" => {
            let content = decode::service_content(body)?;
            format!("{content:#?}\n")
        }
        "Login" => format!("{:?}\n", decode::login(body)?),
        "CurrentTime" => format!("{}\n", decode::current_time(body)?),
        "CreateContainerView" => format!("{}\n", decode::create_container_view(body)?),
        "RetrieveProperties" | "RetrievePropertiesEx" | "ContinueRetrievePropertiesEx" => {
            let page = decode::retrieve_properties(body)?;
            let mut text = format!("{} objects, token {:?}\n", page.objects.len(), page.token);
            for object in &page.objects {
                render_object(object, &mut text);
            }
            let page = decode::retrieve_properties(&as_hardware(body))?;
            for object in &page.objects {
                let values = object.properties.iter().map(|it| &it.value);
                render_backings(&object.obj, values, &mut text);
            }
            text
        }
        "Fetch" => match decode::fetch(body)? {
            Some(value) => {
                let mut text = render_value(&value);
                text.push_str(&within(body, "device xsi:type", "ArrayOfVirtualDevice"));
                text.push_str(&within(body, "managedBy", "ManagedByInfo"));
                text.push_str(&within(body, "device xsi:type", "VirtualHardware"));
                text
            }
            None => "unset\n".to_owned(),
        },
        "CreateFilter" => format!("{}\n", decode::create_filter(body)?),
        "WaitForUpdatesEx" => match decode::update_set(body)? {
            Some(updates) => {
                let mut text = render_updates(&updates);
                let updates = decode::update_set(&as_hardware(body))?;
                let filters = updates.iter().flat_map(|it| &it.filters);
                for update in filters.flat_map(|filter| &filter.updates) {
                    let values = update.changes.iter().filter_map(|it| it.value.as_ref());
                    render_backings(&update.obj, values, &mut text);
                }
                text
            }
            None => "nothing new\n".to_owned(),
        },
        "QueryPerfCounter" => render_counters(&decode::perf_counters(body)?),
        "QueryPerfProviderSummary" => format!("{:?}\n", decode::provider_summary(body)?),
        "QueryAvailablePerfMetric" => {
            let metrics = decode::available_metrics(body)?;
            let mut text = format!("{} metrics\n", metrics.len());
            for metric in metrics {
                let _ = writeln!(text, "{} {:?}", metric.counter_id, metric.instance);
            }
            text
        }
        "QueryPerf" => {
            let entities = decode::query_perf(body)?;
            let mut text = format!("{} entities\n", entities.len());
            for entity in &entities {
                render_entity(entity, &mut text);
            }
            text
        }
        "QueryOptions" => format!("{:?}\n", decode::query_options(body)?),
        other => {
            decode::void(body, other)?;
            "nothing\n".to_owned()
        }
    })
}

fn render_versions(versions: &[ApiVersion]) -> String {
    let chosen = ApiVersion::choose(versions).map(ApiVersion::as_str);
    format!("{} versions, chosen {chosen:?}\n", versions.len())
}

fn render_object(object: &ObjectContent, text: &mut String) {
    let _ = writeln!(text, "{}", object.obj);
    for property in &object.properties {
        let _ = write!(
            text,
            "  {} = {}",
            property.name,
            render_value(&property.value)
        );
    }
    for missing in &object.missing {
        let _ = writeln!(text, "  {} missing: {}", missing.path, missing.fault);
    }
}

/// Each line names its object, so that a fact about one cannot be met by another.
fn render_updates(updates: &CollectorUpdates) -> String {
    let (version, truncated) = (&updates.version, updates.truncated);
    let mut text = format!("{version:?}, truncated {truncated}\n");
    for filter in &updates.filters {
        let missing = filter.missing_objects.len();
        let changes = || filter.updates.iter().flat_map(|update| &update.changes);
        let _ = writeln!(
            text,
            "{}: {} objects, {} changes, {} with a value, {missing} missing",
            filter.filter,
            filter.updates.len(),
            changes().count(),
            changes().filter(|change| change.value.is_some()).count(),
        );
        for update in &filter.updates {
            let _ = writeln!(text, "{:?} {}", update.kind, update.obj);
            let id = update.obj.value();
            for change in &update.changes {
                let value = change.value.as_ref().map(render_value);
                let value = value.unwrap_or_else(|| "unset\n".to_owned());
                let _ = write!(text, "  {id} {:?} {} = {value}", change.op, change.name);
            }
            for missing in &update.missing {
                let _ = writeln!(text, "  {id} {} missing: {}", missing.path, missing.fault);
            }
        }
        for missing in &filter.missing_objects {
            let _ = writeln!(text, "missing {}: {}", missing.obj, missing.fault);
        }
    }
    text
}

fn render_value(value: &PropertyValue) -> String {
    match value {
        PropertyValue::VirtualDevices(devices) => render_devices(devices),
        PropertyValue::VirtualHardware(hardware) => render_hardware(hardware),
        PropertyValue::PerfCounters(counters) => render_counters(counters),
        PropertyValue::PerfIntervals(intervals) => render_intervals(intervals),
        other => format!("{other:?}\n"),
    }
}

fn render_devices(devices: &[VirtualDevice]) -> String {
    let mut text = format!("{} devices\n", devices.len());
    for device in devices {
        let _ = match device.kind {
            VirtualDeviceKind::Controller { bus, bus_number } => {
                writeln!(text, "{} controller {bus}{bus_number}", device.key)
            }
            VirtualDeviceKind::Disk { capacity_bytes } => {
                let instance = device.disk_instance(devices);
                writeln!(
                    text,
                    "{} disk {instance:?} of {capacity_bytes:?} bytes",
                    device.key
                )
            }
        };
    }
    text
}

/// The answer with lists of devices called hardware, which says what disks lie on. Nobody has recorded the property
/// `config.hardware` by itself, but it holds the same devices.
fn as_hardware(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replace("\"ArrayOfVirtualDevice\"", "\"VirtualHardware\"")
        .into_bytes()
}

fn render_backings<'v>(
    obj: &MoRef,
    values: impl Iterator<Item = &'v PropertyValue>,
    text: &mut String,
) {
    for value in values {
        if let PropertyValue::VirtualHardware(hardware) = value {
            let _ = write!(text, "{obj} {}", render_hardware(hardware));
        }
    }
}

fn render_hardware(hardware: &VirtualHardware) -> String {
    let mut text = format!("{} disks on something\n", hardware.backings.len());
    for (key, backing) in &hardware.backings {
        let (datastore, thin) = (backing.datastore(), backing.thin_provisioned);
        let (mode, sharing) = (&backing.disk_mode, &backing.sharing);
        let _ = writeln!(
            text,
            "{key} on {datastore:?}, thin {thin:?}, mode {mode:?}, sharing {sharing:?}"
        );
    }
    text
}

fn render_counters(counters: &[PerfCounterInfo]) -> String {
    let mut text = format!("{} counters\n", counters.len());
    for counter in counters {
        let _ = writeln!(
            text,
            "{} {} {} {} {:?}/{:?}",
            counter.key,
            counter.full_name(),
            counter.stats_type,
            counter.unit,
            counter.level,
            counter.per_device_level
        );
    }
    text
}

fn render_intervals(intervals: &[PerfInterval]) -> String {
    let mut text = format!("{} intervals\n", intervals.len());
    for interval in intervals {
        let _ = writeln!(text, "{interval:?}");
    }
    text
}

fn render_entity(entity: &PerfEntityMetrics, text: &mut String) {
    let times = &entity.sample_info;
    let _ = writeln!(
        text,
        "{} {} times, {} series",
        entity.entity,
        times.len(),
        entity.series().len()
    );
    for time in [times.first(), times.last()].into_iter().flatten() {
        let _ = writeln!(text, "  {} {}", time.interval_seconds, time.timestamp);
    }
    for series in entity.series() {
        let values: Vec<Option<i64>> = series.values().collect();
        let sum: i64 = values.iter().flatten().sum();
        let (id, instance) = (series.counter_id, series.instance);
        let (first, last) = (values.first(), values.last());
        let _ = writeln!(
            text,
            "  {id} {instance:?}: {} values {first:?}..{last:?} sum {sum}",
            values.len()
        );
    }
}

/// Part of a VM's `config`, rendered as if it were the property `kind`: all elements from the first that starts with
/// `tag`. The client never asks for a whole `config`, but these are the only recordings of such parts from a real server.
fn within(body: &[u8], tag: &str, kind: &str) -> String {
    let text = String::from_utf8_lossy(body);
    let name = tag.split(' ').next().unwrap_or(tag);
    let end_tag = format!("</{name}>");
    let (Some(start), Some(end)) = (text.find(&format!("<{tag}")), text.rfind(&end_tag)) else {
        return String::new();
    };
    let Some(elements) = text.get(start..end + end_tag.len()) else {
        return String::new();
    };
    // An array holds its elements; a single structure is its element.
    let content = match elements.strip_prefix(&format!("<{name}>")) {
        Some(structure) => structure.strip_suffix(&end_tag).unwrap_or(structure),
        None => elements,
    };
    let wrapped = format!(
        concat!(
            r#"<Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><Body>"#,
            r#"<FetchResponse><returnval xsi:type="{}">{}</returnval></FetchResponse>"#,
            "</Body></Envelope>"
        ),
        kind, content
    );
    match decode::fetch(wrapped.as_bytes()) {
        Ok(Some(value)) => render_value(&value),
        other => format!("{other:?}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::operation;

    #[test]
    fn the_operation_is_found_in_both_namespaces_and_across_lines() {
        for (body, expected) in [
            (
                "<e:Body><LoginResponse xmlns=\"urn:vim25\"><returnval>",
                Some("Login"),
            ),
            ("<LogoutResponse xmlns=\"urn:vim2\"/>", Some("Logout")),
            (
                "<QueryPerfResponse\n    xmlns=\"urn:vim25\">",
                Some("QueryPerf"),
            ),
            (
                "<p>Response</p><LoginResponse xmlns=\"urn:vim25\">",
                Some("Login"),
            ),
            ("<e:Fault><faultstring>no Response</faultstring>", None),
            ("<LoginResponse xmlns=\"urn:other\">", None),
        ] {
            assert_eq!(operation(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
