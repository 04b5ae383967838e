//! Small pieces of XML text.

/// Appends text with the characters escaped that XML does not take literally, in elements and in
/// attribute values alike.
pub(crate) fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\r']) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = special.chars();
        out.push_str(match characters.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            // A bare carriage return would be read as a newline.
            _ => "&#xD;",
        });
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Appends `<element type="KIND">MOREF</element>`. The id is escaped because faults echo ids that
/// came from a client.
pub(crate) fn reference(out: &mut String, element: &str, kind: &str, moref: &str) {
    out.push('<');
    out.push_str(element);
    out.push_str(" type=\"");
    escape(out, kind);
    out.push_str("\">");
    escape(out, moref);
    out.push_str("</");
    out.push_str(element);
    out.push('>');
}
