//! Counters, intervals, providers, options.

use super::envelope::{Refusal, response, single_value};
use crate::performance_manager::{
    OptionData, OptionValue, PerfCounterInfo, PerfInterval, PerfProviderSummary,
};
use crate::query_perf::PerfMetricId;
use crate::xml::{Cursor, DecodeError, Element};

/// Reads the answer to `QueryPerfCounter`.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn perf_counters(body: &[u8]) -> Result<Vec<PerfCounterInfo>, Refusal> {
    let mut cursor = Cursor::new(body);
    let response = response(&mut cursor, &["QueryPerfCounter"])?;
    Ok(counter_array(&mut cursor, &response)?)
}

/// Reads the answer to `QueryPerfProviderSummary`.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn provider_summary(body: &[u8]) -> Result<PerfProviderSummary, Refusal> {
    let mut cursor = Cursor::new(body);
    let value = single_value(&mut cursor, "QueryPerfProviderSummary")?;
    let mut entity = None;
    let mut current_supported = None;
    let mut summary_supported = None;
    let mut refresh_rate_seconds = None;
    while let Some(child) = cursor.child(&value)? {
        match child.name() {
            "entity" => entity = Some(cursor.moref(&child)?),
            "currentSupported" => current_supported = Some(cursor.boolean(&child)?),
            "summarySupported" => summary_supported = Some(cursor.boolean(&child)?),
            "refreshRate" => refresh_rate_seconds = Some(cursor.int(&child)?),
            _ => {}
        }
    }
    Ok(PerfProviderSummary {
        entity: entity.ok_or_else(|| cursor.missing(&value, "entity"))?,
        current_supported: current_supported
            .ok_or_else(|| cursor.missing(&value, "currentSupported"))?,
        summary_supported: summary_supported
            .ok_or_else(|| cursor.missing(&value, "summarySupported"))?,
        refresh_rate_seconds,
    })
}

/// Reads the answer to `QueryAvailablePerfMetric`. May name counters that the catalogue lacks.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn available_metrics(body: &[u8]) -> Result<Vec<PerfMetricId>, Refusal> {
    let mut cursor = Cursor::new(body);
    let response = response(&mut cursor, &["QueryAvailablePerfMetric"])?;
    let mut metrics = Vec::new();
    while let Some(value) = cursor.child(&response)? {
        metrics.push(metric_id(&mut cursor, &value)?);
    }
    Ok(metrics)
}

/// Reads the answer to `QueryOptions`.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn query_options(body: &[u8]) -> Result<Vec<OptionValue>, Refusal> {
    let mut cursor = Cursor::new(body);
    let response = response(&mut cursor, &["QueryOptions"])?;
    let mut options = Vec::new();
    while let Some(element) = cursor.child(&response)? {
        let mut key = None;
        let mut value = None;
        while let Some(child) = cursor.child(&element)? {
            match child.name() {
                "key" => key = Some(cursor.string(&child)?),
                "value" => value = Some(option_data(&mut cursor, &child)?),
                _ => {}
            }
        }
        options.push(OptionValue {
            key: key.ok_or_else(|| cursor.missing(&element, "key"))?,
            value: value.ok_or_else(|| cursor.missing(&element, "value"))?,
        });
    }
    Ok(options)
}

fn option_data<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<OptionData, DecodeError> {
    Ok(match cursor.xsi_type(element)?.as_deref() {
        Some("int" | "long" | "short" | "byte") => OptionData::Integer(cursor.long(element)?),
        Some("boolean") => OptionData::Boolean(cursor.boolean(element)?),
        _ => OptionData::Text(cursor.text_or_children(element)?.unwrap_or_default().into()),
    })
}

