//! What was read off the recorded answers without our decoders.

use std::collections::BTreeMap;

use anyhow::bail;

/// For each collection of recordings, its list: a file name, then its facts, indented.
const LISTS: [&str; 2] = [
    include_str!("expected/wire.txt"),
    include_str!("expected/wire-more.txt"),
];

/// The answers of one collection, by the name of the file.
pub(super) type Expected = BTreeMap<&'static str, Facts>;

/// Each of them must appear in what [`render`](super::render::render) makes of the answer.
pub(super) type Facts = Vec<&'static str>;

pub(super) fn read() -> anyhow::Result<Vec<Expected>> {
    LISTS.into_iter().map(parse).collect()
}

fn parse(list: &'static str) -> anyhow::Result<Expected> {
    let mut expected = Expected::new();
    let mut file = "";
    for line in list.lines() {
        if let Some(fact) = line.strip_prefix('\t') {
            expected.entry(file).or_default().push(fact);
            continue;
        }
        file = line;
        if expected.insert(file, Facts::new()).is_some() {
            bail!("{file} is listed twice");
        }
    }
    Ok(expected)
}
