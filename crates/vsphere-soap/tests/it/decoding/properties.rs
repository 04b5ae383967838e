//! Properties and virtual devices.

use vsphere_soap::{MoRef, PropertyValue, VirtualDevice, VirtualDeviceKind, decode};

use crate::server::fixture;

#[test]
fn property_values() {
    let page = decode::retrieve_properties(&fixture("page.xml")).unwrap();
    assert_eq!(page.token.as_deref(), Some("token-1"));
    let [first, second, third] = page.objects.as_slice() else {
        panic!("{:?}", page.objects)
    };

    assert_eq!(
        first.property("name").unwrap().as_str(),
        Some("a <b> \u{1F600} & c!")
    );
    assert_eq!(
        first.property("runtime.powerState").unwrap().as_enum(),
        Some("poweredOn")
    );
    let host = first.property("runtime.host").unwrap().as_moref().unwrap();
    assert_eq!(host, &MoRef::new("HostSystem", "host-9"));
    assert_eq!(
        first.property("config.template").unwrap().as_bool(),
        Some(false)
    );
    let datastores = ["datastore-1", "datastore-2"].map(|id| MoRef::new("Datastore", id));
    assert_eq!(
        first.property("datastore"),
        Some(&PropertyValue::MoRefs(datastores.into()))
    );
    assert_eq!(first.property("parent"), None);

    assert_eq!(second.property("name").unwrap().as_str(), Some("b"));
    let other = |kind: &str| Some(PropertyValue::Other { kind: kind.into() });
    assert_eq!(
        second.property("runtime").cloned(),
        other("VirtualMachineRuntimeInfo")
    );
    let empty_enum = second.property("runtime.faultToleranceState").cloned();
    assert_eq!(empty_enum, other("VirtualMachineFaultToleranceState"));
    let [missing] = second.missing.as_slice() else {
        panic!("{:?}", second.missing)
    };
    assert!(missing.is_no_permission());
    assert_eq!(
        missing.fault.to_string(),
        "NoPermission on VirtualMachine:vm-2 (System.View): denied"
    );

    assert!(third.properties.is_empty() && third.missing.is_empty());
}

#[test]
fn nothing_selected_is_an_empty_page() {
    let page = decode::retrieve_properties(&fixture("page_empty.xml")).unwrap();
    assert!(page.token.is_none() && page.objects.is_empty());
}

#[test]
fn devices_name_their_counter_instances() {
    let page = decode::retrieve_properties(&fixture("devices.xml")).unwrap();
    let devices = page.objects[0].property("config.hardware.device").unwrap();
    let devices = devices.as_virtual_devices().unwrap();
    let instances: Vec<_> = devices
        .iter()
        .filter_map(|device| Some((device.key, device.disk_instance(devices)?)))
        .collect();
    let expected = [
        (2016, "scsi1:0"),
        (3000, "ide0:1"),
        (16000, "sata0:0"),
        (31500, "nvme0:2"),
    ];
    assert_eq!(
        instances,
        expected.map(|(key, name)| (key, name.to_owned()))
    );
    assert_eq!(capacity(devices, 2016), Some(1_024_500));
    assert_eq!(capacity(devices, 3000), Some(8 * 1024));
    assert_eq!(capacity(devices, 16000), None);
    assert_eq!(devices.len(), 9, "neither PCI controllers nor CD drives");
}

fn capacity(devices: &[VirtualDevice], key: i32) -> Option<i64> {
    let disk = devices.iter().find(|device| device.key == key).unwrap();
    match disk.kind {
        VirtualDeviceKind::Disk { capacity_bytes } => capacity_bytes,
        VirtualDeviceKind::Controller { .. } => panic!("{key} is a controller"),
    }
}

/// The properties of an object whose `propSet` holds this.
fn properties(prop_set: &str) -> Vec<(String, PropertyValue)> {
    let body = format!(
        "<Envelope xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Body>\
         <RetrievePropertiesResponse><returnval><obj type=\"VirtualMachine\">vm-1</obj>{prop_set}\
         <propSet><name>last</name><val xsi:type=\"xsd:int\">1</val></propSet></returnval>\
         </RetrievePropertiesResponse></Body></Envelope>"
    );
    let page = decode::retrieve_properties(body.as_bytes()).unwrap();
    let properties = page.objects.into_iter().flat_map(|it| it.properties);
    let mut properties: Vec<_> = properties.map(|it| (it.name.into(), it.value)).collect();
    assert_eq!(
        properties.pop(),
        Some(("last".to_owned(), PropertyValue::Int(1)))
    );
    properties
}

#[test]
fn a_value_that_is_none_of_its_type_spoils_no_other() {
    for (kind, content) in [
        ("boolean", "maybe"),
        ("int", "12x"),
        ("long", "99999999999999999999"),
        ("dateTime", "yesterday"),
        ("string", "<a/>"),
        ("ManagedObjectReference", "vm-1"),
        ("ManagedByInfo", "<type>a</type>"),
    ] {
        let value = format!(
            "<propSet><name>a</name><val xsi:type=\"xsd:{kind}\">{content}</val></propSet>"
        );
        let other = PropertyValue::Other { kind: kind.into() };
        assert_eq!(properties(&value), [("a".to_owned(), other)]);
    }
    let nameless = "<propSet><val xsi:type=\"xsd:int\">1</val></propSet>";
    assert_eq!(properties(nameless), []);
    assert_eq!(properties("<propSet><name>a</name></propSet>"), []);
}

#[test]
fn a_device_that_makes_no_sense_is_passed_over() {
    let body = String::from_utf8(fixture("devices.xml")).unwrap();
    let devices = |body: &str| {
        let page = decode::retrieve_properties(body.as_bytes()).unwrap();
        let devices = page.objects[0].property("config.hardware.device").unwrap();
        devices.as_virtual_devices().unwrap().to_vec()
    };
    let all = devices(&body);
    let without = |key: i32| -> Vec<_> { all.iter().filter(|it| it.key != key).cloned().collect() };
    let changed = |from: &str, to: &str| {
        assert!(body.contains(from), "{from}");
        devices(&body.replace(from, to))
    };
    assert_eq!(changed("<busNumber>1</busNumber>", ""), without(1001));
    assert_eq!(changed("<busNumber>1<", "<busNumber>one<"), without(1001));
    assert_eq!(
        changed("<key>2016</key>", "<key>4294967296</key>"),
        without(2016)
    );
    let huge = changed(">1024500<", ">99999999999999999999<");
    assert_eq!(capacity(&huge, 2016), Some(1000 * 1024));
    assert_eq!(huge.len(), all.len());
    let lost = changed(
        "<controllerKey>1001</controllerKey>",
        "<controllerKey><a/></controllerKey>",
    );
    let disk = lost.iter().find(|it| it.key == 2016).unwrap();
    assert_eq!(
        (disk.controller_key, disk.disk_instance(&lost)),
        (None, None)
    );
}
