//! Texts for people who open a CSV file or a workbook in a spreadsheet program.

/// A text that no spreadsheet takes for a formula.
pub(crate) fn harmless(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
