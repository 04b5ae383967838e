//! What nobody may see: the password on its way, and the session's cookie.

use std::borrow::Cow;
use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};

use super::excerpt::excerpt;
use crate::operation::Operation;
use crate::redactor::Redactor;

const SESSION_COOKIE: &str = "vmware_soap_session";

/// The newest session cookie as a request header, exactly as received: the value comes in quotes.
pub(super) fn session_cookie(headers: &HeaderMap) -> Option<HeaderValue> {
    let pair = headers
        .get_all(SET_COOKIE)
        .iter()
        .rev()
        .find_map(|header| {
            let (pair, _attributes) = split_once(header.as_bytes(), b';');
            let (name, value) = split_once(pair, b'=');
            (name.trim_ascii() == SESSION_COOKIE.as_bytes() && value.is_some()).then_some(pair)
        })?;
    let mut cookie = HeaderValue::from_bytes(pair.trim_ascii()).ok()?;
    cookie.set_sensitive(true);
    Some(cookie)
}

fn split_once(bytes: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = bytes.splitn(2, |byte| *byte == separator);
    (parts.next().unwrap_or_default(), parts.next())
}

/// The value of a session cookie, without its name and quotes: the part that gives access.
pub(super) fn value_of(cookie: &HeaderValue) -> String {
    let (_, value) = split_once(cookie.as_bytes(), b'=');
    let value = String::from_utf8_lossy(value.unwrap_or_default());
    value.trim().trim_matches('"').to_owned()
}

/// What nobody may see of a call.
#[derive(Clone)]
pub(super) struct Secrets {
    pub(super) operation: Operation,
    pub(super) redactor: Arc<Redactor>,
}

impl Secrets {
    /// Whether this text must not be shown. Nothing of a login or logout is, because an answer may quote the password in
    /// any encoding.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        self.operation.is_confidential() || self.redactor.is_in(text)
    }
}

/// Bodies at TRACE level, on their own target. Bodies that hold a secret are left out, and what is not text is described. Line
/// ends are escaped, so a body cannot forge a log entry.
pub(super) fn wire_log(direction: &'static str, secrets: &Secrets, body: &[u8]) {
    if !tracing::enabled!(target: "vsphere_soap::wire", tracing::Level::TRACE) {
        return;
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) if !text.contains('\0') => Cow::Borrowed(text),
        _ => Cow::Owned(excerpt(body)),
    };
    if secrets.may_be_in(&text) {
        return;
    }
    tracing::trace!(
        target: "vsphere_soap::wire",
        direction,
        operation = secrets.operation.name(),
        body = ?text,
    );
}
