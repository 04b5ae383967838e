//! Rules that make calls fail: data, so that a test or a person with curl can set them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Spoils some calls of one operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// The SOAP operation, `vimServiceVersions.xml` for the version list, or `*` for any.
    pub operation: String,
    /// Only calls whose body names this object id.
    #[serde(default)]
    pub object: Option<String>,
    /// How many matching calls to let pass first.
    #[serde(default)]
    pub skip: u32,
    /// How many calls to spoil then; `None` spoils them all.
    #[serde(default)]
    pub times: Option<u32>,
    /// What happens to them.
    pub effect: Effect,
}

/// What a rule does to a call. In JSON: `{"status": {"code": 503, ..}}`, `{"delay": 250}` in
/// milliseconds, `"close_connection"`, and so on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Waits, then goes on as if nothing were wrong; later rules still apply.
    #[serde(serialize_with = "to_millis", deserialize_with = "from_millis")]
    Delay(Duration),
    /// Closes the connection without an answer.
    CloseConnection,
    /// Announces the whole answer and closes the connection after this many bytes of its body.
    TruncateBody(usize),
    /// Forgets the caller's session, then answers as to anybody without one.
    NotAuthenticated,
}

/// The rules of a running server.
#[derive(Debug, Default)]
pub(crate) struct FaultRules {
    rules: Mutex<Vec<FaultRule>>,
}

impl FaultRules {
    pub(crate) fn add(&self, rule: FaultRule) {
        self.rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(rule);
    }

    pub(crate) fn clear(&self) {
        self.rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The effects on one call: any delays of matching rules, ended by the first other effect.
    pub(crate) fn effects_on(&self, operation: &str, body: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for rule in self
            .rules
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter_mut()
        {
            if !rule.matches(operation, body) {
                continue;
            }
            if let Some(left) = rule.skip.checked_sub(1) {
                rule.skip = left;
                continue;
            }
            if let Some(times) = &mut rule.times {
                let Some(left) = times.checked_sub(1) else {
                    continue;
                };
                *times = left;
            }
            let effect = rule.effect.clone();
            let ends = !matches!(effect, Effect::Delay(_));
            effects.push(effect);
            if ends {
                break;
            }
        }
        effects
    }
}

impl FaultRule {
    fn matches(&self, operation: &str, body: &str) -> bool {
        (self.operation == "*" || self.operation == operation)
            && self.object.as_ref().is_none_or(|moref| names(body, moref))
    }
}

/// Whether an id stands in a body as the whole text of an element.
fn names(body: &str, moref: &str) -> bool {
    body.match_indices(moref).any(|(at, _)| {
        body.get(..at).is_some_and(|before| before.ends_with('>'))
            && body
                .get(at + moref.len()..)
                .is_some_and(|after| after.starts_with('<'))
    })
}

fn to_millis<S: Serializer>(delay: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    u64::try_from(delay.as_millis())
        .unwrap_or(u64::MAX)
        .serialize(serializer)
}

fn from_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}
