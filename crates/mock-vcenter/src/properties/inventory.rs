//! Folders, datacenters, compute resources, hosts, pools and datastores.

use std::collections::BTreeMap;

use super::common::{managed_entity, related};
use crate::sight::Sight;
use crate::soap::Fields;
use crate::world::{Kind, Node, NodeId, Object, boot_time};

const GIB: u64 = 1 << 30;

pub(super) fn describe(sight: &Sight, id: NodeId, fields: &mut Fields<'_>) {
    let Some(node) = sight.world().topology().get(id) else {
        return;
    };
    let object = Object::Node(id);
    if node.parent.is_some_and(|above| !sight.world().shows(above)) {
        fields.withheld("parent");
    } else {
        related(sight, object, "parent", false, fields);
    }
    managed_entity(fields, BTreeMap::new);
    fields.string("name", &node.name);
    let mut one = |name| related(sight, object, name, false, fields);
    match node.kind {
        Kind::Datacenter => {
            for name in ["vmFolder", "hostFolder", "datastoreFolder", "networkFolder"] {
                one(name);
            }
        }
        Kind::ComputeResource | Kind::ClusterComputeResource => one("resourcePool"),
        Kind::ResourcePool | Kind::VirtualApp => one("owner"),
        _ => {}
    }
    let lists: &[&str] = match node.kind {
        Kind::Folder => &["childEntity"],
        Kind::Datacenter => &["datastore", "network"],
        Kind::ComputeResource | Kind::ClusterComputeResource => &["host", "datastore", "network"],
        Kind::HostSystem => &["vm", "datastore", "network"],
        Kind::ResourcePool | Kind::VirtualApp => &["resourcePool", "vm"],
        Kind::Datastore => &["vm"],
        _ => &[],
    };
    for name in lists {
        if node.kind == Kind::HostSystem && *name == "vm" && sight.settings.hosts_list_hidden_vms {
            let world = sight.world();
            let all = std::iter::once_with(|| world.all_vms_on(id)).flatten();
            fields.references(name, all.map(|vm| (world.kind(vm).name(), world.moref(vm))));
        } else {
            related(sight, object, name, true, fields);
        }
    }
    match node.kind {
        Kind::Folder => folder(node, fields),
        Kind::HostSystem => host(sight, id, node, fields),
        Kind::ComputeResource | Kind::ClusterComputeResource => compute(sight, id, node, fields),
        Kind::Datastore => datastore(node, fields),
        Kind::VirtualApp => vapp(sight, id, fields),
        _ => {}
    }
}

/// It is in the first folder of its datacenter that holds machines.
fn vapp(sight: &Sight, id: NodeId, fields: &mut Fields<'_>) {
    let topology = sight.world().topology();
    let folder = topology.root_vm_folder(id);
    match folder.and_then(|folder| topology.get(folder)) {
        Some(folder) if !folder.visible() => fields.withheld("parentFolder"),
        Some(folder) => fields.reference("parentFolder", "Folder", &folder.moref),
        None => fields.unset("parentFolder"),
    }
}

fn folder(node: &Node, fields: &mut Fields<'_>) {
    let inside: &[&str] = match node.moref.as_bytes().get(..7) {
        Some(b"group-v") => &["Folder", "VirtualMachine", "VirtualApp"],
        Some(b"group-h") => &["Folder", "ComputeResource"],
        Some(b"group-s") => &["Folder", "Datastore", "StoragePod"],
        Some(b"group-n") => &["Folder", "Network"],
        _ => &["Folder", "Datacenter"],
    };
    fields.strings("childType", inside.iter().copied());
}

