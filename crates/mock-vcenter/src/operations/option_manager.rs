//! vCenter's own settings.

use super::call::Call;
use crate::soap::{Fields, SoapFault, escape};
use crate::world::Kind;

/// The limit on historical queries; not set on a fresh vCenter.
const MAX_QUERY_METRICS: &str = "config.vpxd.stats.maxQueryMetrics";

/// `QueryOptions`. A name that ends in a dot asks for everything below it.
pub(super) fn query(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.authenticated()?;
    call.on(Kind::OptionManager)?;
    let name = call.request.body.text_of("name").unwrap_or_default();
    let mut settings = vec![
        (
            "VirtualCenter.InstanceName",
            "vcenter.example.test".to_owned(),
        ),
        ("config.vmacore.soap.maxSessionCount", "3000".to_owned()),
    ];
    if let Some(limit) = call.sight.settings.max_query_metrics {
        settings.push((MAX_QUERY_METRICS, limit.to_string()));
    }
    settings.retain(|(key, _)| {
        name.is_empty() || *key == name || (name.ends_with('.') && key.starts_with(name))
    });
    if settings.is_empty() {
        return Err(SoapFault::invalid_name(name));
    }
    for (key, value) in settings {
        out.push_str("<returnval xsi:type=\"OptionValue\">");
        Fields::nested(out).string("key", key);
        // The value is declared as anything, so it says what it is: a string, as Telegraf expects.
        out.push_str("<value xsi:type=\"xsd:string\">");
        escape(out, &value);
        out.push_str("</value></returnval>");
    }
    Ok(())
}
