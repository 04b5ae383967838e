//! Objects and the values of their properties.

use super::custom_fields::{custom_field_values, custom_fields};
use super::devices::{virtual_devices, virtual_hardware};
use super::envelope::{Refusal, response};
use super::faults::{fault_of_type, localized_fault};
use super::performance::{counter_array, interval_array};
use crate::fault::Fault;
use crate::moref::MoRef;
use crate::property_collector::{
    MissingProperty, ObjectContent, Property, PropertyValue, RetrievedPage,
};
use crate::unreadable_objects::UnreadableObjects;
use crate::xml::values::{parse_boolean, parse_timestamp};
use crate::xml::{Cursor, DecodeError, Element, read};

/// Reads the answer to `RetrievePropertiesEx` or `ContinueRetrievePropertiesEx`; also that to the
/// older `RetrieveProperties`, which lists the objects without a page around them.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn retrieve_properties(body: &[u8]) -> Result<RetrievedPage, Refusal> {
    read(body, |cursor| {
        let operations = [
            "RetrievePropertiesEx",
            "ContinueRetrievePropertiesEx",
            "RetrieveProperties",
        ];
        let response = response(cursor, &operations)?;
        let mut page = RetrievedPage {
            token: None,
            objects: Vec::new(),
            unreadable: UnreadableObjects::default(),
        };
        if response.name() == "RetrievePropertiesResponse" {
            while let Some(object) = cursor.child(&response)? {
                object_content(cursor, &object, &mut page)?;
            }
            return Ok(page);
        }
        // No returnval at all means that nothing was selected.
        while let Some(value) = cursor.child(&response)? {
            while let Some(child) = cursor.child(&value)? {
                match child.name() {
                    "token" => page.token = Some(cursor.string(&child)?),
                    "objects" => object_content(cursor, &child, &mut page)?,
                    _ => {}
                }
            }
        }
        Ok(page)
    })
}

/// The token of a page, read without the objects. `None` if the page has no token, or does not begin with it as the
/// schema wants.
pub(crate) fn leading_token(body: &[u8]) -> Option<Box<str>> {
    let mut cursor = Cursor::new(body);
    let operations = ["RetrievePropertiesEx", "ContinueRetrievePropertiesEx"];
    let response = response(&mut cursor, &operations).ok()?;
    let page = cursor.child(&response).ok()??;
    let first = cursor.child(&page).ok()??;
    if first.name() != "token" {
        return None;
    }
    cursor.string(&first).ok()
}

/// Reads the answer to the internal operation `Fetch`, which some clients read single properties
/// with. `None` for an unset property.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn fetch(body: &[u8]) -> Result<Option<PropertyValue>, Refusal> {
    read(body, |cursor| {
        let response = response(cursor, &["Fetch"])?;
        match cursor.child(&response)? {
            Some(value) => Ok(Some(property_value(cursor, &value)?)),
            None => Ok(None),
        }
    })
}

/// Adds an object to the page, or to those that cannot be read.
fn object_content<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    page: &mut RetrievedPage,
) -> Result<(), DecodeError> {
    let mut obj = None;
    let mut properties = Vec::new();
    let mut missing = Vec::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "obj" => obj = cursor.moref_if(&child)?,
            "propSet" => properties.extend(property(cursor, &child)?),
            "missingSet" => missing.push(missing_property(cursor, &child)?),
            _ => {}
        }
    }
    if let Some(obj) = obj {
        page.objects.push(ObjectContent {
            obj,
            properties,
            missing,
        });
    } else {
        let name = properties.iter().find(|it: &&Property| &*it.name == "name");
        page.unreadable
            .add(name.and_then(|name| name.value.as_str()));
    }
    Ok(())
}

/// `None` for a property without a name or a value: it counts as unset.
fn property<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<Property>, DecodeError> {
    let mut name = None;
    let mut value = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "name" => name = cursor.string_if(&child)?,
            "val" => value = Some(property_value(cursor, &child)?),
            _ => {}
        }
    }
    let property = name.zip(value);
    Ok(property.map(|(name, value)| Property { name, value }))
}

pub(super) fn missing_property<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<MissingProperty, DecodeError> {
    let mut path = None;
    let mut fault = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "path" => path = cursor.string_if(&child)?,
            "fault" => fault = Some(localized_fault(cursor, &child)?),
            _ => {}
        }
    }
    Ok(MissingProperty {
        path: path.unwrap_or_default(),
        fault: fault.unwrap_or_else(|| Fault {
            kind: fault_of_type("MethodFault"),
            message: String::new(),
        }),
    })
}

