//! How many VMs a query may hold, learned from refusals.

/// After so many rounds without a refusal it is forgotten, and larger queries are tried again.
const MEMORY_ROUNDS: u32 = 24;
/// What turns out to be true again is remembered twice as long, up to this.
const LONGEST_MEMORY_ROUNDS: u32 = 288;

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
    /// For how long an administrator's limit was remembered before it was forgotten.
    fixed_memory_rounds: u32,
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
    remembered_rounds: u32,
}

impl Lesson {
    pub(super) fn new(limit: usize, too_many: usize, lasting: Lasting) -> Self {
        Self {
            limit,
            too_many,
            lasting,
            rounds_left: MEMORY_ROUNDS,
            remembered_rounds: 0,
        }
    }
}

/// What the other queries of a round say about a size that was refused.
///
/// A query may be lost to a network that loses one now and then. Were each a lesson, queries would shrink to single VMs.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// The most VMs that a query was answered for.
    answered: usize,
    /// The size of the query refused last, and how many were in a row, without an answer to one as large in between.
    refused: usize,
    refused_in_a_row: usize,
    /// What a single refusal would teach.
    doubted: Option<Lesson>,
}

impl Evidence {
    pub(super) fn answered(&mut self, size: usize) {
        self.answered = self.answered.max(size);
        if size >= self.refused {
            self.refused_in_a_row = 0;
            self.doubted = None;
        }
    }

    /// Returns a lesson that was in doubt until now.
    pub(super) fn refused(&mut self, size: usize) -> Option<Lesson> {
        self.refused = size;
        self.refused_in_a_row += 1;
        self.doubted.take_if(|_| self.refused_in_a_row > 1)
    }

    /// Returns the lesson if the size was the reason: no query as large was answered in this round, or not any more.
    pub(super) fn weigh(&mut self, lesson: Lesson) -> Option<Lesson> {
        if self.answered < lesson.too_many || self.refused_in_a_row > 1 {
            return Some(lesson);
        }
        self.doubted = Some(lesson);
        None
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
    pub(super) fn learn(&mut self, mut new: Lesson) {
        if new.lasting == Lasting::Fixed {
            let longer = self.fixed_memory_rounds.saturating_mul(2);
            new.rounds_left = longer.clamp(MEMORY_ROUNDS, LONGEST_MEMORY_ROUNDS);
        }
        self.lesson = Some(match self.lesson.take() {
            Some(fixed) if fixed.lasting == Lasting::Fixed => Lesson {
                limit: new.limit.min(fixed.limit),
                too_many: new.too_many.min(fixed.too_many),
                lasting: Lasting::Fixed,
                rounds_left: new.rounds_left.max(fixed.rounds_left),
                remembered_rounds: fixed.remembered_rounds,
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
        lesson.remembered_rounds += 1;
        if lesson.rounds_left == 0 {
            if lesson.lasting == Lasting::Fixed {
                self.fixed_memory_rounds = lesson.remembered_rounds;
            }
            self.lesson = None;
        } else if lesson.lasting == Lasting::WhileBusy {
            let grown = lesson.limit + (lesson.limit / 8).max(1);
            lesson.limit = grown
                .min(lesson.too_many.saturating_sub(1))
                .max(lesson.limit);
        }
    }
}
