//! One JSON object a line. No key appears twice, whatever an event calls its fields.

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Display};

use jiff::Timestamp;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer as _};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes the time, the level, which vCenter the event is about, its fields with the message among them, and which module it
/// comes from. Fields of spans must be formatted as JSON.
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let scope = context.event_scope().into_iter().flatten();
        let names = scope.filter_map(|span| {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>()?;
            let fields: Value = serde_json::from_str(&fields.fields).ok()?;
            Some((span.name(), fields.get("name")?.as_str()?.to_owned()))
        });
        let names: Vec<_> = names.collect();
        let line = line(event, &names).map_err(|_| fmt::Error)?;
        writeln!(writer, "{line}")
    }
}

/// `names` are what spans are about, by the kind of span.
fn line(event: &Event<'_>, names: &[(&str, String)]) -> Result<String, serde_json::Error> {
    let mut line = Vec::new();
    let mut json = serde_json::Serializer::new(&mut line);
    let metadata = event.metadata();
    let mut entries = Entries {
        map: json.serialize_map(None)?,
        keys: BTreeSet::new(),
        failure: None,
    };
    entries.add("timestamp", &format!("{:.3}", Timestamp::now()));
    entries.add("level", metadata.level().as_str());
    entries.keys.insert("target".to_owned());
    for (kind, name) in names {
        entries.add(kind, name);
    }
    event.record(&mut entries);
    let Entries {
        mut map, failure, ..
    } = entries;
    failure.map_or(Ok(()), Err)?;
    map.serialize_entry("target", metadata.target())?;
    map.end()?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

struct Entries<M> {
    map: M,
    keys: BTreeSet<String>,
    failure: Option<serde_json::Error>,
}

impl<M: serde::ser::SerializeMap<Error = serde_json::Error>> Entries<M> {
    fn add(&mut self, key: &str, value: &(impl Serialize + ?Sized)) {
        let mut key = key.to_owned();
        while !self.keys.insert(key.clone()) {
            key.insert_str(0, "field_");
        }
        if let Err(error) = self.map.serialize_entry(&key, value) {
            self.failure = Some(error);
        }
    }
}

impl<M: serde::ser::SerializeMap<Error = serde_json::Error>> Visit for Entries<M> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let text: &dyn Display = &value;
        self.add(field.name(), &text.to_string());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

    use super::*;

    struct Lines(mpsc::Sender<String>);

    impl<S: Subscriber> Layer<S> for Lines {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.0.send(line(event, &[]).unwrap()).unwrap();
        }
    }

    /// The only line that `log` makes.
    fn line_of(log: impl FnOnce()) -> String {
        let (sender, lines) = mpsc::channel();
        let subscriber = tracing_subscriber::registry().with(Lines(sender));
        tracing::subscriber::with_default(subscriber, log);
        lines.try_recv().unwrap()
    }

    #[test]
    fn no_key_appears_twice_whatever_fields_are_called() {
        let line = line_of(|| {
            tracing::info!(
                level = 3,
                timestamp = "yesterday",
                target = "elsewhere",
                field_level = true,
                "said"
            );
        });
        for key in ["level", "timestamp", "target", "message", "field_level"] {
            assert_eq!(line.matches(&format!("\"{key}\":")).count(), 1, "{line}");
        }
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&line["level"], &line["field_level"]),
            (&"INFO".into(), &3.into())
        );
        assert_eq!(line["field_field_level"], true);
        assert_eq!(line["field_timestamp"], "yesterday");
        assert_eq!(line["target"], "zroc_exporter::telemetry::json::tests");
        assert_eq!(line["field_target"], "elsewhere");
        assert_eq!(line["message"], "said");
    }

    #[test]
    fn any_text_stays_in_one_line() {
        let odd = "a\nb\u{1b}[31m\"\\\u{0}\u{2028}";
        let line = line_of(|| tracing::warn!(odd, number = f64::NAN, error = %odd, "{odd}"));
        assert_eq!(line.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        for key in ["odd", "error", "message"] {
            assert_eq!(line[key], odd);
        }
    }

    #[test]
    fn a_time_has_three_digits_of_a_second() {
        let line = line_of(|| tracing::info!("now"));
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let (_, fraction) = line["timestamp"].as_str().unwrap().split_once('.').unwrap();
        assert_eq!(fraction.len(), "000Z".len());
    }
}
