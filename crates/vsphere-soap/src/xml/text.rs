//! What the text of a document says: the one place that decides about characters. No text is ever an error.
//!
//! U+FFFD stands in for a character that XML 1.0 forbids and for a reference to nothing known. Entities that a document
//! defines are not expanded.

use std::borrow::Cow;

use quick_xml::escape::resolve_xml_entity;

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Longest name of an entity or number of a character that counts as a reference, in bytes.
const LONGEST_REFERENCE: usize = 64;

/// The document with U+FFFD in place of each sequence of bytes that is not UTF-8. `None` if that would make it more than
/// twice as long, so that a document of such bytes does not fill the memory.
pub(super) fn repaired(document: &[u8]) -> Option<String> {
    let longest = document.len().saturating_mul(2);
    let mut repaired = String::with_capacity(document.len());
    for chunk in document.utf8_chunks() {
        repaired.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            repaired.push(REPLACEMENT);
        }
        if repaired.len() > longest {
            return None;
        }
    }
    Some(repaired)
}

/// A text without markup and references that reads as it is; `None` if it needs [`read`], or is not UTF-8.
pub(crate) fn verbatim(text: &[u8]) -> Option<&str> {
    is_plain(text).then(|| std::str::from_utf8(text).ok())?
}

/// The characters of a text without references: those that XML forbids are replaced, and lines end with a line feed.
pub(super) fn read(text: &str) -> Cow<'_, str> {
    if is_plain(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut read = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        if character == '\r' {
            rest.next_if_eq(&'\n');
            read.push('\n');
        } else {
            read.push(allowed(character));
        }
    }
    Cow::Owned(read)
}

/// What the reference `&name;` means.
pub(super) fn reference(name: &str) -> Cow<'static, str> {
    if let Some(text) = resolve_xml_entity(name) {
        return Cow::Borrowed(text);
    }
    if !is_reference(name) {
        // An ampersand that nobody escaped, and a semicolon by chance.
        return Cow::Owned(read(&format!("&{name};")).into_owned());
    }
    let number = name.strip_prefix('#').and_then(numbered);
    Cow::Owned(number.map_or(REPLACEMENT, allowed).into())
}

/// The value of an attribute, given what is between its quotes. White space becomes blanks, as XML wants it.
pub(super) fn attribute(value: Cow<'_, str>) -> Cow<'_, str> {
    if is_plain(value.as_bytes()) && memchr::memchr(b'&', value.as_bytes()).is_none() {
        return value;
    }
    let blank = |text: &str| read(text).replace(['\t', '\n'], " ");
    let mut pieces = value.split('&');
    let mut read = pieces.next().map(blank).unwrap_or_default();
    for piece in pieces {
        if let Some((name, after)) = piece.split_once(';') {
            read.push_str(&reference(name));
            read.push_str(&blank(after));
        } else {
            read.push('&');
            read.push_str(&blank(piece));
        }
    }
    Cow::Owned(read)
}

/// Whether a text surely has no character to be replaced. U+FFFE and U+FFFF begin with the byte EF.
fn is_plain(text: &[u8]) -> bool {
    // Without a branch in the loop, the compiler takes many bytes at once.
    let odd = |byte: &u8| u8::from(*byte < b' ') | u8::from(*byte == 0xEF);
    text.iter().fold(0, |any, byte| any | odd(byte)) == 0
}

fn is_reference(name: &str) -> bool {
    let is_of_name =
        |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"#_-.:".contains(&byte);
    !name.is_empty() && name.len() <= LONGEST_REFERENCE && name.bytes().all(is_of_name)
}

/// `65` or `x41`.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let code = u32::from_str_radix(digits, radix).ok()?;
    char::from_u32(code)
}

/// The character, if XML 1.0 allows it.
fn allowed(character: char) -> char {
    match character {
        '\t' | '\n' | '\r' => character,
        '\0'..' ' | '\u{FFFE}' | '\u{FFFF}' => REPLACEMENT,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_mean_one_character() {
        for (name, expected) in [
            ("amp", "&"),
            ("#65", "A"),
            ("#x1F600", "\u{1F600}"),
            ("#13", "\r"),
            ("#xFFFD", "\u{FFFD}"),
        ] {
            assert_eq!(reference(name), expected, "{name}");
        }
        for forbidden in [
            "#0",
            "#1",
            "#31",
            "#xD800",
            "#xDFFF",
            "#xFFFE",
            "#x110000",
            "#99999999999999999999",
            "#",
            "#x",
            "#-1",
            "nbsp",
            "custom",
            "\u{e4}",
        ] {
            assert_eq!(reference(forbidden), "\u{FFFD}", "{forbidden}");
        }
    }

    #[test]
    fn an_ampersand_that_nobody_escaped_is_one() {
        assert_eq!(reference(" D"), "& D;");
        assert_eq!(reference(""), "&;");
        assert_eq!(reference("#+1"), "&#+1;");
        assert_eq!(
            attribute("R & D; a&b&lt;&#0;".into()),
            "R & D; a&b<\u{FFFD}"
        );
    }

    #[test]
    fn characters_that_xml_forbids_are_replaced() {
        assert_eq!(
            read("a\0b\u{1b}\u{FFFF}c\u{FEFF}\u{85}\u{7f}"),
            "a\u{FFFD}b\u{FFFD}\u{FFFD}c\u{FEFF}\u{85}\u{7f}"
        );
        assert_eq!(read("a\r\nb\rc\td\n"), "a\nb\nc\td\n");
        assert_eq!(attribute("a\tb\r\nc\u{1}".into()), "a b c\u{FFFD}");
        assert!(matches!(read("\u{e4}\u{1F600}"), Cow::Borrowed(_)));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced_and_markup_stays() {
        for (bytes, expected) in [
            (&b"<a>M\xfcller</a>"[..], "<a>M\u{FFFD}ller</a>"),
            (b"<a>cut \xc3</a>", "<a>cut \u{FFFD}</a>"),
            (b"<a>cut \xe2\x82</a>", "<a>cut \u{FFFD}</a>"),
            (b"<a>\xed\xa0\x80.</a>", "<a>\u{FFFD}\u{FFFD}\u{FFFD}.</a>"),
            (
                b"<a>\xc0\x80 nul in two bytes</a>",
                "<a>\u{FFFD}\u{FFFD} nul in two bytes</a>",
            ),
        ] {
            assert_eq!(repaired(bytes).as_deref(), Some(expected));
        }
        assert_eq!(repaired(&[0xff; 100]), None);
    }
}
