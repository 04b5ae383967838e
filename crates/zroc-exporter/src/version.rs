//! Which program this is.

/// Version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from; `unknown` if neither environment nor git said so when it was built.
pub const REVISION: &str = env!("ZROC_REVISION");

/// Version, commit and platform, as `--version` prints them.
pub const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (revision ",
    env!("ZROC_REVISION"),
    ", ",
    env!("ZROC_TARGET"),
    ")"
);
