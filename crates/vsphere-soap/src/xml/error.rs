//! What was wrong with a body, and where in it.

use std::fmt;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::untrusted_text::shown;

/// Longest excerpt of foreign text that an error repeats, in characters.
const EXCERPT_CHARS: usize = 80;
/// Deepest path that an error shows.
const PATH_NAMES: usize = 64;

/// A response body that is not what the vSphere API promises.
///
/// Displays as `QueryPerfResponse > returnval > value at byte 3785: expected an integer, found
/// "12x"`. Holds no more of the body than a short excerpt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}at byte {offset}: {problem}")]
pub struct DecodeError {
    path: PathPrefix,
    offset: usize,
    problem: Problem,
}

impl DecodeError {
    /// The element path is found by reading `input` again up to `offset`, so that the normal way
    /// through a body keeps no path.
    pub(crate) fn new(input: &[u8], offset: usize, problem: Problem) -> Self {
        Self {
            path: path_to(input, offset),
            offset,
            problem,
        }
    }

    /// The same without any text of the body.
    pub(crate) fn withheld(self) -> Self {
        let problem = match self.problem {
            Problem::Syntax(_) | Problem::Unexpected { .. } => Problem::Withheld,
            other => other,
        };
        Self {
            path: PathPrefix(Box::default()),
            offset: self.offset,
            problem,
        }
    }

    /// Names of the elements around the fault, outermost first, joined by ` > `; the SOAP envelope
    /// is left out. Empty at the document's own level.
    pub fn path(&self) -> &str {
        &self.path.0
    }

    /// Byte offset in the (decompressed) body.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

/// Shows the path with a trailing space, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PathPrefix(Box<str>);

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, "{} ", self.0)
        }
    }
}

/// The kind of fault in a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Problem {
    #[error("not well-formed XML: {0}")]
    Syntax(Box<str>),
    #[error("the document ends too early")]
    Truncated,
    #[error("a document type declaration is not accepted")]
    DocumentType,
    #[error("elements nest deeper than {0} levels")]
    TooDeep(u32),
    #[error("expected {expected}, found {found:?}")]
    Unexpected {
        expected: &'static str,
        found: Box<str>,
    },
    #[error("there are more {0} than were asked for")]
    TooMany(&'static str),
    #[error("expected {0}, found an element")]
    NotText(&'static str),
    #[error("not the expected answer, and not shown because it may hold a secret")]
    Withheld,
    #[error("<{0}> is missing")]
    Missing(&'static str),
    #[error("the attribute {0} is missing")]
    MissingAttribute(&'static str),
}

impl Problem {
    pub(crate) fn unexpected(expected: &'static str, found: &str) -> Self {
        Self::Unexpected {
            expected,
            found: excerpt(found),
        }
    }
}

/// The start of a text, safe to show.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    shown(text, EXCERPT_CHARS).into_boxed_str()
}

/// A reader that takes an ampersand without a reference for itself.
pub(super) fn reader(input: &[u8]) -> Reader<&[u8]> {
    let mut reader = Reader::from_reader(input);
    reader.config_mut().allow_dangling_amp = true;
    reader
}

fn path_to(input: &[u8], offset: usize) -> PathPrefix {
    let mut reader = reader(input.get(..offset).unwrap_or(input));
    let mut open: Vec<Box<str>> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                if open.len() == PATH_NAMES {
                    break;
                }
                open.push(excerpt(start.local_name().as_ref()));
            }
            Ok(Event::End(_)) => {
                open.pop();
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    let envelope = open
        .iter()
        .take(2)
        .take_while(|name| matches!(&***name, "Envelope" | "Body"));
    let skipped = envelope.count();
    PathPrefix(
        open.get(skipped..)
            .unwrap_or_default()
            .join(" > ")
            .into_boxed_str(),
    )
}
