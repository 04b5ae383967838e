//! A cursor over one XML document: child by child, unknown elements skipped.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::SyntaxError;
use quick_xml::events::{BytesStart, Event};

use super::error::{DecodeError, Problem, excerpt};
use super::text;

/// Recorded bodies nest fewer than 20 levels; anything near this bound is not a vSphere answer.
const MAX_DEPTH: u32 = 64;

const XSI_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Reads one document front to back.
///
/// [`Cursor::child`] hands out the children of an element one after the other. A child that the
/// caller did not read is skipped by the next call, so unknown elements need no code.
pub(crate) struct Cursor<'a> {
    pub(super) input: &'a [u8],
    pub(super) reader: Reader<&'a [u8]>,
    /// Number of open elements.
    pub(super) depth: u32,
    /// The element just opened was `<name/>`: its end is still to be reported.
    pub(super) empty_open: bool,
    /// The element opened last, while nothing of its content has been read.
    pub(super) unread: Option<Unread>,
    /// Prefix declarations in scope, innermost last. Only declarations matter here whose prefix is,
    /// or shadows, a prefix of the `XMLSchema-instance` namespace, but telling which is not worth it.
    prefixes: Vec<PrefixScope<'a>>,
    /// Reading ended at bytes that are not UTF-8.
    has_met_odd_bytes: bool,
}

struct PrefixScope<'a> {
    depth: u32,
    prefix: &'a [u8],
    is_xsi: bool,
}

/// Where the content of an element begins, and where in the input its name is.
#[derive(Clone, Copy)]
pub(super) struct Unread {
    pub(super) depth: u32,
    pub(super) content: usize,
    pub(super) name: (usize, usize),
}

/// An element whose start tag has been read.
pub(crate) struct Element<'a> {
    start: BytesStart<'a>,
    pub(super) depth: u32,
    /// Offset of the first byte after the start tag.
    offset: usize,
}

impl Element<'_> {
    /// The name without its prefix. The API uses one namespace only, so prefixes say nothing.
    pub(crate) fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }
}

