//! An error and its causes, in one line and one by one.

use std::error::Error;
use std::iter;

/// The causes of an error, the nearest first.
pub(crate) fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}

/// An error with all its causes in one line. A cause that the text already ends with is left out.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    for cause in causes(error) {
        let cause = cause.to_string();
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Step {
        text: &'static str,
        source: Option<Box<Step>>,
    }

    fn chain(texts: &[&'static str]) -> Step {
        let (text, causes) = texts.split_first().unwrap();
        let source = (!causes.is_empty()).then(|| Box::new(chain(causes)));
        Step { text, source }
    }

    #[test]
    fn a_cause_appears_once() {
        for (texts, line) in [
            (&["a"][..], "a"),
            (&["a", "b", "c"], "a: b: c"),
            (&["a: b", "b", "c"], "a: b: c"),
            (&["a", "b", "b"], "a: b"),
        ] {
            assert_eq!(with_causes(&chain(texts)), line);
        }
    }
}
