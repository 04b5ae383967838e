//! Faults without the secrets that their texts repeat.

use crate::decode::without_text;
use crate::fault::{Fault, FaultKind};
use crate::redactor::{Redactor, WITHHELD};

/// The fault without its texts if one of them repeats a secret, and in any case if it `is_confidential`. Its type stays
/// unless that repeats a secret too: the name of an unknown type is a text of the server's.
pub(crate) fn cleared_fault(redactor: &Redactor, fault: Fault, is_confidential: bool) -> Fault {
    if let FaultKind::Other { type_name } = &fault.kind
        && redactor.is_in(type_name)
    {
        let type_name = WITHHELD.to_owned();
        return Fault {
            kind: FaultKind::Other { type_name },
            message: String::new(),
        };
    }
    if is_confidential || redactor.is_in(&fault.to_string()) {
        without_text(&fault)
    } else {
        fault
    }
}
