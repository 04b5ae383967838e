//! Request bodies for the mock vCenter, that ask for what the exporter asks for.

use std::fmt::Write as _;

/// The number of the mock's first VM; the others follow.
const FIRST_VM: u32 = 1001;
/// The mock's ids of the write counters: operations, rate, latency.
const COUNTERS: [u32; 3] = [180, 182, 184];
/// As the exporter asks for.
const PAGE_OBJECTS: u32 = 500;

const KINDS: [&str; 6] = [
    "VirtualMachine",
    "HostSystem",
    "ComputeResource",
    "Folder",
    "Datacenter",
    "VirtualApp",
];

pub(super) fn login(user: &str, password: &str) -> String {
    let arguments = format!("<userName>{user}</userName><password>{password}</password>");
    call("Login", "SessionManager", "SessionManager", &arguments)
}

pub(super) fn create_view() -> String {
    let mut arguments = "<container type=\"Folder\">group-d1</container>".to_owned();
    for kind in KINDS {
        let _ = write!(arguments, "<type>{kind}</type>");
    }
    arguments.push_str("<recursive>true</recursive>");
    call(
        "CreateContainerView",
        "ViewManager",
        "ViewManager",
        &arguments,
    )
}

pub(super) fn create_filter(view: &str) -> String {
    let arguments = format!(
        "<spec><propSet><type>ManagedEntity</type><pathSet>name</pathSet><pathSet>parent</pathSet></propSet>\
         <propSet><type>VirtualMachine</type><pathSet>runtime.host</pathSet><pathSet>runtime.powerState</pathSet>\
         <pathSet>runtime.connectionState</pathSet><pathSet>parentVApp</pathSet><pathSet>config.template</pathSet><pathSet>config.managedBy</pathSet>\
         <pathSet>config.hardware.device</pathSet></propSet>\
         <propSet><type>VirtualApp</type><pathSet>parentFolder</pathSet></propSet>\
         <objectSet><obj type=\"ContainerView\">{view}</obj><skip>true</skip>\
         <selectSet xsi:type=\"TraversalSpec\"><name>view</name><type>ContainerView</type><path>view</path>\
         <skip>false</skip></selectSet></objectSet></spec><partialUpdates>false</partialUpdates>"
    );
    collector("CreateFilter", &arguments)
}

pub(super) fn wait_for_updates(version: &str) -> String {
    let arguments = format!(
        "<version>{version}</version><options><maxWaitSeconds>0</maxWaitSeconds>\
         <maxObjectUpdates>{PAGE_OBJECTS}</maxObjectUpdates></options>"
    );
    collector("WaitForUpdatesEx", &arguments)
}

/// One query for each hundred VMs, for their newest samples.
pub(super) fn queries(vms: u32, samples: u64) -> Vec<String> {
    let mut metrics = String::new();
    for counter in COUNTERS {
        let _ = write!(
            metrics,
            "<metricId><counterId>{counter}</counterId><instance>*</instance></metricId>"
        );
    }
    let all: Vec<u32> = (FIRST_VM..FIRST_VM + vms).collect();
    let query = |batch: &[u32]| {
        let mut specs = String::new();
        for vm in batch {
            let _ = write!(
                specs,
                "<querySpec><entity type=\"VirtualMachine\">vm-{vm}</entity>\
                 <maxSample>{samples}</maxSample>{metrics}<intervalId>20</intervalId>\
                 <format>csv</format></querySpec>"
            );
        }
        call("QueryPerf", "PerformanceManager", "PerfMgr", &specs)
    };
    all.chunks(100).map(query).collect()
}

fn collector(operation: &str, arguments: &str) -> String {
    call(
        operation,
        "PropertyCollector",
        "propertyCollector",
        arguments,
    )
}

fn call(operation: &str, kind: &str, this: &str, arguments: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>\
         <{operation} xmlns=\"urn:vim25\"><_this type=\"{kind}\">{this}</_this>{arguments}</{operation}>\
         </soapenv:Body></soapenv:Envelope>"
    )
}
