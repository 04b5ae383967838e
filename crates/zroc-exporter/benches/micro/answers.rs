//! Answers of a vCenter, in the shapes of recorded ones.

use std::fmt::Write as _;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope \
     xmlns:soapenc=\"http://schemas.xmlsoap.org/soap/encoding/\" \
     xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
     xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n";
const TAIL: &str = "\n</soapenv:Body>\n</soapenv:Envelope>";

/// The ids that a vCenter 9.0.1 gives to write IOPS, write rate and write latency.
pub(crate) const COUNTERS: [(i32, &str); 3] = [
    (180, "virtualDisk.numberWriteAveraged.average"),
    (182, "virtualDisk.write.average"),
    (184, "virtualDisk.totalWriteLatency.average"),
];
const DISKS: [&str; 2] = ["scsi0:1", "scsi0:0"];
/// 2026-01-02 03:00:00 UTC.
const FIRST_SAMPLE: i64 = 1_767_322_800;

/// How a query asked for its samples.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Csv,
    Normal,
}

/// The time of the last of this number of samples.
pub(crate) fn newest(samples: i64) -> jiff::Timestamp {
    time(samples - 1)
}

fn time(sample: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(FIRST_SAMPLE + 20 * sample).unwrap()
}

/// Numbers of all lengths up to five digits.
fn value(vm: usize, series: usize, sample: i64) -> usize {
    let step = usize::try_from(sample).unwrap() + series * 31 + vm * 7;
    (step * 2_654_435_761 % 100_003) >> (step % 13)
}

/// An answer to `QueryPerf`.
pub(crate) fn query_perf(format: Format, vms: usize, samples: i64) -> Vec<u8> {
    let mut body = format!("{HEAD}<QueryPerfResponse xmlns=\"urn:vim25\">");
    for vm in 0..vms {
        let (entity_type, series_type) = match format {
            Format::Csv => ("PerfEntityMetricCSV", "PerfMetricSeriesCSV"),
            Format::Normal => ("PerfEntityMetric", "PerfMetricIntSeries"),
        };
        write!(
            body,
            "<returnval xsi:type=\"{entity_type}\"><entity type=\"VirtualMachine\">vm-{}</entity>",
            1_000 + vm
        )
        .unwrap();
        match format {
            Format::Csv => {
                let times: Vec<String> =
                    (0..samples).map(|at| format!("20,{}", time(at))).collect();
                write!(body, "<sampleInfoCSV>{}</sampleInfoCSV>", times.join(",")).unwrap();
            }
            Format::Normal => {
                for at in 0..samples {
                    let at = time(at);
                    write!(
                        body,
                        "<sampleInfo><timestamp>{at}</timestamp><interval>20</interval></sampleInfo>"
                    )
                    .unwrap();
                }
            }
        }
        let series = DISKS
            .iter()
            .flat_map(|disk| COUNTERS.map(|(id, _)| (id, disk)));
        for (number, (id, disk)) in series.enumerate() {
            write!(
                body,
                "<value xsi:type=\"{series_type}\"><id><counterId>{id}</counterId><instance>{disk}</instance></id>"
            )
            .unwrap();
            let values = (0..samples).map(|at| value(vm, number, at).to_string());
            match format {
                Format::Csv => {
                    let list = values.collect::<Vec<_>>().join(",");
                    write!(body, "<value>{list}</value>").unwrap();
                }
                Format::Normal => {
                    values.for_each(|value| write!(body, "<value>{value}</value>").unwrap());
                }
            }
            body.push_str("</value>");
        }
        body.push_str("</returnval>");
    }
    body.push_str("</QueryPerfResponse>");
    body.push_str(TAIL);
    body.into_bytes()
}

