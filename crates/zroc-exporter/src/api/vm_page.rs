//! VMs page by page, and one VM by its reference.

use planner_core::inventory::VmId;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::vm_document::{Reasons, VmDetails, VmDocument};
use super::vm_query::{Position, VmQuery};
use crate::status::VcenterStatus;

/// A page ends before the texts of vCenter in it are longer than this, unless it has one VM alone.
const MOST_TEXT_BYTES: usize = 4 << 20;

/// VMs in the order of the vCenters in the settings, then of their references.
#[derive(Debug, Serialize, ToSchema)]
pub struct VmPage {
    vms: Vec<VmDocument>,
    /// How many VMs fit in all, on this page and on others.
    total: u64,
    /// The value of the parameter `next` that asks for the page after this one; null if it is the last.
    next: Option<String>,
}

impl VmPage {
    /// The VMs that a query asks for.
    pub fn of(vcenters: &[VcenterStatus], query: &VmQuery) -> Self {
        let mut page = Self {
            vms: Vec::new(),
            total: 0,
            next: None,
        };
        let mut text_bytes = 0;
        let mut last = None;
        for (place, vcenter) in vcenters.iter().enumerate() {
            let name = &vcenter.name;
            let Some(snapshot) = vcenter.snapshot().filter(|_| query.wants_vcenter(name)) else {
                continue;
            };
            let reasons = Reasons::of(snapshot);
            for row in snapshot.vms() {
                if !query.wants_vm(row, reasons.kind(row)) {
                    continue;
                }
                page.total += 1;
                if page.next.is_some() || !query.is_ahead(place, row.vm.id.as_str()) {
                    continue;
                }
                let vm = VmDocument::of(name.as_str(), row, &reasons);
                text_bytes += vm.text_bytes();
                let is_full = page.vms.len() >= query.limit()
                    || (text_bytes > MOST_TEXT_BYTES && !page.vms.is_empty());
                if is_full {
                    page.next = last.take().map(|last: Position<'_>| last.token());
                } else {
                    page.vms.push(vm);
                    last = Some(Position {
                        vcenter: name.as_str(),
                        moref: row.vm.id.as_str(),
                    });
                }
            }
        }
        page
    }
}

impl VmDetails {
    /// The VM of this vCenter with this reference.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(vcenters: &[VcenterStatus], vcenter: &str, moref: &str) -> Result<Self, ApiError> {
        let Some(status) = vcenters.iter().find(|it| it.name.as_str() == vcenter) else {
            let fault =
                format!("the settings name no vCenter {vcenter:?}; /api/v1/status lists all");
            return Err(ApiError::NotFound(fault));
        };
        let Some(snapshot) = status.snapshot() else {
            let fault = format!("the inventory of {vcenter:?} was not read yet");
            return Err(ApiError::NotFound(fault));
        };
        let position = snapshot.inventory().position(&VmId::new(moref));
        let row = position.and_then(|position| snapshot.vms().nth(position));
        let row = row.ok_or_else(|| {
            let fault = format!("{vcenter:?} has no VM {moref:?}; /api/v1/vms lists all");
            ApiError::NotFound(fault)
        })?;
        Ok(Self::of(vcenter, row, &Reasons::of(snapshot)))
    }
}
