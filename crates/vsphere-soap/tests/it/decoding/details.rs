//! What disks lie on, and custom attributes.

use vsphere_soap::{
    CustomField, CustomFieldValue, DiskBacking, PropertyValue, VirtualHardware, decode,
};

/// A value as the property of an object.
fn value(kind: &str, content: &str) -> PropertyValue {
    let body = format!(
        "<Envelope xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Body>\
         <RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects><obj type=\"VirtualMachine\">vm-1</obj>\
         <propSet><name>a</name><val xsi:type=\"{kind}\">{content}</val></propSet></objects></returnval>\
         </RetrievePropertiesExResponse></Body></Envelope>"
    );
    let page = decode::retrieve_properties(body.as_bytes()).unwrap();
    page.objects[0].property("a").unwrap().clone()
}

fn hardware(content: &str) -> VirtualHardware {
    match value("VirtualHardware", content) {
        PropertyValue::VirtualHardware(hardware) => hardware,
        other => panic!("{other:?}"),
    }
}

/// A disk as a 9.0 sends it, with this backing.
fn disk(key: i32, unit: i32, backing: &str) -> String {
    format!(
        "<device xsi:type=\"VirtualDisk\"><key>{key}</key><deviceInfo><label>Hard disk 1</label></deviceInfo>{backing}\
         <controllerKey>1000</controllerKey><unitNumber>{unit}</unitNumber><capacityInKB>1024</capacityInKB>\
         <capacityInBytes>1048576</capacityInBytes><shares><shares>1000</shares><level>normal</level></shares></device>"
    )
}

const CONTROLLER: &str = "<numCPU>2</numCPU><memoryMB>4096</memoryMB>\
     <device xsi:type=\"VirtualKeyboard\"><key>600</key><backing><fileName>[no] disk</fileName></backing></device>\
     <device xsi:type=\"ParaVirtualSCSIController\"><key>1000</key><controllerKey>100</controllerKey>\
     <unitNumber>3</unitNumber><busNumber>0</busNumber><device>2000</device><device>2001</device></device>";

fn backing_of(backing: &str) -> Option<DiskBacking> {
    let read = hardware(&format!("{CONTROLLER}{}", disk(2000, 0, backing)));
    let disk = read.devices.last().unwrap();
    let instance = disk.disk_instance(&read.devices);
    assert_eq!((disk.key, instance.as_deref()), (2000, Some("scsi0:0")));
    assert!(read.backings.len() <= 1);
    read.backings.into_iter().next().map(|(key, backing)| {
        assert_eq!(key, 2000);
        backing
    })
}

#[test]
fn a_file_says_where_it_is_and_how_it_grows() {
    // A snapshot's file, on top of another one.
    let backing = backing_of(
        "<backing xsi:type=\"VirtualDiskFlatVer2BackingInfo\"><fileName>[fast &amp; small] web/web-000001.vmdk</fileName>\
         <datastore type=\"Datastore\">datastore-17</datastore><backingObjectId></backingObjectId>\
         <diskMode>persistent</diskMode><split>false</split><writeThrough>false</writeThrough>\
         <thinProvisioned>true</thinProvisioned><eagerlyScrub>false</eagerlyScrub>\
         <parent><fileName>[slow] web/web.vmdk</fileName><diskMode>nonpersistent</diskMode>\
         <thinProvisioned>false</thinProvisioned><sharing>sharingMultiWriter</sharing></parent>\
         <digestEnabled>false</digestEnabled><sharing>sharingNone</sharing></backing>",
    );
    let backing = backing.unwrap();
    assert_eq!(backing.datastore(), Some("fast & small"));
    let expected = DiskBacking {
        file_name: Some("[fast & small] web/web-000001.vmdk".into()),
        thin_provisioned: Some(true),
        disk_mode: Some("persistent".into()),
        sharing: Some("sharingNone".into()),
    };
    assert_eq!(backing, expected);
}

/// By the fields of `VirtualDiskRawDiskMappingVer1BackingInfo`.
#[test]
fn a_raw_device_is_known_by_its_mapping_file() {
    let backing = backing_of(
        "<backing xsi:type=\"VirtualDiskRawDiskMappingVer1BackingInfo\"><fileName>[lun] db/rdm.vmdk</fileName>\
         <lunUuid>02000000</lunUuid><deviceName>vml.02000000</deviceName>\
         <compatibilityMode>physicalMode</compatibilityMode><diskMode>independent_persistent</diskMode>\
         <sharing>sharingMultiWriter</sharing></backing>",
    );
    let backing = backing.unwrap();
    assert_eq!(backing.datastore(), Some("lun"));
    assert_eq!(backing.thin_provisioned, None);
    assert_eq!(backing.sharing.as_deref(), Some("sharingMultiWriter"));
}

