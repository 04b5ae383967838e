//! Why a question has no answer.

use serde::Serialize;
use utoipa::ToSchema;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The question makes no sense.
    #[error("{parameter}: {fault}")]
    BadParameter {
        /// The parameter, as it was written.
        parameter: String,
        /// What is wrong with it.
        fault: String,
    },
    /// What was asked for is not there.
    #[error("{0}")]
    NotFound(String),
    /// The answer could not be made.
    #[error("a bug in the exporter; its log says more")]
    Internal,
}

/// The kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorType {
    /// A parameter is unknown or has a value that it cannot have.
    BadData,
    /// There is no such path, vCenter or VM.
    NotFound,
    /// A bug in the exporter.
    Internal,
}

impl ApiError {
    pub(super) fn bad(parameter: &str, fault: impl Into<String>) -> Self {
        Self::BadParameter {
            parameter: parameter.to_owned(),
            fault: fault.into(),
        }
    }

    /// The kind, for programs.
    pub fn kind(&self) -> ErrorType {
        match self {
            Self::BadParameter { .. } => ErrorType::BadData,
            Self::NotFound(_) => ErrorType::NotFound,
            Self::Internal => ErrorType::Internal,
        }
    }
}
