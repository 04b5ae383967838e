//! How many VMs a query may hold, learned from refusals.

use crate::backoff::Backoff;

/// Rounds without a refusal after which a learned limit is forgotten, so that larger queries are tried again. Load passes,
/// so its limit always gets the first; an administrator's limit that proves true again is remembered twice as long.
const MEMORY_ROUNDS: Backoff = Backoff {
    first: 24,
    longest: 288,
};

/// What limits the size of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitedBy {
    /// An administrator's setting, which does not move.
    Administrator,
    /// vCenter's load: it was too slow, or the answer too long.
    Load,
}

/// The largest query that vCenter accepts. It shrinks at once and grows back slowly.
#[derive(Debug, Default)]
pub(super) struct SizeLimit {
    learned: Option<LearnedLimit>,
    has_learned_this_round: bool,
    /// For how long an administrator's limit was remembered before it was forgotten.
    administrator_memory_rounds: u32,
}

/// What a refusal says about size.
#[derive(Debug)]
pub(super) struct LearnedLimit {
    /// Queries hold at most this many VMs now.
    limit: usize,
    /// A query of this many was refused.
    too_many: usize,
    by: LimitedBy,
    rounds_left: u32,
    remembered_rounds: u32,
}

impl LearnedLimit {
    pub(super) fn new(limit: usize, too_many: usize, by: LimitedBy) -> Self {
        Self {
            limit,
            too_many,
            by,
            rounds_left: MEMORY_ROUNDS.first,
            remembered_rounds: 0,
        }
    }
}

/// What the queries of a round say about sizes.
///
/// A network may lose a query now and then. If each loss lowered the limit, queries would shrink to single VMs. So a
/// refusal is in doubt while a query as large was answered in the same round, until another refusal follows it.
#[derive(Debug, Default)]
pub(super) struct SizeObservations {
    /// The largest query that was answered.
    answered: usize,
    /// The size of the query refused last.
    refused: usize,
    /// How many were refused in a row, without an answer to one as large in between.
    refused_in_a_row: usize,
    /// The limit that a single refusal suggests.
    doubted: Option<LearnedLimit>,
}

impl SizeObservations {
    pub(super) fn answered(&mut self, size: usize) {
        self.answered = self.answered.max(size);
        if size >= self.refused {
            self.refused_in_a_row = 0;
            self.doubted = None;
        }
    }

    /// Returns a limit that was in doubt until now.
    pub(super) fn refused(&mut self, size: usize) -> Option<LearnedLimit> {
        self.refused = size;
        self.refused_in_a_row += 1;
        self.doubted.take_if(|_| self.refused_in_a_row > 1)
    }

    /// Returns the limit if no query as large was answered in this round, or none any more. Otherwise it is in doubt.
    pub(super) fn confirmed(&mut self, limit: LearnedLimit) -> Option<LearnedLimit> {
        if self.answered < limit.too_many || self.refused_in_a_row > 1 {
            return Some(limit);
        }
        self.doubted = Some(limit);
        None
    }
}

impl SizeLimit {
    /// The limit, given what the settings and vCenter's own limits allow.
    pub(super) fn within(&self, allowed: usize) -> usize {
        self.learned
            .as_ref()
            .map_or(allowed, |learned| learned.limit.min(allowed))
            .max(1)
    }

    /// Adopts a limit. One that is due to load does not raise an administrator's.
    pub(super) fn learn(&mut self, mut new: LearnedLimit) {
        if new.by == LimitedBy::Administrator {
            new.rounds_left = MEMORY_ROUNDS.after(self.administrator_memory_rounds);
        }
        self.learned = Some(match self.learned.take() {
            Some(known) if known.by == LimitedBy::Administrator => LearnedLimit {
                limit: new.limit.min(known.limit),
                too_many: new.too_many.min(known.too_many),
                by: LimitedBy::Administrator,
                rounds_left: new.rounds_left.max(known.rounds_left),
                remembered_rounds: known.remembered_rounds,
            },
            _ => new,
        });
        self.has_learned_this_round = true;
    }

    /// Ends a round. Without a refusal in it, a limit that is due to load grows by an eighth, but stays below the size that
    /// was refused until that is forgotten.
    pub(super) fn end_round(&mut self) {
        if std::mem::take(&mut self.has_learned_this_round) {
            return;
        }
        let Some(learned) = &mut self.learned else {
            return;
        };
        learned.rounds_left = learned.rounds_left.saturating_sub(1);
        learned.remembered_rounds += 1;
        if learned.rounds_left == 0 {
            if learned.by == LimitedBy::Administrator {
                self.administrator_memory_rounds = learned.remembered_rounds;
            }
            self.learned = None;
        } else if learned.by == LimitedBy::Load {
            let grown = learned.limit + (learned.limit / 8).max(1);
            learned.limit = grown
                .min(learned.too_many.saturating_sub(1))
                .max(learned.limit);
        }
    }
}
