//! Which VMs to look at.

use std::collections::BTreeMap;

use crate::inventory::Vm;
use crate::inventory::sizing_exclusion::SizingExclusion;

/// A VM with more disks is looked at last: its answers are long and say no more.
pub const MOST_DISKS: u32 = 16;

/// At most this many VMs that have samples: one of each host in turn, those with two disks or more first.
pub fn choose(vms: &[Vm], most: usize) -> Vec<&Vm> {
    let may_have_disks = |vm: &&Vm| vm.disks != Some(0);
    let mut of_hosts: BTreeMap<Option<&str>, Vec<&Vm>> = BTreeMap::new();
    for vm in vms
        .iter()
        .filter(|vm| vm.is_observed())
        .filter(may_have_disks)
    {
        let host = vm.placement.host_moref.as_deref();
        of_hosts.entry(host).or_default().push(vm);
    }
    for of_host in of_hosts.values_mut() {
        of_host.sort_by_key(|vm| {
            let vm: &Vm = vm;
            let is_usual = (2..=MOST_DISKS).contains(&vm.disks.unwrap_or(0));
            // Agents and appliances hardly write.
            (SizingExclusion::of(vm).is_some(), !is_usual, vm.id.clone())
        });
    }
    let mut chosen = Vec::new();
    for turn in 0..most {
        chosen.extend(of_hosts.values().filter_map(|of_host| of_host.get(turn)));
        if chosen.len() >= most {
            break;
        }
    }
    chosen.truncate(most);
    chosen
}
