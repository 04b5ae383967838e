//! What nobody may see: the password on its way, and the session's cookie.

use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};

use crate::operation::Operation;

const SESSION_COOKIE: &str = "vmware_soap_session";

/// What an answer may repeat of its request and nobody may see.
#[derive(Clone)]
pub(super) struct Secrets {
    pub(super) operation: Operation,
    pub(super) cookie: Option<HeaderValue>,
}

impl Secrets {
    /// Whether the text of a body has to be withheld. A login holds the password, and an
    /// answer may quote it in any encoding.
    pub(super) fn may_be_in(&self, body: &[u8]) -> bool {
        if self.operation.is_confidential() {
            return true;
        }
        let cookie = self.cookie.as_ref().map(HeaderValue::as_bytes);
        let (_, value) = split_once(cookie.unwrap_or_default(), b'=');
        let value = value.unwrap_or_default().trim_ascii();
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        let value = value.strip_suffix(b"\"").unwrap_or(value);
        !value.is_empty() && memchr::memmem::find(body, value).is_some()
    }
}

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

/// Bodies at TRACE level, on their own target. Bodies that hold a password or a
/// session's cookie are left out. Line ends are escaped, so a body cannot forge a log entry.
pub(super) fn wire_log(direction: &'static str, secrets: &Secrets, body: &[u8]) {
    if !tracing::enabled!(target: "vsphere_soap::wire", tracing::Level::TRACE)
        || secrets.may_be_in(body)
    {
        return;
    }
    tracing::trace!(
        target: "vsphere_soap::wire",
        direction,
        operation = secrets.operation.name(),
        body = ?String::from_utf8_lossy(body),
    );
}
