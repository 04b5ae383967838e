//! Virtual machines: configuration, runtime state, summary.

use jiff::Timestamp;

use super::common::{managed_entity, related};
use super::device;
use crate::sight::Sight;
use crate::soap::Fields;
use crate::world::{Object, Oddity, Vm, boot_time};

/// What the descriptions of one VM share.
struct Described<'c> {
    sight: &'c Sight,
    vm: &'c Vm<'c>,
}

pub(super) fn describe(sight: &Sight, vm: &Vm<'_>, fields: &mut Fields<'_>) {
    let described = Described { sight, vm };
    let object = Object::Vm(vm.index);
    // In the order in which clients ask most often.
    if fields.wants("name") {
        fields.string("name", &vm.wire_name());
    }
    fields.data("runtime", "VirtualMachineRuntimeInfo", |f| {
        described.runtime(f);
    });
    if vm.has_config() {
        fields.data("config", "VirtualMachineConfigInfo", |f| {
            described.config(f);
        });
    } else {
        fields.unset("config");
    }
    if vm.folder.is_some_and(|folder| !sight.world().shows(folder)) {
        fields.withheld("parent");
    } else {
        related(sight, object, "parent", false, fields);
    }
    for name in ["parentVApp", "resourcePool"] {
        related(sight, object, name, false, fields);
    }
    for name in ["datastore", "network"] {
        related(sight, object, name, true, fields);
    }
    fields.data("summary", "VirtualMachineSummary", |f| described.summary(f));
    fields.data("storage", "VirtualMachineStorageInfo", |f| {
        f.list(
            "perDatastoreUsage",
            "VirtualMachineUsageOnDatastore",
            |_| {},
        );
        f.time("timestamp", described.boot());
    });
    fields.data("guest", "GuestInfo", |f| {
        f.string("toolsRunningStatus", "guestToolsRunning");
        f.string(
            "guestState",
            if vm.powered_on() {
                "running"
            } else {
                "notRunning"
            },
        );
    });
    fields.enumeration("guestHeartbeatStatus", "ManagedEntityStatus", "green");
    managed_entity(fields, || vm.attributes());
    for name in [
        "layout",
        "layoutEx",
        "snapshot",
        "rootSnapshot",
        "resourceConfig",
        "capability",
    ] {
        fields.unset(name);
    }
    fields.unset("environmentBrowser");
}

impl Described<'_> {
    fn boot(&self) -> Timestamp {
        if self.vm.oddity == Some(Oddity::JustStarted) {
            return self.sight.started;
        }
        let computed = || boot_time(self.sight.world().seed(), u64::from(self.vm.index));
        let second = self.vm.started().unwrap_or_else(computed);
        Timestamp::from_second(second).unwrap_or_default()
    }

    fn uuid(&self, first: &str) -> String {
        format!("{first}-6d6f-636b-8000-{:012x}", self.vm.index)
    }

    fn path(&self) -> String {
        format!("[store] {0}/{0}.vmx", self.vm.wire_name())
    }

    fn runtime(&self, f: &mut Fields<'_>) {
        let vm = self.vm;
        let host = vm
            .host
            .and_then(|host| self.sight.world().topology().get(host));
        match host {
            Some(host) => f.reference("host", "HostSystem", &host.moref),
            None => f.unset("host"),
        }
        let connection = vm.connection_state();
        f.enumeration(
            "connectionState",
            "VirtualMachineConnectionState",
            connection,
        );
        f.enumeration(
            "powerState",
            "VirtualMachinePowerState",
            vm.power_state().wire_name(),
        );
        let tolerance = "VirtualMachineFaultToleranceState";
        f.enumeration("faultToleranceState", tolerance, "notConfigured");
        f.boolean("toolsInstallerMounted", false);
        if vm.powered_on() {
            f.time("bootTime", self.boot());
        } else {
            f.unset("bootTime");
        }
        f.long("suspendInterval", 0);
        f.int("maxCpuUsage", 5200);
        f.int("maxMemoryUsage", 8192);
        f.int("numMksConnections", 0);
        f.enumeration(
            "recordReplayState",
            "VirtualMachineRecordReplayState",
            "inactive",
        );
        f.boolean("onlineStandby", false);
        f.boolean("consolidationNeeded", false);
        f.boolean("paused", false);
        f.boolean("snapshotInBackground", false);
    }

    fn config(&self, f: &mut Fields<'_>) {
        f.string("changeVersion", "2024-01-01T00:00:00.000000Z");
        f.time("modified", Timestamp::UNIX_EPOCH);
        f.string("name", &self.vm.wire_name());
        f.string("guestFullName", "Other Linux (64-bit)");
        f.string("version", "vmx-19");
        f.string("uuid", &self.uuid("42200000"));
        f.string("instanceUuid", &self.uuid("50200000"));
        f.boolean("template", self.vm.template());
        f.string("guestId", "otherLinux64Guest");
        f.string("alternateGuestName", "");
        f.string("annotation", "");
        f.data("files", "VirtualMachineFileInfo", |f| {
            f.string("vmPathName", &self.path());
        });
        f.data("flags", "VirtualMachineFlagInfo", |_| {});
        f.data(
            "defaultPowerOps",
            "VirtualMachineDefaultPowerOpInfo",
            |_| {},
        );
        f.data("hardware", "VirtualHardware", |f| {
            f.int("numCPU", 2);
            f.int("numCoresPerSocket", 1);
            f.int("memoryMB", 8192);
            f.list("device", "VirtualDevice", |items| {
                device::describe(self.sight, self.vm, items);
            });
        });
        match self.vm.managed_by() {
            Some((extension, kind)) => f.data("managedBy", "ManagedByInfo", |f| {
                f.string("extensionKey", extension);
                f.string("type", kind);
            }),
            None => f.unset("managedBy"),
        }
        for name in ["extraConfig", "createDate", "npivTemporaryDisabled"] {
            f.unset(name);
        }
    }

    fn summary(&self, f: &mut Fields<'_>) {
        let vm = self.vm;
        f.reference("vm", "VirtualMachine", &vm.moref());
        f.data("runtime", "VirtualMachineRuntimeInfo", |f| self.runtime(f));
        f.data("config", "VirtualMachineConfigSummary", |f| {
            f.string("name", &vm.wire_name());
            f.boolean("template", vm.template());
            f.string("vmPathName", &self.path());
            f.int("memorySizeMB", 8192);
            f.int("numCpu", 2);
            f.int("numEthernetCards", 1);
            f.int(
                "numVirtualDisks",
                u32::try_from(vm.disks().count()).unwrap_or(u32::MAX),
            );
            f.string("uuid", &self.uuid("42200000"));
            f.string("instanceUuid", &self.uuid("50200000"));
            f.string("guestId", "otherLinux64Guest");
            f.string("guestFullName", "Other Linux (64-bit)");
        });
        f.data("storage", "VirtualMachineStorageSummary", |f| {
            // Not the provisioned capacity: swap and logs count too, thin disks count in part.
            let capacity: u64 = vm.disks().map(|disk| disk.capacity_bytes).sum();
            let committed = capacity / 3 + (8 << 30);
            f.long("committed", committed);
            f.long("uncommitted", capacity - capacity / 3);
            f.long("unshared", committed);
            f.time("timestamp", self.boot());
        });
        f.data("quickStats", "VirtualMachineQuickStats", |f| {
            f.int("overallCpuUsage", 120);
            f.int("guestMemoryUsage", 2048);
            f.int("hostMemoryUsage", 4096);
        });
        f.enumeration("overallStatus", "ManagedEntityStatus", "green");
    }
}