/// A value that does not fit its type becomes [`PropertyValue::Other`]: it spoils one property of one object only.
pub(super) fn property_value<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<PropertyValue, DecodeError> {
    let kind = cursor.xsi_type(element)?;
    let value = match kind.as_deref() {
        Some("string") => cursor.string_if(element)?.map(PropertyValue::String),
        Some("boolean") => {
            let value = cursor.value_if(element, parse_boolean)?;
            value.map(PropertyValue::Boolean)
        }
        Some("int" | "short" | "byte") => cursor.number_if(element)?.map(PropertyValue::Int),
        Some("long") => cursor.number_if(element)?.map(PropertyValue::Long),
        Some("dateTime") => {
            let value = cursor.value_if(element, parse_timestamp)?;
            value.map(PropertyValue::DateTime)
        }
        Some("ManagedObjectReference") => cursor.moref_if(element)?.map(PropertyValue::MoRef),
        Some("ArrayOfManagedObjectReference") => {
            Some(PropertyValue::MoRefs(morefs(cursor, element)?))
        }
        Some("ArrayOfVirtualDevice") => {
            let devices = virtual_devices(cursor, element)?;
            Some(PropertyValue::VirtualDevices(devices))
        }
        Some("VirtualHardware") => {
            let hardware = virtual_hardware(cursor, element)?;
            Some(PropertyValue::VirtualHardware(hardware))
        }
        Some("ArrayOfCustomFieldDef") => {
            let fields = custom_fields(cursor, element)?;
            Some(PropertyValue::CustomFields(fields))
        }
        Some("ArrayOfCustomFieldValue") => {
            let values = custom_field_values(cursor, element)?;
            Some(PropertyValue::CustomFieldValues(values))
        }
        Some("ManagedByInfo") => managed_by(cursor, element)?,
        Some("ArrayOfPerfCounterInfo") => {
            let counters = counter_array(cursor, element)?;
            Some(PropertyValue::PerfCounters(counters))
        }
        Some("ArrayOfPerfInterval") => {
            let intervals = interval_array(cursor, element)?;
            Some(PropertyValue::PerfIntervals(intervals))
        }
        // Every type that is neither a structure nor one of the above is an enumeration.
        kind => cursor
            .text_or_children(element)?
            .filter(|text| !text.trim().is_empty())
            .map(|text| PropertyValue::Enum {
                kind: kind.unwrap_or_default().into(),
                value: text.trim().into(),
            }),
    };
    Ok(value.unwrap_or_else(|| PropertyValue::Other {
        kind: kind.unwrap_or_default().into(),
    }))
}

fn managed_by<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Option<PropertyValue>, DecodeError> {
    let mut extension_key = None;
    let mut kind = None;
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "extensionKey" => extension_key = cursor.string_if(&child)?,
            "type" => kind = cursor.string_if(&child)?,
            _ => {}
        }
    }
    Ok(extension_key.map(|extension_key| PropertyValue::ManagedBy {
        extension_key,
        kind: kind.unwrap_or_default(),
    }))
}

/// Skips items that are not references.
fn morefs<'a>(cursor: &mut Cursor<'a>, array: &Element<'a>) -> Result<Vec<MoRef>, DecodeError> {
    let mut morefs = Vec::new();
    while let Some(element) = cursor.child(array)? {
        morefs.extend(cursor.moref_if(&element)?);
    }
    Ok(morefs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_of(page: &str) -> Option<Box<str>> {
        let body = format!(
            "<Envelope><Body><ContinueRetrievePropertiesExResponse>{page}</ContinueRetrievePropertiesExResponse></Body>\
             </Envelope>"
        );
        leading_token(body.as_bytes())
    }

    #[test]
    fn a_token_is_read_ahead_only_where_it_comes_first() {
        let object = "<objects><obj type=\"Folder\">group-1</obj></objects>";
        let page = |content: &str| format!("<returnval>{content}</returnval>");
        assert_eq!(
            token_of(&page(&format!("<token>a</token>{object}"))).as_deref(),
            Some("a")
        );
        // Whatever follows, the token is known.
        assert_eq!(
            token_of("<returnval><token>a</token><objects><").as_deref(),
            Some("a")
        );
        for none in [
            page(&format!("{object}<token>a</token>")),
            page(object),
            page("<token><a/></token>"),
            page(""),
            "<returnval/>".to_owned(),
            String::new(),
            "<".to_owned(),
        ] {
            assert_eq!(token_of(&none), None, "{none}");
        }
        let fault =
            "<Envelope><Body><Fault><faultstring>No.</faultstring></Fault></Body></Envelope>";
        assert_eq!(leading_token(fault.as_bytes()), None);
    }
}
