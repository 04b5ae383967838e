//! The file with settings.

mod keys;
mod source;
mod tables;

pub(super) use self::source::Source;
pub(super) use self::tables::{MOST_VCENTERS, Tables, Value};
