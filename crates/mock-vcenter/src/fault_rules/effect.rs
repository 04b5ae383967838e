//! What can happen to a call.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a rule does to a call. In JSON: `{"status": {"code": 503, ..}}`, `{"delay": 250}` in
/// milliseconds, `"close_connection"`, and so on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Answers with a SOAP fault.
    Fault {
        /// Its type, such as `SystemError`.
        fault_type: String,
        /// The text for people.
        message: String,
        /// Its fields, as XML.
        fields_xml: String,
    },
    /// Answers with something that is not from the SOAP service at all.
    Status {
        /// HTTP status.
        code: u16,
        /// `Content-Type` of the answer.
        content_type: String,
        /// Its body.
        body: String,
    },
    /// Waits, then answers as usual; later rules still apply.
    #[serde(serialize_with = "to_millis", deserialize_with = "from_millis")]
    Delay(Duration),
    /// Closes the connection without an answer.
    CloseConnection,
    /// Resets the connection after this many bytes of the body; with 0, before anything is answered.
    Reset(usize),
    /// Closes this connection and all others, and refuses further ones until the rules are cleared.
    Unreachable,
    /// Closes this connection, and shows another certificate from now on until the rules are cleared.
    OtherCertificate,
    /// Sets the server's clock forward by this many seconds, or back, then answers as usual; later rules still
    /// apply.
    AdvanceClock(i64),
    /// Announces the whole answer and closes the connection after this many bytes of its body.
    TruncateBody(usize),
    /// Forgets the caller's session, then answers as to anybody without one.
    NotAuthenticated,
    /// Sends the answer no faster than this many bytes per second.
    Drip(NonZeroU32),
    /// Sends the answer with this `Content-Type`.
    ContentType(String),
    /// Replaces a text by any bytes, wherever it is in the answer; later rules still apply.
    Replace {
        /// The text, as it is on the wire.
        text: String,
        /// What is sent instead. It need not be UTF-8.
        bytes: Vec<u8>,
    },
    /// Answers with this XML, in which `{n}` is the number of the call, counted by the rule: so a server answers that
    /// promises more for ever.
    Numbered(String),
    /// Answers with this many random bytes, called XML.
    Garbage(usize),
    /// Answers with this many random bytes, called gzip, whether the client accepts it or not.
    GzipGarbage(usize),
    /// Answers with gzip that becomes XML of this many mebibytes, whether the client accepts gzip or not.
    GzipBomb(usize),
    /// Answers with XML of this many mebibytes, without gzip.
    Bloat(usize),
    /// Does something to some calls only, drawn from a seed; the others are left to later rules.
    /// `skip` and `times` of the rule count all of them.
    Sometimes {
        /// Share of calls, from 0 to 1.
        probability: f64,
        /// The same seed always meets the same calls, counted by the rule.
        seed: u64,
        /// What happens to them.
        effect: Box<Effect>,
    },
}

impl Effect {
    /// A SOAP fault with neither message nor fields.
    pub fn fault(fault_type: &str) -> Self {
        Self::fault_with(fault_type, "", "")
    }

    /// A SOAP fault with a message for people and fields as XML.
    pub fn fault_with(fault_type: &str, message: &str, fields_xml: &str) -> Self {
        Self::Fault {
            fault_type: fault_type.to_owned(),
            message: message.to_owned(),
            fields_xml: fields_xml.to_owned(),
        }
    }

    /// An answer that does not come from the SOAP service, such as the error page of a proxy.
    pub fn status(code: u16, content_type: &str, body: impl Into<String>) -> Self {
        Self::Status {
            code,
            content_type: content_type.to_owned(),
            body: body.into(),
        }
    }

    /// This XML in place of the real answer, with status 200.
    pub fn xml(body: impl Into<String>) -> Self {
        Self::status(200, "text/xml; charset=utf-8", body)
    }

    /// A well-formed response to `operation` with this content, such as `<returnval>..</returnval>`.
    pub fn answer(operation: &str, content_xml: &str) -> Self {
        Self::xml(response(operation, content_xml))
    }

    /// A well-formed response to `operation`, in which `{n}` is the number of the call, counted by the rule.
    pub fn numbered_answer(operation: &str, content_xml: &str) -> Self {
        Self::Numbered(response(operation, content_xml))
    }

    /// These bytes instead of this text, wherever it is in the real answer.
    pub fn replace(text: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::Replace {
            text: text.to_owned(),
            bytes: bytes.into(),
        }
    }

    /// Does `self` to a share of the calls only, drawn from a seed.
    #[must_use]
    pub fn sometimes(self, probability: f64, seed: u64) -> Self {
        Self::Sometimes {
            probability,
            seed,
            effect: Box::new(self),
        }
    }

    /// Whether later rules apply to the call as well.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(
            self,
            Self::Delay(_) | Self::AdvanceClock(_) | Self::Replace { .. }
        )
    }
}

fn response(operation: &str, content_xml: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><soapenv:Body>\
         <{operation}Response xmlns=\"urn:vim25\">{content_xml}</{operation}Response>\
         </soapenv:Body></soapenv:Envelope>"
    )
}

fn to_millis<S: Serializer>(delay: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    u64::try_from(delay.as_millis())
        .unwrap_or(u64::MAX)
        .serialize(serializer)
}

fn from_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}
