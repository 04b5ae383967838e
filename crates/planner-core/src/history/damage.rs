//! What is wrong with bytes that should be a history.

use thiserror::Error;

/// Why bytes were not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Damage {
    /// They end too early.
    #[error("it ends in the middle")]
    Truncated,
    /// Something follows the end.
    #[error("it is longer than it says")]
    Excess,
    /// Bytes were changed.
    #[error("its checksum is another")]
    Checksum,
    /// A number is larger than any that is written.
    #[error("a number is out of range")]
    Number,
    /// It says of itself that it is something else.
    #[error("it is not of the expected kind")]
    Kind,
    /// Buckets of a length that no history has.
    #[error("its buckets don't divide an hour")]
    Slots,
    /// A name is not UTF-8.
    #[error("a name is not text")]
    Name,
    /// Names are not in ascending order.
    #[error("names are out of order")]
    Order,
}
