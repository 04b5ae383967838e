//! How many seconds a series has counted, which no clock but our own can raise.

/// Seconds that one series has counted since its VM's first answer.
///
/// Whatever the clocks of hosts do, a series counts no more seconds than have passed, and a few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Budget {
    /// Zero before the series has counted anything, else one more than the seconds counted.
    spent: u32,
}

/// What a series may have counted at one look, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// Time since the VM's first answer; `None` in that answer, which is not bounded.
    pub(super) elapsed: Option<u32>,
    /// Samples come a little earlier or later than our clock says.
    pub(super) margin: u32,
    /// Older samples are not kept anywhere, so what was not counted in that time never will be.
    pub(super) kept: u32,
}

impl Budget {
    pub(super) fn has_counted(self) -> bool {
        self.spent > 0
    }

    /// Counts these seconds if they are within the allowance.
    pub(super) fn spend(&mut self, seconds: u32, allowance: Allowance) -> bool {
        let Some(elapsed) = allowance.elapsed else {
            self.spent = self.spent.max(1);
            return true;
        };
        let out_of_reach = elapsed.saturating_sub(allowance.kept);
        let spent = self.spent.saturating_sub(1).max(out_of_reach);
        let after = spent.saturating_add(seconds);
        let is_allowed = after <= elapsed.saturating_add(allowance.margin);
        if is_allowed {
            self.spent = after.saturating_add(1);
        }
        is_allowed
    }
}