/// A first answer to `WaitForUpdatesEx`, with the devices of each VM.
pub(crate) fn updates(vms: usize) -> Vec<u8> {
    let mut body = format!(
        "{HEAD}<WaitForUpdatesExResponse xmlns=\"urn:vim25\"><returnval><version>1</version><filterSet>\
         <filter type=\"PropertyFilter\">session[52a]52b</filter>"
    );
    let devices = devices();
    for vm in 0..vms {
        write!(
            body,
            "<objectSet><kind>enter</kind><obj type=\"VirtualMachine\">vm-{}</obj>\
             <changeSet><name>name</name><op>assign</op><val xsi:type=\"xsd:string\">web-prod-{vm:05}</val></changeSet>\
             <changeSet><name>parent</name><op>assign</op>\
             <val type=\"Folder\" xsi:type=\"ManagedObjectReference\">group-v{}</val></changeSet>\
             <changeSet><name>runtime.host</name><op>assign</op>\
             <val type=\"HostSystem\" xsi:type=\"ManagedObjectReference\">host-{}</val></changeSet>\
             <changeSet><name>runtime.powerState</name><op>assign</op>\
             <val xsi:type=\"VirtualMachinePowerState\">poweredOn</val></changeSet>\
             <changeSet><name>config.template</name><op>assign</op><val xsi:type=\"xsd:boolean\">false</val></changeSet>\
             <changeSet><name>config.hardware.device</name><op>assign</op>\
             <val xsi:type=\"ArrayOfVirtualDevice\">{devices}</val></changeSet></objectSet>",
            1_000 + vm,
            vm % 40,
            vm % 300
        )
        .unwrap();
    }
    body.push_str("</filterSet></returnval></WaitForUpdatesExResponse>");
    body.push_str(TAIL);
    body.into_bytes()
}

/// Two disks, their controller, and what else a machine has.
fn devices() -> String {
    let other = |class: &str, key: usize| {
        format!(
            "<VirtualDevice xsi:type=\"{class}\"><key>{key}</key><deviceInfo><label>{class} {key}</label>\
             <summary>Device number {key}</summary></deviceInfo><backing xsi:type=\"VirtualDeviceDeviceBackingInfo\">\
             <deviceName>/dev/device-{key}</deviceName><useAutoDetect>false</useAutoDetect></backing>\
             <connectable><startConnected>true</startConnected><allowGuestControl>true</allowGuestControl>\
             <connected>true</connected><status>ok</status></connectable><controllerKey>100</controllerKey>\
             <unitNumber>{key}</unitNumber></VirtualDevice>"
        )
    };
    let mut devices: String = [
        ("VirtualIDEController", 200),
        ("VirtualIDEController", 201),
        ("VirtualPS2Controller", 300),
        ("VirtualPCIController", 100),
        ("VirtualSIOController", 400),
        ("VirtualKeyboard", 600),
        ("VirtualPointingDevice", 700),
        ("VirtualMachineVideoCard", 500),
        ("VirtualMachineVMCIDevice", 12_000),
        ("VirtualVmxnet3", 4_000),
        ("VirtualCdrom", 16_000),
    ]
    .map(|(class, key)| other(class, key))
    .concat()
    .replace("<key>200</key>", "<key>200</key><busNumber>0</busNumber>")
    .replace("<key>201</key>", "<key>201</key><busNumber>1</busNumber>");
    devices.push_str(
        "<VirtualDevice xsi:type=\"ParaVirtualSCSIController\"><key>1000</key><deviceInfo>\
         <label>SCSI controller 0</label><summary>VMware paravirtual SCSI</summary></deviceInfo>\
         <controllerKey>100</controllerKey><unitNumber>3</unitNumber><busNumber>0</busNumber><device>2000</device>\
         <device>2001</device><hotAddRemove>true</hotAddRemove><sharedBus>noSharing</sharedBus>\
         <scsiCtlrUnitNumber>7</scsiCtlrUnitNumber></VirtualDevice>",
    );
    for unit in 0..2 {
        write!(
            devices,
            "<VirtualDevice xsi:type=\"VirtualDisk\"><key>{}</key><deviceInfo><label>Hard disk {}</label>\
             <summary>104,857,600 KB</summary></deviceInfo><backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\">\
             <fileName>[datastore1] web/web_{unit}.vmdk</fileName><datastore type=\"Datastore\">datastore-14</datastore>\
             <backingObjectId></backingObjectId><diskMode>persistent</diskMode><split>false</split>\
             <writeThrough>false</writeThrough><thinProvisioned>true</thinProvisioned>\
             <uuid>6000C29a-1ec4-bc6e-1a72-14c3e0fd41a{unit}</uuid></backing><controllerKey>1000</controllerKey>\
             <unitNumber>{unit}</unitNumber><capacityInKB>104857600</capacityInKB>\
             <capacityInBytes>107374182400</capacityInBytes><shares><shares>1000</shares><level>normal</level></shares>\
             <storageIOAllocation><limit>-1</limit><shares><shares>1000</shares><level>normal</level></shares>\
             <reservation>0</reservation></storageIOAllocation><diskObjectId>1-{}</diskObjectId></VirtualDevice>",
            2_000 + unit,
            1 + unit,
            2_000 + unit
        )
        .unwrap();
    }
    devices
}
