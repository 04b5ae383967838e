//! Texts that the server chose, made fit to be shown.

/// The end of a text that was cut.
pub(crate) const CUT: &str = "..";

/// The start of a text, at most `most_chars` characters. None of them moves a cursor, ends a line or
/// turns the writing direction, so the text can neither flood nor forge a log.
pub(crate) fn shown(text: &str, most_chars: usize) -> String {
    let mut rest = text.trim().chars();
    let mut shown: String = rest.by_ref().take(most_chars).map(harmless).collect();
    if rest.next().is_some() {
        shown.push_str(CUT);
    }
    shown
}

fn harmless(character: char) -> char {
    match character {
        '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => ' ',
        character if character.is_control() => ' ',
        character => character,
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn long_texts_are_cut_and_controls_are_blanks() {
        assert_eq!(
            shown(" ab\r\n\u{1b}[31mc\u{85}\u{202e}d\n", 20),
            "ab   [31mc  d"
        );
        assert_eq!(shown("äöü", 3), "äöü");
        assert_eq!(shown("äöü", 2), "äö..");
        assert_eq!(shown(" \n", 2), "");
    }
}