pub(super) fn metric_id<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<PerfMetricId, DecodeError> {
    let mut counter_id = None;
    let mut instance = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "counterId" => counter_id = Some(cursor.int(&child)?),
            "instance" => instance = Some(cursor.string(&child)?),
            _ => {}
        }
    }
    Ok(PerfMetricId {
        counter_id: counter_id.ok_or_else(|| cursor.missing(element, "counterId"))?,
        instance: instance.unwrap_or_default().into(),
    })
}

pub(super) fn counter_array<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
) -> Result<Vec<PerfCounterInfo>, DecodeError> {
    let mut counters = Vec::new();
    while let Some(element) = cursor.child(array)? {
        counters.extend(counter_info(cursor, &element)?);
    }
    Ok(counters)
}

/// `None` for a record without group and name: so a simulator answers for an unknown key.
fn counter_info<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<PerfCounterInfo>, DecodeError> {
    let mut key = None;
    let [mut group, mut name, mut unit, mut rollup, mut stats_type] = [const { None }; 5];
    let [mut level, mut per_device_level] = [const { None }; 2];
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "key" => key = Some(cursor.int(&child)?),
            "nameInfo" => name = description_key(cursor, &child)?,
            "groupInfo" => group = description_key(cursor, &child)?,
            "unitInfo" => unit = description_key(cursor, &child)?,
            "rollupType" => rollup = Some(cursor.string(&child)?),
            "statsType" => stats_type = Some(cursor.string(&child)?),
            "level" => level = Some(cursor.int(&child)?),
            "perDeviceLevel" => per_device_level = Some(cursor.int(&child)?),
            _ => {}
        }
    }
    if group.is_none() && name.is_none() {
        return Ok(None);
    }
    Ok(Some(PerfCounterInfo {
        key: key.ok_or_else(|| cursor.missing(element, "key"))?,
        group: group.ok_or_else(|| cursor.missing(element, "groupInfo"))?,
        name: name.ok_or_else(|| cursor.missing(element, "nameInfo"))?,
        rollup: rollup.ok_or_else(|| cursor.missing(element, "rollupType"))?,
        unit: unit.ok_or_else(|| cursor.missing(element, "unitInfo"))?,
        stats_type: stats_type.ok_or_else(|| cursor.missing(element, "statsType"))?,
        level,
        per_device_level,
    }))
}

/// The `key` of an `ElementDescription`; label and summary are localised.
fn description_key<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<Box<str>>, DecodeError> {
    let mut key = None;
    while let Some(child) = cursor.child(element)? {
        if child.name() == "key" {
            key = Some(cursor.string(&child)?);
        }
    }
    Ok(key)
}

pub(super) fn interval_array<'a>(
    cursor: &mut Cursor<'a>,
    array: &Element<'a>,
) -> Result<Vec<PerfInterval>, DecodeError> {
    let mut intervals = Vec::new();
    while let Some(element) = cursor.child(array)? {
        intervals.push(interval(cursor, &element)?);
    }
    Ok(intervals)
}

fn interval<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<PerfInterval, DecodeError> {
    let [mut key, mut period, mut length, mut level] = [const { None }; 4];
    let mut name = None;
    let mut enabled = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "key" => key = Some(cursor.int(&child)?),
            "samplingPeriod" => period = Some(cursor.int(&child)?),
            "length" => length = Some(cursor.int(&child)?),
            "level" => level = Some(cursor.int(&child)?),
            "name" => name = Some(cursor.string(&child)?),
            "enabled" => enabled = Some(cursor.boolean(&child)?),
            _ => {}
        }
    }
    Ok(PerfInterval {
        key: key.ok_or_else(|| cursor.missing(element, "key"))?,
        sampling_period_seconds: period.ok_or_else(|| cursor.missing(element, "samplingPeriod"))?,
        name: name.ok_or_else(|| cursor.missing(element, "name"))?,
        length_seconds: length.ok_or_else(|| cursor.missing(element, "length"))?,
        level,
        enabled: enabled.ok_or_else(|| cursor.missing(element, "enabled"))?,
    })
}
