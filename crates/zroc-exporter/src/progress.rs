//! What is under way, for those who watch a terminal.

use std::io::{self, IsTerminal as _, Write as _};

/// Says on a terminal what is under way, and nothing elsewhere.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
        }
    }

    /// Replaces what was said before.
    pub(crate) fn say(self, text: &str) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }

    /// Says something that stays, also where nobody watches.
    pub(crate) fn note(self, text: &str) {
        self.end();
        let _ = writeln!(io::stderr(), "zroc-exporter: {text}");
    }

    /// Removes what was said.
    pub(crate) fn end(self) {
        self.say("");
    }
}
