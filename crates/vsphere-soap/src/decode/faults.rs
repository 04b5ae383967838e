//! Fault types and their fields.

use crate::fault::{Fault, FaultKind};
use crate::moref::MoRef;
use crate::xml::{Cursor, DecodeError, Element};

/// The fields of all faults that we tell apart. No two faults use one name for different things.
#[derive(Default)]
struct Fields {
    object: Option<MoRef>,
    privilege_id: Option<String>,
    invalid_property: Option<String>,
    name: Option<String>,
    details: Option<String>,
    reason: Option<String>,
    method: Option<String>,
}

/// Reads the fault in `element`; `declared` names its type when the element itself does not.
pub(super) fn fault_kind<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    declared: &str,
) -> Result<FaultKind, DecodeError> {
    let type_name = match cursor.xsi_type(element)? {
        Some(name) => name.into_owned(),
        None => declared.to_owned(),
    };
    let mut fields = Fields::default();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "object" | "obj" | "receiver" => fields.object = Some(cursor.moref(&child)?),
            "privilegeId" => fields.privilege_id = Some(cursor.text(&child)?.into_owned()),
            "invalidProperty" => fields.invalid_property = Some(cursor.text(&child)?.into_owned()),
            "name" => fields.name = Some(cursor.text(&child)?.into_owned()),
            "details" => fields.details = Some(cursor.text(&child)?.into_owned()),
            "reason" => fields.reason = Some(cursor.text(&child)?.into_owned()),
            "method" => fields.method = Some(cursor.text(&child)?.into_owned()),
            _ => {}
        }
    }
    Ok(kind(type_name, fields))
}

fn kind(type_name: String, fields: Fields) -> FaultKind {
    let Fields {
        object,
        privilege_id,
        invalid_property,
        name,
        details,
        reason,
        method,
    } = fields;
    match type_name.as_str() {
        "InvalidLogin" => FaultKind::InvalidLogin,
        "NotAuthenticated" => FaultKind::NotAuthenticated {
            object,
            privilege_id,
        },
        "NoPermission" => FaultKind::NoPermission {
            object,
            privilege_id,
        },
        "InvalidArgument" => FaultKind::InvalidArgument { invalid_property },
        "ManagedObjectNotFound" => FaultKind::ManagedObjectNotFound { object },
        "InvalidProperty" => FaultKind::InvalidProperty {
            name: name.unwrap_or_default(),
        },
        "InvalidName" => FaultKind::InvalidName {
            name: name.unwrap_or_default(),
        },
        "RestrictedByAdministrator" => FaultKind::RestrictedByAdministrator {
            details: details.unwrap_or_default(),
        },
        "InvalidCollectorVersion" => FaultKind::InvalidCollectorVersion,
        "RequestCanceled" => FaultKind::RequestCanceled,
        "SystemError" => FaultKind::SystemError {
            reason: reason.unwrap_or_default(),
        },
        "HostCommunication" | "HostNotConnected" | "HostNotReachable" => {
            FaultKind::HostCommunication { type_name }
        }
        "MethodNotFound" => FaultKind::MethodNotFound {
            receiver: object,
            method: method.unwrap_or_default(),
        },
        _ => FaultKind::Other { type_name },
    }
}

/// Reads a `LocalizedMethodFault`, the form of faults inside of results.
pub(super) fn localized_fault<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Fault, DecodeError> {
    let mut kind = None;
    let mut message = String::new();
    while let Some(child) = cursor.child(element)? {
        match child.name() {
            "fault" => kind = Some(fault_kind(cursor, &child, "MethodFault")?),
            "localizedMessage" => message = cursor.text(&child)?.into_owned(),
            _ => {}
        }
    }
    let kind = kind.ok_or_else(|| cursor.missing(element, "fault"))?;
    Ok(Fault { kind, message })
}
