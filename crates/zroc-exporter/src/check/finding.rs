//! What a check found.

use serde_json::{Map, Value};

use super::code::{Code, Group, Verdict};
use crate::printable::printable;

/// What a check found. Its texts have no control characters, whatever names they contain.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// The check.
    pub(super) code: Code,
    /// How it ended.
    pub(super) verdict: Verdict,
    /// What was found, in a few words.
    pub(super) message: String,
    /// More about it, line by line.
    pub(super) details: Vec<String>,
    /// What to do.
    pub(super) hint: Option<String>,
    /// The setting to look at.
    pub(super) setting: Option<&'static str>,
    /// The same for programs.
    pub(super) facts: Map<String, Value>,
}

impl Finding {
    pub(super) fn passed(code: Code, message: impl AsRef<str>) -> Self {
        Self::new(code, Verdict::Passed, message.as_ref())
    }

    /// It ends as badly as the check can.
    pub(super) fn failed(code: Code, message: impl AsRef<str>) -> Self {
        Self::new(code, code.worst(), message.as_ref())
    }

    pub(super) fn warning(code: Code, message: impl AsRef<str>) -> Self {
        Self::new(code, Verdict::Warning, message.as_ref())
    }

    fn new(code: Code, verdict: Verdict, message: &str) -> Self {
        Self {
            code,
            verdict,
            message: printable(message),
            details: Vec::new(),
            hint: None,
            setting: None,
            facts: Map::new(),
        }
    }

    pub(super) fn detail(mut self, line: impl AsRef<str>) -> Self {
        self.details.push(printable(line.as_ref()));
        self
    }

    pub(super) fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.hint = Some(printable(hint.as_ref()));
        self
    }

    pub(super) fn setting(mut self, setting: &'static str) -> Self {
        self.setting = Some(setting);
        self
    }

    pub(super) fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), cleaned(value.into()));
        self
    }

    /// The group of its check.
    pub(super) fn group(&self) -> Group {
        self.code.group()
    }
}

fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => printable(&text).into(),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        other => other,
    }
}
