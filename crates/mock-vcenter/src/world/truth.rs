//! What a test compares a client's findings with.

use serde::Serialize;

/// All that is publicly true of one virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VmTruth {
    /// Managed object id, such as `vm-1001`.
    pub moref: String,
    /// The name an operator sees, escapes undone.
    pub name: String,
    /// The name as sent: `%`, `/` and `\` escaped.
    pub wire_name: String,
    /// Whether `runtime.powerState` is `poweredOn`.
    pub powered_on: bool,
    /// `runtime.connectionState`.
    pub connection_state: String,
    /// Whether it is a template.
    pub template: bool,
    /// Whether QueryPerf returns series for it.
    pub sampled: bool,
    /// Name of its host; empty without one.
    pub host: String,
    /// Name of the compute resource above the host; empty if that cannot be read.
    pub cluster: String,
    /// Name of the nearest datacenter above the host, else above its folder.
    pub datacenter: String,
    /// Capacity of each disk in bytes; empty if `config` is unset.
    pub capacity_bytes: Vec<u64>,
    /// Performance instance of each disk, such as `scsi0:0`, in the same order.
    pub instances: Vec<String>,
}
