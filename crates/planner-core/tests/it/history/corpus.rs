//! Files of a history, as they are and damaged, held to what fuzzing holds.

#[path = "../../../../../fuzz/invariants/history.rs"]
mod invariants;

use std::fs;
use std::path::Path;

use proptest::prelude::*;

fn corpus() -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/history");
    let mut paths: Vec<_> = fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

#[test]
fn the_corpus_is_read() {
    for body in corpus() {
        invariants::read(&body);
    }
}

proptest! {
    #[test]
    fn damaged_files_are_read_or_refused(
        file in any::<prop::sample::Index>(),
        position in any::<prop::sample::Index>(),
        patch in prop::collection::vec(any::<u8>(), 0..4),
        removed in 0_usize..4,
    ) {
        let files = corpus();
        let mut body = file.get(&files).clone();
        let start = position.index(body.len());
        let end = (start + removed).min(body.len());
        body.splice(start..end, patch);
        invariants::read(&body);
    }
}
