//! What operators write, in the odd forms that fuzzing found.

#[path = "../../../../fuzz/invariants/settings.rs"]
mod invariants;

use std::fs;
use std::path::Path;

use proptest::prelude::*;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let folder = fs::read_dir(corpus.join(target)).unwrap();
    let files: Vec<_> = folder
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(!files.is_empty());
    files
}

#[test]
fn the_corpora_are_read_or_refused() {
    for text in corpus("settings") {
        invariants::load(&text);
    }
    for text in corpus("settings_file") {
        invariants::file(&text);
    }
    for text in corpus("web_config") {
        invariants::web_config(&text);
    }
}

proptest! {
    #[test]
    fn damaged_files_are_read_or_refused(
        file in any::<prop::sample::Index>(),
        position in any::<prop::sample::Index>(),
        patch in "[a-z0-9:&*{}\\[\\]|>'\"#%@!? \n-]{0,8}|\\PC{0,3}",
        removed in 0_usize..12,
    ) {
        for (target, check) in [
            ("settings", invariants::load as fn(&[u8])),
            ("settings_file", invariants::file),
            ("web_config", invariants::web_config),
        ] {
            let files = corpus(target);
            let mut text = file.get(&files).clone();
            let start = position.index(text.len());
            let end = (start + removed).min(text.len());
            text.splice(start..end, patch.bytes());
            check(&text);
        }
    }
}
