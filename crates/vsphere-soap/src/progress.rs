//! Whether a server that promises more for ever also sends something new, and how fast to ask it again.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use crate::moref::MoRef;

/// An answer with fewer new objects than this is thin, if so many were asked for. Servers fill their pages: vCenter sends
/// up to 100 changes at once if the client names no number.
const FEW_OBJECTS: u32 = 10;
/// So many thin answers follow each other without a pause. A few are normal, where the inventory is small or changes a lot.
const THIN_WITHOUT_PAUSE: u32 = 16;
/// The pause before the call after a further thin answer.
const PAUSE: Duration = Duration::from_millis(10);
/// The most thin answers in one sequence.
const MOST_THIN: u32 = 1_000;
/// The most answers in a row that only repeat objects. Objects may change again while the server reports changes.
const MOST_BARREN: u32 = 8;
/// The most objects in one sequence: many times the inventory of the largest vCenter.
const MOST_OBJECTS: usize = 1_000_000;

/// The server sends nothing new, or does not come to an end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoProgress;

/// A sequence of answers, all but the last of which promise more.
#[derive(Debug)]
pub(crate) struct Progress {
    few: u32,
    /// Hashes of the objects so far. Two objects with one hash are one too few, which does no harm.
    seen: HashSet<u64>,
    hasher: RandomState,
    thin: u32,
    /// Answers without a new object since the last one with some.
    barren: u32,
}

impl Progress {
    /// A sequence of answers with at most `asked` objects each.
    pub(crate) fn new(asked: Option<NonZeroU32>) -> Self {
        let half = asked.map_or(FEW_OBJECTS, |asked| asked.get() / 2);
        Self {
            few: half.min(FEW_OBJECTS),
            seen: HashSet::new(),
            hasher: RandomState::new(),
            thin: 0,
            barren: 0,
        }
    }

    /// Notes an answer that promises more.
    pub(crate) fn note<'o>(
        &mut self,
        objects: impl Iterator<Item = &'o MoRef>,
    ) -> Result<(), NoProgress> {
        let before = self.seen.len();
        let hashes = objects.map(|object| self.hasher.hash_one(object.value()));
        self.seen.extend(hashes);
        let new = self.seen.len() - before;
        self.barren = if new == 0 { self.barren + 1 } else { 0 };
        if u32::try_from(new).is_ok_and(|new| new < self.few) {
            self.thin += 1;
        }
        if self.barren > MOST_BARREN || self.thin > MOST_THIN || self.seen.len() > MOST_OBJECTS {
            return Err(NoProgress);
        }
        Ok(())
    }

    /// How long to wait before the next call.
    pub(crate) fn pause(&self) -> Duration {
        if self.thin > THIN_WITHOUT_PAUSE {
            PAUSE
        } else {
            Duration::ZERO
        }
    }

    /// Begins another sequence.
    pub(crate) fn restart(&mut self) {
        self.seen = HashSet::new();
        self.thin = 0;
        self.barren = 0;
    }
}

/// Waits before the next call of a sequence.
pub(crate) async fn wait(pause: Duration) {
    // Even a timer that has run out costs a millisecond.
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(numbers: std::ops::Range<u32>) -> Vec<MoRef> {
        let moref = |number| MoRef::new("VirtualMachine", format!("vm-{number}"));
        numbers.map(moref).collect()
    }

    fn asked(objects: u32) -> Progress {
        Progress::new(NonZeroU32::new(objects))
    }

    #[test]
    fn full_answers_continue_without_a_pause_to_the_bound_of_objects() {
        let mut progress = asked(500);
        let mut answers = 0;
        while progress
            .note(objects(answers * 500..answers * 500 + 500).iter())
            .is_ok()
        {
            answers += 1;
            assert_eq!(progress.pause(), Duration::ZERO);
        }
        assert_eq!(answers, 2_000);
    }

    #[test]
    fn answers_that_only_repeat_objects_come_to_an_end() {
        let mut progress = asked(500);
        let same = objects(0..500);
        let answers = (0..).take_while(|_| progress.note(same.iter()).is_ok());
        assert_eq!(answers.count(), 9, "the first one is new");
    }

    #[test]
    fn a_new_object_now_and_then_does_not_continue_it_for_ever() {
        let mut progress = asked(500);
        let mut answers = 0;
        while progress
            .note(objects(answers / 8..answers / 8 + 1).iter())
            .is_ok()
        {
            answers += 1;
            let paused = progress.pause() > Duration::ZERO;
            assert_eq!(paused, answers > THIN_WITHOUT_PAUSE, "{answers}");
        }
        assert_eq!(answers, MOST_THIN);
    }

    #[test]
    fn a_client_that_asks_for_single_objects_gets_them_without_a_pause() {
        let mut progress = asked(1);
        for number in 0..5_000 {
            progress.note(objects(number..number + 1).iter()).unwrap();
            assert_eq!(progress.pause(), Duration::ZERO);
        }
    }

    #[test]
    fn another_sequence_may_repeat_the_objects_of_the_one_before() {
        let mut progress = asked(500);
        for _ in 0..100 {
            progress.note(objects(0..500).iter()).unwrap();
            progress.restart();
        }
    }
}
