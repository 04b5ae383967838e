//! XML as the vSphere API uses it: a pull cursor for reading, escaping for writing.

pub(crate) mod cursor;
pub(crate) mod error;
pub(crate) mod escape;
pub(crate) mod fast_path;
pub(crate) mod values;

pub(crate) use cursor::{Cursor, Element};
pub use error::DecodeError;
