//! What is around each answer, as Prometheus' own API has it.

use serde::Serialize;
use utoipa::ToSchema;

use super::error::{ApiError, ErrorType};

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Success<T> {
    status: SuccessWord,
    /// What was asked for.
    data: T,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SuccessWord {
    Success,
}

/// Why there is no answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    status: ErrorWord,
    #[serde(rename = "errorType")]
    error_type: ErrorType,
    /// What is wrong, for people.
    error: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ErrorWord {
    Error,
}

impl<T> Success<T> {
    /// The answer with this data.
    pub fn of(data: T) -> Self {
        Self {
            status: SuccessWord::Success,
            data,
        }
    }
}

impl From<&ApiError> for Failure {
    fn from(error: &ApiError) -> Self {
        Self {
            status: ErrorWord::Error,
            error_type: error.kind(),
            error: error.to_string(),
        }
    }
}