#[test]
fn an_odd_backing_costs_no_disk() {
    assert_eq!(backing_of(""), None);
    assert_eq!(backing_of("<backing/>"), Some(DiskBacking::default()));
    let odd = backing_of(
        "<backing><fileName><a/></fileName><thinProvisioned>perhaps</thinProvisioned><diskMode></diskMode>\
         <key>7</key></backing>",
    );
    let odd = odd.unwrap();
    assert_eq!((odd.thin_provisioned, odd.datastore()), (None, None));
    for (file, datastore) in [
        ("[a]", Some("a")),
        ("[a] b] c", Some("a")),
        ("[] /vmfs/volumes/a.vmdk", None),
        ("[a b.vmdk", None),
        ("/vmfs/volumes/a.vmdk", None),
        ("ds:///vmfs/volumes/1/a.vmdk", None),
        ("", None),
    ] {
        let backing = backing_of(&format!("<backing><fileName>{file}</fileName></backing>"));
        assert_eq!(backing.unwrap().datastore(), datastore, "{file}");
    }
}

#[test]
fn hardware_without_devices_is_hardware() {
    assert_eq!(hardware("<numCPU>2</numCPU>"), VirtualHardware::default());
    assert_eq!(hardware(""), VirtualHardware::default());
}

#[test]
fn each_disk_has_its_own_backing() {
    let file = |name: &str| format!("<backing><fileName>[{name}] a.vmdk</fileName></backing>");
    let devices = [
        disk(2000, 0, &file("a")),
        disk(2001, 1, ""),
        disk(2002, 2, &file("c")),
    ];
    let read = hardware(&format!("{CONTROLLER}{}", devices.concat()));
    let backings = read.backings.iter();
    let found: Vec<_> = backings.map(|(key, it)| (*key, it.datastore())).collect();
    assert_eq!(found, [(2000, Some("a")), (2002, Some("c"))]);
    assert_eq!(read.devices.len(), 4);
}

/// As recorded on a vCenter 8.0.3, but for the numbers and names.
#[test]
fn custom_attributes_are_defined_with_key_and_name() {
    let defined = value(
        "ArrayOfCustomFieldDef",
        "<CustomFieldDef xsi:type=\"CustomFieldDef\"><key>5</key><name>Machine.Identity</name><type>string</type>\
         <managedObjectType>HostSystem</managedObjectType><fieldDefPrivileges><createPrivilege>a.b</createPrivilege>\
         </fieldDefPrivileges></CustomFieldDef><CustomFieldDef xsi:type=\"CustomFieldDef\"><key>101</key>\
         <name>R&amp;D \u{1F680}</name><type>string</type></CustomFieldDef><CustomFieldDef><name>keyless</name>\
         </CustomFieldDef><CustomFieldDef><key>one</key><name>a</name></CustomFieldDef><CustomFieldDef/>",
    );
    let field = |key, name: &str| CustomField {
        key,
        name: name.into(),
    };
    let expected = vec![field(5, "Machine.Identity"), field(101, "R&D \u{1F680}")];
    assert_eq!(defined, PropertyValue::CustomFields(expected));
    let none = value("ArrayOfCustomFieldDef", "");
    assert_eq!(none, PropertyValue::CustomFields(Vec::new()));
}

/// By the fields of `CustomFieldStringValue`, in the array that is recorded empty.
#[test]
fn objects_have_values_by_key() {
    let values = value(
        "ArrayOfCustomFieldValue",
        "<CustomFieldValue xsi:type=\"CustomFieldStringValue\"><key>101</key><value>a &lt;b&gt;\n\"c\"</value>\
         </CustomFieldValue><CustomFieldValue xsi:type=\"CustomFieldStringValue\"><key>102</key><value></value>\
         </CustomFieldValue><CustomFieldValue xsi:type=\"CustomFieldValue\"><key>103</key></CustomFieldValue>",
    );
    let of = |key, value: &str| CustomFieldValue {
        key,
        value: value.into(),
    };
    let expected = vec![of(101, "a <b>\n\"c\""), of(102, "")];
    assert_eq!(values, PropertyValue::CustomFieldValues(expected));
    let none = value("ArrayOfCustomFieldValue", "");
    assert_eq!(none, PropertyValue::CustomFieldValues(Vec::new()));
}
