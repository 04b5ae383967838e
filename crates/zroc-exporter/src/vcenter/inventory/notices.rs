//! Log entries about the inventory.

use super::super::error::CollectError;
use crate::error_chain::with_causes;

pub(super) fn no_reports() {
    tracing::info!(
        "this server reports no changes; the inventory is read as a whole every VM_INVENTORY_TTL"
    );
}

pub(super) fn reports_missed_changes(objects: usize) {
    tracing::warn!(
        objects,
        "a full read of the inventory shows changes that vCenter did not report; the property filter is made again"
    );
}

pub(super) fn suspiciously_empty() {
    tracing::warn!("vCenter shows no VM any more; reading the inventory again");
}

pub(super) fn empty() {
    tracing::warn!(
        "vCenter shows this account no VM; if there should be some, give VCENTER_USER the Read-only role at the \
         vCenter root, propagated to children"
    );
}

pub(super) fn delayed(error: &CollectError) {
    let reason = with_causes(error);
    tracing::warn!(
        reason,
        "the inventory could not be brought up to date; the next cycle tries again"
    );
}

pub(super) fn slow() {
    tracing::info!("reading the inventory takes long; the next cycle continues");
}
