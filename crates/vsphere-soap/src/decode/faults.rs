//! Fault types and their fields.

use crate::fault::{Fault, FaultKind};
use crate::moref::MoRef;
use crate::untrusted_text::shown;
use crate::xml::{Cursor, DecodeError, Element};

/// The fields of all faults that this library distinguishes. No two faults use one name for different things.
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

/// Longest text of a fault that is kept, in characters.
const TEXT_CHARS: usize = 300;

/// A text of a fault, fit to be shown: whatever else is wrong with it, the fault's type still counts.
pub(super) fn fault_text<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<String, DecodeError> {
    let text = cursor.text_or_children(element)?.unwrap_or_default();
    Ok(shown(&text, TEXT_CHARS))
}

/// Reads the fault in `element`; `declared` names its type when the element itself does not.
pub(super) fn fault_kind<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
    declared: &str,
) -> Result<FaultKind, DecodeError> {
    let type_name = match cursor.xsi_type(element)? {
        Some(name) => shown(&name, TEXT_CHARS),
        None => shown(declared, TEXT_CHARS),
    };
    let mut fields = Fields::default();
    while let Some(child) = cursor.child(element)? {
        let field = match child.name() {
            "object" | "obj" | "receiver" => {
                let kind = cursor.reference_kind(&child)?;
                let kind = kind.map(|kind| shown(&kind, TEXT_CHARS));
                let value = fault_text(cursor, &child)?;
                fields.object = kind.map(|kind| MoRef::new(kind, value));
                continue;
            }
            "privilegeId" => &mut fields.privilege_id,
            "invalidProperty" => &mut fields.invalid_property,
            "name" => &mut fields.name,
            "details" => &mut fields.details,
            "reason" => &mut fields.reason,
            "method" => &mut fields.method,
            _ => continue,
        };
        *field = Some(fault_text(cursor, &child)?);
    }
    Ok(kind(type_name, fields))
}

/// The fault without any text but the name of its type.
pub(crate) fn without_text(fault: &Fault) -> Fault {
    Fault {
        kind: fault_of_type(fault.kind.type_name()),
        message: String::new(),
    }
}

/// A fault of which nothing but the type is known.
pub(super) fn fault_of_type(type_name: &str) -> FaultKind {
    kind(type_name.to_owned(), Fields::default())
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
        // The client certificate kind is for logins by certificate, but a refusal all the same.
        "InvalidLogin" | "InvalidClientCertificate" => FaultKind::InvalidLogin,
        "PasswordExpired" => FaultKind::PasswordExpired,
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
            "localizedMessage" => message = fault_text(cursor, &child)?,
            _ => {}
        }
    }
    let kind = kind.unwrap_or_else(|| fault_of_type("MethodFault"));
    Ok(Fault { kind, message })
}
