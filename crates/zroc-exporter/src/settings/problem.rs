//! What is wrong with the settings, all of it at once.

use std::fmt;

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting as it was given: the environment variable, the flag with its dashes, or the line and the key of the file.
    pub name: String,
    /// What is wrong, with the value unless it is a secret.
    pub fault: String,
    /// What would be accepted; empty if the fault says it.
    pub allowed: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.fault)?;
        match self.allowed {
            "" => Ok(()),
            allowed => write!(f, ": give {allowed}"),
        }
    }
}

/// All problems of the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsError {
    /// At least one problem: first those of the file, then in the order in which settings are read.
    pub problems: Vec<Problem>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.len() {
            1 => write!(f, "a setting cannot be used:")?,
            count => write!(f, "{count} settings cannot be used:")?,
        }
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
