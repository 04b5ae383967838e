//! Which time a plan is for.

/// Which time the plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestedTime {
    /// All that the source has, or its default.
    All,
    /// The last part of it, in seconds.
    Last(u32),
    /// From one moment to another, in seconds of Unix time.
    Window(i64, i64),
}
