//! The two text formats, their media types, and which one a client wants.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING};

/// An exposition format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Prometheus' text format 0.0.4, for whoever does not ask for anything else.
    Text,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl Format {
    /// The format's `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// What the `Accept` headers ask for. OpenMetrics must be asked for by name, and no less than plain text.
    pub fn negotiate(headers: &HeaderMap) -> Self {
        let mut openmetrics = 0.0;
        let mut text = 0.0;
        for item in items(headers, &ACCEPT) {
            if item.is("application/openmetrics-text") && item.has_version(&["1.0.0", "0.0.1"]) {
                openmetrics = item.quality.max(openmetrics);
            } else if item.is("text/plain") {
                text = item.quality.max(text);
            }
        }
        if openmetrics > 0.0 && openmetrics >= text {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }
}

/// Whether a client takes gzip, which also goes by an old name.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let quality = |names: &[&str]| {
        items(headers, &ACCEPT_ENCODING)
            .find(|item| names.iter().any(|name| item.is(name)))
            .map(|item| item.quality)
    };
    quality(&["gzip", "x-gzip"])
        .or_else(|| quality(&["*"]))
        .is_some_and(|quality| quality > 0.0)
}

struct Item<'h> {
    name: &'h str,
    version: Option<&'h str>,
    quality: f64,
}

impl Item<'_> {
    /// RFC 9110: names are the same in upper and lower case.
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn has_version(&self, versions: &[&str]) -> bool {
        self.version
            .is_none_or(|version| versions.contains(&version))
    }
}

fn items<'h>(
    headers: &'h HeaderMap,
    header: &axum::http::HeaderName,
) -> impl Iterator<Item = Item<'h>> {
    let values = headers
        .get_all(header)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let parameters = parts.filter_map(|part| part.split_once('='));
        let mut item = Item {
            name,
            version: None,
            quality: 1.0,
        };
        for (key, value) in parameters {
            let (key, value) = (key.trim(), value.trim());
            if key.eq_ignore_ascii_case("q") {
                item.quality = value.parse().unwrap_or(0.0);
            } else if key.eq_ignore_ascii_case("version") {
                item.version = Some(value.trim_matches('"'));
            }
        }
        item
    })
}
