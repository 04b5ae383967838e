//! The SOAP envelope: a response, or a fault.

use super::faults::{fault_kind, fault_of_type, fault_text};
use crate::fault::Fault;
use crate::xml::error::Problem;
use crate::xml::{Cursor, DecodeError, Element, read};

/// Why a body gives no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server refused the call.
    #[error("{0}")]
    Fault(Box<Fault>),
    /// The body is not what the API promises.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

/// Reads the answer of an operation that returns nothing, such as `Logout`.
///
/// # Errors
/// [`Refusal`] when the server refused, or the body does not answer `operation`.
pub fn void(body: &[u8], operation: &str) -> Result<(), Refusal> {
    read(body, |cursor| {
        let response = open(cursor)?;
        let name = response.name();
        if name.strip_suffix("Response") != Some(operation) {
            let problem = Problem::unexpected("the answer to another operation", name);
            return Err(cursor.error_in(&response, problem).into());
        }
        while cursor.child(&response)?.is_some() {}
        Ok(())
    })
}

/// Reads a fault.
///
/// # Errors
/// [`DecodeError`] when the body is an answer of another kind or no SOAP message.
pub fn fault(body: &[u8]) -> Result<Fault, DecodeError> {
    read(body, |cursor| match open(cursor) {
        Err(Refusal::Fault(fault)) => Ok(*fault),
        Err(Refusal::Malformed(error)) => Err(error),
        Ok(response) => {
            let problem = Problem::unexpected("a fault", response.name());
            Err(cursor.error_in(&response, problem))
        }
    })
}

/// The fault that this body holds instead of a response, if so. Reads no further than to the response.
pub(crate) fn as_fault(body: &[u8]) -> Option<Box<Fault>> {
    match read(body, |cursor| open(cursor).map(|_| ())) {
        Err(Refusal::Fault(fault)) => Some(fault),
        Ok(()) | Err(Refusal::Malformed(_)) => None,
    }
}

/// Goes to the response element of any of `operations`.
pub(super) fn response<'a>(
    cursor: &mut Cursor<'a>,
    operations: &[&str],
) -> Result<Element<'a>, Refusal> {
    let response = open(cursor)?;
    let operation = response.name().strip_suffix("Response");
    if operation.is_some_and(|operation| operations.contains(&operation)) {
        return Ok(response);
    }
    let problem = Problem::unexpected("the response to the call", response.name());
    Err(cursor.error_in(&response, problem).into())
}

/// Goes to the `returnval` of a response that must have one.
pub(super) fn single_value<'a>(
    cursor: &mut Cursor<'a>,
    operation: &str,
) -> Result<Element<'a>, Refusal> {
    let response = response(cursor, &[operation])?;
    while let Some(child) = cursor.child(&response)? {
        if child.name() == "returnval" {
            return Ok(child);
        }
    }
    Err(cursor.missing(&response, "returnval").into())
}

fn open<'a>(cursor: &mut Cursor<'a>) -> Result<Element<'a>, Refusal> {
    let envelope = cursor.root()?;
    if envelope.name() != "Envelope" {
        let problem = Problem::unexpected("a SOAP envelope", envelope.name());
        return Err(cursor.error_in(&envelope, problem).into());
    }
    while let Some(part) = cursor.child(&envelope)? {
        if part.name() != "Body" {
            continue;
        }
        let Some(content) = cursor.child(&part)? else {
            return Err(cursor.missing(&part, "response").into());
        };
        if content.name() == "Fault" {
            return Err(Refusal::Fault(Box::new(read_fault(cursor, &content)?)));
        }
        return Ok(content);
    }
    Err(cursor.missing(&envelope, "Body").into())
}

fn read_fault<'a>(cursor: &mut Cursor<'a>, fault: &Element<'a>) -> Result<Fault, DecodeError> {
    let mut message = String::new();
    let mut kind = None;
    while let Some(child) = cursor.child(fault)? {
        match child.name() {
            "faultstring" => message = fault_text(cursor, &child)?,
            "detail" => {
                if let Some(detail) = cursor.child(&child)? {
                    // The element carries the declared type plus `Fault`; the real one is in its
                    // xsi:type, if anywhere.
                    let declared = detail.name();
                    let declared = declared
                        .strip_suffix("Fault")
                        .unwrap_or(declared)
                        .to_owned();
                    kind = Some(fault_kind(cursor, &detail, &declared)?);
                }
            }
            _ => {}
        }
    }
    let kind = kind.unwrap_or_else(|| fault_of_type("RuntimeFault"));
    Ok(Fault { kind, message })
}
