//! Counters, intervals, providers, options.

use super::envelope::{Refusal, response, single_value};
use crate::performance_manager::{
    OptionData, OptionValue, PerfCounterInfo, PerfInterval, PerfProviderSummary,
};
use crate::query_perf::PerfMetricId;
use crate::xml::values::parse_boolean;
use crate::xml::{Cursor, DecodeError, Element, read};

/// Reads the answer to `QueryPerfCounter`.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn perf_counters(body: &[u8]) -> Result<Vec<PerfCounterInfo>, Refusal> {
    read(body, |cursor| {
        let response = response(cursor, &["QueryPerfCounter"])?;
        Ok(counter_array(cursor, &response)?)
    })
}

/// Reads the answer to `QueryPerfProviderSummary`.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn provider_summary(body: &[u8]) -> Result<PerfProviderSummary, Refusal> {
    read(body, |cursor| {
        let value = single_value(cursor, "QueryPerfProviderSummary")?;
        let mut entity = None;
        let mut current_supported = None;
        let mut summary_supported = None;
        let mut refresh_rate_seconds = None;
        while let Some(child) = cursor.child(&value)? {
            match child.name() {
                "entity" => entity = Some(cursor.moref(&child)?),
                "currentSupported" => current_supported = Some(cursor.boolean(&child)?),
                "summarySupported" => summary_supported = Some(cursor.boolean(&child)?),
                "refreshRate" => refresh_rate_seconds = cursor.number_if(&child)?,
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
    })
}

/// Reads the answer to `QueryAvailablePerfMetric`. May name counters that the catalogue lacks.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn available_metrics(body: &[u8]) -> Result<Vec<PerfMetricId>, Refusal> {
    read(body, |cursor| {
        let response = response(cursor, &["QueryAvailablePerfMetric"])?;
        let mut metrics = Vec::new();
        while let Some(value) = cursor.child(&response)? {
            metrics.push(metric_id(cursor, &value)?);
        }
        Ok(metrics)
    })
}

/// Reads the answer to `QueryOptions`. Options without a key or a value are left out.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn query_options(body: &[u8]) -> Result<Vec<OptionValue>, Refusal> {
    read(body, |cursor| {
        let response = response(cursor, &["QueryOptions"])?;
        let mut options = Vec::new();
        while let Some(element) = cursor.child(&response)? {
            let mut key = None;
            let mut value = None;
            while let Some(child) = cursor.child(&element)? {
                match child.name() {
                    "key" => key = cursor.string_if(&child)?,
                    "value" => value = option_data(cursor, &child)?,
                    _ => {}
                }
            }
            let option = key.zip(value);
            options.extend(option.map(|(key, value)| OptionValue { key, value }));
        }
        Ok(options)
    })
}

fn option_data<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<OptionData>, DecodeError> {
    Ok(match cursor.xsi_type(element)?.as_deref() {
        Some("int" | "long" | "short" | "byte") => {
            cursor.number_if(element)?.map(OptionData::Integer)
        }
        Some("boolean") => {
            let value = cursor.value_if(element, parse_boolean)?;
            value.map(OptionData::Boolean)
        }
        _ => {
            let text = cursor.text_or_children(element)?;
            Some(OptionData::Text(text.unwrap_or_default().into()))
        }
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

/// `None` for a record without key or name: nobody could ask for it. So a simulator answers for an
/// unknown key.
fn counter_info<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<PerfCounterInfo>, DecodeError> {
    let mut key = None;
    let [mut group, mut name, mut unit, mut rollup, mut stats_type] = [const { None }; 5];
    let [mut level, mut per_device_level] = [const { None }; 2];
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "key" => key = cursor.number_if(&child)?,
            "nameInfo" => name = description_key(cursor, &child)?,
            "groupInfo" => group = description_key(cursor, &child)?,
            "unitInfo" => unit = description_key(cursor, &child)?,
            "rollupType" => rollup = cursor.string_if(&child)?,
            "statsType" => stats_type = cursor.string_if(&child)?,
            "level" => level = cursor.number_if(&child)?,
            "perDeviceLevel" => per_device_level = cursor.number_if(&child)?,
            _ => {}
        }
    }
    let (Some(key), Some(group), Some(name), Some(rollup)) = (key, group, name, rollup) else {
        return Ok(None);
    };
    Ok(Some(PerfCounterInfo {
        key,
        group,
        name,
        rollup,
        unit: unit.unwrap_or_default(),
        stats_type: stats_type.unwrap_or_default(),
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
            key = cursor.string_if(&child)?;
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
        intervals.extend(interval(cursor, &element)?);
    }
    Ok(intervals)
}

/// `None` for an incomplete record.
fn interval<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<PerfInterval>, DecodeError> {
    let [mut key, mut period, mut length, mut level] = [const { None }; 4];
    let mut name = None;
    let mut enabled = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "key" => key = cursor.number_if(&child)?,
            "samplingPeriod" => period = cursor.number_if(&child)?,
            "length" => length = cursor.number_if(&child)?,
            "level" => level = cursor.number_if(&child)?,
            "name" => name = cursor.string_if(&child)?,
            "enabled" => enabled = cursor.value_if(&child, parse_boolean)?,
            _ => {}
        }
    }
    let (Some(key), Some(sampling_period_seconds), Some(length_seconds), Some(enabled)) =
        (key, period, length, enabled)
    else {
        return Ok(None);
    };
    Ok(Some(PerfInterval {
        key,
        sampling_period_seconds,
        name: name.unwrap_or_default(),
        length_seconds,
        level,
        enabled,
    }))
}
