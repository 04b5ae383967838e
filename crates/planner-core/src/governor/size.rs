//! How many VMs a query may hold, learned from refusals.

/// After so many rounds without a refusal it is forgotten, and larger queries are tried again.
const FIXED_MEMORY_ROUNDS: u32 = 288;
const BUSY_MEMORY_ROUNDS: u32 = 24;

/// Whether a limit may move by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    /// An administrator set it.
    Fixed,
    /// vCenter was too slow, or an answer too long.
    WhileBusy,
}

/// The size that vCenter bears. It shrinks at once and grows back slowly.
#[derive(Debug, Default)]
pub(super) struct LearnedSize {
    lesson: Option<Lesson>,
    has_learned_this_round: bool,
}

/// What a refusal has taught.
#[derive(Debug)]
pub(super) struct Lesson {
    /// Queries hold at most this many VMs now.
    limit: usize,
    /// A query of this many was refused.
    too_many: usize,
    lasting: Lasting,
    rounds_left: u32,
}

impl Lesson {
    pub(super) fn new(limit: usize, too_many: usize, lasting: Lasting) -> Self {
        Self {
            limit,
            too_many,
            lasting,
            rounds_left: match lasting {
                Lasting::Fixed => FIXED_MEMORY_ROUNDS,
                Lasting::WhileBusy => BUSY_MEMORY_ROUNDS,
            },
        }
    }
}

impl LearnedSize {
    /// The limit, given what the settings and vCenter's own limits allow.
    pub(super) fn limit(&self, allowed: usize) -> usize {
        self.lesson
            .as_ref()
            .map_or(allowed, |lesson| lesson.limit.min(allowed))
            .max(1)
    }

    /// Heeds a lesson. One from an administrator is not unlearned by one from a busy vCenter.
    pub(super) fn learn(&mut self, new: Lesson) {
        self.lesson = Some(match self.lesson.take() {
            Some(fixed) if fixed.lasting == Lasting::Fixed => Lesson {
                limit: new.limit.min(fixed.limit),
                too_many: new.too_many.min(fixed.too_many),
                lasting: Lasting::Fixed,
                rounds_left: new.rounds_left.max(fixed.rounds_left),
            },
            _ => new,
        });
        self.has_learned_this_round = true;
    }

    /// After a round without refusal a limit that may move grows by an eighth, but stays below what was refused until
    /// that is forgotten.
    pub(super) fn end_round(&mut self) {
        if std::mem::take(&mut self.has_learned_this_round) {
            return;
        }
        let Some(lesson) = &mut self.lesson else {
            return;
        };
        lesson.rounds_left = lesson.rounds_left.saturating_sub(1);
        if lesson.rounds_left == 0 {
            self.lesson = None;
        } else if lesson.lasting == Lasting::WhileBusy {
            let grown = lesson.limit + (lesson.limit / 8).max(1);
            lesson.limit = grown
                .min(lesson.too_many.saturating_sub(1))
                .max(lesson.limit);
        }
    }
}
