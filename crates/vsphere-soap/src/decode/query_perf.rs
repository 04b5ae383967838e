//! Performance samples, in both formats.

use std::borrow::Cow;
use std::sync::Arc;

use super::envelope::{Refusal, response};
use super::performance::metric_id;
use crate::query_perf::{PerfEntityMetrics, PerfMetricSeries, PerfSampleInfo};
use crate::xml::error::Problem;
use crate::xml::values::parse_timestamp;
use crate::xml::{Cursor, DecodeError, Element};

/// Reads the answer to `QueryPerf`, in CSV or normal format.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn query_perf(body: &[u8]) -> Result<Vec<PerfEntityMetrics>, Refusal> {
    let mut cursor = Cursor::new(body);
    let response = response(&mut cursor, &["QueryPerf"])?;
    let mut known_times = KnownTimes::default();
    let mut entities = Vec::new();
    while let Some(value) = cursor.child(&response)? {
        entities.push(entity_metrics(&mut cursor, &value, &mut known_times)?);
    }
    Ok(entities)
}

/// The sample times read last. Neighbouring objects mostly have the same.
#[derive(Default)]
struct KnownTimes<'a> {
    csv: Cow<'a, str>,
    times: Arc<[PerfSampleInfo]>,
}

fn entity_metrics<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    known_times: &mut KnownTimes<'a>,
) -> Result<PerfEntityMetrics, DecodeError> {
    let mut entity = None;
    let mut sample_info: Option<Arc<[PerfSampleInfo]>> = None;
    let mut samples = Vec::new();
    let mut series = Vec::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "entity" => entity = Some(cursor.moref(&child)?),
            "sampleInfo" => samples.push(read_sample_info(cursor, &child)?),
            "sampleInfoCSV" => {
                let csv = cursor.text(&child)?;
                if csv != known_times.csv {
                    known_times.times = sample_info_csv(&csv)
                        .map_err(|problem| cursor.error_in(&child, problem))?;
                    known_times.csv = csv;
                }
                sample_info = Some(Arc::clone(&known_times.times));
            }
            "value" => {
                let expected = sample_info
                    .as_ref()
                    .map_or(samples.len(), |times| times.len());
                series.push(metric_series(cursor, &child, expected)?);
            }
            _ => {}
        }
    }
    let entity = entity.ok_or_else(|| cursor.missing(element, "entity"))?;
    let sample_info = sample_info.unwrap_or_else(|| {
        if *known_times.times != *samples {
            *known_times = KnownTimes {
                csv: Cow::Borrowed(""),
                times: samples.into(),
            };
        }
        Arc::clone(&known_times.times)
    });
    Ok(PerfEntityMetrics {
        entity,
        sample_info,
        series,
    })
}

fn read_sample_info<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<PerfSampleInfo, DecodeError> {
    let mut timestamp = None;
    let mut interval_seconds = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "timestamp" => timestamp = Some(cursor.timestamp(&child)?),
            "interval" => interval_seconds = Some(cursor.int(&child)?),
            _ => {}
        }
    }
    Ok(PerfSampleInfo {
        timestamp: timestamp.ok_or_else(|| cursor.missing(element, "timestamp"))?,
        interval_seconds: interval_seconds.ok_or_else(|| cursor.missing(element, "interval"))?,
    })
}

/// `20,2026-05-05T18:41:00Z,20,2026-05-05T18:41:20Z`: interval and time by turns.
fn sample_info_csv(csv: &str) -> Result<Arc<[PerfSampleInfo]>, Problem> {
    if csv.trim().is_empty() {
        return Ok(Arc::default());
    }
    let mut fields = csv.split(',').map(str::trim);
    let mut times = Vec::new();
    while let Some(interval) = fields.next() {
        let Some(timestamp) = fields.next() else {
            return Err(Problem::unexpected("a time after each interval", interval));
        };
        times.push(PerfSampleInfo {
            interval_seconds: interval
                .parse()
                .map_err(|_| Problem::unexpected("an interval in seconds", interval))?,
            timestamp: parse_timestamp(timestamp)
                .ok_or_else(|| Problem::unexpected("a dateTime", timestamp))?,
        });
    }
    Ok(times.into())
}

/// A day of 5-minute samples has 288; a hostile answer may promise any number.
const MAX_PREALLOCATED: usize = 512;

/// Reads one series. In normal format each `value` holds one number, in CSV format there is one with
/// all of them; both are lists here.
fn metric_series<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    expected: usize,
) -> Result<PerfMetricSeries, DecodeError> {
    let mut id = None;
    let mut values = Vec::with_capacity(expected.min(MAX_PREALLOCATED));
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "id" => {
                id = Some(metric_id(cursor, &child)?);
                cursor.plain_run(element, "value", |text| append_values(text, &mut values));
            }
            "value" => {
                let text = cursor.text(&child)?;
                if !append_values(text.as_bytes(), &mut values) {
                    let problem = Problem::unexpected("a list of integers", &text);
                    return Err(cursor.error_in(&child, problem));
                }
            }
            _ => {}
        }
    }
    let id = id.ok_or_else(|| cursor.missing(element, "id"))?;
    Ok(PerfMetricSeries::new(id.counter_id, id.instance, values))
}

/// Appends the numbers of a comma-separated list; an empty text is an empty list. On a fault, says
/// so and appends nothing.
fn append_values(text: &[u8], values: &mut Vec<i64>) -> bool {
    if text.is_empty() {
        return true;
    }
    let before = values.len();
    for field in text.split(|byte| *byte == b',') {
        let Some(number) = integer(field.trim_ascii()) else {
            values.truncate(before);
            return false;
        };
        values.push(number);
    }
    true
}

/// A decimal integer of at most 64 bits.
fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut magnitude: i64 = 0;
    for byte in digits {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        magnitude = magnitude.checked_mul(10)?.checked_add(digit)?;
    }
    Some(if negative { -magnitude } else { magnitude })
}
