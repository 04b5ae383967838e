//! Rules that make calls fail: data, so that a test or a person with curl can set them.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::world::{draw, fraction};

/// Spoils some calls of one operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Waits, then goes on as if nothing were wrong; later rules still apply.
    #[serde(serialize_with = "to_millis", deserialize_with = "from_millis")]
    Delay(Duration),
    /// Closes the connection without an answer.
    CloseConnection,
    /// Announces the whole answer and closes the connection after this many bytes of its body.
    TruncateBody(usize),
    /// Forgets the caller's session, then answers as to anybody without one.
    NotAuthenticated,
    /// Sends the answer no faster than this many bytes per second.
    Drip(NonZeroU32),
    /// Answers with this many random bytes, called XML.
    Garbage(usize),
    /// Answers with this many random bytes, called gzip, whether the client accepts it or not.
    GzipGarbage(usize),
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

/// The rules of a running server.
#[derive(Debug, Default)]
pub(crate) struct FaultRules {
    rules: Mutex<Vec<Active>>,
}

#[derive(Debug)]
struct Active {
    /// Its `skip` and `times` count down.
    rule: FaultRule,
    /// How many calls it was to spoil so far.
    tried: u64,
}

impl FaultRules {
    pub(crate) fn add(&self, rule: FaultRule) {
        self.rules().push(Active { rule, tried: 0 });
    }

    pub(crate) fn clear(&self) {
        self.rules().clear();
    }

    /// The effects on one call: any delays of matching rules, ended by the first other effect.
    pub(crate) fn effects_on(&self, operation: &str, body: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for active in self.rules().iter_mut() {
            let Some(effect) = active.effect_on(operation, body) else {
                continue;
            };
            let ends = !matches!(effect, Effect::Delay(_));
            effects.push(effect);
            if ends {
                break;
            }
        }
        effects
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Active>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    fn effect_on(&mut self, operation: &str, body: &str) -> Option<Effect> {
        if !self.rule.matches(operation, body) {
            return None;
        }
        if let Some(left) = self.rule.skip.checked_sub(1) {
            self.rule.skip = left;
            return None;
        }
        if let Some(times) = &mut self.rule.times {
            *times = times.checked_sub(1)?;
        }
        self.tried += 1;
        let mut effect = &self.rule.effect;
        while let Effect::Sometimes {
            probability,
            seed,
            effect: inner,
        } = effect
        {
            if fraction(draw(*seed, self.tried, 0xfa17, 0)) >= *probability {
                return None;
            }
            effect = inner;
        }
        Some(effect.clone())
    }
}

/// Bytes without any sense, the same for the same length.
pub(crate) fn garbage(length: usize) -> Vec<u8> {
    (0..)
        .flat_map(|number| draw(0x6a4b, number, 0, 0).to_be_bytes())
        .take(length)
        .collect()
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
