//! What can become of the things that are counted.

/// What became of one `QueryPerf` batch.
#[derive(Debug, Clone, Copy)]
pub enum BatchOutcome {
    /// Its VMs were sampled.
    Ok,
    /// It failed, and its VMs are asked for again in smaller batches.
    Split,
    /// It failed because of one VM, which is not asked for again.
    Isolated,
    /// It failed and is tried again at the end of the cycle.
    Retried,
    /// It failed for good.
    Failed,
}

impl BatchOutcome {
    pub(super) const ALL: [Self; 5] = [
        Self::Ok,
        Self::Split,
        Self::Isolated,
        Self::Retried,
        Self::Failed,
    ];

    /// A name for use as a label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Split => "split",
            Self::Isolated => "isolated",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}

/// What became of a login.
#[derive(Debug, Clone, Copy)]
pub enum LoginOutcome {
    /// vCenter opened a session.
    Ok,
    /// vCenter did not take the user name and password.
    Refused,
    /// vCenter could not be asked, or answered something else.
    Failed,
}

impl LoginOutcome {
    pub(super) const ALL: [Self; 3] = [Self::Ok, Self::Refused, Self::Failed];

    /// A name for use as a label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}
