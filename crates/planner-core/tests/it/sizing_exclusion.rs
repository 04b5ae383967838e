//! What a sizing leaves out by itself.

use planner_core::inventory::entities::{Entities, VmRecord};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::sizing_exclusion::SizingExclusion::{
    self, ClusterServices, Placeholder, ZertoAppliance,
};

use crate::full_read;

fn exclusion(name: &str, managed_by: Option<&str>) -> Option<SizingExclusion> {
    let mut entities = Entities::new();
    *entities.vm("vm-1") = VmRecord {
        name: name.into(),
        managed_by: managed_by.map(Into::into),
        ..VmRecord::default()
    };
    SizingExclusion::of(&entities.resolve(&Filter::default(), full_read(1)).vms()[0])
}

#[test]
fn infrastructure_and_placeholders_do_not_count() {
    for (name, managed_by, expected) in [
        ("Z-VRA-esx01.corp.example", None, Some(ZertoAppliance)),
        ("Z-VRAH-esx01-3", None, Some(ZertoAppliance)),
        (
            "vCLS-0a1b2c3d-0000-4444-8888-0123456789ab",
            None,
            Some(ClusterServices),
        ),
        ("vCLS (12)", None, Some(ClusterServices)),
        ("web-01", Some("com.vmware.vcDr-site2"), Some(Placeholder)),
        ("web-01", Some("com.vmware.vim.eam"), None),
        ("my-Z-VRA-notes", None, None),
        ("web-01", None, None),
    ] {
        assert_eq!(exclusion(name, managed_by), expected, "{name}");
    }
}
