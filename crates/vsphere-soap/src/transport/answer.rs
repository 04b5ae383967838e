//! A complete answer: whether it is a message or a refusal, and the value in it.

use reqwest::StatusCode;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::call_record::CallRecord;
use super::excerpt::excerpt;
use super::secrets::Secrets;
use crate::cleared_fault::cleared_fault;
use crate::decode::{self, Refusal};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::join::{RuntimeShutDown, join};
use crate::operation::Operation;
use crate::redactor::WITHHELD;

/// A longer body is decoded on another thread. Otherwise the request that is meant to be on its way meanwhile would wait: a
/// runtime with one thread cannot send it while that thread decodes.
const DECODE_INLINE_BYTES: usize = 16 << 10;

/// A complete answer that is not a refusal, and the record of its call.
pub(crate) struct Answer {
    message: Message,
    record: CallRecord,
}

/// A decompressed body that may be a SOAP message, and is not a fault.
pub(super) struct Message {
    body: Vec<u8>,
    secrets: Secrets,
    endpoint: Endpoint,
}

impl Answer {
    pub(super) fn new(message: Message, record: CallRecord) -> Self {
        Self { message, record }
    }

    /// The operation that was called.
    pub(crate) fn operation(&self) -> Operation {
        self.message.secrets.operation
    }

    /// The body after decompression.
    pub(crate) fn body(&self) -> &[u8] {
        &self.message.body
    }

    /// Length of the body after decompression.
    pub(crate) fn body_bytes(&self) -> usize {
        self.message.body.len()
    }

    /// Reads the value, on another thread if that takes long, and reports the call.
    pub(crate) async fn decode<T>(
        self,
        decode: impl FnOnce(&[u8]) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let started = Instant::now();
        let result = self.message.decode(decode).await;
        self.record.decoded(&result, started.elapsed());
        result
    }
}

impl Message {
    /// Takes a body for a message unless it looks like a web page or holds a fault.
    pub(super) fn open(
        status: StatusCode,
        body: Vec<u8>,
        secrets: Secrets,
        endpoint: Endpoint,
    ) -> Result<Self, Error> {
        // Faults come with status 500, but a proxy's error page may too.
        let may_be_soap = status == StatusCode::OK || status == StatusCode::INTERNAL_SERVER_ERROR;
        if !may_be_soap || !looks_like_xml(&body) {
            let excerpt = match excerpt(&body) {
                _ if secrets.operation.is_confidential() => String::new(),
                excerpt if secrets.may_be_in(&excerpt) => WITHHELD.to_owned(),
                excerpt => excerpt,
            };
            return Err(Error::Http {
                operation: secrets.operation,
                endpoint,
                status: status.as_u16(),
                excerpt,
            });
        }
        if let Some(fault) = decode::as_fault(&body) {
            return Err(refused(Refusal::Fault(fault), &secrets, endpoint));
        }
        Ok(Self {
            body,
            secrets,
            endpoint,
        })
    }

    async fn decode<T>(
        self,
        decode: impl FnOnce(&[u8]) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        if self.body.len() <= DECODE_INLINE_BYTES {
            return self.decode_now(decode);
        }
        let (operation, endpoint) = (self.secrets.operation, self.endpoint.clone());
        let decoding = spawn_blocking(move || self.decode_now(decode));
        join(decoding).await.unwrap_or_else(|RuntimeShutDown| {
            Err(Error::RuntimeShutDown {
                operation,
                endpoint,
            })
        })
    }

    fn decode_now<T>(self, decode: impl FnOnce(&[u8]) -> Result<T, Refusal>) -> Result<T, Error> {
        decode(&self.body).map_err(|refusal| refused(refusal, &self.secrets, self.endpoint))
    }
}

/// The error for a refusal, without its words if they may hold secrets.
fn refused(refusal: Refusal, secrets: &Secrets, endpoint: Endpoint) -> Error {
    let operation = secrets.operation;
    match refusal {
        Refusal::Fault(fault) => Error::Fault {
            operation,
            endpoint,
            fault: Box::new(cleared_fault(
                &secrets.redactor,
                *fault,
                operation.is_confidential(),
            )),
        },
        Refusal::Malformed(source) => Error::Decode {
            operation,
            endpoint,
            source: if secrets.may_be_in(&source.to_string()) {
                source.withheld()
            } else {
                source
            },
        },
    }
}

/// Whether a body may be XML, whatever its content type claims. HTML is XML only where it says so.
fn looks_like_xml(body: &[u8]) -> bool {
    let body = body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii_start();
    let starts_with = |prefix: &[u8]| {
        body.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    body.starts_with(b"<") && !starts_with(b"<!doctype") && !starts_with(b"<html")
}
