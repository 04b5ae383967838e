//! Queries, and their answers.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use super::error::PrometheusError;
use crate::http_client::{Answer, HttpClient};

/// How much of an answer that is not one to a query is shown.
const MOST_CHARACTERS_SAID: usize = 200;
/// How long a server may work on one query.
const SERVER_WITHIN: &str = "120s";

/// A series, with the points that a query has of it.
#[derive(Debug)]
pub(super) struct Series {
    labels: BTreeMap<String, String>,
    pub(super) points: Vec<Point>,
}

impl Series {
    /// The value of a label; empty without it.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// A value at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Seconds of Unix time.
    pub(super) at: f64,
    /// It may be infinite or NaN.
    pub(super) value: f64,
}

/// The moments that a range query is about: from the first to the last, in seconds of Unix time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) step: u32,
}

/// The value at one moment.
pub(super) async fn at(
    server: &HttpClient,
    query: &str,
    second: i64,
) -> Result<Vec<Series>, PrometheusError> {
    let time = second.to_string();
    let form = [
        ("query", query),
        ("time", &time),
        ("timeout", SERVER_WITHIN),
    ];
    read(&server.post("/api/v1/query", &form).await?)
}

/// The values at all moments of a range.
pub(super) async fn over(
    server: &HttpClient,
    query: &str,
    range: Range,
) -> Result<Vec<Series>, PrometheusError> {
    let (start, end) = (range.first.to_string(), range.last.to_string());
    let step = range.step.to_string();
    let form = [
        ("query", query),
        ("start", &start),
        ("end", &end),
        ("step", &step),
        ("timeout", SERVER_WITHIN),
    ];
    read(&server.post("/api/v1/query_range", &form).await?)
}

fn read(answer: &Answer) -> Result<Vec<Series>, PrometheusError> {
    let is_json = answer.body.first() == Some(&b'{');
    if !is_json {
        let text = String::from_utf8_lossy(&answer.body);
        let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = one_line.replace(char::is_control, "?");
        return Err(PrometheusError::Status {
            status: answer.status.as_u16(),
            said: said.chars().take(MOST_CHARACTERS_SAID).collect(),
        });
    }
    let document: Document = serde_json::from_slice(&answer.body)?;
    match document.data.filter(|_| document.status == "success") {
        Some(data) => Ok(data.result.into_iter().map(Series::from).collect()),
        None => Err(PrometheusError::Refused {
            kind: document.error_type.unwrap_or(document.status),
            said: document.error.unwrap_or_default(),
        }),
    }
}

#[derive(serde::Deserialize)]
struct Document {
    status: String,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    data: Option<Data>,
}

#[derive(serde::Deserialize)]
struct Data {
    result: Vec<Sent>,
}

/// A series of a vector has one value, one of a matrix has several.
#[derive(serde::Deserialize)]
struct Sent {
    metric: BTreeMap<String, String>,
    value: Option<Point>,
    #[serde(default)]
    values: Vec<Point>,
}

impl From<Sent> for Series {
    fn from(sent: Sent) -> Self {
        let mut points = sent.values;
        points.extend(sent.value);
        Self {
            labels: sent.metric,
            points,
        }
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (at, Number(value)) = Deserialize::deserialize(deserializer)?;
        Ok(Self { at, value })
    }
}

/// A number as text.
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Number;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number as text")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
                text.parse().map(Number).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}
