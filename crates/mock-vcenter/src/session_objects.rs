//! What a session keeps on the server: views, rests of retrievals, and collectors with their filters.

mod collector;
mod filter;
mod page;
mod target;
mod view;

pub(crate) use self::collector::Collector;
pub(crate) use self::filter::Filter;
pub(crate) use self::page::Page;
pub(crate) use self::target::{PropertySpec, Target};
pub(crate) use self::view::View;
