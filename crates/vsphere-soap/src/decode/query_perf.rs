//! Performance samples, in both formats.

use std::borrow::Cow;
use std::sync::Arc;

use super::envelope::{Refusal, response};
use super::performance::metric_id;
use crate::perf_bounds::PerfBounds;
use crate::query_perf::{PerfEntityMetrics, PerfSampleInfo, SeriesEnd};
use crate::xml::error::Problem;
use crate::xml::fast_path::{Taken, integer, plain_element, start_tag};
use crate::xml::text::verbatim;
use crate::xml::values::parse_timestamp;
use crate::xml::{Cursor, DecodeError, Element, read};

/// Reads the answer to `QueryPerf`, in CSV or normal format.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn query_perf(body: &[u8]) -> Result<Vec<PerfEntityMetrics>, Refusal> {
    query_perf_within(body, PerfBounds::NONE)
}

/// The same for an answer to a query that is known.
pub(crate) fn query_perf_within(
    body: &[u8],
    bounds: PerfBounds,
) -> Result<Vec<PerfEntityMetrics>, Refusal> {
    read(body, |cursor| {
        let response = response(cursor, &["QueryPerf"])?;
        let mut known = Known::default();
        let mut entities = Vec::new();
        let mut room = bounds;
        while let Some(value) = cursor.child(&response)? {
            if entities.len() == bounds.objects {
                return Err(cursor.error_in(&value, Problem::TooMany("objects")).into());
            }
            let entity = entity_metrics(cursor, &value, &mut known, room)?;
            room.series -= entity.series.len();
            entities.push(entity);
        }
        Ok(entities)
    })
}

/// What was read before in this answer and mostly comes again.
#[derive(Default)]
struct Known<'a> {
    csv: Cow<'a, str>,
    times: Arc<[PerfSampleInfo]>,
    instances: Vec<Arc<str>>,
    /// How many series and values the entity before had: most have as many.
    series: usize,
    values: usize,
}

/// How servers write that there is no value.
const NO_VALUE: i64 = -1;

/// The most items that room is reserved for in advance: a hostile answer may announce any number.
const MOST_USUAL: usize = 512;

impl Known<'_> {
    /// A shared copy of an instance's name: disks have few names, and thousands of series repeat each.
    fn instance(&mut self, name: &str) -> Arc<str> {
        self.known_instance(name.as_bytes())
            .unwrap_or_else(|| self.new_instance(name))
    }

    /// The same for a name as it is in the answer; `None` if it does not read as it is.
    fn plain_instance(&mut self, name: &[u8]) -> Option<Arc<str>> {
        if let Some(known) = self.known_instance(name) {
            return Some(known);
        }
        verbatim(name).map(|name| self.new_instance(name))
    }

    fn known_instance(&self, name: &[u8]) -> Option<Arc<str>> {
        let mut known = self.instances.iter();
        known.find(|known| known.as_bytes() == name).cloned()
    }

    fn new_instance(&mut self, name: &str) -> Arc<str> {
        const MOST: usize = 32;
        let new: Arc<str> = name.into();
        if self.instances.len() < MOST {
            self.instances.push(Arc::clone(&new));
        }
        new
    }
}

fn entity_metrics<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    known: &mut Known<'a>,
    room: PerfBounds,
) -> Result<PerfEntityMetrics, DecodeError> {
    let mut entity = None;
    let mut sample_info: Option<Arc<[PerfSampleInfo]>> = None;
    let mut samples = Vec::new();
    let mut series = Vec::with_capacity(known.series);
    let mut values = Vec::with_capacity(known.values);
    loop {
        while let Some((counter_id, instance)) =
            cursor.take_plain(element, |input| plain_series(input, &mut values, known))
        {
            series.push(SeriesEnd {
                counter_id,
                instance,
                end: values.len(),
            });
            check(&series, room).map_err(|problem| cursor.error_in(element, problem))?;
        }
        let Some(child) = cursor.child(element)? else {
            break;
        };
        match child.name() {
            "entity" => entity = Some(cursor.moref(&child)?),
            "sampleInfo" => samples.push(read_sample_info(cursor, &child)?),
            "sampleInfoCSV" => {
                let csv = cursor.text(&child)?;
                if csv != known.csv {
                    known.times = sample_info_csv(&csv)
                        .map_err(|problem| cursor.error_in(&child, problem))?;
                    known.csv = csv;
                }
                sample_info = Some(Arc::clone(&known.times));
            }
            "value" => {
                series.push(metric_series(cursor, &child, &mut values, known)?);
                check(&series, room).map_err(|problem| cursor.error_in(element, problem))?;
            }
            _ => {}
        }
        let times = sample_info.as_deref().map_or(samples.len(), <[_]>::len);
        if times > room.samples {
            return Err(cursor.error_in(element, Problem::TooMany("times")));
        }
    }
    (known.series, known.values) = (series.len().min(MOST_USUAL), values.len().min(MOST_USUAL));
    let entity = entity.ok_or_else(|| cursor.missing(element, "entity"))?;
    let sample_info = sample_info.unwrap_or_else(|| {
        if *known.times != *samples {
            known.csv = Cow::Borrowed("");
            known.times = samples.into();
        }
        Arc::clone(&known.times)
    });
    Ok(PerfEntityMetrics {
        entity,
        sample_info,
        series,
        values,
    })
}

