//! `/api/v1` without HTTP: what is known of vCenters and VMs, as documents for programs.
//!
//! A name says the unit of its value. What is not known is null. Within version 1 fields are only added.

mod envelope;
mod error;
mod io_values;
mod status_document;
mod vm_document;
mod vm_page;
mod vm_query;
mod words;

pub use self::envelope::{Failure, Success};
pub use self::error::{ApiError, ErrorType};
pub use self::status_document::StatusDocument;
pub use self::vm_document::{VmDetails, VmDocument};
pub use self::vm_page::VmPage;
pub use self::vm_query::VmQuery;
