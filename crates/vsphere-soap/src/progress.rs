//! Whether a server that promises more for ever also sends something new, and how fast to ask it again.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use crate::moref::MoRef;
use crate::property_filter::ObjectUpdate;

/// An answer with fewer new objects than this is thin, if at least that many were asked for. Servers fill their pages: vCenter sends
/// up to 100 changes at once if the client names no number.
const FEW_OBJECTS: u32 = 10;
/// This many thin answers follow each other without a pause. A few are normal, where the inventory is small or changes a lot.
const THIN_WITHOUT_PAUSE: u32 = 16;
/// The pause before the call after a further thin answer.
const PAUSE: Duration = Duration::from_millis(10);
/// The most thin answers in one sequence.
const MOST_THIN: u32 = 1_000;
/// The most answers in a row that only repeat what was there before.
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
    /// Hashes of the objects so far, and of what was reported of them after the first time. Two things with one hash are one
    /// too few, which does no harm.
    seen: HashSet<u64>,
    hasher: RandomState,
    thin: u32,
    /// Answers without anything new since the last one with something.
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

    /// Notes a page that promises more. A page shows no object again.
    pub(crate) fn note_page<'o>(
        &mut self,
        objects: impl Iterator<Item = &'o MoRef>,
    ) -> Result<(), NoProgress> {
        let before = self.seen.len();
        let hashes = objects.map(|object| self.hasher.hash_one(object.value()));
        self.seen.extend(hashes);
        let new = self.seen.len() - before;
        self.note(new, new > 0)
    }

    /// Notes a report that promises more. An object may change again while the server reports, and that is news too.
    pub(crate) fn note_report<'o>(
        &mut self,
        updates: impl Iterator<Item = &'o ObjectUpdate>,
    ) -> Result<(), NoProgress> {
        let mut new = 0;
        let mut has_news = false;
        for update in updates {
            if self.seen.insert(self.hasher.hash_one(update.obj.value())) {
                new += 1;
                has_news = true;
            } else {
                has_news |= self.seen.insert(self.hasher.hash_one(update));
            }
        }
        self.note(new, has_news)
    }

    fn note(&mut self, new_objects: usize, has_news: bool) -> Result<(), NoProgress> {
        self.barren = if has_news { 0 } else { self.barren + 1 };
        if u32::try_from(new_objects).is_ok_and(|new| new < self.few) {
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
    use crate::property_collector::PropertyValue;
    use crate::property_filter::{ObjectUpdateKind, PropertyChange, PropertyChangeOp};

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
            .note_page(objects(answers * 500..answers * 500 + 500).iter())
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
        let answers = (0..).take_while(|_| progress.note_page(same.iter()).is_ok());
        assert_eq!(answers.count(), 9, "the first one is new");
    }

    #[test]
    fn a_new_object_now_and_then_does_not_continue_it_for_ever() {
        let mut progress = asked(500);
        let mut answers = 0;
        while progress
            .note_page(objects(answers / 8..answers / 8 + 1).iter())
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
            progress
                .note_page(objects(number..number + 1).iter())
                .unwrap();
            assert_eq!(progress.pause(), Duration::ZERO);
        }
    }

    #[test]
    fn another_sequence_may_repeat_the_objects_of_the_one_before() {
        let mut progress = asked(500);
        for _ in 0..100 {
            progress.note_page(objects(0..500).iter()).unwrap();
            progress.restart();
        }
    }

    /// VMs with a new name, all of them the same.
    fn renamed(numbers: std::ops::Range<u32>, name: u32) -> Vec<ObjectUpdate> {
        let change = PropertyChange {
            name: "name".into(),
            op: PropertyChangeOp::Assign,
            value: Some(PropertyValue::String(name.to_string().into())),
        };
        let update = |obj| ObjectUpdate {
            obj,
            kind: ObjectUpdateKind::Modify,
            changes: vec![change.clone()],
            missing: Vec::new(),
        };
        objects(numbers).into_iter().map(update).collect()
    }

    #[test]
    fn objects_that_change_again_and_again_are_progress_up_to_the_bound_of_thin_answers() {
        let mut progress = asked(500);
        let mut answers = 0;
        while progress
            .note_report(renamed(0..100, answers).iter())
            .is_ok()
        {
            answers += 1;
        }
        // The first one has new objects.
        assert_eq!(answers, MOST_THIN + 1);
        assert!(progress.pause() > Duration::ZERO);
    }

    #[test]
    fn reports_that_only_repeat_changes_come_to_an_end() {
        let mut progress = asked(500);
        let same = renamed(0..500, 1);
        let answers = (0..).take_while(|_| progress.note_report(same.iter()).is_ok());
        assert!(answers.count() < 15);
    }

    #[test]
    fn a_change_and_its_reversal_without_an_end_are_no_progress() {
        let mut progress = asked(500);
        let reports = (0..).map(|number| renamed(0..500, number % 2));
        let answers = reports.take_while(|report| progress.note_report(report.iter()).is_ok());
        assert!(answers.count() < 15);
    }
}
