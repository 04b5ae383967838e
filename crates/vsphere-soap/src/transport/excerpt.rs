//! A short, readable account of a body that is not a message.

use crate::untrusted_text::{CUT, shown};

/// Characters of a foreign body that an error repeats.
const EXCERPT_CHARS: usize = 200;

/// How much of a body is looked at.
const LOOKED_AT_BYTES: usize = 16 << 10;

/// A text has at most one odd character of this many.
const CHARS_PER_ODD_ONE: usize = 10;

/// The beginning of a text, the words of a web page, or what sort of data it is.
pub(super) fn excerpt(body: &[u8]) -> String {
    if let Some(sort) = sort_by_first_bytes(body) {
        return format!("{} bytes of {sort}", body.len());
    }
    let start = body.get(..LOOKED_AT_BYTES).unwrap_or(body);
    let text = String::from_utf8_lossy(start);
    if is_binary(&text) {
        return format!("{} bytes of binary data", body.len());
    }
    if is_html(&text) {
        let words = words_of_html(&text);
        let words: Vec<&str> = words.split_whitespace().collect();
        return cut(&format!("a web page: {}", words.join(" ")));
    }
    cut(&text)
}

fn cut(text: &str) -> String {
    shown(text, EXCERPT_CHARS - CUT.len())
}

fn sort_by_first_bytes(body: &[u8]) -> Option<&'static str> {
    let sorts: [(&[u8], &str); 6] = [
        (&[0x1f, 0x8b], "gzip data that was not announced"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd data"),
        (&[0xff, 0xfe], "text in UTF-16"),
        (&[0xfe, 0xff], "text in UTF-16"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
    ];
    let found = sorts.iter().find(|(begin, _)| body.starts_with(begin));
    found.map(|(_, sort)| *sort)
}

fn is_binary(text: &str) -> bool {
    let is_odd = |c: &char| {
        *c == char::REPLACEMENT_CHARACTER || (c.is_control() && !matches!(c, '\t' | '\r' | '\n'))
    };
    let odd = text.chars().filter(is_odd).count();
    odd * CHARS_PER_ODD_ONE > text.chars().count()
}

fn is_html(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let begins = |prefix: &str| {
        start
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    begins("<!doctype html") || begins("<html")
}

/// What a reader of the page would see, tags and scripts left out.
fn words_of_html(page: &str) -> String {
    let mut words = String::new();
    let mut rest = page;
    while let Some((before, tag)) = rest.split_once('<') {
        words.extend([before, " "]);
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        let end = match name.as_str() {
            "script" | "style" => format!("</{name}"),
            _ => String::new(),
        };
        // ASCII letters keep their places.
        let after = tag.to_ascii_lowercase().find(&end).unwrap_or(tag.len());
        let after = tag.get(after + end.len()..).unwrap_or_default();
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    words.push_str(rest);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_described_as_people_would() {
        let page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title><STYLE>p {a: b}</style>\
                    <script>if (a < b) {}</script></head><body><h1>Bad\n Gateway</h1><hr>nginx</body></html>";
        for (body, description) in [
            (&b""[..], ""),
            (b" upstream\r\nfailed ", "upstream  failed"),
            (
                page.as_bytes(),
                "a web page: 502 Bad Gateway Bad Gateway nginx",
            ),
            (b"<html", "a web page:"),
            ("caf\u{e9}".as_bytes(), "caf\u{e9}"),
            (b"a caf\xe9 at the corner", "a caf\u{fffd} at the corner"),
            (
                b"\x1f\x8b\x08\0\0\0\0\0",
                "8 bytes of gzip data that was not announced",
            ),
            (b"\xff\xfe<\0h\0", "6 bytes of text in UTF-16"),
            (b"%PDF-1.7", "8 bytes of a PDF document"),
            (b"\x16\x03\x01\x02\0\x01", "6 bytes of binary data"),
            (b"a\0\0\0b", "5 bytes of binary data"),
        ] {
            assert_eq!(excerpt(body), description, "{}", body.escape_ascii());
        }
        let long = excerpt("x".repeat(500).as_bytes());
        assert_eq!(long.chars().count(), EXCERPT_CHARS);
        assert!(long.ends_with(CUT));
    }
}
