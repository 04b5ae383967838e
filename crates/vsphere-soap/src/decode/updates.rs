//! Property filters and the changes that they report.

use super::envelope::{Refusal, response, single_value};
use super::faults::localized_fault;
use super::properties::{missing_property, property_value};
use crate::moref::MoRef;
use crate::property_collector::PropertyValue;
use crate::property_filter::{
    CollectorUpdates, FilterUpdate, MissingObject, ObjectUpdate, ObjectUpdateKind, PropertyChange,
    PropertyChangeOp, UpdateVersion,
};
use crate::unreadable_objects::UnreadableObjects;
use crate::xml::fast_path::{Taken, plain_element};
use crate::xml::text::verbatim;
use crate::xml::{Cursor, DecodeError, Element, read};

/// Reads the answer to `CreateFilter`: the filter's reference.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn create_filter(body: &[u8]) -> Result<MoRef, Refusal> {
    read(body, |cursor| {
        let value = single_value(cursor, "CreateFilter")?;
        Ok(cursor.moref(&value)?)
    })
}

/// Reads the answer to `CreatePropertyCollector`: the collector's reference.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn create_property_collector(body: &[u8]) -> Result<MoRef, Refusal> {
    read(body, |cursor| {
        let value = single_value(cursor, "CreatePropertyCollector")?;
        Ok(cursor.moref(&value)?)
    })
}

/// Reads the answer to `WaitForUpdatesEx`. `None`: nothing has changed.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn update_set(body: &[u8]) -> Result<Option<CollectorUpdates>, Refusal> {
    read(body, |cursor| {
        let response = response(cursor, &["WaitForUpdatesEx"])?;
        let mut updates = None;
        while let Some(value) = cursor.child(&response)? {
            if value.name() == "returnval" {
                updates = Some(collector_updates(cursor, &value)?);
            }
        }
        Ok(updates)
    })
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
    let mut unreadable = UnreadableObjects::default();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "filter" => filter = Some(cursor.moref(&child)?),
            "objectSet" => updates.extend(object_update(cursor, &child, &mut unreadable)?),
            "missingSet" => missing_objects.extend(missing_object(cursor, &child)?),
            _ => {}
        }
    }
    Ok(FilterUpdate {
        filter: filter.ok_or_else(|| cursor.missing(element, "filter"))?,
        updates,
        missing_objects,
        unreadable,
    })
}

/// `None` for an object that cannot be read, which is counted instead.
fn object_update<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    unreadable: &mut UnreadableObjects,
) -> Result<Option<ObjectUpdate>, DecodeError> {
    let mut kind = None;
    let mut obj = None;
    let mut changes = Vec::new();
    let mut missing = Vec::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "kind" => kind = cursor.value_if(&child, kind_of)?,
            "obj" => obj = cursor.moref_if(&child)?,
            "changeSet" => changes.extend(property_change(cursor, &child)?),
            "missingSet" => missing.push(missing_property(cursor, &child)?),
            _ => {}
        }
    }
    let Some(obj) = obj else {
        let name = changes
            .iter()
            .find(|it: &&PropertyChange| &*it.name == "name");
        let name = name.and_then(|name| name.value.as_ref());
        unreadable.add(name.and_then(PropertyValue::as_str));
        return Ok(None);
    };
    Ok(Some(ObjectUpdate {
        obj,
        kind: kind.unwrap_or(ObjectUpdateKind::Modify),
        changes,
        missing,
    }))
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
    let op = op_of(verbatim(op)?)?;
    Some(((verbatim(name)?, op), rest))
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

/// `None` for one that names no object or no fault.
fn missing_object<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<MissingObject>, DecodeError> {
    let mut obj = None;
    let mut fault = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "obj" => obj = cursor.moref_if(&child)?,
            "fault" => fault = Some(localized_fault(cursor, &child)?),
            _ => {}
        }
    }
    let missing = obj.zip(fault);
    Ok(missing.map(|(obj, fault)| MissingObject { obj, fault }))
}