/// What the reader met next, comments and the like left out.
enum Token<'a> {
    Start(Element<'a>),
    End,
    Text(Cow<'a, str>),
    EndOfInput,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            reader: super::error::reader(input),
            depth: 0,
            empty_open: false,
            unread: None,
            prefixes: Vec::new(),
            has_met_odd_bytes: false,
        }
    }

    /// Whether reading ended at bytes that are not UTF-8.
    pub(super) fn has_met_odd_bytes(&self) -> bool {
        self.has_met_odd_bytes
    }

    /// The document's outermost element.
    pub(crate) fn root(&mut self) -> Result<Element<'a>, DecodeError> {
        match self.token()? {
            Token::Start(element) => Ok(element),
            Token::Text(text) if is_blank(&text) => self.root(),
            Token::Text(text) => Err(self.error(Problem::unexpected("an XML document", &text))),
            Token::End | Token::EndOfInput => Err(self.error(Problem::Truncated)),
        }
    }

    /// The next child of `parent`, or `None` once `parent` has ended.
    pub(crate) fn child(
        &mut self,
        parent: &Element<'a>,
    ) -> Result<Option<Element<'a>>, DecodeError> {
        if self.depth == parent.depth + 1 {
            self.jump_to_end();
        }
        while self.depth >= parent.depth {
            match self.token()? {
                Token::Start(element) if element.depth == parent.depth + 1 => {
                    return Ok(Some(element));
                }
                Token::EndOfInput => return Err(self.error(Problem::Truncated)),
                Token::Start(_) | Token::End | Token::Text(_) => {}
            }
        }
        Ok(None)
    }

    /// The text of an element that holds nothing but text, untrimmed.
    pub(crate) fn text(&mut self, element: &Element<'a>) -> Result<Cow<'a, str>, DecodeError> {
        match self.text_or_children(element)? {
            Some(text) => Ok(text),
            None => Err(self.error_in(element, Problem::NotText("text"))),
        }
    }

    /// The text of an element, or `None` for an element with children, which are skipped.
    pub(crate) fn text_or_children(
        &mut self,
        element: &Element<'a>,
    ) -> Result<Option<Cow<'a, str>>, DecodeError> {
        let mut text = Cow::Borrowed("");
        if let Some(plain) = self.plain_text(element) {
            text = plain;
        }
        let mut has_children = false;
        while self.depth >= element.depth {
            match self.token()? {
                Token::Text(piece) if !has_children => {
                    if text.is_empty() {
                        text = piece;
                    } else {
                        text.to_mut().push_str(&piece);
                    }
                }
                Token::Start(_) => has_children = true,
                Token::EndOfInput => return Err(self.error(Problem::Truncated)),
                Token::End | Token::Text(_) => {}
            }
        }
        Ok((!has_children).then_some(text))
    }

    /// The value of `xsi:type` without its prefix: `string` for `xsd:string`. The attribute is found
    /// by its namespace, since simulators declare prefixes of their own.
    pub(crate) fn xsi_type<'e>(
        &self,
        element: &'e Element<'a>,
    ) -> Result<Option<Cow<'e, str>>, DecodeError> {
        let value = self.attribute(element, |key| match key.split_once(':') {
            Some((prefix, "type")) => self.is_xsi(prefix.as_bytes()),
            _ => false,
        })?;
        Ok(value.map(|value| match value {
            Cow::Borrowed(value) => Cow::Borrowed(without_prefix(value)),
            Cow::Owned(value) => Cow::Owned(without_prefix(&value).to_owned()),
        }))
    }

    /// The value of the attribute `type` without a namespace: a reference's kind.
    pub(crate) fn reference_kind<'e>(
        &self,
        element: &'e Element<'a>,
    ) -> Result<Option<Cow<'e, str>>, DecodeError> {
        self.attribute(element, |key| key == "type")
    }

    /// An error at `element`.
    pub(crate) fn error_in(&self, element: &Element<'a>, problem: Problem) -> DecodeError {
        DecodeError::new(self.input, element.offset, problem)
    }

    /// The error of a child that `parent` should have had.
    pub(crate) fn missing(&self, parent: &Element<'a>, child: &'static str) -> DecodeError {
        self.error_in(parent, Problem::Missing(child))
    }

    fn error(&self, problem: Problem) -> DecodeError {
        DecodeError::new(self.input, self.offset(), problem)
    }

    /// Bytes read so far. Derived from what is left, because [`Cursor::take_plain`] and its like move the reader
    /// on without telling it.
    pub(super) fn offset(&self) -> usize {
        self.input.len().saturating_sub(self.reader.get_ref().len())
    }

    fn token(&mut self) -> Result<Token<'a>, DecodeError> {
        if self.empty_open {
            self.empty_open = false;
            self.close();
            return Ok(Token::End);
        }
        loop {
            let before = self.offset();
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.syntax_error(before, &error)),
            };
            return match event {
                Event::Start(start) => self.open(start).map(Token::Start),
                Event::Empty(start) => {
                    self.empty_open = true;
                    self.open(start).map(Token::Start)
                }
                Event::End(_) => {
                    self.close();
                    Ok(Token::End)
                }
                Event::Text(text) => Ok(Token::Text(read_all(text.into_inner()))),
                Event::CData(text) => Ok(Token::Text(read_all(text.into_inner()))),
                Event::GeneralRef(reference) => Ok(Token::Text(text::reference(&reference))),
                Event::DocType(_) => Err(self.error(Problem::DocumentType)),
                Event::Eof => Ok(Token::EndOfInput),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
            };
        }
    }

    fn open(&mut self, start: BytesStart<'a>) -> Result<Element<'a>, DecodeError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(Problem::TooDeep(MAX_DEPTH)));
        }
        let element = Element {
            start,
            depth: self.depth,
            offset: self.offset(),
        };
        let attributes = element.start.attributes_raw().as_bytes();
        if !attributes.is_empty() && memchr::memmem::find(attributes, b"xmlns").is_some() {
            self.declare(&element)?;
        }
        let closing = if self.empty_open { 2 } else { 1 };
        let tag_length = element.start.len() + closing;
        let name_start = element.offset.saturating_sub(tag_length);
        self.unread = Some(Unread {
            depth: element.depth,
            content: element.offset,
            name: (name_start, name_start + element.start.name().as_ref().len()),
        });
        Ok(element)
    }

    fn close(&mut self) {
        while self
            .prefixes
            .last()
            .is_some_and(|scope| scope.depth == self.depth)
        {
            self.prefixes.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn declare(&mut self, element: &Element<'a>) -> Result<(), DecodeError> {
        // Attributes borrow from the element; the prefix is cut from the input itself, which lives
        // as long as the cursor.
        let closing = if self.empty_open { 2 } else { 1 };
        let tag_end = element.offset.saturating_sub(closing);
        let raw_len = element.start.attributes_raw().len();
        let raw_start = tag_end.saturating_sub(raw_len);
        let raw: &'a [u8] = self.input.get(raw_start..tag_end).unwrap_or_default();
        let raw = std::str::from_utf8(raw)
            .map_err(|error| self.error(Problem::Syntax(excerpt(&error.to_string()))))?;
        for attribute in quick_xml::events::attributes::Attributes::new(raw, 0) {
            let attribute = attribute.map_err(|error| {
                self.error_in(element, Problem::Syntax(excerpt(&error.to_string())))
            })?;
            let Some(prefix) = attribute.key.0.strip_prefix("xmlns:") else {
                continue;
            };
            let is_xsi = text::attribute(attribute.value) == XSI_NAMESPACE;
            self.prefixes.push(PrefixScope {
                depth: self.depth,
                prefix: prefix.as_bytes(),
                is_xsi,
            });
        }
        Ok(())
    }

    pub(super) fn is_xsi(&self, prefix: &[u8]) -> bool {
        let declared = self
            .prefixes
            .iter()
            .rev()
            .find(|scope| scope.prefix == prefix);
        declared.is_some_and(|scope| scope.is_xsi)
    }

    fn attribute<'e>(
        &self,
        element: &'e Element<'a>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<Cow<'e, str>>, DecodeError> {
        for attribute in element.start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| {
                self.error_in(element, Problem::Syntax(excerpt(&error.to_string())))
            })?;
            if wanted(attribute.key.0) {
                return Ok(Some(text::attribute(attribute.value)));
            }
        }
        Ok(None)
    }

    fn syntax_error(&mut self, before: usize, error: &quick_xml::Error) -> DecodeError {
        self.has_met_odd_bytes |= matches!(error, quick_xml::Error::Encoding(_));
        let problem = match error {
            // All other faults of this sort are constructs without an end.
            quick_xml::Error::Syntax(syntax) if *syntax != SyntaxError::InvalidBangMarkup => {
                Problem::Truncated
            }
            other => Problem::Syntax(excerpt(&other.to_string())),
        };
        DecodeError::new(self.input, before, problem)
    }
}

/// Whether a text outside of the root element says nothing. Some programs put a byte order mark before what they pass on.
fn is_blank(text: &str) -> bool {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\u{FEFF}')
        .is_empty()
}

fn read_all(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => text::read(text),
        Cow::Owned(text) => Cow::Owned(text::read(&text).into_owned()),
    }
}

pub(super) fn without_prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
