//! Reads a request into a small tree. Requests are short; answers are what must be fast.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// One operation called on one managed object.
#[derive(Debug)]
pub(crate) struct Request {
    /// The operation, such as `QueryPerf`.
    pub(crate) operation: String,
    /// The element of the operation; its children are the arguments.
    pub(crate) body: Element,
}

/// An element by its local name. Prefixes and namespaces are ignored: servers here accept any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The attribute `type` without prefix: the type of a managed object reference.
    pub(crate) reference_type: Option<String>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

/// Why a body is not a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("parse error: {0}")]
    Xml(#[from] quick_xml::Error),
    #[error("XML document element count exceeds configured maximum {MAX_ELEMENTS}")]
    TooManyElements,
    #[error("elements are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    #[error("unknown entity &{0};")]
    UnknownEntity(String),
    #[error("no SOAP body with an operation was found")]
    NoOperation,
}

/// The limit that vCenter names in its own message.
const MAX_ELEMENTS: usize = 500_000;
const MAX_DEPTH: usize = 100;

impl Request {
    pub(crate) fn parse(text: &str) -> Result<Self, RequestError> {
        let mut document = read(text)?;
        let body = document
            .take("Envelope")
            .and_then(|mut envelope| envelope.take("Body"))
            .and_then(|body| body.children.into_iter().next())
            .ok_or(RequestError::NoOperation)?;
        Ok(Self {
            operation: body.name.clone(),
            body,
        })
    }

    /// The object that the operation is called on: its type as far as given, and its id.
    pub(crate) fn this(&self) -> (&str, &str) {
        self.body
            .child("_this")
            .map_or(("ManagedObject", ""), |this| {
                (
                    this.reference_type.as_deref().unwrap_or("ManagedObject"),
                    this.text.trim(),
                )
            })
    }
}

impl Element {
    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All children of a name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name, without surrounding blanks.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// Whether the first child of a name is true; vCenter takes `1` for `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.text_of(name), Some("true" | "1"))
    }

    fn take(&mut self, name: &str) -> Option<Self> {
        let at = self.children.iter().position(|child| child.name == name)?;
        Some(self.children.swap_remove(at))
    }
}

/// Reads a document into an element without a name that holds the root.
fn read(text: &str) -> Result<Element, RequestError> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    let mut count = 0_usize;
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                count += 1;
                if count > MAX_ELEMENTS {
                    return Err(RequestError::TooManyElements);
                }
                if open.len() > MAX_DEPTH {
                    return Err(RequestError::TooDeep);
                }
                open.push(element(&start)?);
            }
            Event::Empty(start) => {
                count += 1;
                if count > MAX_ELEMENTS {
                    return Err(RequestError::TooManyElements);
                }
                let empty = element(&start)?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(empty);
                }
            }
            Event::End(_) => {
                if let Some(done) = open.pop()
                    && let Some(parent) = open.last_mut()
                {
                    parent.children.push(done);
                }
            }
            Event::Text(text) => append(&mut open, &text.xml10_content()),
            Event::CData(text) => append(&mut open, &text.xml10_content()),
            Event::GeneralRef(entity) => append(&mut open, &resolve(&entity)?),
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => {}
        }
    }
    open.into_iter().next().ok_or(RequestError::NoOperation)
}

fn append(open: &mut [Element], text: &str) {
    if let Some(current) = open.last_mut() {
        current.text.push_str(text);
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, RequestError> {
    let mut reference_type = None;
    for attribute in start.attributes() {
        let attribute = attribute.map_err(quick_xml::Error::from)?;
        if attribute.key.as_ref() == "type" {
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0)?;
            reference_type = Some(value.into_owned());
        }
    }
    let name = start.local_name().as_ref().to_owned();
    Ok(Element {
        name,
        reference_type,
        ..Element::default()
    })
}

fn resolve(entity: &BytesRef<'_>) -> Result<String, RequestError> {
    if let Some(character) = entity.resolve_char_ref()? {
        return Ok(character.to_string());
    }
    let name = entity.xml10_content();
    let text = match name.as_ref() {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        unknown => return Err(RequestError::UnknownEntity(unknown.to_owned())),
    };
    Ok(text.to_owned())
}
