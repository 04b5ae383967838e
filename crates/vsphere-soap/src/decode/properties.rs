//! Objects and the values of their properties.

use super::devices::virtual_devices;
use super::envelope::{Refusal, response};
use super::faults::localized_fault;
use super::performance::{counter_array, interval_array};
use crate::moref::MoRef;
use crate::property_collector::{
    MissingProperty, ObjectContent, Property, PropertyValue, RetrievedPage,
};
use crate::xml::{Cursor, DecodeError, Element};

/// Reads the answer to `RetrievePropertiesEx` or `ContinueRetrievePropertiesEx`; also that to the
/// older `RetrieveProperties`, which lists the objects without a page around them.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn retrieve_properties(body: &[u8]) -> Result<RetrievedPage, Refusal> {
    let mut cursor = Cursor::new(body);
    let operations = [
        "RetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
        "RetrieveProperties",
    ];
    let response = response(&mut cursor, &operations)?;
    let mut page = RetrievedPage {
        token: None,
        objects: Vec::new(),
    };
    if response.name() == "RetrievePropertiesResponse" {
        while let Some(object) = cursor.child(&response)? {
            page.objects.push(object_content(&mut cursor, &object)?);
        }
        return Ok(page);
    }
    // No returnval at all means that nothing was selected.
    while let Some(value) = cursor.child(&response)? {
        while let Some(child) = cursor.child(&value)? {
            match child.name() {
                "token" => page.token = Some(cursor.string(&child)?),
                "objects" => page.objects.push(object_content(&mut cursor, &child)?),
                _ => {}
            }
        }
    }
    Ok(page)
}

/// Reads the answer to the internal operation `Fetch`, which some clients read single properties
/// with. `None` for an unset property.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn fetch(body: &[u8]) -> Result<Option<PropertyValue>, Refusal> {
    let mut cursor = Cursor::new(body);
    let response = response(&mut cursor, &["Fetch"])?;
    match cursor.child(&response)? {
        Some(value) => Ok(Some(property_value(&mut cursor, &value)?)),
        None => Ok(None),
    }
}

fn object_content<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<ObjectContent, DecodeError> {
    let mut obj = None;
    let mut properties = Vec::new();
    let mut missing = Vec::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "obj" => obj = Some(cursor.moref(&child)?),
            "propSet" => properties.push(property(cursor, &child)?),
            "missingSet" => missing.push(missing_property(cursor, &child)?),
            _ => {}
        }
    }
    let obj = obj.ok_or_else(|| cursor.missing(element, "obj"))?;
    Ok(ObjectContent {
        obj,
        properties,
        missing,
    })
}

fn property<'a>(cursor: &mut Cursor<'a>, element: &Element<'a>) -> Result<Property, DecodeError> {
    let mut name = None;
    let mut value = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "name" => name = Some(cursor.string(&child)?),
            "val" => value = Some(property_value(cursor, &child)?),
            _ => {}
        }
    }
    Ok(Property {
        name: name.ok_or_else(|| cursor.missing(element, "name"))?,
        value: value.ok_or_else(|| cursor.missing(element, "val"))?,
    })
}

pub(super) fn missing_property<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<MissingProperty, DecodeError> {
    let mut path = None;
    let mut fault = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "path" => path = Some(cursor.string(&child)?),
            "fault" => fault = Some(localized_fault(cursor, &child)?),
            _ => {}
        }
    }
    Ok(MissingProperty {
        path: path.ok_or_else(|| cursor.missing(element, "path"))?,
        fault: fault.ok_or_else(|| cursor.missing(element, "fault"))?,
    })
}

pub(super) fn property_value<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<PropertyValue, DecodeError> {
    let kind = cursor.xsi_type(element)?;
    Ok(match kind.as_deref() {
        Some("string") => PropertyValue::String(cursor.string(element)?),
        Some("boolean") => PropertyValue::Boolean(cursor.boolean(element)?),
        Some("int" | "short" | "byte") => PropertyValue::Int(cursor.int(element)?),
        Some("long") => PropertyValue::Long(cursor.long(element)?),
        Some("dateTime") => PropertyValue::DateTime(cursor.timestamp(element)?),
        Some("ManagedObjectReference") => PropertyValue::MoRef(cursor.moref(element)?),
        Some("ArrayOfManagedObjectReference") => PropertyValue::MoRefs(morefs(cursor, element)?),
        Some("ArrayOfVirtualDevice") => {
            PropertyValue::VirtualDevices(virtual_devices(cursor, element)?)
        }
        Some("ManagedByInfo") => managed_by(cursor, element)?,
        Some("ArrayOfPerfCounterInfo") => {
            PropertyValue::PerfCounters(counter_array(cursor, element)?)
        }
        Some("ArrayOfPerfInterval") => {
            PropertyValue::PerfIntervals(interval_array(cursor, element)?)
        }
        kind => {
            let kind: Box<str> = kind.unwrap_or_default().into();
            // Every type that is neither a structure nor one of the above is an enumeration.
            match cursor.text_or_children(element)? {
                Some(text) if !text.trim().is_empty() => PropertyValue::Enum {
                    kind,
                    value: text.trim().into(),
                },
                _ => PropertyValue::Other { kind },
            }
        }
    })
}

fn managed_by<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<PropertyValue, DecodeError> {
    let mut extension_key = None;
    let mut kind = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "extensionKey" => extension_key = Some(cursor.string(&child)?),
            "type" => kind = Some(cursor.string(&child)?),
            _ => {}
        }
    }
    Ok(PropertyValue::ManagedBy {
        extension_key: extension_key.ok_or_else(|| cursor.missing(element, "extensionKey"))?,
        kind: kind.ok_or_else(|| cursor.missing(element, "type"))?,
    })
}

fn morefs<'a>(cursor: &mut Cursor<'a>, array: &Element<'a>) -> Result<Vec<MoRef>, DecodeError> {
    let mut morefs = Vec::new();
    while let Some(element) = cursor.child(array)? {
        morefs.push(cursor.moref(&element)?);
    }
    Ok(morefs)
}
