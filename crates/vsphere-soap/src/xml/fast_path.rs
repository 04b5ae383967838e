//! Shortcuts past the event reader, for elements in the plain form in which servers write nearly all of them.
//!
//! Each of them looks for one literal form and leaves everything else, comments and CDATA sections included, to the event
//! reader. They decide how fast a long answer is read, never what it says.

use std::borrow::Cow;

use super::cursor::{Cursor, Element};
use super::text;

/// A value taken off the front of the input, and what is left; `None` leaves everything to the event reader.
pub(crate) type Taken<'a, T> = Option<(T, &'a [u8])>;

impl<'a> Cursor<'a> {
    /// Lets `parse` take the plainest form of what comes next in `parent`: it gets the input and returns a value with
    /// what is left, or `None` to leave everything to [`Cursor::child`]. Long lists spend their time here.
    pub(crate) fn take_plain<T>(
        &mut self,
        parent: &Element<'a>,
        parse: impl FnOnce(&'a [u8]) -> Taken<'a, T>,
    ) -> Option<T> {
        if self.empty_open || self.depth != parent.depth {
            return None;
        }
        let (value, rest) = parse(self.reader.get_ref())?;
        *self.reader.get_mut() = rest;
        Some(value)
    }

    /// Skips the next elements in `parent` while `is_wanted` refuses their name and their `xsi:type`. Also stops at
    /// elements with other attributes.
    pub(crate) fn skip_unwanted(
        &mut self,
        parent: &Element<'a>,
        is_wanted: impl Fn(&[u8], Option<&[u8]>) -> bool,
    ) {
        while !self.empty_open && self.depth == parent.depth {
            let rest: &'a [u8] = self.reader.get_ref();
            let Some(tag) = start_tag(rest) else {
                return;
            };
            let kind = match tag.typed {
                Some((prefix, _)) if !self.is_xsi(prefix) => return,
                typed => typed.map(|(_, kind)| local_part(kind)),
            };
            if is_wanted(tag.name, kind) {
                return;
            }
            let after = end_tag(tag.content, tag.name);
            let Some(after) = after.and_then(|end| after_end_tag(end, tag.name)) else {
                return;
            };
            *self.reader.get_mut() = after;
        }
    }

    /// The text of an unread element that holds nothing but text and no entity.
    pub(super) fn plain_text(&mut self, element: &Element<'a>) -> Option<Cow<'a, str>> {
        let unread = self
            .unread
            .take()
            .filter(|unread| unread.depth == element.depth)?;
        if self.empty_open || unread.content != self.offset() {
            return None;
        }
        let rest: &'a [u8] = self.reader.get_ref();
        let end = memchr::memchr2(b'<', b'&', rest)?;
        let (text, rest) = rest.split_at(end);
        if !rest.starts_with(b"</") {
            return None;
        }
        let text = std::str::from_utf8(text).ok()?;
        *self.reader.get_mut() = rest;
        Some(text::read(text))
    }

    /// Moves to the end tag of an unread element, unless there is anything on the way that makes it hard to find.
    pub(super) fn jump_to_end(&mut self) {
        let Some(unread) = self
            .unread
            .take()
            .filter(|unread| unread.depth == self.depth)
        else {
            return;
        };
        if self.empty_open || unread.content != self.offset() {
            return;
        }
        let (start, end) = unread.name;
        let name = self.input.get(start..end).unwrap_or_default();
        let rest: &'a [u8] = self.reader.get_ref();
        if let Some(end_tag) = end_tag(rest, name) {
            *self.reader.get_mut() = end_tag;
        }
    }
}

/// The rest of `input` from the end tag on that closes an element called `name`, of which `input` is the content.
///
/// `None` when a comment, a CDATA section or an element of the same name comes first: then every tag has to be read.
fn end_tag<'a>(input: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    for position in memchr::memchr_iter(b'<', input) {
        let (_, tag) = input.split_at(position);
        match tag.get(1)? {
            b'!' => return None,
            b'/' if is_named(tag.get(2..)?, name) => return Some(tag),
            _ if is_named(tag.get(1..)?, name) => return None,
            _ => {}
        }
    }
    None
}

/// Whether a tag, from its name on, is called `name`. Most names differ in the first letter.
fn is_named(tag: &[u8], name: &[u8]) -> bool {
    tag.first() == name.first()
        && tag.starts_with(name)
        && !tag.get(name.len()).is_some_and(|byte| is_name_byte(*byte))
}

/// `<name>` or `<name prefix:type="kind">`.
pub(crate) struct StartTag<'a> {
    pub(crate) name: &'a [u8],
    /// The prefix and the kind.
    typed: Option<(&'a [u8], &'a [u8])>,
    /// What follows the tag.
    pub(crate) content: &'a [u8],
}

/// Splits a start tag off the front of `input`, if it has one of these forms and no prefix.
pub(crate) fn start_tag(input: &[u8]) -> Option<StartTag<'_>> {
    let tag = input.strip_prefix(b"<")?;
    let end = tag.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
    let (name, rest) = tag.split_at(end);
    if let Some(content) = rest.strip_prefix(b">") {
        return Some(StartTag {
            name,
            typed: None,
            content,
        });
    }
    let attribute = rest.strip_prefix(b" ")?;
    let (prefix, rest) = attribute.split_at(memchr::memchr2(b':', b'>', attribute)?);
    let value = rest.strip_prefix(b":type=\"")?;
    let (kind, rest) = value.split_at(memchr::memchr2(b'"', b'&', value)?);
    Some(StartTag {
        name,
        typed: Some((prefix, kind)),
        content: rest.strip_prefix(b"\">")?,
    })
}

fn after_end_tag<'a>(input: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    input
        .strip_prefix(b"</")?
        .strip_prefix(name)?
        .strip_prefix(b">")
}

fn local_part(name: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', name) {
        Some(colon) => name.get(colon + 1..).unwrap_or_default(),
        None => name,
    }
}

/// Whether a name may go on with this byte: in doubt yes.
fn is_name_byte(byte: u8) -> bool {
    !matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n')
}

/// Splits `<name>text</name>` off the front of `input`, if that is literally there.
pub(crate) fn plain_element<'a>(input: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let text_on = input
        .strip_prefix(b"<")?
        .strip_prefix(name)?
        .strip_prefix(b">")?;
    let (text, closing) = text_on.split_at(memchr::memchr(b'<', text_on)?);
    let after = closing
        .strip_prefix(b"</")?
        .strip_prefix(name)?
        .strip_prefix(b">")?;
    Some((text, after))
}

/// Splits `<name>123</name>` off the front of `input`, whatever the name.
pub(crate) fn integer_element(input: &[u8]) -> Taken<'_, (&[u8], i64)> {
    let tag = start_tag(input).filter(|tag| tag.typed.is_none())?;
    let (text, end) = tag.content.split_at(memchr::memchr(b'<', tag.content)?);
    Some(((tag.name, integer(text)?), after_end_tag(end, tag.name)?))
}

/// A decimal integer of at most 64 bits.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut magnitude: i64 = 0;
    for byte in digits {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        magnitude = magnitude.checked_mul(10)?.checked_add(digit)?;
    }
    Some(if negative { -magnitude } else { magnitude })
}