/// Whether there is room for the last series.
fn check(series: &[SeriesEnd], room: PerfBounds) -> Result<(), Problem> {
    if series.len() > room.series {
        return Err(Problem::TooMany("series"));
    }
    let mut ends = series.iter().rev().map(|series| series.end);
    let (end, before) = (ends.next().unwrap_or(0), ends.next().unwrap_or(0));
    if end - before > room.samples {
        return Err(Problem::TooMany("values"));
    }
    Ok(())
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

/// Reads one series. In normal format each `value` holds one number, in CSV format there is one with
/// all of them; both are lists here.
fn metric_series<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    values: &mut Vec<i64>,
    known: &mut Known<'a>,
) -> Result<SeriesEnd, DecodeError> {
    let mut id = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "id" => {
                let found = metric_id(cursor, &child)?;
                id = Some((found.counter_id, known.instance(&found.instance)));
            }
            "value" => {
                let text = cursor.text(&child)?;
                if !text.is_empty() {
                    let fields = text.as_bytes().split(|byte| *byte == b',');
                    let number = |field| integer(field).unwrap_or_else(|| unusual_integer(field));
                    values.extend(fields.map(<[u8]>::trim_ascii).map(number));
                }
            }
            _ => {}
        }
    }
    let (counter_id, instance) = id.ok_or_else(|| cursor.missing(element, "id"))?;
    Ok(SeriesEnd {
        counter_id,
        instance,
        end: values.len(),
    })
}

/// A whole series as every server writes it, in the terms of [`metric_series`].
fn plain_series<'a>(
    input: &'a [u8],
    values: &mut Vec<i64>,
    known: &mut Known<'_>,
) -> Taken<'a, (i32, Arc<str>)> {
    let tag = start_tag(input).filter(|tag| tag.name == b"value")?;
    let ((counter_id, instance), mut rest) = plain_metric_id(tag.content)?;
    let instance = known.plain_instance(instance)?;
    let before = values.len();
    while let Some((text, after)) = plain_element(rest, b"value")
        && append_values(text, values)
    {
        rest = after;
    }
    let after = rest.strip_prefix(b"</value>");
    if after.is_none() {
        values.truncate(before);
    }
    Some(((counter_id, instance), after?))
}

/// `<id><counterId>N</counterId><instance>X</instance></id>`, as every server writes it.
fn plain_metric_id(input: &[u8]) -> Taken<'_, (i32, &[u8])> {
    let rest = input.strip_prefix(b"<id>")?;
    let (counter_id, rest) = plain_element(rest, b"counterId")?;
    let (instance, rest) = plain_element(rest, b"instance")?;
    let rest = rest.strip_prefix(b"</id>")?;
    if memchr::memchr(b'&', instance).is_some() {
        return None;
    }
    let counter_id = i32::try_from(integer(counter_id)?).ok()?;
    Some(((counter_id, instance), rest))
}

/// Appends the numbers of a comma-separated list as it stands in the document; an empty text is an empty list. Leaves lists
/// with references to the event reader: then it returns false and appends nothing.
fn append_values(text: &[u8], values: &mut Vec<i64>) -> bool {
    if text.is_empty() {
        return true;
    }
    let before = values.len();
    for field in text.split(|byte| *byte == b',') {
        let field = field.trim_ascii();
        let number = match integer(field) {
            Some(number) => number,
            None if has_references(text) => {
                values.truncate(before);
                return false;
            }
            None => unusual_integer(field),
        };
        values.push(number);
    }
    true
}

#[cold]
fn has_references(text: &[u8]) -> bool {
    memchr::memchr(b'&', text).is_some()
}

/// A number as XML Schema allows it but no server writes it. Whatever else is in its place is no value: one field must not
/// make the answer about all other objects unreadable.
#[cold]
fn unusual_integer(field: &[u8]) -> i64 {
    match field {
        [b'+', digits @ ..] if !digits.starts_with(b"-") => integer(digits).unwrap_or(NO_VALUE),
        _ => NO_VALUE,
    }
}
