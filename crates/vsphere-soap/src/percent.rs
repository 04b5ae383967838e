//! Percent-encoding, as in URLs.

/// The text with `%41` decoded to `A`. What is not a valid encoding stays.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let encoded = (first == b'%').then(|| after.split_at_checked(2)).flatten();
        let decoded = encoded.and_then(|(digits, after)| Some((byte(digits)?, after)));
        let (byte, after) = decoded.unwrap_or((first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn only_valid_encodings_are_decoded() {
        for (text, decoded) in [
            ("a%40b%C3%BC", "a@bü"),
            ("%4", "%4"),
            ("%+1%zz%", "%+1%zz%"),
            ("%2540", "%40"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(percent_decoded(text), decoded);
        }
    }
}
