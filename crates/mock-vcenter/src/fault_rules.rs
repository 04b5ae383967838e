//! Rules that make calls fail: data, so that a test or a person with curl can set them.

mod effect;

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

pub use self::effect::Effect;
use crate::world::{draw, fraction};

/// Spoils some calls of one operation.
///
/// ```
/// use mock_vcenter::{Effect, FaultRule};
///
/// // The second and the third query about this VM fail.
/// FaultRule::on("QueryPerf", Effect::fault("SystemError"))
///     .object("vm-1001")
///     .skip(1)
///     .times(2);
/// ```
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

    /// The effects on one call: those that leave it to later rules, then the first other one.
    pub(crate) fn effects_on(&self, operation: &str, body: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for active in self.rules().iter_mut() {
            let Some(effect) = active.effect_on(operation, body) else {
                continue;
            };
            let ends = !effect.goes_on();
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
        Some(match effect {
            Effect::Numbered(body) => Effect::xml(body.replace("{n}", &self.tried.to_string())),
            other => other.clone(),
        })
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
    /// A rule that spoils every call of an operation (`*` for any operation).
    pub fn on(operation: impl Into<String>, effect: Effect) -> Self {
        Self {
            operation: operation.into(),
            object: None,
            skip: 0,
            times: None,
            effect,
        }
    }

    /// Spoils only calls whose body names this object id.
    #[must_use]
    pub fn object(self, moref: impl Into<String>) -> Self {
        Self {
            object: Some(moref.into()),
            ..self
        }
    }

    /// Lets this many matching calls pass first.
    #[must_use]
    pub fn skip(self, calls: u32) -> Self {
        Self {
            skip: calls,
            ..self
        }
    }

    /// Spoils only this many calls.
    #[must_use]
    pub fn times(self, calls: u32) -> Self {
        Self {
            times: Some(calls),
            ..self
        }
    }

    fn matches(&self, operation: &str, body: &str) -> bool {
        (self.operation == "*" || self.operation == operation)
            && self.object.as_ref().is_none_or(|moref| names(body, moref))
    }
}

/// Whether an id is the whole text of an element of a body.
fn names(body: &str, moref: &str) -> bool {
    body.match_indices(moref).any(|(at, _)| {
        body.get(..at).is_some_and(|before| before.ends_with('>'))
            && body
                .get(at + moref.len()..)
                .is_some_and(|after| after.starts_with('<'))
    })
}
