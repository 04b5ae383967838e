//! Selectors: which series a query is about.

use std::fmt::Write as _;

/// The matchers of VMs of one vCenter, as they are written between braces. An empty vCenter is that of series without the label.
pub(super) fn of_vms(vcenter: &str, morefs: &[&str]) -> String {
    let mut text = String::from("vcenter=\"");
    push_text(&mut text, vcenter);
    text.push_str("\",vm_moref=~\"");
    for (place, moref) in morefs.iter().enumerate() {
        if place > 0 {
            text.push('|');
        }
        let mut literal = String::new();
        push_literal(&mut literal, moref);
        push_text(&mut text, &literal);
    }
    text.push('"');
    text
}

/// A regular expression that fits this text alone.
fn push_literal(to: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_ascii_punctuation() && !matches!(character, '-' | '_') {
            to.push('\\');
        }
        to.push(character);
    }
}

/// A text as it is between quotation marks in a query.
fn push_text(to: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' | '"' => to.extend(['\\', character]),
            other if other.is_control() => {
                // Writing to a text cannot fail.
                let _ = write!(to, "\\u{:04x}", u32::from(other));
            }
            other => to.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_texts_and_not_expressions() {
        assert_eq!(
            of_vms("vc\"1\\", &["vm-12", "vm.1|x", "a\nb"]),
            "vcenter=\"vc\\\"1\\\\\",vm_moref=~\"vm-12|vm\\\\.1\\\\|x|a\\u000ab\""
        );
    }
}
