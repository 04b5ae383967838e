//! Escaping of text and attribute values in requests.

/// Appends `text` so that an XML 1.0 parser reads back the same characters, both between tags and
/// inside double quotes.
///
/// Tab, line feed and carriage return become character references: a parser would turn a raw
/// carriage return into a line feed, and all three into spaces inside an attribute. Other control
/// characters have no legal form in XML 1.0; they go out as references too and the server decides.
pub(crate) fn escape_into(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control < ' ' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "&#{};", u32::from(control));
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::escape_into;

    #[test]
    fn markup_and_white_space_are_references() {
        let mut out = String::new();
        escape_into("a<b>&\"c'\r\n\t\u{1F600}", &mut out);
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;c'&#13;&#10;&#9;\u{1F600}");
    }
}
