//! Which format and compression a client asks for.

use axum::http::header::{ACCEPT, ACCEPT_ENCODING};
use axum::http::{HeaderMap, HeaderName};

use crate::exposition::Format;

/// The format that the `Accept` headers ask for. A client gets OpenMetrics only if it names OpenMetrics and does not prefer
/// plain text.
pub fn format(headers: &HeaderMap) -> Format {
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
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// Whether a client accepts gzip, under its name or its old one.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let quality = |names: &[&str]| {
        items(headers, &ACCEPT_ENCODING)
            .find(|item| names.iter().any(|name| item.is(name)))
            .map(|item| item.quality)
    };
    quality(&["gzip", "x-gzip"])
        .or_else(|| quality(&["*"]))
        .is_some_and(|quality| quality > 0.0)
}

/// One entry of an `Accept` or `Accept-Encoding` header.
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

fn items<'h>(headers: &'h HeaderMap, header: &HeaderName) -> impl Iterator<Item = Item<'h>> {
    let values = headers
        .get_all(header)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(item)
}

fn item(text: &str) -> Item<'_> {
    let mut parts = text.split(';').map(str::trim);
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
}
