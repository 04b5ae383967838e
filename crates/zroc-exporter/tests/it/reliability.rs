//! The tables in `docs/RELIABILITY.md` that tests hold.

use std::sync::{Mutex, PoisonError};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/RELIABILITY.md");

/// Several tests write into the document.
static WRITING: Mutex<()> = Mutex::new(());

/// Compares a table with the one between the marks of this name, or writes it there if `WRITE_RELIABILITY` is set.
pub(crate) fn hold_table(name: &str, found: &str) {
    let (begin, end) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->\n"),
    );
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = document.split_once(&begin).unwrap();
    let (documented, after) = rest.split_once(&end).unwrap();
    if std::env::var_os("WRITE_RELIABILITY").is_some() {
        let text = format!("{before}{begin}{found}{end}{after}");
        std::fs::write(DOCUMENT, text).unwrap();
    } else {
        assert_eq!(
            found, documented,
            "docs/RELIABILITY.md says something else; if this is right, run the test with WRITE_RELIABILITY=1"
        );
    }
}