fn host(sight: &Sight, id: NodeId, node: &Node, fields: &mut Fields<'_>) {
    let lost = sight.world().topology().disconnected_host == Some(id);
    let state = if lost { "notResponding" } else { "connected" };
    let boot = boot_time(sight.world().seed(), u64::from(u32::MAX - id.0));
    let runtime = |f: &mut Fields<'_>| {
        f.enumeration("connectionState", "HostSystemConnectionState", state);
        let power = if lost { "unknown" } else { "poweredOn" };
        f.enumeration("powerState", "HostSystemPowerState", power);
        f.boolean("inMaintenanceMode", false);
        f.time(
            "bootTime",
            jiff::Timestamp::from_second(boot).unwrap_or_default(),
        );
    };
    fields.data("runtime", "HostRuntimeInfo", runtime);
    fields.data("summary", "HostListSummary", |f| {
        f.reference("host", "HostSystem", &node.moref);
        f.data("hardware", "HostHardwareSummary", |f| {
            f.string("vendor", "Example");
            f.string("model", "Server 2");
            f.string("uuid", &format!("4c4c4544-0000-4000-8000-{:012x}", id.0));
            f.long("memorySize", 512 * GIB);
            f.string("cpuModel", "Example CPU 2.60GHz");
            f.int("cpuMhz", 2600);
            f.int("numCpuPkgs", 2);
            f.int("numCpuCores", 32);
            f.int("numCpuThreads", 64);
            f.int("numNics", 4);
            f.int("numHBAs", 2);
        });
        f.data("runtime", "HostRuntimeInfo", runtime);
        f.data("config", "HostConfigSummary", |f| {
            f.string("name", &node.name);
            f.int("port", 443);
            f.boolean("vmotionEnabled", true);
            f.boolean("faultToleranceEnabled", false);
        });
        f.data("quickStats", "HostListSummaryQuickStats", |_| {});
        f.enumeration("overallStatus", "ManagedEntityStatus", "green");
        f.boolean("rebootRequired", false);
        f.string("managementServerIp", "192.0.2.1");
    });
    for name in [
        "hardware",
        "config",
        "capability",
        "licensableResource",
        "datastoreBrowser",
    ] {
        fields.unset(name);
    }
}

fn compute(sight: &Sight, id: NodeId, node: &Node, fields: &mut Fields<'_>) {
    let hosts = || {
        let count = sight
            .world()
            .topology()
            .children_of(id, Kind::HostSystem)
            .count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let summary_type = if node.kind == Kind::ClusterComputeResource {
        "ClusterComputeResourceSummary"
    } else {
        "ComputeResourceSummary"
    };
    fields.data("summary", summary_type, |f| {
        let hosts = hosts();
        f.int("totalCpu", hosts.saturating_mul(32 * 2600));
        f.long("totalMemory", u64::from(hosts) * 512 * GIB);
        f.long("numCpuCores", hosts.saturating_mul(32));
        f.long("numCpuThreads", hosts.saturating_mul(64));
        f.int("effectiveCpu", hosts.saturating_mul(30 * 2600));
        f.long("effectiveMemory", u64::from(hosts) * 500 * 1024);
        f.int("numHosts", hosts);
        f.int("numEffectiveHosts", hosts);
        f.enumeration("overallStatus", "ManagedEntityStatus", "green");
    });
    for name in ["configurationEx", "configuration", "environmentBrowser"] {
        fields.unset(name);
    }
}

fn datastore(node: &Node, fields: &mut Fields<'_>) {
    fields.data("summary", "DatastoreSummary", |f| {
        f.reference("datastore", "Datastore", &node.moref);
        f.string("name", &node.name);
        f.string("url", &format!("ds:///vmfs/volumes/{}/", node.moref));
        f.long("capacity", 64 * 1024 * GIB);
        f.long("freeSpace", 20 * 1024 * GIB);
        f.boolean("accessible", true);
        f.boolean("multipleHostAccess", true);
        f.string("type", "VMFS");
        f.string("maintenanceMode", "normal");
    });
    for name in ["info", "host", "browser", "capability", "iormConfiguration"] {
        fields.unset(name);
    }
}
