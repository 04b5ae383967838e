//! XML as the vSphere API uses it: a pull cursor for reading, escaping for writing.

pub(crate) mod cursor;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod escape;
pub(crate) mod fast_path;
pub(crate) mod text;
pub(crate) mod values;

pub(crate) use cursor::{Cursor, Element};
pub(crate) use document::read;
pub use error::DecodeError;
