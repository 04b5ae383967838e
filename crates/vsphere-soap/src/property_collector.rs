//! What to read from which objects, and what came back.

use jiff::Timestamp;

use crate::custom_field::{CustomField, CustomFieldValue};
use crate::fault::{Fault, FaultKind};
use crate::moref::MoRef;
use crate::performance_manager::{PerfCounterInfo, PerfInterval};
use crate::unreadable_objects::UnreadableObjects;
use crate::view::ContainerView;
use crate::virtual_device::{VirtualDevice, VirtualHardware};

/// Which properties of which objects to retrieve.
#[derive(Debug, Clone)]
pub struct PropertyFilterSpec {
    /// Paths by kind of object. An object that matches several entries by inheritance gets the paths
    /// of all of them; one that matches none is not reported.
    pub properties: Vec<PropertySpec>,
    /// The objects.
    pub objects: ObjectSelection,
}

/// The property paths to read from one kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertySpec {
    /// A managed object type, or an ancestor of several such as `ManagedEntity`.
    pub kind: &'static str,
    /// Paths such as `runtime.host`. None: references only.
    pub paths: &'static [&'static str],
}

/// The objects of a retrieval.
#[derive(Debug, Clone)]
pub enum ObjectSelection {
    /// The members of a view, not the view itself.
    View(ContainerView),
    /// These objects. One that does not exist fails the whole call.
    Objects(Vec<MoRef>),
}

/// One page of a retrieval.
#[derive(Debug, Clone, PartialEq)]
pub struct RetrievedPage {
    /// Present when more pages follow. Valid for one call within the session.
    pub token: Option<Box<str>>,
    /// The objects, in no promised order.
    pub objects: Vec<ObjectContent>,
    /// Objects that were left out.
    pub unreadable: UnreadableObjects,
}

/// One object with the properties that could be read.
///
/// A property that was asked for and is in neither list is unset.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectContent {
    /// The object.
    pub obj: MoRef,
    /// Properties with a value, in no promised order.
    pub properties: Vec<Property>,
    /// Properties that could not be read.
    pub missing: Vec<MissingProperty>,
}

impl ObjectContent {
    /// The value of the property at `path`, if there is one.
    pub fn property(&self, path: &str) -> Option<&PropertyValue> {
        self.properties
            .iter()
            .find(|property| &*property.name == path)
            .map(|found| &found.value)
    }

    /// Whether nothing of this object could be read because the server does not know the session.
    ///
    /// Calls of the collector need no privilege, so a server may answer a dead session with a list of unreadable
    /// properties instead of a fault.
    pub(crate) fn is_unauthenticated(&self) -> bool {
        let refused = |missing: &MissingProperty| missing.fault.is_not_authenticated();
        self.properties.is_empty() && self.missing.iter().any(refused)
    }
}

/// A property with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// The path asked for.
    pub name: Box<str>,
    /// Its value.
    pub value: PropertyValue,
}

/// A property that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MissingProperty {
    /// The path asked for.
    pub path: Box<str>,
    /// Why not: mostly [`FaultKind::NoPermission`].
    pub fault: Fault,
}

impl MissingProperty {
    /// Whether the user lacks the privilege to read this property.
    pub fn is_no_permission(&self) -> bool {
        matches!(self.fault.kind, FaultKind::NoPermission { .. })
    }
}

/// The value of a property, for the types that this library reads.
#[derive(Debug, Clone, PartialEq, Hash)]
#[non_exhaustive]
pub enum PropertyValue {
    /// `xsd:string`
    String(Box<str>),
    /// `xsd:boolean`
    Boolean(bool),
    /// `xsd:int` and the shorter integers
    Int(i32),
    /// `xsd:long`
    Long(i64),
    /// `xsd:dateTime`
    DateTime(Timestamp),
    /// A named simple value such as `poweredOn` of `VirtualMachinePowerState`.
    Enum {
        /// The enumeration.
        kind: Box<str>,
        /// The value's name.
        value: Box<str>,
    },
    /// A reference.
    MoRef(MoRef),
    /// `ArrayOfManagedObjectReference`
    MoRefs(Vec<MoRef>),
    /// `ArrayOfVirtualDevice`, reduced to disks and their controllers.
    VirtualDevices(Vec<VirtualDevice>),
    /// `VirtualHardware`, reduced to disks and their controllers.
    VirtualHardware(VirtualHardware),
    /// `ArrayOfCustomFieldDef`: the custom attributes that the server defines.
    CustomFields(Vec<CustomField>),
    /// `ArrayOfCustomFieldValue`: an object's values of custom attributes.
    CustomFieldValues(Vec<CustomFieldValue>),
    /// `ManagedByInfo`: the solution that a machine belongs to.
    ManagedBy {
        /// The extension, such as `com.vmware.vim.eam`.
        extension_key: Box<str>,
        /// The machine's role in that solution, such as `cluster-agent`. The extension chooses the name.
        kind: Box<str>,
    },
    /// `ArrayOfPerfCounterInfo`
    PerfCounters(Vec<PerfCounterInfo>),
    /// `ArrayOfPerfInterval`
    PerfIntervals(Vec<PerfInterval>),
    /// Any other type, or a value that does not fit its type. Its content was skipped.
    Other {
        /// The type's name in the vSphere API; empty if the server named none.
        kind: Box<str>,
    },
}

impl PropertyValue {
    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// The name of an enumeration's value.
    pub fn as_enum(&self) -> Option<&str> {
        if let Self::Enum { value, .. } = self {
            Some(value)
        } else {
            None
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Boolean(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// A reference.
    pub fn as_moref(&self) -> Option<&MoRef> {
        if let Self::MoRef(moref) = self {
            Some(moref)
        } else {
            None
        }
    }

    /// The disks and controllers of a machine.
    pub fn as_virtual_devices(&self) -> Option<&[VirtualDevice]> {
        if let Self::VirtualDevices(devices) = self {
            Some(devices)
        } else {
            None
        }
    }
}
