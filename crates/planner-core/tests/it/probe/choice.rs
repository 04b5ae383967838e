//! Which VMs are looked at.

use std::sync::Arc;

use planner_core::inventory::{ConnectionState, Placement, PowerState, Vm, VmId};
use planner_core::probe::choose;

fn candidate(id: &str, host: &str, disks: Option<u32>) -> Vm {
    Vm {
        id: VmId::new(id),
        name: Arc::from(id),
        placement: Arc::new(Placement {
            host_moref: Some(Arc::from(host)),
            ..Placement::default()
        }),
        folder: Arc::default(),
        power_state: Some(PowerState::PoweredOn),
        connection_state: ConnectionState::Connected,
        is_template: false,
        managed_by: None,
        is_filtered: false,
        is_permission_denied: false,
        disks,
        provisioned: None,
        details: None,
    }
}

#[test]
fn vms_are_chosen_host_by_host_and_with_several_disks_first() {
    let mut off = candidate("vm-0", "host-1", Some(2));
    off.power_state = Some(PowerState::PoweredOff);
    let vms = [
        off,
        candidate("vm-1", "host-1", Some(1)),
        candidate("vm-2", "host-1", Some(3)),
        candidate("vm-3", "host-1", Some(2)),
        candidate("vm-4", "host-2", Some(0)),
        candidate("vm-5", "host-2", None),
        candidate("vm-6", "host-2", Some(200)),
        candidate("vm-7", "host-3", Some(2)),
        Vm {
            name: "vCLS-1".into(),
            ..candidate("vm-8", "host-3", Some(2))
        },
    ];
    let chosen = |most| -> Vec<String> {
        let chosen = choose(&vms, most).into_iter();
        chosen.map(|vm| vm.id.to_string()).collect()
    };
    assert_eq!(chosen(0), [""; 0]);
    assert_eq!(chosen(4), ["vm-2", "vm-5", "vm-7", "vm-3"]);
    assert_eq!(chosen(99).len(), 7);
}
