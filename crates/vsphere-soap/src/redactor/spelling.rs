//! The spellings that a secret may have in a text, and the meanings that a text may have.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use quick_xml::escape::resolve_xml_entity;

use crate::percent::percent_decoded;

/// A secret in lower case: as it is, in hexadecimal, and in base64 behind any number of other bytes.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let hex: Vec<String> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut spellings = vec![secret.to_lowercase(), hex.concat()];
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode(format!("{}{secret}", "x".repeat(before)));
        // Other bytes have a part in the characters at the edges.
        let start = if before == 0 { 0 } else { before + 1 };
        let end = encoded.len().saturating_sub(1);
        if let Some(inner) = encoded.get(start..end).filter(|inner| !inner.is_empty()) {
            spellings.push(inner.to_lowercase());
        }
    }
    spellings
}

/// What a text may mean, in lower case: as it is, and decoded from the escapes of XML, URLs and JSON; without blanks, as
/// hexadecimal digits are written; with the letters of base64 for URLs.
pub(super) fn views(text: &str) -> Vec<String> {
    let from_xml = xml_decoded(text);
    let views = [
        text.to_owned(),
        xml_decoded(&from_xml),
        percent_decoded(text),
        percent_decoded(&text.replace('+', " ")),
        json_decoded(text),
        text.split_whitespace().collect(),
        text.replace('-', "+").replace('_', "/"),
        from_xml,
    ];
    let mut views = views.map(|view| view.to_lowercase()).to_vec();
    views.sort_unstable();
    views.dedup();
    views
}

/// The text with `&amp;`, `&#38;` and `&#x26;` decoded. What is not a known reference stays.
fn xml_decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let reference = after.split_once(';');
        let character = reference.and_then(|(name, after)| Some((referenced(name)?, after)));
        let (character, after) = character.unwrap_or(('&', after));
        decoded.push(character);
        rest = after;
    }
    decoded.push_str(rest);
    decoded
}

fn referenced(name: &str) -> Option<char> {
    if let Some(text) = resolve_xml_entity(name) {
        return text.chars().next();
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}

/// The text with `\"`, `\/` and `\u00fc` decoded.
fn json_decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        decoded.push_str(before);
        let code = after.strip_prefix('u').and_then(|after| after.get(..4));
        let code = code.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(character) = code.and_then(char::from_u32) {
            decoded.push(character);
            rest = after.get(5..).unwrap_or_default();
        } else {
            let mut characters = after.chars();
            decoded.extend(characters.next());
            rest = characters.as_str();
        }
    }
    decoded.push_str(rest);
    decoded
}
