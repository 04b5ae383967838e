//! Property filters and the changes that they report.

use super::envelope::{Refusal, response, single_value};
use super::faults::localized_fault;
use super::properties::{missing_property, property_value};
use crate::moref::MoRef;
use crate::property_filter::{
    CollectorUpdates, FilterUpdate, MissingObject, ObjectUpdate, ObjectUpdateKind, PropertyChange,
    PropertyChangeOp, UpdateVersion,
};
use crate::xml::fast_path::{Taken, plain_element};
use crate::xml::{Cursor, DecodeError, Element};

/// Reads the answer to `CreateFilter`: the filter's reference.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn create_filter(body: &[u8]) -> Result<MoRef, Refusal> {
    let mut cursor = Cursor::new(body);
    let value = single_value(&mut cursor, "CreateFilter")?;
    Ok(cursor.moref(&value)?)
}

/// Reads the answer to `CreatePropertyCollector`: the collector's reference.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn create_property_collector(body: &[u8]) -> Result<MoRef, Refusal> {
    let mut cursor = Cursor::new(body);
    let value = single_value(&mut cursor, "CreatePropertyCollector")?;
    Ok(cursor.moref(&value)?)
}

/// Reads the answer to `WaitForUpdatesEx`. `None`: nothing has changed.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn update_set(body: &[u8]) -> Result<Option<CollectorUpdates>, Refusal> {
    let mut cursor = Cursor::new(body);
    let response = response(&mut cursor, &["WaitForUpdatesEx"])?;
    let mut updates = None;
    while let Some(value) = cursor.child(&response)? {
        if value.name() == "returnval" {
            updates = Some(collector_updates(&mut cursor, &value)?);
        }
    }
    Ok(updates)
}

fn collector_updates<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<CollectorUpdates, DecodeError> {
    let mut version = None;
    let mut truncated = false;
    let mut filters = Vec::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "version" => version = Some(UpdateVersion::new(cursor.string(&child)?)),
            "filterSet" => filters.push(filter_update(cursor, &child)?),
            "truncated" => truncated = cursor.boolean(&child)?,
            _ => {}
        }
    }
    Ok(CollectorUpdates {
        version: version.ok_or_else(|| cursor.missing(element, "version"))?,
        truncated,
        filters,
    })
}

fn filter_update<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<FilterUpdate, DecodeError> {
    let mut filter = None;
    let mut updates = Vec::new();
    let mut missing_objects = Vec::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "filter" => filter = Some(cursor.moref(&child)?),
            "objectSet" => updates.push(object_update(cursor, &child)?),
            "missingSet" => missing_objects.push(missing_object(cursor, &child)?),
            _ => {}
        }
    }
    Ok(FilterUpdate {
        filter: filter.ok_or_else(|| cursor.missing(element, "filter"))?,
        updates,
        missing_objects,
    })
}

fn object_update<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<ObjectUpdate, DecodeError> {
    let mut kind = None;
    let mut obj = None;
    let mut changes = Vec::new();
    let mut missing = Vec::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "kind" => kind = cursor.value_if(&child, kind_of)?,
            "obj" => obj = Some(cursor.moref(&child)?),
            "changeSet" => changes.extend(property_change(cursor, &child)?),
            "missingSet" => missing.push(missing_property(cursor, &child)?),
            _ => {}
        }
    }
    Ok(ObjectUpdate {
        obj: obj.ok_or_else(|| cursor.missing(element, "obj"))?,
        kind: kind.unwrap_or(ObjectUpdateKind::Modify),
        changes,
        missing,
    })
}

fn kind_of(text: &str) -> Option<ObjectUpdateKind> {
    match text {
        "enter" => Some(ObjectUpdateKind::Enter),
        "modify" => Some(ObjectUpdateKind::Modify),
        "leave" => Some(ObjectUpdateKind::Leave),
        _ => None,
    }
}

/// `None` for a change without a name.
fn property_change<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<PropertyChange>, DecodeError> {
    let (mut name, mut op) = match cursor.take_plain(element, plain_change) {
        Some((name, op)) => (Some(name.into()), Some(op)),
        None => (None, None),
    };
    let mut value = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "name" => name = cursor.string_if(&child)?,
            "op" => op = cursor.value_if(&child, op_of)?,
            "val" => value = Some(property_value(cursor, &child)?),
            _ => {}
        }
    }
    Ok(name.map(|name| PropertyChange {
        name,
        op: op.unwrap_or(PropertyChangeOp::Assign),
        value,
    }))
}

/// `<name>N</name><op>O</op>`, as every server begins a change.
fn plain_change(input: &[u8]) -> Taken<'_, (&str, PropertyChangeOp)> {
    let (name, rest) = plain_element(input, b"name")?;
    let (op, rest) = plain_element(rest, b"op")?;
    if memchr::memchr(b'&', name).is_some() {
        return None;
    }
    let op = op_of(std::str::from_utf8(op).ok()?)?;
    Some(((std::str::from_utf8(name).ok()?, op), rest))
}

fn op_of(text: &str) -> Option<PropertyChangeOp> {
    match text {
        "assign" => Some(PropertyChangeOp::Assign),
        "add" => Some(PropertyChangeOp::Add),
        "remove" => Some(PropertyChangeOp::Remove),
        "indirectRemove" => Some(PropertyChangeOp::IndirectRemove),
        _ => None,
    }
}

fn missing_object<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<MissingObject, DecodeError> {
    let mut obj = None;
    let mut fault = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "obj" => obj = Some(cursor.moref(&child)?),
            "fault" => fault = Some(localized_fault(cursor, &child)?),
            _ => {}
        }
    }
    Ok(MissingObject {
        obj: obj.ok_or_else(|| cursor.missing(element, "obj"))?,
        fault: fault.ok_or_else(|| cursor.missing(element, "fault"))?,
    })
}
