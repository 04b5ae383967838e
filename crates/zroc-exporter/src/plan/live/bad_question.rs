//! A query string that asks for no plan.

/// A query string that asks for no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct BadQuestion {
    /// The parameter to look at, if it is one.
    pub parameter: Option<String>,
    /// What is wrong. It names the parameter.
    pub problem: String,
    /// Whether it is too long to be read.
    pub is_too_long: bool,
}

impl BadQuestion {
    pub(super) fn new(parameter: Option<&str>, problem: String) -> Self {
        Self {
            parameter: parameter.map(str::to_owned),
            problem,
            is_too_long: false,
        }
    }
}
