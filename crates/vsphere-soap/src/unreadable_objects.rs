//! Objects of an answer that cannot be used, because the answer does not say which objects they are.

use crate::untrusted_text::shown;

/// How many of them the log names.
const MOST_NAMES: usize = 3;
const NAME_CHARS: usize = 80;

/// The objects that were left out of an answer. They cost no other object of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadableObjects {
    /// How many there are.
    pub count: usize,
    /// The first few that have a name, fit to be shown.
    pub names: Vec<Box<str>>,
}

impl UnreadableObjects {
    /// Counts an object, which may have a name.
    pub(crate) fn add(&mut self, name: Option<&str>) {
        self.count += 1;
        if let Some(name) = name
            && self.names.len() < MOST_NAMES
        {
            self.names.push(shown(name, NAME_CHARS).into());
        }
    }

    /// Logs them, if there are any.
    pub(crate) fn report(&self) {
        if self.count > 0 {
            tracing::warn!(
                objects = self.count,
                names = self.names.join(", "),
                "the server sent objects without a usable reference; they are left out"
            );
        }
    }
}
