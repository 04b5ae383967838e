//! Changes to the world: data, so that a test, a script or a person with curl can ask for them.

use serde::{Deserialize, Serialize};

use super::kind::Kind;

/// One change, as an administrator could make it. Objects are named by their managed object id.
///
/// In JSON: `{"migrate": {"vm": "vm-1001", "host": "host-17"}}`,
/// `{"power": {"vm": "vm-1001", "state": "off"}}`, and so on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Moves a machine to another host, and to the pool, datastore and folder there if they have
    /// to change with it.
    Migrate {
        /// The machine.
        vm: String,
        /// The host to run on.
        host: String,
    },
    /// Switches a machine on or off. It has samples from the moment it was switched on.
    Power {
        /// The machine.
        vm: String,
        /// What it is to be.
        state: PowerState,
    },
    /// Renames a machine, host, compute resource, pool, folder, datacenter or datastore.
    Rename {
        /// The object.
        object: String,
        /// The new name as an operator types it; on the wire `%`, `/` and `\` are escaped.
        name: String,
    },
    /// Removes a machine for good: its id is never used again.
    Delete {
        /// The machine.
        vm: String,
    },
    /// Adds a machine that runs at once.
    Create {
        /// Its name as an operator types it.
        name: String,
        /// The host to run on.
        host: String,
        /// Number of its disks, 64 at most.
        disks: usize,
    },
    /// Gives a disk another size; its load stays what it was.
    ResizeDisk {
        /// The machine.
        vm: String,
        /// The disk by its performance instance, such as `scsi0:0`.
        disk: String,
        /// The new size.
        capacity_bytes: u64,
    },
    /// Moves a machine to another folder of its datacenter.
    MoveToFolder {
        /// The machine.
        vm: String,
        /// The folder, one that holds machines.
        folder: String,
    },
    /// Moves a folder with all it holds into another one of its datacenter.
    MoveFolder {
        /// The folder, one that holds machines.
        folder: String,
        /// The folder to be in.
        into: String,
    },
    /// Moves a host with its machines to another cluster of its datacenter.
    MoveHost {
        /// The host.
        host: String,
        /// The cluster.
        cluster: String,
    },
    /// Puts a machine under the management of a solution, or takes it from there.
    Manage {
        /// The machine.
        vm: String,
        /// Key of the solution's extension, as in `config.managedBy`; null for none.
        extension: Option<String>,
    },
    /// Gives a machine a value of a custom attribute. An empty one takes it back.
    SetAttribute {
        /// The machine.
        vm: String,
        /// Name of the attribute: `Owner` or `Cost centre`.
        attribute: String,
        /// The value.
        value: String,
    },
    /// Adds a SCSI disk while the machine runs.
    AddDisk {
        /// The machine.
        vm: String,
        /// Its size.
        capacity_bytes: u64,
    },
    /// Removes a disk while the machine runs. Its samples of the last hour can still be queried.
    RemoveDisk {
        /// The machine.
        vm: String,
        /// The disk by its performance instance.
        disk: String,
    },
}

/// What a machine can be switched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerState {
    /// Running.
    On,
    /// Stopped.
    Off,
    /// Stopped, its memory on disk.
    Suspended,
}

/// Why a change was not made. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such object, or no longer.
    #[error("there is no object {0}")]
    UnknownObject(String),
    /// The object is of another type than the change is about.
    #[error("{object} is no {expected}")]
    WrongType {
        /// The object.
        object: String,
        /// The type it should have.
        expected: &'static str,
    },
    /// The machine has no disk of this instance.
    #[error("{vm} has no disk {disk}")]
    NoSuchDisk {
        /// The machine.
        vm: String,
        /// The disk asked for.
        disk: String,
    },
    /// The state of the object does not allow it.
    #[error("{object}: {reason}")]
    NotPossible {
        /// The object.
        object: String,
        /// What is in the way.
        reason: &'static str,
    },
}

impl PowerState {
    /// The value of `runtime.powerState`.
    pub(crate) fn wire_name(self) -> &'static str {
        match self {
            Self::On => "poweredOn",
            Self::Off => "poweredOff",
            Self::Suspended => "suspended",
        }
    }
}

impl ChangeError {
    pub(crate) fn unknown(object: &str) -> Self {
        Self::UnknownObject(object.to_owned())
    }

    pub(crate) fn wrong_type(object: &str, expected: Kind) -> Self {
        Self::WrongType {
            object: object.to_owned(),
            expected: expected.name(),
        }
    }

    pub(super) fn not_possible(object: &str, reason: &'static str) -> Self {
        Self::NotPossible {
            object: object.to_owned(),
            reason,
        }
    }
}
