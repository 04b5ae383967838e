//! How often each operation was called.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// How many names of operations are counted one by one. The rest share one entry, so that odd
/// requests cannot fill the memory.
const MAX_COUNTED_NAMES: usize = 100;

#[derive(Debug, Default)]
pub(crate) struct CallCounts {
    counts: watch::Sender<BTreeMap<String, u64>>,
}

impl CallCounts {
    pub(crate) fn add(&self, operation: &str) {
        self.counts.send_modify(|counts| {
            let known = counts.contains_key(operation) || counts.len() < MAX_COUNTED_NAMES;
            let name = if known { operation } else { "other" };
            *counts.entry(name.to_owned()).or_default() += 1;
        });
    }

    pub(crate) fn all(&self) -> BTreeMap<String, u64> {
        self.counts.borrow().clone()
    }

    /// The calls of one operation; `*` means all of them.
    pub(crate) fn of(&self, operation: &str) -> u64 {
        count(&self.counts.borrow(), operation)
    }

    pub(crate) fn reset(&self) {
        self.counts.send_modify(BTreeMap::clear);
    }

    /// Returns once an operation has been called this often since the start or the last reset.
    pub(crate) async fn reached(&self, operation: &str, times: u64) {
        let is_enough = |counts: &BTreeMap<String, u64>| count(counts, operation) >= times;
        // It fails only without a sender, and that is `self`.
        let _ = self.counts.subscribe().wait_for(is_enough).await;
    }
}

fn count(counts: &BTreeMap<String, u64>, operation: &str) -> u64 {
    match operation {
        "*" => counts.values().sum(),
        _ => counts.get(operation).copied().unwrap_or(0),
    }
}
