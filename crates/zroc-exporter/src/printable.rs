//! Text from vCenter that people read on a terminal or in a browser.

/// The text without what would steer a terminal or turn the direction of writing.
pub(crate) fn printable(text: &str) -> String {
    let steers = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let replaced = |character| {
        if steers(character) {
            char::REPLACEMENT_CHARACTER
        } else {
            character
        }
    };
    text.chars().map(replaced).collect()
}
