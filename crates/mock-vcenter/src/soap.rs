//! The SOAP 1.1 dialect of vSphere: reading requests, writing answers and faults.

mod envelope;
mod fault;
mod fields;
mod request;
mod xml;

pub(crate) use envelope::{envelope, with_inline_namespaces};
pub(crate) use fault::SoapFault;
pub(crate) use fields::{Fields, Found, Items};
pub(crate) use request::{Element, Request};
pub(crate) use xml::{escape, reference};
