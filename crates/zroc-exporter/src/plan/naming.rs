//! How lists and flags name VMs.

use std::sync::Arc;

/// What a VM is named by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The `instanceUuid` of its vCenter, or its name.
    pub(super) vcenter: Option<Arc<str>>,
    pub(super) moref: Option<Arc<str>>,
    pub(super) name: Option<Arc<str>>,
}

impl Key {
    /// A word that is a reference or a name.
    pub(super) fn of_word(word: &str) -> Self {
        let word: Arc<str> = word.into();
        Self {
            vcenter: None,
            moref: Some(Arc::clone(&word)),
            name: Some(word),
        }
    }

    /// The key as people know it.
    pub(super) fn shown(&self) -> String {
        let name = self.name.as_deref().or(self.moref.as_deref());
        name.unwrap_or_default().to_owned()
    }
}

/// An entry of a list, or a pattern, that names no VM.
#[derive(Debug)]
pub(super) struct Unmatched {
    pub(super) entry: String,
    /// The flag that it comes from, with the line of its file.
    pub(super) from: String,
    pub(super) reason: &'static str,
}
